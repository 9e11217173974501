import { streamSliceTokens } from '../base/limits.ts'
import { err, ok, type Result } from '../base/result.ts'
import type { Offer } from '../domain/contributor.ts'
import { unitAt } from '../domain/endpoint.ts'
import { type PriceSheet, priceRoundedUp } from '../domain/price-sheet.ts'
import { promptTokensAtMost } from '../domain/prompt-bound.ts'
import type { RequestRefusal } from '../domain/refusal.ts'
import type { UnpaidRequest } from '../domain/request.ts'
import type { AtomicAmount } from '../domain/units.ts'

/** Completion tokens of one choice at `/v1/completions` where the client says nothing. OpenAI's own default. */
const plainCompletionTokensUsual = 16

export type CostBound = {
  readonly amount: AtomicAmount
  readonly promptTokensMax: number
  /** Per choice; where the offer is not counted in tokens, units of that kind. */
  readonly completionTokensMax: number
}

/** The most that an offer can cost for a request: the most tokens that its prompt can be, and the bound of each choice. */
export function boundCost(request: UnpaidRequest, offer: Offer): Result<CostBound, RequestRefusal> {
  const perChoice = boundChoice(request, offer)
  if (!perChoice.ok) return perChoice
  const promptTokensMax = promptTokensAtMost(request, offer.contextTokensMax)
  const amount = costOf(offer.prices, {
    promptTokens: promptTokensMax,
    completionTokens: perChoice.value * request.choiceCount,
  })
  return ok({ amount, promptTokensMax, completionTokensMax: perChoice.value })
}

function boundChoice(request: UnpaidRequest, offer: Offer): Result<number, RequestRefusal> {
  const { expected, endpoint } = request
  const unit = unitAt(endpoint, offer.unit)
  if (expected !== undefined && unit !== 'token') {
    const { perChoiceMax, param } = expected
    const offered = offer.completionTokensMax
    if (param === undefined || perChoiceMax <= offered) return ok(Math.min(perChoiceMax, offered))
    return err(beyondOffer(param, `${offered} ${unit}s`))
  }
  const most = Math.min(offer.completionTokensMax, offer.contextTokensMax)
  const asked = request.completionTokensMax
  if (asked !== undefined && asked > most) {
    return err(beyondOffer(request.completionTokensParam, String(most)))
  }
  const usual = endpoint === 'completions' ? Math.min(plainCompletionTokensUsual, most) : most
  return ok(asked ?? usual)
}

const beyondOffer = (param: string, most: string): RequestRefusal => ({
  reason: 'invalid_value',
  param,
  expected: `at most ${most} for this model`,
})

/** What a stream must have to begin where its worst case does not fit: the whole prompt and a slice of each choice. */
export function sliceCost(request: UnpaidRequest, offer: Offer, bound: CostBound): AtomicAmount {
  const tokens = Math.min(bound.completionTokensMax, streamSliceTokens)
  return costOf(offer.prices, {
    promptTokens: bound.promptTokensMax,
    completionTokens: tokens * request.choiceCount,
  })
}

/** The dearest way to these tokens: nothing of the prompt was cached. */
export const costOf = (
  prices: PriceSheet,
  tokens: { readonly promptTokens: number; readonly completionTokens: number },
): AtomicAmount => priceRoundedUp(prices, { ...tokens, cachedPromptTokens: 0 })
