/*
 * Getting one's money without anybody's help: what a contributor's own file and a node of the chain say, and the claim that
 * follows from it. The gateway may be gone.
 */
import { claimRowsMax } from '../base/limits.ts'
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

/** One transaction that takes everything that was promised. */
export type ClaimPlan = Omit<PayoutClaim, 'transaction'> & { readonly call: ContractCall }

/** Everything that reaches the receiver by it. */
export const broughtAmount = ({ claimedAmount, settledAmount }: ClaimPlan): AtomicAmount =>
  atomic(claimedAmount + settledAmount)

/** Undefined where there is nothing to do. `rowMin`: what is on a channel at least for it to be worth its row's gas. */
export async function planClaim(
  credit: Pick<StoredCredit, 'settlement'>,
  standings: readonly PayoutStanding[],
  rowMin: AtomicAmount = atomic(1n),
): Promise<ClaimPlan | undefined> {
  const settlement = channelSettlementAt(credit.settlement)
  const least = rowMin > 0n ? rowMin : 1n
  const claimable = standings
    .filter((standing) => claimableAmount(standing) >= least)
    // The dearest ones, as many as fit one transaction.
    .sort((a, b) => (claimableAmount(a) > claimableAmount(b) ? -1 : 1))
    .slice(0, claimRowsMax)
  const [unsettled] = standings.filter(({ unsettledAmount }) => unsettledAmount > 0n)
  const claimedAmount = atomic(
    claimable.reduce((sum, standing) => sum + claimableAmount(standing), 0n),
  )
  const amounts = { claimedAmount, settledAmount: atomic(unsettled?.unsettledAmount ?? 0n) }
  if (claimable.length > 0) {
    return { ...amounts, call: await claimAndSettleCall(settlement, claimable.map(rowOf)) }
  }
  return unsettled && { ...amounts, call: settleCall(settlement, unsettled.voucher.config) }
}

/** Claims and settles everything in one transaction. `sender` pays the gas; the money goes to each channel's receiver. */
export async function claimPayouts(
  sender: Sender,
  credit: StoredCredit,
  standings: readonly PayoutStanding[],
): Promise<Result<PayoutClaim, ChainFailure>> {
  const plan = await planClaim(credit, standings)
  if (plan !== undefined) return sendClaim(sender, plan)
  return ok({ claimedAmount: atomic(0n), settledAmount: atomic(0n), transaction: undefined })
}

export async function sendClaim(
  sender: Sender,
  { call, ...amounts }: ClaimPlan,
): Promise<Result<PayoutClaim, ChainFailure>> {
  const sent = await sendCall(sender, call)
  return sent.ok ? ok({ ...amounts, transaction: sent.value }) : sent
}

const rowOf = (standing: PayoutStanding): ClaimRow => ({
  channelId: standing.voucher.channelId,
  config: standing.voucher.config,
  maxClaimableAmount: standing.voucher.maxClaimableAmount,
  signature: standing.voucher.signature,
  totalClaimed: atomic(standing.onChain.totalClaimed + claimableAmount(standing)),
})
