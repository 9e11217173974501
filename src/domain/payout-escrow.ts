/*
 * Rules of the money that lies on payout channels: when a contributor can be asked for more work, when its channel is topped
 * up, and when the treasury runs dry.
 */
import type { Payout } from './payout-ledger.ts'
import { type AtomicAmount, atomic } from './units.ts'

export type EscrowPolicy = {
  /** The least that a channel keeps for answers to come, whatever it earns. */
  readonly escrowMin: AtomicAmount
  /** The most that one contributor's channel holds beyond what it has earned: what a stolen voucher key could promise. */
  readonly escrowMax: AtomicAmount
}

const daysCovered = 2n
const nothing = atomic(0n)

/** What the escrow still has for answers that are not yet earned. */
export const escrowLeft = ({ balance, earnedAmount }: Payout): AtomicAmount =>
  balance > earnedAmount ? atomic(balance - earnedAmount) : nothing

/**
 * The solvency rule: whoever is asked for an answer can be paid for it. `inFlight`: shares of requests that it is answering
 * now, `share`: the most that it can earn by this one.
 */
export const canPay = (
  payout: Payout,
  asked: { readonly inFlight: AtomicAmount; readonly share: AtomicAmount },
): boolean => asked.inFlight + asked.share <= escrowLeft(payout)

/**
 * What is to be deposited now: nothing while the escrow covers two days as they have been of late and its minimum, else what
 * brings it to twice that, so that the next deposit is days away.
 */
export function topUpAmount(
  payout: Payout,
  policy: EscrowPolicy,
  earnedPerDay: AtomicAmount,
): AtomicAmount {
  const wanted = within(policy, daysCovered * earnedPerDay)
  const left = escrowLeft(payout)
  if (left >= wanted) return nothing
  const full = within(policy, 2n * wanted)
  // What was earned beyond the balance is owed already and comes on top.
  const overdue = payout.earnedAmount > payout.balance ? payout.earnedAmount - payout.balance : 0n
  return atomic(full - left + overdue)
}

function within({ escrowMin, escrowMax }: EscrowPolicy, amount: bigint): bigint {
  if (amount < escrowMin) return escrowMin
  return amount > escrowMax ? escrowMax : amount
}

const lowFloatPercent = 30n

/** Whether less than 30 % of the money for contributors is still in the treasury and free to go where it is needed. */
export function isFloatLow(money: {
  readonly treasury: AtomicAmount
  readonly inEscrow: AtomicAmount
}): boolean {
  const { treasury, inEscrow } = money
  return treasury * 100n < (treasury + inEscrow) * lowFloatPercent
}
