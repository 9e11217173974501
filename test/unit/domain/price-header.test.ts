import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readPriceHeader, writePriceHeader } from '../../../src/domain/price-header.ts'
import { anyAmount } from '../../support/arbitraries.ts'

const anyPrices = fc.record({
  promptAtomicPerMtok: anyAmount,
  cachedPromptAtomicPerMtok: anyAmount,
  completionAtomicPerMtok: anyAmount,
})

test('every price is read as it was written', () => {
  let read = 0
  fc.assert(
    fc.property(anyPrices, (prices) => {
      expect(readPriceHeader(writePriceHeader(prices))).toEqual(prices)
      read += 1
    }),
  )
  expect(read).toBeGreaterThan(0)
})

test.each(['', '1', '1,2', '1,2,3,4', '1,-2,3', '1,2.5,3', '1,,3', ' 1,2,3', `1,2,${2n ** 128n}`])(
  "'%s' is no price",
  (text) => {
    expect(readPriceHeader(text)).toBeUndefined()
  },
)
