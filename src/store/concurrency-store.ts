import type { Result } from '../base/result.ts'

/** At most `max` inside at a time. */
export type ConcurrencyLimit = {
  /** Names the counter for every replica, such as `contributor/<id>/at-once`. */
  readonly counter: string
  /** Whole, at least 1; it may change from request to request. */
  readonly max: number
}

/** Which counter had no place. */
export type ConcurrencyFull = { readonly counter: string }

/** Gives the places back, once however often it is called. Never throws. */
export type Leave = () => void

/** How many are inside at a time, over all replicas. A replica that dies gives its places back. */
export type ConcurrencyStore = {
  /**
   * Takes a place at every counter, or none. No counter stands in `limits` twice. Rejects with StoreFailure, in bounded
   * time, when the store does not answer: then nobody is inside.
   */
  readonly enter: (
    limits: readonly ConcurrencyLimit[],
    nowMs: number,
  ) => Promise<Result<Leave, ConcurrencyFull>>
  readonly close: () => Promise<void>
}
