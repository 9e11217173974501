import { randomUUID } from 'node:crypto'
import { claimRowsMax } from '../base/limits.ts'
import { type ChainFailure, describeChainFailure } from '../chain/chain-failure.ts'
import { sendCall } from '../chain/transactions.ts'
import type { Channel } from '../domain/channel.ts'
import { type ClaimLane, callFor } from './claim-lane.ts'
import { type Claimable, claimableOf, type RefusedRow, siftClaims } from './sift-claims.ts'

export type ClaimOutcome = {
  readonly claimed: readonly Channel[]
  /** What the contract refuses, each with its reason: a channel that was drained, a chain that went back. */
  readonly refused: readonly RefusedRow[]
  /** The chain cannot be used now, or has not yet said what became of a batch; the other channels are tried again. */
  readonly interrupted: ChainFailure | undefined
}

/**
 * Claims all that was charged on each channel, in batches. A row that the contract refuses never blocks another: rows are
 * tried out first, and a batch that reverts all the same is halved. Sending a row twice does no harm, as its amount is
 * cumulative.
 */
export async function claimVouchers(
  lane: ClaimLane,
  channels: readonly Channel[],
): Promise<ClaimOutcome> {
  const claimed: Channel[] = []
  const refused: RefusedRow[] = []
  for (let i = 0; i < channels.length; i += claimRowsMax) {
    const sifted = await siftClaims(lane, channels.slice(i, i + claimRowsMax).map(claimableOf))
    if (!sifted.ok) return { claimed, refused, interrupted: sifted.error }
    refused.push(...sifted.value.refused)
    const sent = await sendRows(lane, sifted.value.good)
    claimed.push(...sent.claimed)
    refused.push(...sent.refused)
    if (sent.interrupted !== undefined) return { claimed, refused, interrupted: sent.interrupted }
  }
  return { claimed, refused, interrupted: undefined }
}

/** A row may have become bad since it was tried out. */
async function sendRows(lane: ClaimLane, rows: readonly Claimable[]): Promise<ClaimOutcome> {
  const claimed: Channel[] = []
  const refused: RefusedRow[] = []
  const pending = rows.length === 0 ? [] : [rows]
  for (let batch = pending.pop(); batch !== undefined; batch = pending.pop()) {
    const call = callFor(
      lane,
      batch.map(({ row }) => row),
    )
    const channelIds = batch.map(({ channel }) => channel.channelId)
    const purpose = { intentId: `claim:${randomUUID()}`, kind: 'claim', channelIds } as const
    const sent = await sendCall(lane.sender, call, purpose)
    const [first] = batch
    if (sent.ok) {
      claimed.push(...batch.map(({ channel }) => channel))
    } else if (sent.error.reason !== 'reverted') {
      return { claimed, refused, interrupted: sent.error }
    } else if (batch.length === 1 && first !== undefined) {
      refused.push({ channel: first.channel, reason: describeChainFailure(sent.error) })
    } else {
      const half = batch.length >> 1
      pending.push(batch.slice(half), batch.slice(0, half))
    }
  }
  return { claimed, refused, interrupted: undefined }
}
