/*
 * Rate windows of one process. A window is cut into 60 buckets; what was claimed in a bucket counts until the whole bucket
 * is older than the window, so that 61 buckets are alive at a time.
 *
 * Invariants:
 *  R1  `used` is the sum of the live buckets.
 *  R2  After a reservation `used` is at most the limit. Any span of a window's length touches at most 61 buckets in a row,
 *      so R2 bounds every such span, not only those that begin with a minute.
 *  R3  Time does not go back: a claim that comes with an earlier clock counts in the newest bucket.
 */
import { assert } from '../base/assert.ts'
import { err, ok, type Result } from '../base/result.ts'
import type {
  RateClaim,
  RateLimit,
  RateReservation,
  RateWindowFull,
  RateWindowStore,
} from './rate-window-store.ts'

const bucketsPerWindow = 60
const liveBuckets = bucketsPerWindow + 1
const countersBeforeSweep = 1024

type Counter = {
  readonly bucketMs: number
  readonly buckets: Float64Array
  /** Number of the newest bucket since the epoch. */
  newest: number
  used: number
}

export class MemoryRateWindows implements RateWindowStore {
  readonly #counters = new Map<string, Counter>()
  #sweepAtCount = countersBeforeSweep

  readonly reserve = (
    claims: readonly RateClaim[],
    nowMs: number,
  ): Promise<Result<RateReservation, RateWindowFull>> => {
    const full = this.peek(claims, nowMs)
    if (full !== undefined) return Promise.resolve(err(full))
    const takenAtMs = claims.map(({ limit, amount }) => {
      const counter = this.#counter(limit, nowMs)
      add(counter, counter.newest, amount)
      assert(counter.used <= limit.max, 'R2: reservations stay within the limit')
      return Math.max(nowMs, counter.newest * counter.bucketMs)
    })
    return Promise.resolve(ok({ claims, takenAtMs }))
  }

  readonly correct = (
    reservation: RateReservation,
    usedAmounts: readonly number[],
    nowMs: number,
  ): Promise<void> => {
    for (const [index, { limit, amount }] of reservation.claims.entries()) {
      const counter = this.#counter(limit, nowMs)
      const bucket = Math.floor((reservation.takenAtMs[index] ?? 0) / counter.bucketMs)
      add(counter, bucket, (usedAmounts[index] ?? amount) - amount)
    }
    return Promise.resolve()
  }

  readonly peek = (claims: readonly RateClaim[], nowMs: number): RateWindowFull | undefined => {
    for (const { limit, amount } of claims) {
      if (amount > limit.max) return { counter: limit.counter, retryAfterMs: undefined }
      const counter = this.#known(limit, nowMs)
      if (counter === undefined || counter.used + amount <= limit.max) continue
      return {
        counter: limit.counter,
        retryAfterMs: roomAtMs(counter, limit.max - amount) - nowMs,
      }
    }
    return undefined
  }

  readonly usedShare = (limit: RateLimit, nowMs: number): number =>
    (this.#known(limit, nowMs)?.used ?? 0) / limit.max

  #known(limit: RateLimit, nowMs: number): Counter | undefined {
    const counter = this.#counters.get(limit.counter)
    if (counter !== undefined) advance(counter, nowMs)
    return counter
  }

  #counter(limit: RateLimit, nowMs: number): Counter {
    const known = this.#known(limit, nowMs)
    if (known !== undefined) return known
    if (this.#counters.size >= this.#sweepAtCount) this.#sweep(nowMs)
    const bucketMs = limit.windowMs / bucketsPerWindow
    const newest = Math.floor(nowMs / bucketMs)
    const counter = { bucketMs, newest, used: 0, buckets: new Float64Array(liveBuckets) }
    this.#counters.set(limit.counter, counter)
    return counter
  }

  /**
   * Counters that are empty again are forgotten, at a price that is spread over as many new ones as are kept. What is left
   * is bounded by the contributors and keys that were busy within a window.
   */
  #sweep(nowMs: number): void {
    for (const [name, counter] of this.#counters) {
      advance(counter, nowMs)
      if (counter.used === 0) this.#counters.delete(name)
    }
    this.#sweepAtCount = Math.max(countersBeforeSweep, this.#counters.size * 2)
  }
}

/** Lets the buckets go that are older than the window now. */
function advance(counter: Counter, nowMs: number): void {
  const now = Math.floor(nowMs / counter.bucketMs)
  const steps = now - counter.newest
  if (steps <= 0) return
  if (steps >= liveBuckets || counter.used === 0) {
    if (counter.used !== 0) counter.buckets.fill(0)
    counter.used = 0
  } else {
    for (let bucket = counter.newest + 1; bucket <= now; bucket += 1) {
      const place = bucket % liveBuckets
      counter.used -= counter.buckets[place] ?? 0
      counter.buckets[place] = 0
    }
  }
  counter.newest = now
}

/** Counts in a bucket while it is alive; what is older counts for nothing any more. */
function add(counter: Counter, bucket: number, amount: number): void {
  const age = counter.newest - bucket
  if (age < 0 || age >= liveBuckets) return
  const place = bucket % liveBuckets
  counter.buckets[place] = (counter.buckets[place] ?? 0) + amount
  counter.used += amount
}

/** When no more than `usedMax` of what is counted now is left. */
function roomAtMs(counter: Counter, usedMax: number): number {
  let left = counter.used
  for (let age = liveBuckets - 1; age > 0 && left > usedMax; age -= 1) {
    const bucket = counter.newest - age
    left -= counter.buckets[(bucket + liveBuckets) % liveBuckets] ?? 0
    if (left <= usedMax) return (bucket + liveBuckets) * counter.bucketMs
  }
  return (counter.newest + liveBuckets) * counter.bucketMs
}
