/*
 * Whether a voucher is worth working for: whether the contract would pay it, to us, and would still do so when we come to
 * claim. Cheapest checks first; what needs the chain is last.
 */
import { channelDomain, channelIdOf, voucherDigest } from '../chain/channel-typed-data.ts'
import { recoverSigner } from '../chain/signatures.ts'
import type { ChannelOnChain } from '../domain/channel.ts'
import type { OfferedPayoutVoucher } from '../domain/payout-voucher.ts'
import { type Bytes32, type UnixSeconds, zeroAddress } from '../domain/units.ts'
import type { CreditAgreement } from './credit-agreement.ts'
import { claimLeadS } from './limits.ts'

export type VoucherFault =
  | 'other_chain'
  | 'other_token'
  | 'other_receiver'
  /** Without a key of its own the payer's account signs, and a contract there can change its mind. */
  | 'no_voucher_key'
  | 'withdraw_delay_too_short'
  | 'signature_invalid'
  /** Its receiverAuthorizer is not the contract that lets anyone claim and nobody refund. */
  | 'claims_not_open'
  | 'above_balance'
  | 'withdrawal_too_near'
  /** The chain could not be asked: nothing is known against the voucher, and nothing for it. */
  | 'chain_unavailable'

/** What of the chain decides. */
export type ChannelFacts = {
  readonly onChain: ChannelOnChain
  readonly openToClaims: boolean
}

export const payoutChannelId = (
  { settlement }: Pick<CreditAgreement, 'settlement'>,
  { chainId, config }: OfferedPayoutVoucher,
): Bytes32 => channelIdOf(channelDomain({ chainId, verifyingContract: settlement }), config)

/** What speaks against the voucher without a look at the chain. */
export function faultOfTerms(
  agreement: CreditAgreement,
  voucher: OfferedPayoutVoucher,
): VoucherFault | undefined {
  const { chainId, config, maxClaimableAmount, signature } = voucher
  if (chainId !== agreement.chainId) return 'other_chain'
  if (config.token !== agreement.token) return 'other_token'
  if (config.receiver !== agreement.receiver) return 'other_receiver'
  if (config.payerAuthorizer === zeroAddress) return 'no_voucher_key'
  if (config.withdrawDelay < agreement.withdrawDelayMinS) return 'withdraw_delay_too_short'
  const domain = channelDomain({ chainId, verifyingContract: agreement.settlement })
  const channelId = channelIdOf(domain, config)
  const digest = voucherDigest(domain, { channelId, maxClaimableAmount })
  // As strict as the contract: another form of a good signature would be found worthless only when it is claimed.
  if (recoverSigner(digest, signature) !== config.payerAuthorizer) return 'signature_invalid'
  return undefined
}

/** What the chain has against it now. */
export function faultOnChain(
  { maxClaimableAmount }: Pick<OfferedPayoutVoucher, 'maxClaimableAmount'>,
  { onChain, openToClaims }: ChannelFacts,
  nowS: UnixSeconds,
): VoucherFault | undefined {
  if (!openToClaims) return 'claims_not_open'
  if (maxClaimableAmount > onChain.balance) return 'above_balance'
  const { withdrawFinalAtS } = onChain
  if (withdrawFinalAtS !== undefined && withdrawFinalAtS - nowS < claimLeadS) {
    return 'withdrawal_too_near'
  }
  return undefined
}
