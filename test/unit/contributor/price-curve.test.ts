import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  askAt,
  multiplierMax,
  type PricePoint,
  pricePointsMax,
  readPricePoints,
  usualPricePoints,
} from '../../../src/contributor/price-curve.ts'
import type { TokenPrices } from '../../../src/domain/price-sheet.ts'
import { atomic } from '../../../src/domain/units.ts'
import { anyAmount } from '../../support/arbitraries.ts'

const pricesOf = (prompt: bigint, cached: bigint, completion: bigint): TokenPrices => ({
  promptAtomicPerMtok: atomic(prompt),
  cachedPromptAtomicPerMtok: atomic(cached),
  completionAtomicPerMtok: atomic(completion),
})
const floor = pricesOf(100_000n, 10_001n, 400_000n)

test.each([
  [0, pricesOf(100_000n, 10_001n, 400_000n)],
  [0.5, pricesOf(100_000n, 10_001n, 400_000n)],
  // 1.25 of 10,001 is 12,501.25.
  [0.625, pricesOf(125_000n, 12_502n, 500_000n)],
  // 1.26 is the next twentieth, 1.3.
  [0.63, pricesOf(130_000n, 13_002n, 520_000n)],
  [1, pricesOf(200_000n, 20_002n, 800_000n)],
  [7, pricesOf(200_000n, 20_002n, 800_000n)],
  [Number.NaN, pricesOf(200_000n, 20_002n, 800_000n)],
  [-1, pricesOf(100_000n, 10_001n, 400_000n)],
])('at a load of %d the usual curve asks this', (load, expected) => {
  expect(askAt({ floor, points: usualPricePoints }, load)).toEqual(expected)
})

test('without points the floor is the price', () => {
  expect(askAt({ floor, points: [] }, 1)).toEqual(floor)
})

test('a single point is one price', () => {
  expect(askAt({ floor, points: [{ load: 0.5, multiplier: 3 }] }, 0)).toEqual(
    pricesOf(300_000n, 30_003n, 1_200_000n),
  )
})

const anyCurve = fc
  .array(fc.tuple(fc.nat({ max: 1_000 }), fc.nat({ max: 1_000 })), { minLength: 1, maxLength: 16 })
  .map((steps) => {
    const points: PricePoint[] = []
    for (const [wider, dearer] of steps) {
      const { load, multiplier } = points.at(-1) ?? { load: 0, multiplier: 1 }
      const next = load + (wider + 1) / 1_000
      points.push({ load: next, multiplier: Math.min(multiplierMax, multiplier + dearer / 100) })
    }
    return points
  })
const anyFloor = fc.record({
  promptAtomicPerMtok: anyAmount.map((amount) => atomic(amount / 128n)),
  cachedPromptAtomicPerMtok: anyAmount.map((amount) => atomic(amount / 128n)),
  completionAtomicPerMtok: anyAmount.map((amount) => atomic(amount / 128n)),
})

test('an ask is never below the floor, nor above the dearest point, and never falls with the load', () => {
  let rose = 0
  fc.assert(
    fc.property(
      anyCurve,
      anyFloor,
      fc.array(fc.double({ min: 0, max: 20, noNaN: true })),
      (points, lowest, loads) => {
        let before = lowest
        const most = points.at(-1)?.multiplier ?? 1
        for (const load of loads.sort((a, b) => a - b)) {
          const ask = askAt({ floor: lowest, points }, load)
          for (const name of Object.keys(ask) as (keyof TokenPrices)[]) {
            expect(ask[name]).toBeGreaterThanOrEqual(before[name])
            const steps = BigInt(Math.ceil(most * 20 - 1e-9))
            expect(ask[name] * 20n).toBeLessThanOrEqual(lowest[name] * steps + 20n)
            if (ask[name] > before[name]) rose += 1
          }
          before = ask
        }
      },
    ),
  )
  expect(rose).toBeGreaterThan(0)
})

test('a curve is read from one line', () => {
  expect(readPricePoints('0.5:1, 0.9:1.5,1:3')).toEqual({
    ok: true,
    value: [
      { load: 0.5, multiplier: 1 },
      { load: 0.9, multiplier: 1.5 },
      { load: 1, multiplier: 3 },
    ],
  })
})

test.each([
  '',
  '1',
  '1:',
  '0.5:0.9',
  '0.5:101',
  '101:2',
  '-1:2',
  '0.5:2,0.5:3',
  '0.5:2,0.6:1.9',
  '1e1:2',
  Array.from({ length: pricePointsMax + 1 }, (_, i) => `${i}:2`).join(),
])("'%s' is no curve", (text) => {
  expect(readPricePoints(text).ok).toBe(false)
})
