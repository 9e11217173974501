import { streamSliceTokens } from '../base/limits.ts'
import { err, ok, type Result } from '../base/result.ts'
import type { Offer } from '../domain/contributor.ts'
import { type PriceSheet, priceRoundedUp } from '../domain/price-sheet.ts'
import type { RequestRefusal } from '../domain/refusal.ts'
import type { UnpaidRequest } from '../domain/request.ts'
import type { AtomicAmount } from '../domain/units.ts'

/** Tokens of chat template that an engine may add for each message and for the answer it opens. */
const templateTokensPerMessage = 8

export type CostBound = {
  readonly amount: AtomicAmount
  readonly promptTokensMax: number
  /** Per choice. */
  readonly completionTokensMax: number
}

/**
 * The most that an offer can cost for a request: every byte of prompt text a token (no byte-level tokenizer makes more),
 * capped by the context, and the completion bound for each choice. Media has no such byte bound, so it holds the context.
 */
export function boundCost(request: UnpaidRequest, offer: Offer): Result<CostBound, RequestRefusal> {
  const { contextTokensMax } = offer
  const completionMax = Math.min(offer.completionTokensMax, contextTokensMax)
  const asked = request.completionTokensMax
  if (asked !== undefined && asked > completionMax) {
    return err({
      reason: 'invalid_value',
      param: request.completionTokensParam,
      expected: `at most ${completionMax} for this model`,
    })
  }
  const completionTokensMax = asked ?? completionMax
  const templateTokens = (request.messageCount + 1) * templateTokensPerMessage
  const promptTokensMax = request.promptHasMedia
    ? contextTokensMax
    : Math.min(request.promptBytes + templateTokens, contextTokensMax)
  const amount = costOf(offer.prices, {
    promptTokens: promptTokensMax,
    completionTokens: completionTokensMax * request.choiceCount,
  })
  return ok({ amount, promptTokensMax, completionTokensMax })
}

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
