import type { Endpoint, Unit } from './endpoint.ts'
import type { PriceRange, PriceSheet } from './price-sheet.ts'
import type { TensorTerms } from './tensor-terms.ts'
import type { Address, AtomicAmount, Bytes32 } from './units.ts'

/** A price sheet and its name in receipts. */
type PricedBy = { readonly prices: PriceSheet; readonly priceHash: Bytes32 }

/** One model as one contributor serves it. Its price is what is asked now, as far as it moves. */
export type Offer = PricedBy & {
  /** The public name that clients ask for. */
  readonly modelName: string
  /** The name that the contributor's engine knows; equal to `modelName` unless it is mapped. */
  readonly upstreamModelName: string
  /** keccak256 of the canonical model manifest. */
  readonly modelId: Bytes32
  readonly contextTokensMax: number
  readonly completionTokensMax: number
  /** What the model can be asked there; undefined leaves it to `usualEndpoints`. */
  readonly endpoints?: readonly Endpoint[] | undefined
  /** What its answers are counted in; undefined leaves it to the endpoint. Prices are for a million of them. */
  readonly unit?: Unit | undefined
  /** Of what is asked at `inference`. */
  readonly tensors?: TensorTerms | undefined
  /** The most that its contributor may come to ask by its reports; undefined where the price is fixed. Of texts alone. */
  readonly priceMax?: PricedBy | undefined
}

/** A model as the pool has it: its price is the most that an answer may cost, and `askedNow` is what contributors ask. */
export type OfferedModel = Offer & { readonly askedNow: PriceRange }

/** A registered operator that signs its Work, as the registry has it. */
export type SigningIdentity = {
  readonly operator: Address
  /** Keys that may sign now. */
  readonly signingAddresses: readonly Address[]
}

/** What a contributor asks not to be exceeded; undefined sets no bound. Whole numbers, at least 1. */
export type ContributorLimits = {
  readonly requestsPerMinuteMax: number | undefined
  /** Prompt and completion together. */
  readonly tokensPerMinuteMax: number | undefined
  /** Requests that it answers at the same time. */
  readonly concurrencyMax: number | undefined
  /** Within any 24 hours. */
  readonly requestsPerDayMax?: number | undefined
  readonly tokensPerDayMax?: number | undefined
  /** At its own prices, cached tokens as dear as others: atomic units of the asset that its offers are priced in. */
  readonly spendPerDayMax?: AtomicAmount | undefined
}

/** Someone who answers requests: an engine with its own signing key, or an OpenAI-compatible service that cannot sign. */
export type Contributor = {
  readonly contributorId: string
  /** OpenAI base URL, ending in `/v1`. */
  readonly baseUrl: string
  /** Value of the authorization header towards the contributor; never logged, never forwarded from a client. */
  readonly authorization: string | undefined
  readonly identity: SigningIdentity | undefined
  /** A stranger named its URL: only public addresses are dialled for it. */
  readonly isGuarded?: boolean | undefined
  readonly offers: readonly Offer[]
  readonly limits?: ContributorLimits
  /** Where it computes, as its operator says, such as `eu`; only compared with what callers ask for. */
  readonly region?: string
  /** It serves attestation reports of itself. */
  readonly attests?: boolean
}
