/*
 * Prices are written in one asset and asked in another: what a request of a channel costs in the channel's own asset, at
 * the rate of the moment in which it is admitted. Sheets in another asset are made once for each rate; the home asset's are
 * the configured ones, so that its payers wait for nothing.
 */
import { channelAssetsRemembered } from '../base/limits.ts'
import { ok, type Result } from '../base/result.ts'
import { hashPriceSheet } from '../chain/receipt-typed-data.ts'
import type { Offer } from '../domain/contributor.ts'
import {
  type Asset,
  type AssetAtRate,
  type FxQuote,
  incomeRate,
  payoutRate,
  priceSheetIn,
  type UsdRate,
} from '../domain/exchange.ts'
import type { FxRefusal } from '../domain/refusal.ts'
import { type Address, type Bytes32, unixSecondsOf } from '../domain/units.ts'

/** What one request is counted in. */
export type Pricing = {
  /** Undefined where one asset alone is taken, and no dollars are counted. */
  readonly income: AssetAtRate | undefined
  /** The offer as this payer is asked for it. The same object for the same rate. */
  readonly offerOf: (offer: Offer) => Offer
}

/** Of a gateway that takes one asset. */
export const asConfigured: Pricing = { income: undefined, offerOf: (offer) => offer }

export type AssetPlace = { readonly chainId: number; readonly address: Address }

export class PriceExchange {
  readonly #home: Asset
  readonly #assets: ReadonlyMap<string, Asset>
  readonly #quoteOf: (asset: Asset) => FxQuote | undefined
  readonly #nowMs: () => number
  readonly #homePricing: Pricing
  /** The newest of each other asset. */
  readonly #pricings = new Map<Asset, Pricing>()
  readonly #ofChannels = new Map<Bytes32, Asset>()

  constructor(terms: {
    /** The asset in which offers are priced. At par. */
    readonly home: Asset
    readonly others: readonly Asset[]
    /** The newest quote of an asset without a par, good or not. */
    readonly quoteOf: (asset: Asset) => FxQuote | undefined
    readonly nowMs: () => number
  }) {
    const { home, others } = terms
    this.#home = home
    this.#assets = new Map([home, ...others].map((asset) => [keyOf(asset), asset]))
    this.#quoteOf = terms.quoteOf
    this.#nowMs = terms.nowMs
    const rate = incomeRate(home, undefined, unixSecondsOf(terms.nowMs()))
    this.#homePricing = {
      ...asConfigured,
      income: rate.ok ? { asset: home, rate: rate.value } : undefined,
    }
  }

  /** Undefined: it is not on the list. */
  find(place: AssetPlace): Asset | undefined {
    return this.#assets.get(keyOf(place))
  }

  /** The asset of a channel that was priced before: a channel keeps its asset for ever. */
  assetOf(channelId: Bytes32): Asset | undefined {
    return this.#ofChannels.get(channelId)
  }

  remember(channelId: Bytes32, asset: Asset): void {
    if (this.#ofChannels.size >= channelAssetsRemembered) this.#ofChannels.clear()
    this.#ofChannels.set(channelId, asset)
  }

  /** Refused while no quote of the asset is good. */
  pricingOf(asset: Asset): Result<Pricing, FxRefusal> {
    if (asset === this.#home) return ok(this.#homePricing)
    const rate = incomeRate(asset, this.#quoteOf(asset), unixSecondsOf(this.#nowMs()))
    if (!rate.ok) return rate
    const known = this.#pricings.get(asset)
    if (known?.income?.rate.quoteId === rate.value.quoteId && known !== undefined) return ok(known)
    const pricing = this.#pricingAt({ asset, rate: rate.value })
    this.#pricings.set(asset, pricing)
    return ok(pricing)
  }

  /** What a whole unit is worth when it is paid out; refused while no quote of the asset is good. */
  payoutRateOf(asset: Asset): Result<UsdRate, FxRefusal> {
    return payoutRate(asset, this.#quoteOf(asset), unixSecondsOf(this.#nowMs()))
  }

  #pricingAt(income: AssetAtRate): Pricing {
    const from = this.#homePricing.income
    const made = new WeakMap<Offer, Offer>()
    return {
      income,
      offerOf: (offer) => {
        const known = made.get(offer)
        if (known !== undefined || from === undefined) return known ?? offer
        const prices = priceSheetIn(offer.prices, from, income)
        const priced = { ...offer, prices, priceHash: hashPriceSheet(prices) }
        made.set(offer, priced)
        return priced
      },
    }
  }
}

const keyOf = ({ chainId, address }: AssetPlace): string => `${chainId}:${address}`
