/*
 * Gives a payer back what of a channel was not charged, without the delay of a withdrawal. The channel closes first and
 * what was charged is claimed first, so that a crash at any point leaves either an open channel or one whose money is where
 * it belongs.
 */
import { refundPauseMs } from '../base/limits.ts'
import { err, ok, type Result } from '../base/result.ts'
import type { ChainFailure } from '../chain/chain-failure.ts'
import { refundCall } from '../chain/channel-claims.ts'
import { readChannel } from '../chain/channel-settlement.ts'
import { type MinedTransaction, sendCall } from '../chain/transactions.ts'
import type { Channel } from '../domain/channel.ts'
import { type AtomicAmount, atomic, type Bytes32, bytes32, unixSecondsOf } from '../domain/units.ts'
import type { LedgerStore } from '../store/ledger-store.ts'
import type { OutboxStore } from '../store/outbox-store.ts'
import type { ClaimLane } from './claim-lane.ts'
import { claimVouchers } from './claim-vouchers.ts'

/** Why a channel is not refunded now. All but `refund_unconfirmed` mean that no refund was sent. */
export type RefundRefusal =
  | { readonly reason: 'channel_not_found' }
  /** An answer is being made on the channel's money. */
  | { readonly reason: 'requests_in_flight'; readonly heldAmount: AtomicAmount }
  | { readonly reason: 'refunded_recently'; readonly againAtMs: number }
  | { readonly reason: 'nothing_to_refund' }
  /** What was charged could not be claimed, and must be before the rest leaves. */
  | { readonly reason: 'charges_not_claimed'; readonly detail: string }
  | { readonly reason: 'refund_reverted'; readonly failure: ChainFailure }
  /** Under way, and goes on by itself: asking again answers how it ended. */
  | { readonly reason: 'refund_unconfirmed'; readonly failure: ChainFailure }
  | { readonly reason: 'chain_not_read'; readonly failure: ChainFailure }

export type Refund = MinedTransaction & { readonly amount: AtomicAmount }

type Refunder = ClaimLane & {
  readonly ledger: Pick<LedgerStore, 'channel' | 'observeChain'>
  readonly notes: Pick<OutboxStore, 'note' | 'setNote'>
  readonly nowMs: () => number
}

/** What a refund that was begun is, under `refundKey` and its channel: the same request continues it. */
type BegunRefund = { readonly atMs: number; readonly amount: string; readonly done: boolean }
const refundKey = 'refund:'

/** Refunds everything of the channel that was not charged. Runs alone with respect to claims: see settlement-loop.ts. */
export async function requestRefund(
  refunder: Refunder,
  channelId: Bytes32,
): Promise<Result<Refund, RefundRefusal>> {
  const { ledger, notes, nowMs } = refunder
  const channel = await ledger.channel(channelId)
  if (channel === undefined) return err({ reason: 'channel_not_found' })
  const begun = await readBegun(notes, channelId)
  if (begun !== undefined && !begun.done) return send(refunder, channel, begun)
  const againAtMs = (begun?.atMs ?? -refundPauseMs) + refundPauseMs
  if (nowMs() < againAtMs) return err({ reason: 'refunded_recently', againAtMs })
  if (channel.heldAmount > 0n) return err(inFlight(channel))

  const closed = await close(refunder, channel)
  if (!closed.ok) return closed
  const amount = await claimCharges(refunder, closed.value)
  if (!amount.ok || amount.value === 0n) {
    await reopen(refunder, channel)
    return amount.ok ? err({ reason: 'nothing_to_refund' }) : amount
  }
  const refund = { atMs: nowMs(), amount: String(amount.value), done: false }
  await notes.setNote(refundKey + channelId, JSON.stringify(refund))
  return send(refunder, closed.value, refund)
}

/** From now on nothing new is held. What slipped in before keeps its money: then the refund must wait. */
async function close(
  refunder: Refunder,
  { channelId, config }: Channel,
): Promise<Result<Channel, RefundRefusal>> {
  const { rpc, settlement, ledger, nowMs } = refunder
  const onChain = await readChannel(rpc, settlement, { channelId, config })
  if (!onChain.ok) return err({ reason: 'chain_not_read', failure: onChain.error })
  // A refund takes money out as a withdrawal does that is final now.
  const withdrawFinalAtS = onChain.value.withdrawFinalAtS ?? unixSecondsOf(nowMs())
  await ledger.observeChain(channelId, { ...onChain.value, withdrawFinalAtS })
  const closed = await ledger.channel(channelId)
  if (closed === undefined) return err({ reason: 'channel_not_found' })
  if (closed.heldAmount === 0n) return ok(closed)
  await ledger.observeChain(channelId, onChain.value)
  return err(inFlight(closed))
}

async function reopen(refunder: Refunder, channel: Channel): Promise<void> {
  const onChain = await readChannel(refunder.rpc, refunder.settlement, channel)
  // Where the chain cannot be read now, the next round of the loop opens it again.
  if (onChain.ok) await refunder.ledger.observeChain(channel.channelId, onChain.value)
}

/** Claims what was charged; answers what is left after it. */
async function claimCharges(
  refunder: Refunder,
  channel: Channel,
): Promise<Result<AtomicAmount, RefundRefusal>> {
  const { rpc, settlement, ledger } = refunder
  const before = await readChannel(rpc, settlement, channel)
  if (!before.ok) return err({ reason: 'chain_not_read', failure: before.error })
  const isOwed = channel.chargedCumulativeAmount > before.value.totalClaimed
  if (isOwed) {
    const outcome = await claimVouchers(refunder, [channel])
    const detail = outcome.refused[0]?.reason ?? outcome.interrupted?.reason
    if (detail !== undefined) return err({ reason: 'charges_not_claimed', detail })
  }
  const after = isOwed ? await readChannel(rpc, settlement, channel) : before
  if (!after.ok) return err({ reason: 'chain_not_read', failure: after.error })
  const { balance, totalClaimed } = after.value
  if (totalClaimed < channel.chargedCumulativeAmount) {
    return err({ reason: 'charges_not_claimed', detail: 'the chain does not show the claim yet' })
  }
  // Still closing: the loop is told of the claim, not that the channel is open.
  const withdrawFinalAtS = after.value.withdrawFinalAtS ?? channel.withdrawFinalAtS
  await ledger.observeChain(channel.channelId, { ...after.value, withdrawFinalAtS })
  return ok(atomic(balance - totalClaimed))
}

async function send(
  refunder: Refunder,
  channel: Channel,
  refund: BegunRefund,
): Promise<Result<Refund, RefundRefusal>> {
  const { settlement, sender, notes } = refunder
  const { channelId, config } = channel
  const amount = atomic(BigInt(refund.amount))
  const sent = await sendCall(sender, refundCall(settlement, { config, amount }), {
    intentId: `refund:${channelId}:${refund.atMs}`,
    kind: 'refund',
    channelIds: [channelId],
  })
  const failure = sent.ok ? undefined : sent.error
  const isReverted = failure?.reason === 'reverted'
  if (failure !== undefined && !isReverted) return err({ reason: 'refund_unconfirmed', failure })
  await notes.setNote(refundKey + channelId, JSON.stringify({ ...refund, done: true }))
  await reopen(refunder, channel)
  if (failure !== undefined) return err({ reason: 'refund_reverted', failure })
  return sent.ok ? ok({ ...sent.value, amount }) : err({ reason: 'nothing_to_refund' })
}

/** Channels with a refund that was begun and not yet seen through, by this process or one before it. */
export async function begunRefunds(notes: Pick<OutboxStore, 'notes'>): Promise<readonly Bytes32[]> {
  return (await notes.notes(refundKey))
    .filter(({ text }) => !(JSON.parse(text) as BegunRefund).done)
    .map(({ key }) => bytes32(key.slice(refundKey.length)))
}

async function readBegun(
  notes: Pick<OutboxStore, 'note'>,
  channelId: Bytes32,
): Promise<BegunRefund | undefined> {
  const text = await notes.note(refundKey + channelId)
  return text === undefined ? undefined : (JSON.parse(text) as BegunRefund)
}

const inFlight = ({ heldAmount }: Channel): RefundRefusal => ({
  reason: 'requests_in_flight',
  heldAmount,
})
