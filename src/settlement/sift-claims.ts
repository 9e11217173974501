import { err, ok, type Result } from '../base/result.ts'
import type { ChainFailure } from '../chain/chain-failure.ts'
import { type ClaimStatus, simulateBestEffort } from '../chain/channel-claims.ts'
import { type ClaimRow, readChannel } from '../chain/channel-settlement.ts'
import { simulateCall } from '../chain/simulate-call.ts'
import type { Channel } from '../domain/channel.ts'
import { atomic } from '../domain/units.ts'
import { type ClaimLane, callFor } from './claim-lane.ts'

export type Claimable = { readonly channel: Channel; readonly row: ClaimRow }
export type RefusedRow = { readonly channel: Channel; readonly reason: string }
/** Rows that a claim would book, and those that it would not, with the contract's reason. */
export type Sifted = {
  readonly good: readonly Claimable[]
  readonly refused: readonly RefusedRow[]
}

/** All that was charged on the channel, under the voucher that the payer signed last. */
export const claimableOf = (channel: Channel): Claimable => ({
  channel,
  row: {
    channelId: channel.channelId,
    config: channel.config,
    maxClaimableAmount: channel.signedMaxClaimable,
    signature: channel.voucherSignature,
    totalClaimed: channel.chargedCumulativeAmount,
  },
})

/** Tries rows out without a transaction, each by itself as far as the contract can tell. Nothing is sent. */
export const siftClaims = (
  lane: ClaimLane,
  rows: readonly Claimable[],
): Promise<Result<Sifted, ChainFailure>> =>
  lane.bestEffort ? siftAtOnce(lane, rows) : siftByHalves(lane, rows)

/** One call tells of every row. */
async function siftAtOnce(
  lane: ClaimLane,
  claimables: readonly Claimable[],
): Promise<Result<Sifted, ChainFailure>> {
  const call = callFor(
    lane,
    claimables.map(({ row }) => row),
  )
  const statuses = await simulateBestEffort(lane.rpc, { ...call, from: lane.sender.address })
  if (!statuses.ok) return statuses
  const statusOf = (index: number): ClaimStatus => statuses.value[index] ?? 'not_authorized'
  return ok({
    good: claimables.filter((_, index) => isBooked(statusOf(index))),
    refused: claimables.flatMap(({ channel }, index) => {
      const status = statusOf(index)
      // Nothing new is no fault: the claim is on the chain already.
      return isBooked(status) || status === 'nothing_new' ? [] : [{ channel, reason: status }]
    }),
  })
}

const isBooked = (status: ClaimStatus): boolean =>
  status === 'claimed' || status === 'claimed_in_part'

/** A batch that would revert is halved until what is wrong with it stands alone. */
async function siftByHalves(
  lane: ClaimLane,
  claimables: readonly Claimable[],
): Promise<Result<Sifted, ChainFailure>> {
  const good: Claimable[] = []
  const refused: RefusedRow[] = []
  const pending = [claimables]
  for (let batch = pending.pop(); batch !== undefined; batch = pending.pop()) {
    const failure = await wouldFail(lane, batch)
    const [first] = batch
    if (failure === undefined) {
      good.push(...batch)
    } else if (failure.reason !== 'reverted') {
      return err(failure)
    } else if (batch.length === 1 && first !== undefined) {
      const rest = await claimTheRest(lane, first)
      if (rest === undefined) refused.push({ channel: first.channel, reason: failure.error })
      else good.push(rest)
    } else {
      const half = batch.length >> 1
      pending.push(batch.slice(half), batch.slice(0, half))
    }
  }
  return ok({ good, refused })
}

async function wouldFail(
  lane: ClaimLane,
  batch: readonly Claimable[],
): Promise<ChainFailure | undefined> {
  const call = callFor(
    lane,
    batch.map(({ row }) => row),
  )
  return simulateCall(lane.rpc, { ...call, from: lane.sender.address })
}

/** Of a channel that was drained, what is left is claimed: `claimBestEffort` does that by itself, `claim` refuses. */
async function claimTheRest(
  lane: ClaimLane,
  { channel, row }: Claimable,
): Promise<Claimable | undefined> {
  const onChain = await readChannel(lane.rpc, lane.settlement, channel)
  if (!onChain.ok) return undefined
  const { balance, totalClaimed } = onChain.value
  if (balance >= row.totalClaimed || balance <= totalClaimed) return undefined
  const rest = { channel, row: { ...row, totalClaimed: atomic(balance) } }
  return (await wouldFail(lane, [rest])) === undefined ? rest : undefined
}
