import type { Address, AtomicAmount } from './units.ts'

/** What a channel must look like to be served on, and what it takes to deposit into it: the answer to any payer. */
export type ChannelOffer = {
  readonly chainId: number
  /** Holds the channels. */
  readonly settlement: Address
  /** Takes deposits for an ERC-3009 signature (`ReceiveWithAuthorization.to`). */
  readonly collector: Address
  readonly asset: {
    readonly address: Address
    readonly decimals: number
    /** The token's own EIP-712 domain, in which a deposit is signed. */
    readonly name: string
    readonly version: string
  }
  readonly receiver: Address
  readonly receiverAuthorizer: Address
  readonly withdrawDelayMinS: number
  readonly minimumDeposit: AtomicAmount
}

export type BillingTerms = {
  /** Operator address of the gateway. */
  readonly gateway: Address
  /** Where the gateway is registered: chain and contract of the domain in which owners sign orders. */
  readonly registry: { readonly chainId: number; readonly verifyingContract: Address }
  readonly receiptVerifier: Address
  readonly accepts: readonly ChannelOffer[]
}
