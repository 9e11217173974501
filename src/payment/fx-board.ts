import { assetIdOf, fxQuoteDigest, usdAssetId } from '../chain/fx-typed-data.ts'
import { parseSignature, recoverSigner } from '../chain/signatures.ts'
import type { DomainSeparator } from '../chain/typed-data.ts'
import type { Asset, FxQuote } from '../domain/exchange.ts'
import type { Bytes32, Signature, UnixSeconds } from '../domain/units.ts'

export type SignedFxQuote = { readonly quote: FxQuote; readonly signature: Signature }

/** Why a quote was not taken. */
export type FxObjection =
  | 'unknown_asset'
  | 'not_in_dollars'
  | 'expired'
  | 'valid_for_too_long'
  | 'older_than_known'
  | 'signature_invalid'

/** The newest good quote of each asset that has no par. A quote that outlives the age limit is never taken at all. */
export class FxBoard {
  readonly #domain: DomainSeparator
  readonly #ageMaxS: number
  readonly #assets: ReadonlyMap<Bytes32, Asset>
  readonly #quotes = new Map<Bytes32, FxQuote>()

  /** `ageMaxS`: for how long at most a quote may say that it is good. */
  constructor(terms: {
    readonly domain: DomainSeparator
    readonly assets: readonly Asset[]
    readonly ageMaxS: number
  }) {
    this.#domain = terms.domain
    this.#ageMaxS = terms.ageMaxS
    this.#assets = new Map(terms.assets.map((asset) => [assetIdOf(asset), asset]))
  }

  /** Takes a quote, or says why not. The same quote again is taken again without effect. */
  offer({ quote, signature }: SignedFxQuote, nowS: UnixSeconds): FxObjection | undefined {
    const asset = this.#assets.get(quote.assetIn)
    if (asset === undefined || asset.rate === 'par') return 'unknown_asset'
    if (quote.assetOut !== usdAssetId) return 'not_in_dollars'
    if (quote.validBefore <= nowS) return 'expired'
    if (quote.validBefore > nowS + this.#ageMaxS) return 'valid_for_too_long'
    const known = this.#quotes.get(quote.assetIn)
    if (known !== undefined && known.validBefore > quote.validBefore) return 'older_than_known'
    const canonical = parseSignature(signature)
    const digest = fxQuoteDigest(this.#domain, quote)
    if (!canonical.ok || recoverSigner(digest, canonical.value) !== asset.rate.quotedBy) {
      return 'signature_invalid'
    }
    this.#quotes.set(quote.assetIn, quote)
    return undefined
  }

  /** The newest quote, which may have expired by now: domain/exchange.ts judges that. */
  quote(asset: Asset): FxQuote | undefined {
    return this.#quotes.get(assetIdOf(asset))
  }
}
