import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { firstFees, replacementFees } from '../../../src/chain/fees.ts'

const gwei = 10n ** 9n
const wei = fc.bigInt({ min: 0n, max: 10_000n * gwei })

describe('the first offer', () => {
  test('outlasts a doubling of the price, within the maximum', () => {
    const quote = { gasPrice: 10n * gwei, tip: gwei }
    expect(firstFees(quote, 100n * gwei)).toEqual({
      maxFeePerGas: 21n * gwei,
      maxPriorityFeePerGas: gwei,
    })
    expect(firstFees(quote, 15n * gwei)?.maxFeePerGas).toBe(15n * gwei)
    expect(firstFees(quote, 10n * gwei - 1n)).toBeUndefined()
  })
})

describe('a replacement', () => {
  test('is more by an eighth in both, never above the maximum, or is none', () => {
    const made = { replaced: 0, refused: 0 }
    fc.assert(
      fc.property(wei, wei, wei, wei, wei, (cap, tip, gasPrice, quotedTip, max) => {
        const last = { maxFeePerGas: cap + tip, maxPriorityFeePerGas: tip }
        const fees = replacementFees(last, { gasPrice, tip: quotedTip }, max)
        if (fees === undefined) {
          made.refused += 1
          return
        }
        made.replaced += 1
        expect(fees.maxFeePerGas * 8n).toBeGreaterThanOrEqual(last.maxFeePerGas * 9n)
        expect(fees.maxPriorityFeePerGas * 8n).toBeGreaterThanOrEqual(tip * 9n)
        expect(fees.maxFeePerGas).toBeGreaterThan(last.maxFeePerGas)
        expect(fees.maxPriorityFeePerGas).toBeGreaterThan(tip)
        expect(fees.maxFeePerGas).toBeLessThanOrEqual(max)
        expect(fees.maxPriorityFeePerGas).toBeLessThanOrEqual(fees.maxFeePerGas)
      }),
      { numRuns: 500 },
    )
    expect(made.replaced).toBeGreaterThan(20)
    expect(made.refused).toBeGreaterThan(20)
  })
})
