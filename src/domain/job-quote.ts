import type { JobOffer } from './contract-job.ts'
import type { Address, Bytes32 } from './units.ts'

/** What a developer wants to know the price of, before a contract asks for it. */
export type QuoteWish = {
  /** Its public name, or its modelId. */
  readonly model: string
  readonly inputBytes: number
  readonly completionTokens: number
  readonly callbackGas: number
  readonly agreement: number
  /** Bits of domain/receipt.ts `tier`. */
  readonly tiers: number
}

/** What a job costs on one chain. Amounts are atomic units of the coordinator's asset. */
export type ChainQuote = {
  readonly chainId: number
  readonly coordinator: Address
  /** The JobOffers contract that is configured, and what it says of this gateway and model. */
  readonly jobOffers: Address | undefined
  readonly offer: JobOffer | undefined
  /** More gas than the delivery can need, and wei for a unit of it now. */
  readonly gasMax: bigint
  readonly gasPriceWei: bigint
  /** The least for which this gateway would deliver at the gas price of now; undefined: it would at none. */
  readonly deliveryFee: bigint | undefined
}

export type JobQuote = {
  readonly model: string
  readonly modelId: Bytes32
  readonly gateway: Address
  /** Contributors that could answer a contract; as many must agree as the wish says. */
  readonly contributors: number
  /** Those that any of them can claim. */
  readonly tiers: number
  /** The least that as many as must agree ask for a million tokens. */
  readonly promptAtomicPerMtok: bigint
  readonly completionAtomicPerMtok: bigint
  /** Of one answer at those prices: every byte of the input is taken for a token. */
  readonly maxFee: bigint
  readonly chains: readonly ChainQuote[]
}
