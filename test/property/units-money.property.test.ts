/*
 * Whatever an engine says of vectors, images, seconds and the like: nobody pays beyond what was held for it, nor for nothing.
 */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { endpoints, endpointUnits, type Unit, unitAt } from '../../src/domain/endpoint.ts'
import { priceRoundedUp } from '../../src/domain/price-sheet.ts'
import { atomic } from '../../src/domain/units.ts'
import { settleUnits } from '../../src/metering/settle-usage.ts'
import { boundCost } from '../../src/payment/bound-cost.ts'
import { inferenceRequest, offerOf } from '../support/requests.ts'

const units = ['token', 'vector', 'result', 'image', 'character', 'second'] as const
const anyCount = fc.oneof(fc.nat(2 ** 32 - 1), fc.nat(300), fc.nat(3))
const anyPrice = fc.oneof(fc.bigInt({ min: 0n, max: 10n ** 13n }), fc.constant(0n)).map(atomic)

const anyCase = fc.record({
  endpoint: fc.constantFrom(...endpoints.filter((one) => endpointUnits[one][0] !== 'token')),
  unit: fc.option(fc.constantFrom<Unit>(...units), { nil: undefined }),
  choiceCount: fc.integer({ min: 1, max: 2_048 }),
  perChoiceMax: fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 40_000 })),
  promptBytes: fc.nat(100_000),
  promptHasMedia: fc.boolean(),
  promptCount: fc.integer({ min: 1, max: 2_048 }),
  prices: fc.record({
    promptAtomicPerMtok: anyPrice,
    cachedPromptAtomicPerMtok: fc.constant(atomic(0n)),
    completionAtomicPerMtok: anyPrice,
  }),
  seen: anyCount,
  reported: fc.option(fc.record({ promptTokens: anyCount, completionTokens: anyCount }), {
    nil: undefined,
  }),
})

test('a charge stays within its hold, and no unit is no charge', () => {
  let charged = 0
  let free = 0
  fc.assert(
    fc.property(anyCase, (drawn) => {
      const { perChoiceMax, prices, seen, reported, unit, ...asked } = drawn
      const offer = offerOf({ unit, prices: { ...offerOf().prices, ...prices } })
      const expected = { perChoiceMax, perChoiceLikely: 1 }
      const request = { ...inferenceRequest(), ...asked, messageCount: asked.promptCount, expected }
      const bound = boundCost(request, offer)
      if (!bound.ok) throw new Error('what is only guessed is never refused')
      const usage = settleUnits(
        reported && { ...reported, cachedPromptTokens: 0, reasoningTokens: 0 },
        {
          units: seen,
          unitsMax: bound.value.completionTokensMax * request.choiceCount,
          source: 'reported',
          promptTokensCounted: undefined,
          promptTokensMax: bound.value.promptTokensMax,
          promptCount: asked.promptCount,
        },
      )
      const price = priceRoundedUp(offer.prices, usage)
      expect(price).toBeLessThanOrEqual(bound.value.amount)
      expect(endpointUnits[asked.endpoint]).toContain(unitAt(asked.endpoint, unit))
      if (usage.completionTokens > 0) charged += 1
      else {
        expect(price).toBe(0n)
        free += 1
      }
    }),
    { numRuns: 2_000 },
  )
  expect(charged).toBeGreaterThan(100)
  expect(free).toBeGreaterThan(10)
})
