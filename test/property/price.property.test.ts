import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type PriceSheet, priceRoundedUp } from '../../src/domain/price-sheet.ts'
import { atomic, unixSeconds, zeroAddress, zeroBytes32 } from '../../src/domain/units.ts'

const sheetOf = (prompt: bigint, cached: bigint, completion: bigint): PriceSheet => ({
  operator: zeroAddress,
  modelId: zeroBytes32,
  asset: zeroAddress,
  promptAtomicPerMtok: atomic(prompt),
  cachedPromptAtomicPerMtok: atomic(cached),
  completionAtomicPerMtok: atomic(completion),
  validFrom: unixSeconds(0),
  validUntil: unixSeconds(0),
})

/** Up to a hundred whole units of an asset with 18 decimals per million tokens. */
const anyPrice = fc.oneof(
  fc.bigInt({ min: 0n, max: 10n ** 20n }),
  fc.constantFrom(0n, 1n, 999_999n, 1_000_000n, 1_000_001n),
)
const anySheet = fc.tuple(anyPrice, anyPrice, anyPrice).map((prices) => sheetOf(...prices))
const anyTokens = fc.oneof(
  fc.nat(2 ** 31 - 1),
  fc.nat(3),
  fc.constantFrom(999_999, 1_000_000, 2 ** 32 - 1),
)
const anyUsage = fc.tuple(anyTokens, anyTokens, anyTokens).map(([a, b, completionTokens]) => ({
  promptTokens: Math.max(a, b),
  cachedPromptTokens: Math.min(a, b),
  completionTokens,
}))

/** Millionths of an atomic unit: the exact price, as a whole number. */
const exactMillionths = (
  sheet: PriceSheet,
  usage: typeof anyUsage extends fc.Arbitrary<infer U> ? U : never,
) => {
  const { promptTokens, cachedPromptTokens, completionTokens } = usage
  let sum = 0n
  sum += BigInt(promptTokens) * sheet.promptAtomicPerMtok
  sum -= BigInt(cachedPromptTokens) * sheet.promptAtomicPerMtok
  sum += BigInt(cachedPromptTokens) * sheet.cachedPromptAtomicPerMtok
  sum += BigInt(completionTokens) * sheet.completionAtomicPerMtok
  return sum
}

test('the price is the smallest whole amount that is not below the exact one', () => {
  let rounded = 0
  fc.assert(
    fc.property(anySheet, anyUsage, (sheet, usage) => {
      const exact = exactMillionths(sheet, usage)
      const price = priceRoundedUp(sheet, usage)
      expect(price * 1_000_000n).toBeGreaterThanOrEqual(exact)
      expect((price - 1n) * 1_000_000n).toBeLessThan(exact === 0n ? 1n : exact)
      if (price * 1_000_000n > exact) rounded += 1
    }),
    { numRuns: 2000 },
  )
  expect(rounded).toBeGreaterThan(100)
})

test('more tokens never cost less, and cached ones never more where they are cheaper', () => {
  let compared = 0
  fc.assert(
    fc.property(anySheet, anyUsage, fc.nat(1000), (sheet, usage, more) => {
      const price = priceRoundedUp(sheet, usage)
      const grown = { ...usage, completionTokens: usage.completionTokens + more }
      expect(priceRoundedUp(sheet, grown)).toBeGreaterThanOrEqual(price)
      const uncached = { ...usage, cachedPromptTokens: 0 }
      const cheaper = sheet.cachedPromptAtomicPerMtok <= sheet.promptAtomicPerMtok
      if (!cheaper) return
      expect(price).toBeLessThanOrEqual(priceRoundedUp(sheet, uncached))
      compared += 1
    }),
  )
  expect(compared).toBeGreaterThan(10)
})

test('rounding happens once: parts add up to no less than the whole, and to less than one unit a part more', () => {
  let compared = 0
  fc.assert(
    fc.property(anySheet, anyUsage, (sheet, usage) => {
      const { promptTokens, cachedPromptTokens, completionTokens } = usage
      const prompt = priceRoundedUp(sheet, {
        promptTokens,
        cachedPromptTokens,
        completionTokens: 0,
      })
      const completion = priceRoundedUp(sheet, {
        promptTokens: 0,
        cachedPromptTokens: 0,
        completionTokens,
      })
      const whole = priceRoundedUp(sheet, usage)
      expect(prompt + completion - whole).toBeOneOf([0n, 1n])
      compared += 1
    }),
  )
  expect(compared).toBeGreaterThan(0)
})
