import { claimRowsMax } from '../base/limits.ts'
import { err, ok, type Result } from '../base/result.ts'
import type { ChainFailure } from '../chain/chain-failure.ts'
import {
  type ClaimRow,
  claimCall,
  readUnsettledAmount,
  settleCall,
} from '../chain/channel-settlement.ts'
import type { Contract } from '../chain/contracts.ts'
import type { JsonRpc } from '../chain/json-rpc.ts'
import { type Sender, sendCall } from '../chain/transactions.ts'
import type { Channel } from '../domain/channel.ts'
import type { Address, AtomicAmount } from '../domain/units.ts'

/** Where claims go and who sends them: the receiver or the receiverAuthorizer of every channel. */
export type ClaimLane = {
  readonly rpc: JsonRpc
  readonly settlement: Contract
  readonly sender: Sender
}

export type ClaimOutcome = {
  readonly claimed: readonly Channel[]
  /** What the contract refuses, each with its reason: a channel that was drained, a chain that went back. */
  readonly refused: readonly { readonly channel: Channel; readonly failure: ChainFailure }[]
  /** The chain cannot be used now; the channels that are in neither list are tried again. */
  readonly interrupted: ChainFailure | undefined
}

/**
 * Claims all that was charged on each channel, in batches. A row that the contract refuses never blocks another: its batch
 * is halved until it stands alone. Sending a row twice does no harm, as its amount is cumulative.
 */
export async function claimVouchers(
  lane: ClaimLane,
  channels: readonly Channel[],
): Promise<ClaimOutcome> {
  const claimed: Channel[] = []
  const refused: { channel: Channel; failure: ChainFailure }[] = []
  const pending: (readonly Channel[])[] = []
  for (let i = 0; i < channels.length; i += claimRowsMax) {
    pending.push(channels.slice(i, i + claimRowsMax))
  }
  for (let batch = pending.shift(); batch !== undefined; batch = pending.shift()) {
    const sent = await sendCall(lane.sender, claimCall(lane.settlement, batch.map(claimRow)))
    const [channel] = batch
    if (sent.ok) {
      claimed.push(...batch)
    } else if (sent.error.reason !== 'reverted') {
      return { claimed, refused, interrupted: sent.error }
    } else if (batch.length === 1 && channel !== undefined) {
      refused.push({ channel, failure: sent.error })
    } else {
      const half = batch.length >> 1
      pending.unshift(batch.slice(0, half), batch.slice(half))
    }
  }
  return { claimed, refused, interrupted: undefined }
}

/** All that was charged on the channel, under the voucher that the payer signed last. */
const claimRow = (channel: Channel): ClaimRow => ({
  channelId: channel.channelId,
  config: channel.config,
  maxClaimableAmount: channel.signedMaxClaimable,
  signature: channel.voucherSignature,
  totalClaimed: channel.chargedCumulativeAmount,
})

/** Has the contract pay out what is claimed for `account`. Answers the amount; zero when nothing was due. */
export async function settleClaims(
  lane: ClaimLane,
  account: { readonly receiver: Address; readonly token: Address },
): Promise<Result<AtomicAmount, ChainFailure>> {
  const unsettled = await readUnsettledAmount(lane.rpc, lane.settlement, account)
  if (!unsettled.ok) return unsettled
  if (unsettled.value === 0n) return unsettled
  const sent = await sendCall(lane.sender, settleCall(lane.settlement, account))
  return sent.ok ? ok(unsettled.value) : err(sent.error)
}
