import { hashPriceSheet } from '../chain/receipt-typed-data.ts'
import type { GatewayConfig } from '../config.ts'
import type { ModelConfig, UpstreamConfig } from '../config-upstreams.ts'
import type { Contributor, Offer } from '../domain/contributor.ts'
import { unixSeconds } from '../domain/units.ts'

/** In whose name models are priced, and in what. */
type Prices = {
  readonly gateway: Pick<GatewayConfig['gateway'], 'operator'>
  readonly chain: Pick<GatewayConfig['chain'], 'asset'>
}

/** The contributors that a configuration names. */
export const contributorsOf = (config: Prices & Pick<GatewayConfig, 'upstreams'>): Contributor[] =>
  config.upstreams.map((upstream) => contributorOf(config, upstream))

/** What one `upstreams` entry means to the router. */
export function contributorOf(config: Prices, upstream: UpstreamConfig): Contributor {
  return {
    contributorId: upstream.id,
    baseUrl: upstream.baseUrl,
    authorization: upstream.apiKey === undefined ? undefined : `Bearer ${upstream.apiKey}`,
    identity: upstream.identity,
    offers: upstream.models.map((model) => offerOf(config, model)),
    ...(upstream.limits !== undefined && { limits: upstream.limits }),
    ...(upstream.region !== undefined && { region: upstream.region }),
  }
}

/** The gateway's price sheet for a model: in force since ever and until it is replaced. */
function offerOf({ gateway, chain }: Prices, model: ModelConfig): Offer {
  const prices = {
    operator: gateway.operator,
    modelId: model.modelId,
    asset: chain.asset,
    promptAtomicPerMtok: model.promptAtomicPerMtok,
    cachedPromptAtomicPerMtok: model.cachedPromptAtomicPerMtok,
    completionAtomicPerMtok: model.completionAtomicPerMtok,
    validFrom: unixSeconds(0),
    validUntil: unixSeconds(0),
  }
  return {
    modelName: model.id,
    upstreamModelName: model.upstreamId,
    modelId: model.modelId,
    contextTokensMax: model.contextTokensMax,
    completionTokensMax: model.completionTokensMax,
    prices,
    priceHash: hashPriceSheet(prices),
  }
}
