import { expect, test } from 'vitest'
import { noLimits } from '../../../src/domain/caller-limits.ts'
import { microUsd } from '../../../src/domain/exchange.ts'
import { atomic } from '../../../src/domain/units.ts'
import { noUsage } from '../../../src/domain/usage.ts'
import { enterLimits, limitUseOf, releaseHold } from '../../../src/gateway/enter-limits.ts'
import type { LimitUse } from '../../../src/payment/caller-limits.ts'
import type { LimitPlace } from '../../../src/payment/caller-limits-desk.ts'
import type { PaymentStep } from '../../../src/payment/payment-step.ts'
import { callerLimits } from '../../support/caller-limits.ts'
import { inferenceRequest, offerOf } from '../../support/requests.ts'

const account = { kind: 'account', id: '0xc1' } as const
const contributor = {
  contributorId: 'c',
  baseUrl: '',
  authorization: undefined,
  identity: undefined,
  offers: [],
}

/** What of its limits a request is counted with: those limits are exactly that. */
async function countedOf(fields: Readonly<Record<string, unknown>>, decimals: number) {
  const asked: LimitUse[] = []
  const limits = callerLimits()
  const watched = {
    ...limits,
    enter: (callers: Parameters<typeof limits.enter>[0], use: LimitUse) => {
      asked.push(use)
      return limits.enter(callers, use)
    },
  }
  const limited = { ...noLimits, spendPerDayMax: microUsd(10n ** 12n) }
  const entered = await enterLimits(
    { limits: watched as unknown as typeof limits, priceDecimals: decimals },
    [{ caller: account, limits: limited }],
    {
      request: inferenceRequest(fields),
      candidates: [{ contributor, offer: offerOf() }],
      income: undefined,
    },
  )
  return { entered, asked }
}

test('a request is counted with what it may take and the most that it may cost', async () => {
  // One byte of prompt is a token; with its template at most 17, and 20 tokens at 2: 57 atomic units.
  const six = await countedOf({ max_tokens: 20 }, 6)
  expect(six.asked).toEqual([{ requests: 1, tokens: 21, spent: 57n }])
  const two = await countedOf({ max_tokens: 20 }, 2)
  expect(two.asked[0]?.spent).toBe(570_000n)
  const eighteen = await countedOf({ max_tokens: 20 }, 18)
  expect(eighteen.asked[0]?.spent).toBe(1n)
})

test('one that no offer would take is refused before it is counted', async () => {
  const { entered, asked } = await countedOf({ max_tokens: 41 }, 6)
  expect(entered).toMatchObject({ ok: false, error: { reason: 'invalid_value' } })
  expect(asked).toEqual([])
})

test('an answer has used its tokens and its price', () => {
  const usage = { ...noUsage, promptTokens: 5, completionTokens: 3 }
  expect(limitUseOf({ usage, cost: atomic(11n) }, undefined, 6)).toEqual({
    requests: 1,
    tokens: 8,
    spent: 11n,
  })
})

test.each([
  [true, []],
  [false, [undefined]],
])('who ended the hold says what was used of the limits: here %s', async (isHere, said) => {
  const told: (LimitUse | undefined)[] = []
  const place: LimitPlace = {
    dayClaim: undefined,
    leave: async (used) => void told.push(used),
  }
  const payment = { release: async () => isHere } as unknown as PaymentStep
  await releaseHold({ payment }, { request: inferenceRequest(), place })
  expect(told).toEqual(said)
})
