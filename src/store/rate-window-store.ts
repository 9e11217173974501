import type { Result } from '../base/result.ts'

/** One counter: no more than `max` of something in any span of `windowMs`. */
export type RateLimit = {
  /** Names the counter for every replica, such as `contributor/<id>/requests`. */
  readonly counter: string
  /** Whole, at least 1. */
  readonly max: number
  readonly windowMs: number
}

/** What one request asks of one counter. */
export type RateClaim = {
  readonly limit: RateLimit
  /** Whole, at least 0: 1 for a request, the worst case for tokens. */
  readonly amount: number
}

/** Room that was taken; kept by whoever took it until `correct`. */
export type RateReservation = {
  readonly claims: readonly RateClaim[]
  /** When each claim was counted, as the store counts time: what is corrected is what was counted then. */
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
 * early. Several replicas share one implementation whose `reserve` is one atomic step.
 */
export type RateWindowStore = {
  /** All claims or none. No counter stands in `claims` twice. */
  readonly reserve: (
    claims: readonly RateClaim[],
    nowMs: number,
  ) => Promise<Result<RateReservation, RateWindowFull>>
  /**
   * Puts what was really used, in the order of the claims, in the place of what was reserved. What was used beyond a
   * reservation cannot be undone: it is counted, and the next claims wait for it.
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
