import { lenderOrderAheadSMax } from '../base/limits.ts'
import type { OwnerRefusal } from './refusal.ts'
import type { UnixSeconds } from './units.ts'

export type OrderOutdated = Extract<OwnerRefusal, { readonly reason: 'order_outdated' }>

/** Undefined while an order is good: not past, and not so far ahead that it would be a standing permit. */
export function objectionToAge(validUntil: UnixSeconds, nowMs: number): OrderOutdated | undefined {
  const leftS = validUntil - nowMs / 1000
  return leftS > 0 && leftS <= lenderOrderAheadSMax ? undefined : { reason: 'order_outdated' }
}
