import type { InferenceRequest, Payer } from '../domain/request.ts'
import type { RouteRequest } from '../routing/filter-lanes.ts'

/** Text is about four bytes a token, and no vocabulary in use has longer ones than 128. Counting would cost too much here. */
const bytesPerTokenUsual = 4
const bytesPerTokenMost = 128
/** What an answer is likely to take, and what of a contributor's minute is set aside for it, for each choice. */
const completionTokensUsual = 256
const completionTokensReserved = 1_024

/** A request as the router sees it. */
export function routeRequestOf(request: InferenceRequest): RouteRequest {
  const { promptBytes, choiceCount } = request
  const completionTokensMax = request.completionTokensMax ?? Number.POSITIVE_INFINITY
  const promptTokensEstimate = Math.ceil(promptBytes / bytesPerTokenUsual)
  return {
    modelName: request.modelName,
    callerId: callerIdOf(request.payer),
    promptTokensMin: Math.floor(promptBytes / bytesPerTokenMost),
    promptTokensEstimate,
    completionTokensEstimate: Math.min(completionTokensMax, completionTokensUsual) * choiceCount,
    reservedTokens:
      promptTokensEstimate + Math.min(completionTokensMax, completionTokensReserved) * choiceCount,
    needsSignature: false,
    body: request.body,
    preferences: undefined,
  }
}

const callerIdOf = (payer: Payer): string =>
  payer.kind === 'api-key' ? payer.apiKeyId : payer.channelId
