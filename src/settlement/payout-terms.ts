import { channelIdOf } from '../chain/channel-typed-data.ts'
import type { Contract } from '../chain/contracts.ts'
import type { RegisteredPayout } from '../chain/payout-registration.ts'
import type { PrivateKey } from '../chain/private-key.ts'
import type { DomainSeparator } from '../chain/typed-data.ts'
import type { ChannelConfig } from '../domain/channel.ts'
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
  /** What a contributor earns in this token of an answer that cost so much in the payer's. Pure; rounds down. */
  readonly earningOf: (cost: AtomicAmount) => AtomicAmount
}

/** A contributor as payouts see it. */
export type Payee = { readonly contributorId: string; readonly operator: Address }

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
