/*
 * What caps mean for a transaction of the outbox. One that is signed and can no longer be of use is not left to the pool:
 * a block that takes it later executes it for nothing, and everything behind it in the lane waits for as long. An empty
 * transaction takes its nonce instead: 21,000 gas, for at most what the transaction itself was allowed to cost.
 * While the chain asks for more than even that, the nonce waits, and what is behind it: caps are kept before all else.
 */
import { feeBumpAfterMs } from '../base/limits.ts'
import type { Block } from '../chain/blocks.ts'
import { worstCostWei } from '../domain/transaction-caps.ts'
import type { OutboxEntry, SignedAttempt } from '../store/outbox-store.ts'

/** What a transaction of nothing to nobody costs. */
export const emptyGas = 21_000n

/** By the chain's clock: ours may be wrong, and the contract's deadline is by the chain's. */
export const isTooLate = ({ caps }: Pick<OutboxEntry, 'caps'>, head: Block): boolean =>
  caps !== undefined && head.timestampS > caps.notAfterS

/** Wei for a unit of gas that the next signed version may offer. */
export function priceMaxOf(
  { caps }: Pick<OutboxEntry, 'caps'>,
  laneFeeWeiMax: bigint,
  isEmpty: boolean,
): bigint {
  if (caps === undefined) return laneFeeWeiMax
  const own = isEmpty ? worstCostWei(caps) / emptyGas : caps.feeWeiMax
  return own < laneFeeWeiMax ? own : laneFeeWeiMax
}

/**
 * Whether the nonce is to be taken back from a signed transaction: it is too late for it; or for a while no block could take
 * it at its price, it may not offer more, and something that has no caps, such as a claim, waits behind it.
 */
export function mustBeEmptied(
  entry: OutboxEntry,
  look: {
    readonly last: SignedAttempt
    readonly head: Block
    readonly isHurried: boolean
    readonly nowMs: number
  },
): boolean {
  const { last, head, isHurried, nowMs } = look
  if (entry.caps === undefined) return false
  if (last.isEmpty || isTooLate(entry, head)) return true
  const isStuck = head.baseFeePerGas > entry.caps.feeWeiMax
  return isStuck && isHurried && nowMs - last.signedAtMs >= feeBumpAfterMs
}

/** Whether the block that took its nonce has the empty transaction. */
export const isEmptied = ({ attempts }: OutboxEntry, transactionHash: string): boolean =>
  attempts.some((attempt) => attempt.isEmpty && attempt.transactionHash === transactionHash)
