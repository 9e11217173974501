import type { ServerResponse } from 'node:http'
import type { Offer } from '../domain/contributor.ts'
import type { GatewayDoor } from '../gateway/gateway-door.ts'
import { sendError, sendJson } from './raw-response.ts'

/** OpenAI's model object, and ours beside it: the id that receipts carry, the context, prices per million tokens. */
function modelObject(offer: Offer): Readonly<Record<string, unknown>> {
  const { prices } = offer
  return {
    id: offer.modelName,
    object: 'model',
    created: 0,
    owned_by: 'vouch',
    context_length: offer.contextTokensMax,
    max_completion_tokens: offer.completionTokensMax,
    vouch: {
      model_id: offer.modelId,
      price_hash: offer.priceHash,
      asset: prices.asset,
      prompt_atomic_per_mtok: String(prices.promptAtomicPerMtok),
      cached_prompt_atomic_per_mtok: String(prices.cachedPromptAtomicPerMtok),
      completion_atomic_per_mtok: String(prices.completionAtomicPerMtok),
    },
  }
}

/** `GET /v1/models` */
export function listModels(door: GatewayDoor, outgoing: ServerResponse): void {
  sendJson(outgoing, { object: 'list', data: door.models().map(modelObject) })
}

/** `GET /v1/models/{id}`; ids may contain slashes. */
export function retrieveModel(door: GatewayDoor, outgoing: ServerResponse, modelId: string): void {
  const offer = door.models().find(({ modelName }) => modelName === modelId)
  if (offer === undefined) sendError(outgoing, { reason: 'model_not_found', modelId })
  else sendJson(outgoing, modelObject(offer))
}
