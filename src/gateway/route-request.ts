import type { MicroUsd } from '../domain/exchange.ts'
import type { InferenceRequest, Payer } from '../domain/request.ts'
import type { RoutePreferences } from '../domain/route-preferences.ts'
import { type AtomicAmount, atomic } from '../domain/units.ts'
import type { RouteRequest } from '../routing/filter-lanes.ts'

/** Text is about four bytes a token, and no vocabulary in use has longer ones than 128. Counting would cost too much here. */
const bytesPerTokenUsual = 4
export const bytesPerTokenMost = 128
/** What an answer is likely to take, and what of a contributor's minute is set aside for it, for each choice. */
const completionTokensUsual = 256
const completionTokensReserved = 1_024

/** A request as the router sees it. `priceDecimals`: of the asset that offers are priced in, which is at par with the dollar. */
export function routeRequestOf(request: InferenceRequest, priceDecimals: number): RouteRequest {
  const { promptBytes, choiceCount, preferences } = request
  const perChoiceMax = request.expected?.perChoiceMax ?? request.completionTokensMax
  const completionTokensMax = perChoiceMax ?? Number.POSITIVE_INFINITY
  const promptTokensEstimate = Math.ceil(promptBytes / bytesPerTokenUsual)
  return {
    endpoint: request.endpoint,
    modelName: request.modelName,
    callerId: callerIdOf(request.payer),
    accountId: request.payer.channelId,
    promptTokensMin: request.promptTokensMin ?? Math.floor(promptBytes / bytesPerTokenMost),
    promptTokensEstimate,
    completionTokensEstimate: Math.min(completionTokensMax, completionTokensUsual) * choiceCount,
    reservedTokens:
      promptTokensEstimate + Math.min(completionTokensMax, completionTokensReserved) * choiceCount,
    needsSignature: request.needsSignature,
    body: request.forwardedBody,
    preferences,
    priceMax: preferences && priceMaxOf(preferences.maxPrice, priceDecimals),
  }
}

/** Rounded down, which loses nothing: prices are whole atomic units. */
function priceMaxOf(
  { prompt, completion }: RoutePreferences['maxPrice'],
  priceDecimals: number,
): RouteRequest['priceMax'] {
  if (prompt === undefined && completion === undefined) return undefined
  const atomicOf = (price: MicroUsd | undefined): AtomicAmount | undefined =>
    price === undefined ? undefined : atomic((price * 10n ** BigInt(priceDecimals)) / 1_000_000n)
  return { prompt: atomicOf(prompt), completion: atomicOf(completion) }
}

const callerIdOf = (payer: Payer): string =>
  payer.kind === 'api-key' ? payer.apiKeyId : payer.channelId
