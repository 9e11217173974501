/*
 * Getting one's money without anybody's help: what a contributor's own file and a node of the chain say, and the claim that
 * follows from it. The gateway may be gone.
 */
import { ok, type Result } from '../base/result.ts'
import type { ChainFailure } from '../chain/chain-failure.ts'
import {
  type ClaimRow,
  channelSettlementAt,
  readChannel,
  readUnsettledAmount,
  settleCall,
} from '../chain/channel-settlement.ts'
import type { ContractCall } from '../chain/contracts.ts'
import type { JsonRpc } from '../chain/json-rpc.ts'
import { claimAndSettleCall } from '../chain/open-claims.ts'
import { type MinedTransaction, type Sender, sendCall } from '../chain/transactions.ts'
import type { ChannelOnChain } from '../domain/channel.ts'
import { type AtomicAmount, atomic } from '../domain/units.ts'
import type { HeldVoucher } from './credit-book.ts'
import type { StoredCredit } from './credit-file.ts'

/** One payout channel, as the contributor's file and the chain have it. */
export type PayoutStanding = {
  readonly voucher: HeldVoucher
  readonly onChain: ChannelOnChain
  /** Claimed for the receiver and not yet paid out to it, over all its channels in this token. */
  readonly unsettledAmount: AtomicAmount
}

export async function readStandings(
  rpc: JsonRpc,
  { settlement, book }: StoredCredit,
): Promise<Result<readonly PayoutStanding[], ChainFailure>> {
  const contract = channelSettlementAt(settlement)
  const standings: PayoutStanding[] = []
  for (const voucher of book.vouchers) {
    const onChain = await readChannel(rpc, contract, voucher)
    if (!onChain.ok) return onChain
    const unsettled = await readUnsettledAmount(rpc, contract, voucher.config)
    if (!unsettled.ok) return unsettled
    standings.push({ voucher, onChain: onChain.value, unsettledAmount: unsettled.value })
  }
  return ok(standings)
}

/** What a claim brings now: all that was promised, as far as the escrow still has it. */
export function claimableAmount({ voucher, onChain }: PayoutStanding): AtomicAmount {
  const { maxClaimableAmount } = voucher
  const most = maxClaimableAmount < onChain.balance ? maxClaimableAmount : onChain.balance
  return atomic(most > onChain.totalClaimed ? most - onChain.totalClaimed : 0n)
}

export type PayoutClaim = {
  /** What was claimed now, and what was paid out with it that had been claimed before. */
  readonly claimedAmount: AtomicAmount
  readonly settledAmount: AtomicAmount
  /** Undefined where there was nothing to do. */
  readonly transaction: MinedTransaction | undefined
}

/** Claims and settles everything in one transaction. `sender` pays the gas; the money goes to each channel's receiver. */
export async function claimPayouts(
  sender: Sender,
  credit: StoredCredit,
  standings: readonly PayoutStanding[],
): Promise<Result<PayoutClaim, ChainFailure>> {
  const settlement = channelSettlementAt(credit.settlement)
  const claimable = standings.filter((standing) => claimableAmount(standing) > 0n)
  const [unsettled] = standings.filter(({ unsettledAmount }) => unsettledAmount > 0n)
  const claimedAmount = atomic(
    claimable.reduce((sum, standing) => sum + claimableAmount(standing), 0n),
  )
  const settledAmount = atomic(unsettled?.unsettledAmount ?? 0n)
  const nothing = { claimedAmount, settledAmount, transaction: undefined }
  let call: ContractCall
  if (claimable.length > 0) call = await claimAndSettleCall(settlement, claimable.map(rowOf))
  else if (unsettled !== undefined) call = settleCall(settlement, unsettled.voucher.config)
  else return ok(nothing)
  const sent = await sendCall(sender, call)
  return sent.ok ? ok({ ...nothing, transaction: sent.value }) : sent
}

const rowOf = (standing: PayoutStanding): ClaimRow => ({
  channelId: standing.voucher.channelId,
  config: standing.voucher.config,
  maxClaimableAmount: standing.voucher.maxClaimableAmount,
  signature: standing.voucher.signature,
  totalClaimed: atomic(standing.onChain.totalClaimed + claimableAmount(standing)),
})
