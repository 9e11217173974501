/*
 * Which models of an engine are offered at a gateway, under which names and for how much: what a person asked for, or all
 * that the gateway takes. What is left out is left out for a reason that can be read.
 */
import { err, ok, type Result } from '../base/result.ts'
import type { TokenPrices } from '../domain/price-sheet.ts'
import type { FoundModel } from './find-engines.ts'
import type { RemoteJoiningTerms } from './joining-answers.ts'
import { ceilingOf, priceAbove, proposePrices } from './propose-prices.ts'

/** A model of the engine, and the name that the gateway shall sell it under. */
export type ChosenModel = { readonly upstreamId: string; readonly publicId: string }

export type ModelOffer = {
  readonly model: FoundModel
  readonly publicId: string
  readonly contextTokensMax: number
  readonly prices: TokenPrices
  /** The most that the gateway pays. */
  readonly ceiling: TokenPrices
  /** The only weights that the gateway takes under this name, which a person said these are. */
  readonly pinnedModelId: string | undefined
}

export type LeftOut = {
  readonly publicId: string
  readonly why:
    | 'unknown_to_engine'
    | 'makes_no_text'
    | 'not_taken'
    | 'other_weights'
    | 'context_unknown'
    | 'price_too_high'
    | 'one_too_many'
}

/** A gateway reads no more from one order. */
const modelsOfferedMax = 16

export function chooseModels(wishes: {
  readonly found: readonly FoundModel[]
  readonly terms: Pick<RemoteJoiningTerms, 'models' | 'any_model'>
  /** Empty: every model of the engine that the gateway takes, each under its own name. */
  readonly chosen: readonly ChosenModel[]
  /** What a person asks for a model, by its public name; the rule of propose-prices.ts for all others. */
  readonly priceOf: (publicId: string, ceiling: TokenPrices) => TokenPrices | undefined
  /** For models whose engine does not tell. */
  readonly contextTokens: number | undefined
}): { readonly offers: readonly ModelOffer[]; readonly leftOut: readonly LeftOut[] } {
  const { found, chosen } = wishes
  const all = found.map(({ id }) => ({ upstreamId: id, publicId: id }))
  const offers: ModelOffer[] = []
  const leftOut: LeftOut[] = []
  for (const choice of chosen.length === 0 ? all : chosen) {
    const offer = offerOf(choice, wishes)
    if (!offer.ok) leftOut.push({ publicId: choice.publicId, why: offer.error })
    else if (offers.length < modelsOfferedMax) offers.push(offer.value)
    else leftOut.push({ publicId: choice.publicId, why: 'one_too_many' })
  }
  return { offers, leftOut }
}

function offerOf(
  { upstreamId, publicId }: ChosenModel,
  { found, terms, chosen, priceOf, contextTokens }: Parameters<typeof chooseModels>[0],
): Result<ModelOffer, LeftOut['why']> {
  const model = found.find(({ id }) => id === upstreamId)
  if (model === undefined) return err('unknown_to_engine')
  if (!model.writesText) return err('makes_no_text')
  const ceiling = ceilingOf(terms, publicId)
  if (ceiling === undefined) return err('not_taken')
  const pinned = terms.models.find(({ id }) => id === publicId)?.model_id ?? undefined
  // A name alone says nothing of weights: only who names the model says that these are the ones.
  const isMeant = chosen.length > 0 && model.modelId === undefined
  if (pinned !== undefined && model.modelId !== pinned && !isMeant) return err('other_weights')
  const contextTokensMax = model.contextTokensMax ?? contextTokens
  if (contextTokensMax === undefined) return err('context_unknown')
  const prices = priceOf(publicId, ceiling) ?? proposePrices(ceiling)
  if (priceAbove(prices, ceiling) !== undefined) return err('price_too_high')
  return ok({ model, publicId, contextTokensMax, prices, ceiling, pinnedModelId: pinned })
}

/** Half a line for a person, behind the model's name. */
export function describeLeftOut(why: LeftOut['why']): string {
  switch (why) {
    case 'unknown_to_engine':
      return 'the engine has no model of that name'
    case 'makes_no_text':
      return 'makes vectors, not text'
    case 'not_taken':
      return 'not bought by this gateway; --model NAME=PUBLIC-NAME offers it under another name'
    case 'other_weights':
      return 'the gateway buys other weights under this name; --model NAME says that yours are those'
    case 'context_unknown':
      return 'the engine does not tell its context; say --context TOKENS'
    case 'price_too_high':
      return 'you ask more than the gateway pays'
    case 'one_too_many':
      return `a gateway takes ${modelsOfferedMax} models of one contributor; choose with --model`
  }
}
