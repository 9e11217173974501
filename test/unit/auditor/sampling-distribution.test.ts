import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  drawDistance,
  type SamplingPosition,
  samplingDistribution,
  surpriseAt,
} from '../../../src/auditor/sampling-distribution.ts'
import { sampleToken } from '../../../src/engine/sample-token.ts'

const vocabulary = 12

const positions = fc
  .record({
    logits: fc.array(fc.float({ min: -8, max: 8, noNaN: true }), {
      minLength: vocabulary,
      maxLength: vocabulary,
    }),
    temperature: fc.constantFrom(0, 0.3, 0.7, 1, 2),
    topP: fc.constantFrom(0.1, 0.5, 0.9, 1),
    presencePenalty: fc.constantFrom(0, 0.5),
    frequencyPenalty: fc.constantFrom(0, -0.5, 1),
    bias: fc.dictionary(fc.constantFrom('1', '5'), fc.constantFrom(-100, 2), { maxKeys: 2 }),
    counts: fc.dictionary(fc.constantFrom('0', '3', '7'), fc.integer({ min: 1, max: 3 })),
    forbidden: fc.subarray([2, 9]),
  })
  .map(({ logits, bias, counts, forbidden, ...parameters }): SamplingPosition => {
    const byId = (entries: Record<string, number>) =>
      new Map(Object.entries(entries).map(([id, value]) => [Number(id), value]))
    return {
      logits: Float32Array.from(logits),
      parameters: { ...parameters, logitBias: byId(bias) },
      sampledCounts: byId(counts),
      forbiddenTokens: forbidden,
    }
  })
const draws = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })

test('the distance is zero for the token that the engine samples, and for hardly any other', () => {
  let others = 0
  fc.assert(
    fc.property(positions, draws, (position, draw) => {
      const distribution = samplingDistribution(position)
      const { temperature } = position.parameters
      const sampled = sampleToken({ ...position, draw })
      const distances = Array.from({ length: vocabulary }, (_, tokenId) =>
        drawDistance(distribution, { tokenId, draw, temperature }),
      )
      // Both add up the same masses, one of them in shares of the whole: they round otherwise.
      expect(distances[sampled]).toBeLessThan(1e-12)
      expect(distances.every((distance) => distance >= 0 && distance <= 1)).toBe(true)
      others += distances.filter((distance) => distance > 1e-12).length
    }),
  )
  expect(others).toBeGreaterThan(500)
})

test('probabilities are those with which the engine samples', () => {
  let several = 0
  fc.assert(
    fc.property(positions, (position) => {
      const { probabilities } = samplingDistribution(position)
      const counted = new Float64Array(vocabulary)
      const steps = 1_000
      for (let step = 0; step < steps; step += 1) {
        const sampled = sampleToken({ ...position, draw: (step + 0.5) / steps })
        counted[sampled] = (counted[sampled] ?? 0) + 1 / steps
      }
      for (const [tokenId, probability] of probabilities.entries()) {
        expect(Math.abs(probability - (counted[tokenId] ?? 0))).toBeLessThan(1.01 / steps)
      }
      if (probabilities.filter((probability) => probability > 0).length > 1) several += 1
    }),
    { numRuns: 40 },
  )
  expect(several).toBeGreaterThan(5)
})

test('surprise is as expected on average, however the distribution is shaped', () => {
  fc.assert(
    fc.property(positions, fc.constantFrom(1, 8), (position, most) => {
      const distribution = samplingDistribution(position)
      let mean = 0
      for (const [tokenId, probability] of distribution.probabilities.entries()) {
        const { surprise, expected } = surpriseAt(distribution, { tokenId, most })
        expect(surprise).toBeLessThanOrEqual(most)
        mean += probability * (surprise - expected)
      }
      expect(Math.abs(mean)).toBeLessThan(1e-9)
    }),
  )
})

test('at temperature 0 the distance grows with the gap between the likelihoods', () => {
  const position: SamplingPosition = {
    logits: Float32Array.of(1, 1 - 1e-4, 0, -20),
    parameters: {
      temperature: 0,
      topP: 1,
      presencePenalty: 0,
      frequencyPenalty: 0,
      logitBias: new Map(),
    },
    sampledCounts: new Map(),
    forbiddenTokens: [],
  }
  const distribution = samplingDistribution(position)
  const distanceOf = (tokenId: number): number =>
    drawDistance(distribution, { tokenId, draw: 0, temperature: 0 })
  expect(distanceOf(0)).toBe(0)
  expect(distanceOf(1)).toBeCloseTo(1e-4, 6)
  expect(distanceOf(2)).toBeCloseTo(1 - 1 / Math.E, 6)
  expect(distanceOf(3)).toBeGreaterThan(0.999)
})
