import fc from 'fast-check'
import { expect, test } from 'vitest'
import { formatAmount, parseAmount } from '../../../src/cli/amounts.ts'

test.each([
  [0n, 6, '0.00'],
  [1n, 6, '0.000001'],
  [1_500_000n, 6, '1.50'],
  [1_234_567n, 6, '1.234567'],
  [7n, 0, '7'],
  [15n, 1, '1.5'],
  [10n ** 20n, 18, '100.00'],
])('%s atomic units with %s decimals are %s', (amount, decimals, text) => {
  expect(formatAmount(amount, decimals)).toBe(text)
})

test('what is shown is read as the same amount', () => {
  let read = 0
  fc.assert(
    fc.property(
      fc.bigInt({ min: 0n, max: 10n ** 30n }),
      fc.integer({ min: 0, max: 18 }),
      (amount, decimals) => {
        const text = formatAmount(amount, decimals)
        if (text.split('.')[0] !== undefined && (text.split('.')[0]?.length ?? 0) > 20) return
        expect(parseAmount('--x', text, decimals)).toBe(amount)
        read += 1
      },
    ),
  )
  expect(read).toBeGreaterThan(0)
})

test.each(['', '-1', '1.', '.5', '1,5', '1e3', '0x1', '1.1234567', ' 1', '9'.repeat(21)])(
  '%j is no amount with six decimals',
  (text) => {
    expect(() => parseAmount('--deposit', text, 6)).toThrow(/--deposit takes an amount/)
  },
)
