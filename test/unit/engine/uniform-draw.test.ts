import { describe, expect, test } from 'vitest'
import { uniformDraw } from '../../../src/engine/uniform-draw.ts'

describe('uniformDraw', () => {
  test('gives the vectors of the definition', () => {
    // Computed once with Python: int.from_bytes(sha256(...).digest()[:8], 'big') >> 11.
    const vectors: readonly (readonly [bigint, number, number])[] = [
      [0n, 0, 7_538_372_475_511_616],
      [42n, 7, 365_347_547_428_234],
      [-1n, 0, 2_604_580_280_494_428],
      [2n ** 63n - 1n, 4_294_967_295, 3_997_005_586_764_909],
    ]
    for (const [seed, index, numerator] of vectors) {
      expect(uniformDraw(seed, index)).toBe(numerator / 2 ** 53)
    }
  })

  test('seeds wrap at 64 bits, as int64 does', () => {
    expect(uniformDraw(2n ** 64n + 5n, 1)).toBe(uniformDraw(5n, 1))
    expect(uniformDraw(2n ** 63n, 1)).toBe(uniformDraw(-(2n ** 63n), 1))
  })

  test('is spread evenly over [0, 1)', () => {
    const buckets = Array.from({ length: 20 }, () => 0)
    const draws = 20_000
    for (let index = 0; index < draws; index += 1) {
      const draw = uniformDraw(3n, index)
      expect(draw).toBeGreaterThanOrEqual(0)
      expect(draw).toBeLessThan(1)
      const bucket = Math.floor(draw * 20)
      buckets[bucket] = (buckets[bucket] ?? 0) + 1
    }
    // Chi-squared with 19 degrees of freedom exceeds 43.8 once in a thousand; the seed is fixed.
    const expected = draws / 20
    const chiSquared = buckets.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0)
    expect(chiSquared).toBeLessThan(43.8)
  })

  test('neighbouring seeds and indices have nothing in common', () => {
    const seen = new Set<number>()
    for (let seed = 0n; seed < 40n; seed += 1n) {
      for (let index = 0; index < 40; index += 1) seen.add(uniformDraw(seed, index))
    }
    expect(seen.size).toBe(1600)
  })
})
