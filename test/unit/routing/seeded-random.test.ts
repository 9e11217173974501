import { expect, test } from 'vitest'
import { seededRandom } from '../../../src/routing/seeded-random.ts'

const draws = (seed: number, count: number): number[] => {
  const random = seededRandom(seed)
  return Array.from({ length: count }, random)
}

test('a seed fixes the draws, another seed draws others', () => {
  expect(draws(7, 20)).toEqual(draws(7, 20))
  expect(draws(7, 20)).not.toEqual(draws(8, 20))
})

test('draws are in [0, 1), even, and do not follow one from another', () => {
  const all = draws(1, 40_000)
  const tenths = new Array<number>(10).fill(0)
  for (const draw of all) {
    expect(draw >= 0 && draw < 1).toBe(true)
    const tenth = Math.floor(draw * 10)
    tenths[tenth] = (tenths[tenth] ?? 0) + 1
  }
  // Five standard deviations of 40,000 draws.
  for (const count of tenths) expect(Math.abs(count - 4_000)).toBeLessThan(300)
  let product = 0
  for (const [at, draw] of all.entries()) product += (draw - 0.5) * ((all[at + 1] ?? 0.5) - 0.5)
  expect(Math.abs(product / all.length)).toBeLessThan(5 / 12 / Math.sqrt(all.length))
})
