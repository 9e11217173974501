import { channelIdOf } from '../chain/channel-typed-data.ts'
import type { Contract } from '../chain/contracts.ts'
import type { RegisteredPayout } from '../chain/payout-registration.ts'
import type { PrivateKey } from '../chain/private-key.ts'
import type { DomainSeparator } from '../chain/typed-data.ts'
import type { ChannelConfig } from '../domain/channel.ts'
import type { Share } from '../domain/contributor-share.ts'
import type { AssetAtRate } from '../domain/exchange.ts'
import { type Address, type AtomicAmount, type Bytes32, bytes32 } from '../domain/units.ts'

/** Where and from what contributors are paid: one chain, one token, one treasury. */
export type PayoutTerms = {
  readonly chainId: number
  readonly settlement: Contract
  /** The ContributorRegistry, where contributors say how they want to be paid. */
  readonly registry: Contract
  readonly token: Address
  /** EIP-712 domain of the channels. */
  readonly domain: DomainSeparator
  /** `payer` of every payout channel. */
  readonly treasury: Address
  /** Signs vouchers (`payerAuthorizer`): whoever steals it can promise no more than lies in escrow. */
  readonly voucherKey: PrivateKey
  readonly voucherSigner: Address
  readonly receiverAuthorizer: Address
  /** Seconds that a contributor has to claim after the treasury began to withdraw. */
  readonly withdrawDelayS: number
  /** What a contributor earns of an answer that was charged in this very token. Pure; rounds down. */
  readonly earningOf: (cost: AtomicAmount) => AtomicAmount
  /** The same of answers charged in any asset, at the rates of now; absent where this token is the only one. */
  readonly shareOf?: ShareOf | undefined
}

/** Undefined while it is not known what a unit of the token is worth. The rates are kept: what is answered stays as it is. */
export type ShareOf = (charged: AssetAtRate) => ((cost: AtomicAmount) => Share) | undefined

/** A contributor as payouts see it. */
export type Payee = {
  readonly contributorId: string
  /** Its registered operator, or the wallet that lent its key. */
  readonly operator: Address
  /** Where it wants its money by its own order to this gateway; undefined leaves it to the registry. */
  readonly payout?: RegisteredPayout | undefined
}

/**
 * The channel from the treasury to one contributor. Everything in it is known without a book, so that a gateway that lost
 * its own finds the same channels on the chain; the salt tells contributors apart that share a receiver.
 */
export function payoutChannel(
  terms: PayoutTerms,
  contributor: Address,
  registered: RegisteredPayout,
): { readonly payoutId: Bytes32; readonly config: ChannelConfig } {
  const config = {
    payer: terms.treasury,
    payerAuthorizer: terms.voucherSigner,
    receiver: registered.receiver,
    receiverAuthorizer: terms.receiverAuthorizer,
    token: terms.token,
    withdrawDelay: Math.max(terms.withdrawDelayS, registered.minWithdrawDelay),
    salt: bytes32(`0x${contributor.slice(2).padStart(64, '0')}`),
  }
  return { payoutId: channelIdOf(terms.domain, config), config }
}

/** Whether a contributor wants to be paid here, in this token. */
export const isPaidHere = (terms: PayoutTerms, registered: RegisteredPayout): boolean =>
  registered.chainId === terms.chainId && registered.token === terms.token
