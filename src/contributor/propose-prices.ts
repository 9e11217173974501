/*
 * What to ask, where a person does not say: a rule that can be read off, so that nobody wonders. Amounts are atomic units of
 * the gateway's asset for a million tokens.
 *
 *   asked  = 4/5 of the most that the gateway pays for the model, rounded down, and never zero where that is not
 *   earned = asked less the gateway's fee, rounded down
 *
 * Who asks the most of all is asked last. A fifth less is what gets a newcomer its first requests, and it can be raised.
 */
import { contributorShareRoundedDown } from '../domain/contributor-share.ts'
import type { TokenPrices } from '../domain/price-sheet.ts'
import { type AtomicAmount, atomic } from '../domain/units.ts'
import type { RemoteJoiningTerms } from './joining-answers.ts'

/** What a gateway pays for a model at most; undefined where it takes none of that name. */
export const ceilingOf = (
  { models, any_model: any }: Pick<RemoteJoiningTerms, 'models' | 'any_model'>,
  publicId: string,
): TokenPrices | undefined => {
  const listed = models.find(({ id }) => id === publicId)?.price_max ?? any?.price_max
  return listed === undefined ? undefined : pricesOf(listed)
}

type RemotePrices = RemoteJoiningTerms['models'][number]['price_max']

const pricesOf = ({ prompt, cached_prompt, completion }: RemotePrices): TokenPrices => ({
  promptAtomicPerMtok: prompt,
  cachedPromptAtomicPerMtok: cached_prompt,
  completionAtomicPerMtok: completion,
})

export const proposePrices = (ceiling: TokenPrices): TokenPrices => mapPrices(ceiling, fourFifths)

function fourFifths(most: AtomicAmount): AtomicAmount {
  const asked = (most * 4n) / 5n
  return atomic(asked === 0n && most > 0n ? 1n : asked)
}

/**
 * Of a price that a person gave: cached tokens at the share of the prompt price that the gateway's own ceiling has, rounded
 * down.
 */
export function withCachedPrice(
  asked: Pick<TokenPrices, 'promptAtomicPerMtok' | 'completionAtomicPerMtok'>,
  ceiling: TokenPrices,
): TokenPrices {
  const { promptAtomicPerMtok: prompt } = asked
  const { promptAtomicPerMtok: most, cachedPromptAtomicPerMtok: cachedMost } = ceiling
  const cached = most === 0n ? cachedMost : (prompt * cachedMost) / most
  return { ...asked, cachedPromptAtomicPerMtok: atomic(cached < prompt ? cached : prompt) }
}

/** What of each price is the contributor's. */
export const earnedPrices = (asked: TokenPrices, feeBps: number): TokenPrices =>
  mapPrices(asked, (cost) => contributorShareRoundedDown({ cost, feeBps }))

/** The first price that is beyond what the gateway pays. */
export function priceAbove(
  asked: TokenPrices,
  ceiling: TokenPrices,
): 'prompt' | 'completion' | undefined {
  if (asked.promptAtomicPerMtok > ceiling.promptAtomicPerMtok) return 'prompt'
  return asked.completionAtomicPerMtok > ceiling.completionAtomicPerMtok ? 'completion' : undefined
}

const mapPrices = (
  prices: TokenPrices,
  change: (price: AtomicAmount) => AtomicAmount,
): TokenPrices => ({
  promptAtomicPerMtok: change(prices.promptAtomicPerMtok),
  cachedPromptAtomicPerMtok: change(prices.cachedPromptAtomicPerMtok),
  completionAtomicPerMtok: change(prices.completionAtomicPerMtok),
})
