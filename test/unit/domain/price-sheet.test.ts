import fc from 'fast-check'
import { expect, test } from 'vitest'
import { completionTokensFor, priceRoundedUp } from '../../../src/domain/price-sheet.ts'
import { atomic } from '../../../src/domain/units.ts'
import { offerOf } from '../../support/requests.ts'

test('completionTokensFor is the most that its amount pays for, to the token', () => {
  const price = fc.bigInt({ min: 1n, max: 20_000_000n })
  const anyCase = fc.record({
    prompt: price,
    completion: price,
    amount: fc.bigInt({ min: 0n, max: 1_000_000n }),
    promptTokens: fc.nat(10_000),
  })
  let paid = 0
  fc.assert(
    fc.property(anyCase, ({ prompt, completion, amount, promptTokens }) => {
      const prices = {
        ...offerOf().prices,
        promptAtomicPerMtok: atomic(prompt),
        completionAtomicPerMtok: atomic(completion),
      }
      const tokens = completionTokensFor(prices, { amount: atomic(amount), promptTokens })
      const costOf = (completionTokens: number) =>
        priceRoundedUp(prices, { promptTokens, cachedPromptTokens: 0, completionTokens })
      expect(costOf(tokens + 1)).toBeGreaterThan(amount)
      if (costOf(0) > amount) {
        expect(tokens).toBe(0)
        return
      }
      paid += 1
      expect(costOf(tokens)).toBeLessThanOrEqual(amount)
    }),
  )
  expect(paid).toBeGreaterThan(10)
})
