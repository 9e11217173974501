import { assert } from '../base/assert.ts'
import type { Result } from '../base/result.ts'
import { bucketsPerWindow } from './rate-window.ts'

/** One counter: no more than `max` of something in any span of `windowMs`. */
export type RateLimit = {
  /** Names the counter for every replica, such as `contributor/<id>/requests`. */
  readonly counter: string
  /** Whole, 1 to 2^53 - 1; it may change from claim to claim. */
  readonly max: number
  /** A multiple of 60, and the same for a counter at all times: what may change it belongs into the counter's name. */
  readonly windowMs: number
}

/** What one request asks of one counter. */
export type RateClaim = {
  readonly limit: RateLimit
  /** Whole, 0 to 2^53 - 1: 1 for a request, the worst case for tokens. */
  readonly amount: number
}

/** Room that was taken; kept by whoever took it until `correct`. */
export type RateReservation = {
  readonly claims: readonly RateClaim[]
  /** When each claim was counted, by the store's own clock: what is corrected is what was counted then. */
  readonly takenAtMs: readonly number[]
}

/** Which counter had no room, and when it will have. */
export type RateWindowFull = {
  readonly counter: string
  /** Milliseconds until the claim fits if nobody else claims; undefined when it is larger than the limit itself. */
  readonly retryAfterMs: number | undefined
}

/**
 * Requests and tokens per minute, counted exactly: at no time do the reservations of any span of a window's length exceed
 * its limit, whoever asks and in whatever order. An implementation may let room return a sixtieth of the window late, never
 * early. Several replicas share one implementation whose `reserve` is one atomic step. What is reserved and never corrected,
 * because its process died, counts until its window has passed.
 */
export type RateWindowStore = {
  /**
   * All claims or none. No counter stands in `claims` twice. Rejects with StoreFailure, in bounded time, when the store does
   * not answer: the claims may then be counted or not, and whoever asked goes without.
   */
  readonly reserve: (
    claims: readonly RateClaim[],
    nowMs: number,
  ) => Promise<Result<RateReservation, RateWindowFull>>
  /**
   * Puts what was really used, in the order of the claims, in the place of what was reserved. What was used beyond a
   * reservation cannot be undone: it is counted, and the next claims wait for it. Never rejects: what a store that is gone
   * was not told stays as it was reserved.
   */
  readonly correct: (
    reservation: RateReservation,
    usedAmounts: readonly number[],
    nowMs: number,
  ) => Promise<void>
  /** What this process knows without asking anybody: good enough to choose by, never to admit by. */
  readonly peek: (claims: readonly RateClaim[], nowMs: number) => RateWindowFull | undefined
  /** How much of a limit is used, 0 … 1 (more after a correction upwards), as this process knows it. */
  readonly usedShare: (limit: RateLimit, nowMs: number) => number
}

/** A store that somebody opened and closes. */
export type OpenRateWindowStore = RateWindowStore & { readonly close: () => Promise<void> }

/** What every implementation may rely on. */
export function assertClaims(claims: readonly RateClaim[]): void {
  for (const { limit, amount } of claims) {
    const { max, windowMs } = limit
    assert(isAmount(amount), 'a claim is a whole number')
    assert(isAmount(max) && max > 0, 'a limit is a whole number over zero')
    assert(windowMs > 0 && windowMs % bucketsPerWindow === 0, 'a window has sixty equal parts')
  }
}

export function assertAmounts(amounts: readonly number[]): void {
  for (const amount of amounts) assert(isAmount(amount), 'what was used is a whole number')
}

const isAmount = (amount: number): boolean => Number.isSafeInteger(amount) && amount >= 0
