import { assert } from '../base/assert.ts'
import { err, ok, type Result } from '../base/result.ts'
import type { HoldRefusal } from './refusal.ts'
import { type AtomicAmount, atomic } from './units.ts'

/*
 * What one API key has spent and may still spend: a second limit inside its channel's. Same life as a channel's hold.
 *
 * Invariant (7), asserted after every transition: chargedAmount + heldAmount <= capAmount, as long as the cap stands.
 * A cap is agreed once, when the key is granted.
 */
export type KeySpending = {
  readonly budgetId: string
  readonly chargedAmount: AtomicAmount
  readonly heldAmount: AtomicAmount
}

export const nothingSpent = (budgetId: string): KeySpending => ({
  budgetId,
  chargedAmount: atomic(0n),
  heldAmount: atomic(0n),
})

/** Reserves an amount under the key's cap; refused, never partial, beyond it. */
export function holdUnderCap(
  spending: KeySpending,
  amount: AtomicAmount,
  capAmount: AtomicAmount,
): Result<KeySpending, HoldRefusal> {
  const used = spending.chargedAmount + spending.heldAmount
  const freeAmount = atomic(used < capAmount ? capAmount - used : 0n)
  if (amount > freeAmount) {
    return err({ reason: 'key_cap_reached', requiredAmount: amount, freeAmount })
  }
  return ok({ ...spending, heldAmount: atomic(spending.heldAmount + amount) })
}

/** Ends a hold with what it cost, zero for one that is released. */
export function endHold(
  spending: KeySpending,
  amounts: { readonly held: AtomicAmount; readonly actual: AtomicAmount },
): KeySpending {
  assert(
    amounts.actual <= amounts.held && amounts.held <= spending.heldAmount,
    '(7) a charge never exceeds what the key holds',
  )
  return {
    ...spending,
    chargedAmount: atomic(spending.chargedAmount + amounts.actual),
    heldAmount: atomic(spending.heldAmount - amounts.held),
  }
}
