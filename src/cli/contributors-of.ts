import { hashPriceSheet } from '../chain/receipt-typed-data.ts'
import type { GatewayConfig } from '../config.ts'
import type { Serving } from '../config-prices.ts'
import type { ServedModelConfig, UpstreamConfig } from '../config-upstreams.ts'
import type { Contributor, Offer } from '../domain/contributor.ts'
import type { TokenPrices } from '../domain/price-sheet.ts'
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
    offers: upstream.models.flatMap((model) =>
      model.servings.map((serving) =>
        offerOf(config, model, upstream.auction ? { priceMax: serving, ...serving } : serving),
      ),
    ),
    ...(upstream.limits !== undefined && { limits: upstream.limits }),
    ...(upstream.region !== undefined && { region: upstream.region }),
    ...(upstream.attests === true && { attests: true }),
  }
}

/** The gateway's price sheet for a model: in force since ever and until it is replaced. */
function offerOf(
  { gateway, chain }: Prices,
  model: ServedModelConfig,
  { endpoints, unit, priceMax, ...asked }: Serving,
): Offer {
  const pricedBy = (tokenPrices: TokenPrices) => {
    const prices = {
      operator: gateway.operator,
      modelId: model.modelId,
      asset: chain.asset,
      promptAtomicPerMtok: tokenPrices.promptAtomicPerMtok,
      cachedPromptAtomicPerMtok: tokenPrices.cachedPromptAtomicPerMtok,
      completionAtomicPerMtok: tokenPrices.completionAtomicPerMtok,
      validFrom: unixSeconds(0),
      validUntil: unixSeconds(0),
    }
    return { prices, priceHash: hashPriceSheet(prices) }
  }
  return {
    modelName: model.id,
    upstreamModelName: model.upstreamId,
    modelId: model.modelId,
    contextTokensMax: model.contextTokensMax,
    completionTokensMax: model.completionTokensMax,
    endpoints,
    unit,
    ...(unit === 'value' && model.tensors !== undefined && { tensors: model.tensors }),
    ...pricedBy(asked),
    ...(priceMax !== undefined && unit === 'token' && { priceMax: pricedBy(priceMax) }),
  }
}
