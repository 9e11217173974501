/*
 * When a contributor takes its money by itself. Pure: what the chain and the clock say goes in, what to do comes out.
 *
 * Invariants, held by test/property/claim-verdict.property.test.ts against a gateway that does its worst:
 *   (1) a claim brings at least `gainPerFee` times what its gas costs, so of each gain at most half is spent
 *   (2) between two claims lies `claimPauseMs`, whatever the gateway does in it
 *   (3) what the gateway says moves nothing: only vouchers that the contract honours and what the chain shows do
 */
import type { AtomicAmount } from '../domain/units.ts'
import type { ClaimCost } from './claim-cost.ts'
import {
  broughtAmount,
  type ClaimPlan,
  claimableAmount,
  type PayoutStanding,
} from './claim-payouts.ts'
import { claimLeadS, claimPauseMs } from './limits.ts'

export type ClaimPolicy = {
  /** A gateway that was not heard of for so long is gone. */
  readonly gatewayGoneMs: number
  /** Claims whenever so much can be claimed; undefined leaves that to the gateway, which relays claims at its own cost. */
  readonly claimAboveAmount: AtomicAmount | undefined
  /** What one coin of the chain is worth, in atomic units of the payout token. */
  readonly coinPrice: AtomicAmount
}

export type ClaimReason =
  /** A withdrawal will be final in less than the claim lead: from here on no voucher of the channel counts any more. */
  'gateway_withdraws' | 'gateway_gone' | 'much_promised'

export type ClaimFacts = {
  readonly standings: readonly PayoutStanding[]
  readonly gatewaySeenAtMs: number
  /** Of the last claim that was sent by itself, successful or not. */
  readonly claimedAtMs: number | undefined
  /** The chain's clock or ours, whichever is ahead: it decides over withdrawals. */
  readonly nowS: number
  readonly nowMs: number
}

/** Twice: fees may rise by as much until a block takes the claim. */
const gainPerFee = 2n

/** Why a claim is due, if one is; whether it is worth its gas is another question. */
export function reasonToClaim(policy: ClaimPolicy, facts: ClaimFacts): ClaimReason | undefined {
  const { standings, gatewaySeenAtMs, claimedAtMs, nowS, nowMs } = facts
  if (claimedAtMs !== undefined && nowMs - claimedAtMs < claimPauseMs) return undefined
  const claimable = standings.filter((standing) => claimableAmount(standing) > 0n)
  if (claimable.length === 0) return undefined
  const isEnding = claimable.some(
    ({ onChain: { withdrawFinalAtS } }) =>
      withdrawFinalAtS !== undefined && withdrawFinalAtS - nowS < claimLeadS,
  )
  if (isEnding) return 'gateway_withdraws'
  if (nowMs - gatewaySeenAtMs >= policy.gatewayGoneMs) return 'gateway_gone'
  const sum = claimable.reduce((total, standing) => total + claimableAmount(standing), 0n)
  const { claimAboveAmount } = policy
  return claimAboveAmount !== undefined && sum >= claimAboveAmount ? 'much_promised' : undefined
}

/** Whether a claim that nobody asked for brings enough for its gas. */
export const isWorthItsGas = (
  plan: ClaimPlan,
  { feeAmount }: Pick<ClaimCost, 'feeAmount'>,
): boolean => broughtAmount(plan) > 0n && broughtAmount(plan) >= gainPerFee * feeAmount

/** When the first withdrawal that is pending is final, by the chain's clock; undefined while none is. */
export const firstWithdrawalAtS = (standings: readonly PayoutStanding[]): number | undefined => {
  const ends = standings.flatMap(({ onChain: { withdrawFinalAtS } }) => withdrawFinalAtS ?? [])
  return ends.length === 0 ? undefined : Math.min(...ends)
}
