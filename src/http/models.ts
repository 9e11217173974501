import type { ServerResponse } from 'node:http'
import type { Offer, OfferedModel } from '../domain/contributor.ts'
import { usualEndpoints } from '../domain/endpoint.ts'
import type { GatewayDoor } from '../gateway/gateway-door.ts'
import { pricesObject } from './contributors/contributor-objects.ts'
import { tensorMembers } from './inference/tensor-members.ts'
import { sendError, sendJson } from './raw-response.ts'

/**
 * OpenAI's model object, and ours beside it: the id that receipts carry, the context, where it is asked, and prices for a
 * million tokens: the most that may be charged, and what is asked now. What it is counted in besides has prices for a million
 * of that. `offers` are of one model.
 */
function modelObject(
  offer: OfferedModel,
  offers: readonly Offer[],
): Readonly<Record<string, unknown>> {
  const { prices, askedNow } = offer
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
      asked_now: {
        lowest: pricesObject(askedNow.lowest),
        highest: pricesObject(askedNow.highest),
      },
      endpoints: offers.flatMap(pathsOf),
      units: offers.map(unitObject),
      ...tensorMembers(offers.find(({ tensors }) => tensors !== undefined)?.tensors),
    },
  }
}

const pathsOf = ({ endpoints }: Offer): readonly string[] =>
  (endpoints ?? usualEndpoints).map((endpoint) => `/v1/${endpoint}`)

const unitObject = (offer: Offer): Readonly<Record<string, unknown>> => ({
  unit: offer.unit ?? 'token',
  endpoints: pathsOf(offer),
  price_hash: offer.priceHash,
  prompt_atomic_per_mtok: String(offer.prices.promptAtomicPerMtok),
  atomic_per_million: String(offer.prices.completionAtomicPerMtok),
})

/** By name, in the order of configuration. */
const modelObjects = (
  offers: readonly OfferedModel[],
): readonly Readonly<Record<string, unknown>>[] =>
  [...Map.groupBy(offers, ({ modelName }) => modelName).values()].flatMap((ofModel) =>
    ofModel.slice(0, 1).map((first) => modelObject(first, ofModel)),
  )

/** `GET /v1/models` */
export function listModels(door: GatewayDoor, outgoing: ServerResponse): void {
  sendJson(outgoing, { object: 'list', data: modelObjects(door.models()) })
}

/** `GET /v1/models/{id}`; ids may contain slashes. */
export function retrieveModel(door: GatewayDoor, outgoing: ServerResponse, modelId: string): void {
  const [model] = modelObjects(door.models().filter(({ modelName }) => modelName === modelId))
  if (model === undefined) sendError(outgoing, { reason: 'model_not_found', modelId })
  else sendJson(outgoing, model)
}
