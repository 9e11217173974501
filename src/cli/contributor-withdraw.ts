/*
 * What coordinators have booked for a contributor goes to its receiver: a transaction for each that is worth its gas, sent by
 * the account itself, because a coordinator pays out to nobody else's word.
 */
import { withdrawCall } from '../chain/inference-coordinator.ts'
import { sendCall } from '../chain/transactions.ts'
import { type ClaimCost, readClaimCost } from '../contributor/claim-cost.ts'
import { writeAskedAt } from '../domain/contract-job-headers.ts'
import type { AtomicAmount } from '../domain/units.ts'
import { confirmOrEnd } from './ask-person.ts'
import type { PayerSurroundings } from './channel-surroundings.ts'
import { orFail } from './contracts-or-fail.ts'
import { formatCoinRoundedUp } from './contracts-report.ts'
import { type CoordinatorDue, readCoordinatorDues } from './contributor-contracts.ts'
import type { ContributorOptions } from './contributor-options.ts'
import { amountsOf, type ContributorPlace, ownAccount } from './contributor-place.ts'

type Withdrawal = {
  readonly place: string
  /** Atomic units. */
  readonly amount: string
  /** For a person. */
  readonly text: string
  readonly transaction: string | null
  /** Why it was left; null: it was withdrawn. */
  readonly left: string | null
}

export const withdrawalLine = ({ place, text, transaction, left }: Withdrawal): string =>
  left === null
    ? `${text} of ${place} withdrawn in ${transaction}`
    : `nothing of ${place} withdrawn: ${left}`

/** `coinPriceOf`: what a coin of that chain is worth, in atomic units of an asset with so many decimals. */
export async function withdrawFees(
  place: ContributorPlace,
  options: ContributorOptions,
  own: {
    readonly surroundings: PayerSurroundings
    readonly coinPriceOf: (chainId: number, decimals: number) => AtomicAmount
  },
): Promise<readonly Withdrawal[]> {
  const withdrawals: Withdrawal[] = []
  // Somebody else's account cannot withdraw for this one, and a former gateway's vouchers are claimed alone.
  if (options.keyFile !== undefined || options.creditFile !== undefined) return []
  for (const due of await readCoordinatorDues(place)) {
    if (due.onChain.ok && due.onChain.bookedAmount === 0n) continue
    const withdrawal = await withdrawOne(place, options, { ...own, due })
    // Said at once: what comes behind it may fail.
    own.surroundings.terminal.printError(withdrawalLine(withdrawal))
    withdrawals.push(withdrawal)
  }
  return withdrawals
}

async function withdrawOne(
  place: ContributorPlace,
  options: ContributorOptions,
  own: {
    readonly due: CoordinatorDue
    readonly surroundings: PayerSurroundings
    readonly coinPriceOf: (chainId: number, decimals: number) => AtomicAmount
  },
): Promise<Withdrawal> {
  const { due, surroundings, coinPriceOf } = own
  const { onChain, rpc, chainId, coordinator } = due
  const at = writeAskedAt(due)
  if (!onChain.ok)
    return { place: at, amount: '0', text: '0', transaction: null, left: onChain.error }
  const { contributor, payout } = place.file
  const call = withdrawCall(coordinator, payout.receiver)
  const coinPrice = coinPriceOf(chainId, onChain.asset.decimals)
  const cost = orFail(await readClaimCost(rpc, { from: contributor, call, coinPrice }))
  const { bookedAmount } = onChain
  const text = amountsOf(onChain.asset)(bookedAmount)
  const booked = { place: at, amount: String(bookedAmount), text }
  const lines = costLines(at, onChain, cost)
  for (const line of lines) surroundings.terminal.printError(line)
  if (!options.force && bookedAmount <= cost.feeAmount) {
    return { ...booked, transaction: null, left: 'its gas costs more than it brings' }
  }
  await confirmOrEnd('Withdraw?', options)
  const account = await ownAccount(place, options, surroundings.terminal)
  const sender = await account.openSender({ rpc, chainId })
  const { transactionHash } = orFail(await sendCall(sender, call))
  return { ...booked, transaction: transactionHash, left: null }
}

function costLines(
  place: string,
  { asset, bookedAmount }: Extract<CoordinatorDue['onChain'], { readonly ok: true }>,
  cost: ClaimCost,
): readonly string[] {
  const amount = amountsOf(asset)
  return [
    `${place} has ${amount(bookedAmount)} for you`,
    `costs  ${formatCoinRoundedUp(cost.feeWei)} of gas, ${amount(cost.feeAmount)}`,
  ]
}
