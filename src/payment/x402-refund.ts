import { err, ok, type Result } from '../base/result.ts'
import type { Channel } from '../domain/channel.ts'
import type { Refusal } from '../domain/refusal.ts'
import type { RefundRequest } from '../domain/x402-payment.ts'
import type { RefundSent } from './billing-step.ts'
import { type AcceptDeps, proveVoucher } from './x402-accept.ts'

export type Refunded = RefundSent & { readonly channel: Channel }

/**
 * A refund that the payer asks for with a voucher that pays for nothing: for exactly what it was told, or what was charged.
 * All that was not charged goes back at once. Throws StoreFailure.
 */
export async function acceptRefundRequest(
  deps: AcceptDeps & {
    readonly refund: (channelId: Channel['channelId']) => Promise<Result<RefundSent, Refusal>>
  },
  request: RefundRequest,
): Promise<Result<Refunded, Refusal>> {
  const { voucher, amount } = request
  const proven = await proveVoucher(deps, voucher)
  if (!proven.ok) return proven
  const channel = proven.value.known
  if (channel === undefined) return err({ reason: 'channel_not_found' })
  const { chargedCumulativeAmount, announcedAmount, balance } = channel
  const { maxClaimableAmount } = voucher
  if (maxClaimableAmount !== announcedAmount && maxClaimableAmount !== chargedCumulativeAmount) {
    return err({ reason: 'cumulative_amount_mismatch', channel })
  }
  if (amount !== undefined && amount < balance - announcedAmount) {
    const detail = 'all that was not charged is refunded at once, so ask for no part of it'
    return err({ reason: 'payment_unacceptable', detail })
  }
  const refunded = await deps.refund(channel.channelId)
  if (!refunded.ok) return refunded
  return ok({
    ...refunded.value,
    channel: (await deps.ledger.channel(channel.channelId)) ?? channel,
  })
}
