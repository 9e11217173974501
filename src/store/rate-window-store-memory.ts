import { assert } from '../base/assert.ts'
import { err, ok, type Result } from '../base/result.ts'
import {
  advance,
  amountIn,
  count,
  createRateWindow,
  type RateWindow,
  roomAtMs,
} from './rate-window.ts'
import {
  assertAmounts,
  assertClaims,
  type RateClaim,
  type RateLimit,
  type RateReservation,
  type RateWindowFull,
  type RateWindowStore,
} from './rate-window-store.ts'

const countersBeforeSweep = 1024

/** Rate windows of one process. */
export class MemoryRateWindows implements RateWindowStore {
  readonly #windows = new Map<string, RateWindow>()
  #sweepAtCount = countersBeforeSweep

  readonly reserve = (
    claims: readonly RateClaim[],
    nowMs: number,
  ): Promise<Result<RateReservation, RateWindowFull>> => {
    assertClaims(claims)
    const full = this.peek(claims, nowMs)
    if (full !== undefined) return Promise.resolve(err(full))
    const takenAtMs = claims.map(({ limit, amount }) => {
      const window = this.#window(limit, nowMs)
      count(window, window.newest, amount)
      assert(window.used <= limit.max, 'R2: reservations stay within the limit')
      return Math.max(nowMs, window.newest * window.bucketMs)
    })
    return Promise.resolve(ok({ claims, takenAtMs }))
  }

  readonly correct = (
    reservation: RateReservation,
    usedAmounts: readonly number[],
    nowMs: number,
  ): Promise<void> => {
    assertAmounts(usedAmounts)
    for (const [index, { limit, amount }] of reservation.claims.entries()) {
      const window = this.#window(limit, nowMs)
      const bucket = Math.floor((reservation.takenAtMs[index] ?? 0) / window.bucketMs)
      count(window, bucket, (usedAmounts[index] ?? amount) - amount)
    }
    return Promise.resolve()
  }

  readonly peek = (claims: readonly RateClaim[], nowMs: number): RateWindowFull | undefined => {
    for (const { limit, amount } of claims) {
      if (amount > limit.max) return { counter: limit.counter, retryAfterMs: undefined }
      const window = this.#known(limit, nowMs)
      if (window === undefined || window.used + amount <= limit.max) continue
      return { counter: limit.counter, retryAfterMs: roomAtMs(window, limit.max - amount) - nowMs }
    }
    return undefined
  }

  readonly usedShare = (limit: RateLimit, nowMs: number): number =>
    (this.#known(limit, nowMs)?.used ?? 0) / limit.max

  /** What is counted in the sixtieth of the window that `atMs` lies in; undefined when it counts no more. */
  countedAt({ counter }: Pick<RateLimit, 'counter'>, atMs: number): number | undefined {
    const window = this.#windows.get(counter)
    return window && amountIn(window, Math.floor(atMs / window.bucketMs))
  }

  /** Counts what another process counted at `atMs`. Of a new store, before anything is claimed. */
  restore(limit: Pick<RateLimit, 'counter' | 'windowMs'>, atMs: number, amount: number): void {
    const window = this.#window(limit, atMs)
    count(window, Math.floor(atMs / window.bucketMs), amount)
  }

  #known(limit: Pick<RateLimit, 'counter'>, nowMs: number): RateWindow | undefined {
    const window = this.#windows.get(limit.counter)
    if (window !== undefined) advance(window, nowMs)
    return window
  }

  #window(limit: Pick<RateLimit, 'counter' | 'windowMs'>, nowMs: number): RateWindow {
    const known = this.#known(limit, nowMs)
    if (known !== undefined) return known
    if (this.#windows.size >= this.#sweepAtCount) this.#sweep(nowMs)
    const window = createRateWindow(limit.windowMs, nowMs)
    this.#windows.set(limit.counter, window)
    return window
  }

  /**
   * Counters that are empty again are forgotten, at a price that is spread over as many new ones as are kept. What is left
   * is bounded by the contributors and keys that were busy within a window.
   */
  #sweep(nowMs: number): void {
    for (const [name, window] of this.#windows) {
      advance(window, nowMs)
      if (window.used === 0) this.#windows.delete(name)
    }
    this.#sweepAtCount = Math.max(countersBeforeSweep, this.#windows.size * 2)
  }
}
