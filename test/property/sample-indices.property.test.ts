import { solidityPackedKeccak256 } from 'ethers'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { keccak256Utf8 } from '../../src/chain/keccak.ts'
import { sampleIndices, wholeRatePpm } from '../../src/chain/sample-indices.ts'
import { anyBytes32 } from '../support/arbitraries.ts'

const batchMax = 4096
const twoPercentPpm = 20_000
const anyRate = fc.integer({ min: 0, max: wholeRatePpm })
const anyCount = fc.integer({ min: 0, max: 200 })

test('chooses what the formula in docs/audits.md chooses, computed by somebody else', () => {
  let chosen = 0
  fc.assert(
    fc.property(anyBytes32, anyBytes32, anyCount, anyRate, (root, randomness, count, ratePpm) => {
      const expected = Array.from({ length: count }, (_, index) => index).filter(
        (index) =>
          BigInt(
            solidityPackedKeccak256(['bytes32', 'bytes32', 'uint256'], [root, randomness, index]),
          ) %
            1_000_000n <
          BigInt(ratePpm),
      )
      expect(sampleIndices({ root, randomness, count, ratePpm })).toEqual(expected)
      chosen += expected.length
    }),
    { numRuns: 25 },
  )
  expect(chosen).toBeGreaterThan(0)
})

test('a rate that equals what was drawn does not choose, and one more does', () => {
  fc.assert(
    fc.property(anyBytes32, anyBytes32, (root, randomness) => {
      const drawn = BigInt(
        solidityPackedKeccak256(['bytes32', 'bytes32', 'uint256'], [root, randomness, 0]),
      )
      const ratePpm = Number(drawn % 1_000_000n)
      expect(sampleIndices({ root, randomness, count: 1, ratePpm })).toEqual([])
      expect(sampleIndices({ root, randomness, count: 1, ratePpm: ratePpm + 1 })).toEqual([0])
    }),
  )
})

test('each position is drawn by itself: neither what follows nor the rate moves another', () => {
  let kept = 0
  fc.assert(
    fc.property(
      anyBytes32,
      anyBytes32,
      anyCount,
      anyCount,
      anyRate,
      anyRate,
      (root, randomness, countA, countB, rateA, rateB) => {
        const [fewer, more] = [Math.min(countA, countB), Math.max(countA, countB)]
        const [seldom, often] = [Math.min(rateA, rateB), Math.max(rateA, rateB)]
        const all = sampleIndices({ root, randomness, count: more, ratePpm: often })
        const some = sampleIndices({ root, randomness, count: fewer, ratePpm: often })
        expect(some).toEqual(all.filter((index) => index < fewer))
        const rare = sampleIndices({ root, randomness, count: more, ratePpm: seldom })
        expect(all).toEqual(expect.arrayContaining([...rare]))
        kept += all.length
      },
    ),
    { numRuns: 50 },
  )
  expect(kept).toBeGreaterThan(0)
})

const batches = Array.from({ length: 50 }, (_, batch) => ({
  root: keccak256Utf8(`root ${batch}`),
  randomness: keccak256Utf8(`randomness ${batch}`),
}))

test('is fair to every position and every batch', () => {
  const sets = batches.map((draw) =>
    sampleIndices({ ...draw, count: batchMax, ratePpm: twoPercentPpm }),
  )
  const drawn = sets.flat().length
  const expected = batches.length * batchMax * (twoPercentPpm / wholeRatePpm)
  // Four standard deviations of a binomial draw; the batches are fixed, so this holds always or never.
  expect(Math.abs(drawn - expected)).toBeLessThan(4 * Math.sqrt(expected * 0.98))
  // By sixteenths of a batch, chi-squared with 15 degrees of freedom: 37.7 is exceeded by one in a thousand.
  const sixteenths = Array.from({ length: 16 }, (_, part) => part).map(
    (part) => sets.flat().filter((index) => Math.floor(index / (batchMax / 16)) === part).length,
  )
  const each = drawn / 16
  const chiSquared = sixteenths.reduce((sum, seen) => sum + (seen - each) ** 2 / each, 0)
  expect(chiSquared).toBeLessThan(37.7)
})

test('who knows the root and not the randomness knows nothing of what is chosen', () => {
  const root = keccak256Utf8('anchored')
  const rate = 0.25
  const draw = (randomness: string) =>
    new Set(
      sampleIndices({
        ...{ root, count: batchMax },
        randomness: keccak256Utf8(randomness),
        ratePpm: rate * wholeRatePpm,
      }),
    )
  const guessed = draw('a guess before the block')
  let overlap = 0
  let chosen = 0
  for (let block = 0; block < 20; block += 1) {
    for (const index of draw(`block ${block}`)) {
      chosen += 1
      if (guessed.has(index)) overlap += 1
    }
  }
  // What was guessed is chosen as often as anything else.
  const share = guessed.size / batchMax
  expect(Math.abs(overlap - chosen * share)).toBeLessThan(
    4 * Math.sqrt(chosen * share * (1 - share)),
  )
  expect(chosen).toBeGreaterThan(10_000)
})

test('an empty batch and the ends of the rate', () => {
  const [draw] = batches
  if (draw === undefined) throw new Error('there is a batch')
  expect(sampleIndices({ ...draw, count: 0, ratePpm: wholeRatePpm })).toEqual([])
  expect(sampleIndices({ ...draw, count: 5, ratePpm: 0 })).toEqual([])
  expect(sampleIndices({ ...draw, count: 5, ratePpm: wholeRatePpm })).toEqual([0, 1, 2, 3, 4])
  expect(() => sampleIndices({ ...draw, count: 5, ratePpm: 0.5 })).toThrow('whole number')
})
