import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { InvariantViolation } from '../../../src/base/assert.ts'
import {
  logprobsOf,
  type SamplingParameters,
  sampleToken,
} from '../../../src/engine/sample-token.ts'
import { uniformDraw } from '../../../src/engine/uniform-draw.ts'

const plain: SamplingParameters = {
  temperature: 1,
  topP: 1,
  presencePenalty: 0,
  frequencyPenalty: 0,
  logitBias: new Map(),
}

type Sampled = {
  readonly parameters?: Partial<SamplingParameters>
  readonly sampledCounts?: ReadonlyMap<number, number>
  readonly forbiddenTokens?: readonly number[]
  readonly draw?: number
}

const sample = (logits: readonly number[], given: Sampled = {}): number =>
  sampleToken({
    logits: Float32Array.from(logits),
    parameters: { ...plain, ...given.parameters },
    sampledCounts: given.sampledCounts ?? new Map(),
    forbiddenTokens: given.forbiddenTokens ?? [],
    draw: given.draw ?? 0,
  })

/** How often each token comes, as shares, over draws of one seed. */
function shares(logits: readonly number[], given: Sampled, draws: number): number[] {
  const counts = logits.map(() => 0)
  for (let index = 0; index < draws; index += 1) {
    const tokenId = sample(logits, { ...given, draw: uniformDraw(7n, index) })
    counts[tokenId] = (counts[tokenId] ?? 0) + 1
  }
  return counts.map((count) => count / draws)
}

function softmax(logits: readonly number[], temperature = 1): number[] {
  const masses = logits.map((logit) => Math.exp(logit / temperature))
  const total = masses.reduce((sum, mass) => sum + mass, 0)
  return masses.map((mass) => mass / total)
}

const farthest = (one: readonly number[], other: readonly number[]): number =>
  Math.max(...one.map((value, index) => Math.abs(value - (other[index] ?? Number.NaN))))

// Three standard deviations of a share over this many draws stay below 0.011.
const draws = 20_000
const tolerance = 0.011

describe('sampleToken', () => {
  const logits = [1, 2, 0, -1, 1.5]

  test('temperature 1 gives the softmax of the logits', () => {
    expect(farthest(shares(logits, {}, draws), softmax(logits))).toBeLessThan(tolerance)
  })

  test('temperature sharpens and flattens', () => {
    for (const temperature of [0.5, 2]) {
      const seen = shares(logits, { parameters: { temperature } }, draws)
      expect(farthest(seen, softmax(logits, temperature))).toBeLessThan(tolerance)
    }
  })

  test('temperature 0 takes the highest logit whatever is drawn, the lowest id of equals', () => {
    const parameters = { temperature: 0 }
    expect(sample([1, 3, 2], { parameters, draw: 0.999 })).toBe(1)
    expect(sample([5, 1, 5, 5], { parameters, draw: 0.5 })).toBe(0)
  })

  test('a tiny temperature is greedy and does not overflow', () => {
    const parameters = { temperature: Number.MIN_VALUE }
    expect(sample([100, 300, 200], { parameters, draw: 0.999_999 })).toBe(1)
  })

  test('the draw walks the mass in the order of token ids', () => {
    // Four equal tokens: each quarter of [0, 1) is one of them.
    const equal = [0, 0, 0, 0]
    expect([0, 0.2499, 0.25, 0.5, 0.9999].map((draw) => sample(equal, { draw }))).toEqual([
      0, 0, 1, 2, 3,
    ])
  })

  test('topP keeps exactly the smallest set that reaches it', () => {
    // Shares 0.5, 0.3, 0.15, 0.05 in a mixed order.
    const mixed = [0.15, 0.5, 0.05, 0.3].map(Math.log)
    const kept = (topP: number): number[] =>
      shares(mixed, { parameters: { topP } }, 2000).flatMap((share, tokenId) =>
        share > 0 ? [tokenId] : [],
      )
    expect(kept(0)).toEqual([1])
    expect(kept(0.49)).toEqual([1])
    expect(kept(0.51)).toEqual([1, 3])
    expect(kept(0.79)).toEqual([1, 3])
    expect(kept(0.81)).toEqual([0, 1, 3])
    expect(kept(0.96)).toEqual([0, 1, 2, 3])
  })

  test('topP keeps the proportions of what it keeps', () => {
    const mixed = [0.15, 0.5, 0.05, 0.3].map(Math.log)
    const seen = shares(mixed, { parameters: { topP: 0.7 } }, draws)
    expect(farthest(seen, [0, 0.625, 0, 0.375])).toBeLessThan(tolerance)
  })

  test('the shortcut of topP leaves out nothing that a full sort would keep', () => {
    let compared = 0
    fc.assert(
      fc.property(
        // Quarters, so that two logits are equal or clearly not: rounding decides nothing.
        fc.array(fc.integer({ min: -48, max: 48 }), { minLength: 2, maxLength: 60 }),
        fc.double({ min: 0.01, max: 0.999, noNaN: true }),
        fc.double({ min: 0, max: 0.999_999, noNaN: true }),
        (quarters, topP, draw) => {
          const values = quarters.map((quarter) => quarter / 4)
          const expected = referenceNucleus(values, topP)
          const tokenId = sample(values, { parameters: { topP }, draw })
          expect(expected).toContain(tokenId)
          compared += 1
        },
      ),
      { numRuns: 300 },
    )
    expect(compared).toBeGreaterThan(0)
  })

  test('a forbidden token never comes, not even with bias', () => {
    const given = {
      forbiddenTokens: [1],
      parameters: { logitBias: new Map([[1, 100]]) },
    }
    expect(shares([0, 50, 0], given, 500)[1]).toBe(0)
    expect(sample([0, 50, 0], { ...given, parameters: { temperature: 0 } })).toBe(0)
  })

  test('bias of 100 and -100 forces and bans', () => {
    const forced = { parameters: { logitBias: new Map([[3, 100]]) } }
    const banned = { parameters: { logitBias: new Map([[1, -100]]) } }
    expect(shares(logits, forced, 500)[3]).toBe(1)
    expect(shares(logits, banned, 500)[1]).toBe(0)
  })

  test('penalties are those of the OpenAI API: once for presence, each time for frequency', () => {
    const sampledCounts = new Map([[1, 3]])
    const parameters = { presencePenalty: 0.5, frequencyPenalty: 0.25 }
    const expected = softmax([1, 2 - 0.5 - 3 * 0.25, 0, -1, 1.5])
    const seen = shares(logits, { parameters, sampledCounts }, draws)
    expect(farthest(seen, expected)).toBeLessThan(tolerance)
  })

  test('a negative penalty invites a token again', () => {
    const given = {
      sampledCounts: new Map([[0, 1]]),
      parameters: { presencePenalty: -2, temperature: 0 },
    }
    expect(sample([1, 2], given)).toBe(0)
  })

  test('a model that gives no number breaks an invariant', () => {
    expect(() => sample([Number.NaN, Number.NaN])).toThrow(InvariantViolation)
    expect(() => sample([1, 2], { forbiddenTokens: [0, 1] })).toThrow(InvariantViolation)
  })
})

describe('logprobsOf', () => {
  const logits = Float32Array.from({ length: 200 }, (_, tokenId) => Math.sin(tokenId * 12.9898) * 8)

  test('the probabilities of all tokens sum to one', () => {
    const sum = [...logits.keys()].reduce(
      (total, tokenId) => total + Math.exp(logprobsOf(logits, { tokenId, topCount: 0 }).logprob),
      0,
    )
    expect(sum).toBeCloseTo(1, 12)
  })

  test('the alternatives are the highest, best first, equals by id', () => {
    const { top } = logprobsOf(logits, { tokenId: 0, topCount: 20 })
    const sorted = [...logits.keys()].sort(
      (one, other) => (logits[other] ?? 0) - (logits[one] ?? 0) || one - other,
    )
    expect(top.map(({ tokenId }) => tokenId)).toEqual(sorted.slice(0, 20))
    for (const { tokenId, logprob } of top) {
      expect(logprob).toBe(logprobsOf(logits, { tokenId, topCount: 0 }).logprob)
    }
    const equals = Float32Array.from([1, 5, 5, 5])
    const tied = logprobsOf(equals, { tokenId: 0, topCount: 2 }).top
    expect(tied.map(({ tokenId }) => tokenId)).toEqual([1, 2])
  })

  test('asks for more than there is, or for nothing', () => {
    expect(logprobsOf(Float32Array.of(1, 2), { tokenId: 0, topCount: 20 }).top).toHaveLength(2)
    expect(logprobsOf(logits, { tokenId: 0, topCount: 0 }).top).toEqual([])
  })

  test('huge logits do not overflow', () => {
    const { logprob } = logprobsOf(Float32Array.of(1e30, 0), { tokenId: 0, topCount: 0 })
    expect(logprob).toBe(0)
  })
})

/** All tokens sorted by probability until `topP` is reached; one more where rounding may decide. */
function referenceNucleus(logits: readonly number[], topP: number): number[] {
  const probabilities = softmax(logits)
  const sorted = [...probabilities.keys()].sort(
    (one, other) => (probabilities[other] ?? 0) - (probabilities[one] ?? 0) || one - other,
  )
  let reached = 0
  let size = 0
  while (size < sorted.length && reached < topP + 1e-12) {
    reached += probabilities[sorted[size] ?? 0] ?? 0
    size += 1
  }
  return sorted.slice(0, size)
}
