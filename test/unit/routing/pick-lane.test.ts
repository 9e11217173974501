import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { pickByTwoChoices } from '../../../src/routing/pick-lane.ts'
import { seededRandom } from '../../../src/routing/seeded-random.ts'

const shares = (scores: readonly number[], draws = 20_000): number[] => {
  const random = seededRandom(3)
  const counts = scores.map(() => 0)
  for (let draw = 0; draw < draws; draw += 1) {
    const place = pickByTwoChoices(scores, random)
    counts[place] = (counts[place] ?? 0) + 1
  }
  return counts.map((count) => count / draws)
}

describe('pickByTwoChoices', () => {
  test('one that is far ahead is always picked, of two near ones the better', () => {
    expect(shares([0.5, 0.9, 0.6])).toEqual([0, 1, 0])
    expect(shares([0.89, 0.9])).toEqual([0, 1])
  })

  test('of four near ones the best is picked half the time, the worst never', () => {
    const [best = 0, second = 0, third = 0, worst] = shares([0.9, 0.89, 0.88, 0.87])
    expect(best).toBeCloseTo(1 / 2, 1)
    expect(second).toBeCloseTo(1 / 3, 1)
    expect(third).toBeCloseTo(1 / 6, 1)
    expect(worst).toBe(0)
  })

  test('equals share evenly', () => {
    for (const share of shares([1, 1, 1, 1, 1])) expect(share).toBeCloseTo(1 / 5, 1)
  })

  test('no more than eight are in the top set, and they are the best eight', () => {
    const scores = Array.from({ length: 20 }, (_, place) => 1 - place / 1_000)
    const picked = shares(scores).flatMap((share, place) => (share > 0 ? [place] : []))
    // The worst of the eight loses against each other one.
    expect(picked).toEqual([0, 1, 2, 3, 4, 5, 6])
  })

  test('is a place of the list, within reach of the best, and the same again under the same seed', () => {
    let picked = 0
    const score = fc.double({ min: -2, max: 2, noNaN: true })
    fc.assert(
      fc.property(fc.array(score, { minLength: 1 }), fc.integer(), (scores, seed) => {
        const place = pickByTwoChoices(scores, seededRandom(seed))
        expect(pickByTwoChoices(scores, seededRandom(seed))).toBe(place)
        expect(scores[place]).toBeGreaterThanOrEqual(Math.max(...scores) - 0.05)
        picked += 1
      }),
    )
    expect(picked).toBeGreaterThan(50)
  })
})
