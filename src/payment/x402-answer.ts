import { encodeJsonHeader } from '../base/json-header.ts'
import { err, ok, type Result } from '../base/result.ts'
import type { Channel } from '../domain/channel.ts'
import type { Held } from '../domain/hold.ts'
import type { PaymentRefusal } from '../domain/refusal.ts'
import { type AtomicAmount, atomic } from '../domain/units.ts'
import type { ChannelPayment } from '../domain/x402-payment.ts'

/** x402's name of the chain that holds a channel. */
const networkOf = ({ chainId }: Pick<Channel, 'chainId'>): string => `eip155:${chainId}`

/**
 * The `PAYMENT-RESPONSE` of a request whose money is held; refused where the voucher that it came with does not reach so
 * far. The header leaves before the body, so it tells the ceiling; what the answer then costs less is credit, because the
 * next telling starts from what was charged. Nobody is charged more than it was told.
 */
export function answerPayment(
  payment: ChannelPayment,
  { hold, channel }: Held,
): Result<Readonly<Record<string, string>>, PaymentRefusal> {
  const spoken = channel.chargedCumulativeAmount + channel.heldAmount
  if (spoken > payment.maxClaimableAmount) {
    return err({ reason: 'cumulative_amount_mismatch', channel })
  }
  const isExact = payment.scheme === 'exact'
  const response = {
    success: true,
    transaction: payment.transactionHash ?? '',
    network: networkOf(channel),
    payer: channel.config.payer,
    ...(isExact
      ? { amount: String(channel.signedMaxClaimable) }
      : { extra: channelExtra(payment, channel, hold.heldAmount) }),
  }
  return ok({ 'payment-response': encodeJsonHeader(response) })
}

/** In the words of x402's batch-settlement scheme. */
function channelExtra(payment: ChannelPayment, channel: Channel, heldAmount: AtomicAmount) {
  const chargedAmount = told(payment, channel, heldAmount)
  const base = payment.clientBaseAmount
  // A client adds what it is told and ignores it where the sum is not ours. With others under way it cannot be.
  const counts =
    base === payment.toldAmount && base + chargedAmount === channel.announcedAmount
      ? { chargedCumulativeAmount: String(channel.announcedAmount) }
      : {}
  return {
    chargedAmount: String(chargedAmount),
    channelState: { ...stateOnChain(channel), ...counts },
  }
}

/** What this request adds to what was told before; what keys of the same channel spent is not this client's request. */
function told(payment: ChannelPayment, channel: Channel, heldAmount: AtomicAmount): AtomicAmount {
  const added = channel.announcedAmount - payment.toldAmount
  return added < heldAmount ? atomic(added) : heldAmount
}

/** The part of a channel's state that the chain knows. */
const stateOnChain = (channel: Channel) => ({
  channelId: channel.channelId,
  balance: String(channel.balance),
  totalClaimed: String(channel.totalClaimed),
  withdrawRequestedAt:
    channel.withdrawFinalAtS === undefined
      ? 0
      : channel.withdrawFinalAtS - channel.config.withdrawDelay,
})
