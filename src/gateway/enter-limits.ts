import type { Result } from '../base/result.ts'
import type { LimitedCaller } from '../domain/caller-limits.ts'
import { type AssetAtRate, microUsd } from '../domain/exchange.ts'
import type { Refusal } from '../domain/refusal.ts'
import type { InferenceRequest } from '../domain/request.ts'
import type { AtomicAmount } from '../domain/units.ts'
import type { Usage } from '../domain/usage.ts'
import { type LimitUse, nothingUsed, spendOf } from '../payment/caller-limits.ts'
import { boundsSpend, type LimitPlace } from '../payment/caller-limits-desk.ts'
import { ceilingOf } from '../payment/payment-step.ts'
import type { Candidate } from '../routing/lane.ts'
import type { Gateway } from './gateway.ts'
import { routeRequestOf } from './route-request.ts'

/** What a caller who left before an answer began has used: its request made work. */
export const requestOnly: LimitUse = { ...nothingUsed, requests: 1 }

/** Counts a request with what it is likely to take and the most that it may cost, before anything is held for it. */
export async function enterLimits(
  gateway: Pick<Gateway, 'limits' | 'priceDecimals'>,
  callers: readonly LimitedCaller[],
  asked: {
    readonly request: InferenceRequest
    readonly candidates: readonly Candidate[]
    readonly income: AssetAtRate | undefined
  },
): Promise<Result<LimitPlace, Refusal>> {
  const { request, candidates, income } = asked
  const { priceDecimals } = gateway
  let spent = microUsd(0n)
  if (boundsSpend(callers)) {
    const offers = candidates.map(({ offer }) => offer)
    const ceiling = ceilingOf(request, offers)
    if (!ceiling.ok) return ceiling
    spent = spendOf(ceiling.value, countedIn(income, priceDecimals))
  }
  const { reservedTokens } = routeRequestOf(request, priceDecimals)
  return gateway.limits.enter(callers, { requests: 1, tokens: reservedTokens, spent })
}

/** What an answer that was charged has used. */
export const limitUseOf = (
  charged: { readonly usage: Usage; readonly cost: AtomicAmount },
  income: AssetAtRate | undefined,
  priceDecimals: number,
): LimitUse => ({
  requests: 1,
  tokens: charged.usage.promptTokens + charged.usage.completionTokens,
  spent: spendOf(charged.cost, countedIn(income, priceDecimals)),
})

/** Where one asset alone is taken, that is the one which prices are written in. */
const countedIn = (income: AssetAtRate | undefined, priceDecimals: number) =>
  income === undefined
    ? { decimals: priceDecimals, rateE18: undefined }
    : { decimals: income.asset.decimals, rateE18: income.rate.rateE18 }

/**
 * Gives the money of a request back that is not charged. Where somebody else ended it, or the store does not say who, what
 * it used of its limits is for recovery to say.
 */
export async function releaseHold(
  gateway: Pick<Gateway, 'payment'>,
  held: { readonly request: InferenceRequest; readonly place: LimitPlace | undefined },
): Promise<void> {
  const isEndedHere = await gateway.payment.release(held.request.requestId)
  if (!isEndedHere) await held.place?.leave(undefined)
}
