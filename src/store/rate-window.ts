/*
 * What was counted of one thing within a window that slides. The window is cut into 60 buckets; what was claimed in a
 * bucket counts until the whole bucket is older than the window, so that 61 buckets are alive at a time.
 *
 * Invariants:
 *  R1  `used` is the sum of the live buckets; exact up to 2^53, beyond which it is above every limit anyway.
 *  R2  Who adds to a window only while `used` stays within a limit has counted no more than the limit in any span of the
 *      window's length: such a span touches at most 61 buckets in a row.
 *  R3  Time does not go back: what comes with an earlier clock counts in the newest bucket.
 *
 * lua/rate-window.lua does the same in Redis, number for number.
 */
export const bucketsPerWindow = 60
export const liveBuckets: number = bucketsPerWindow + 1

export type RateWindow = {
  readonly bucketMs: number
  /** By bucket number modulo 61. */
  readonly buckets: Float64Array
  /** Number of the newest bucket since the epoch. */
  newest: number
  used: number
}

export function createRateWindow(windowMs: number, nowMs: number): RateWindow {
  const bucketMs = windowMs / bucketsPerWindow
  const newest = Math.floor(nowMs / bucketMs)
  return { bucketMs, newest, used: 0, buckets: new Float64Array(liveBuckets) }
}

/** Lets the buckets go that are older than the window now. */
export function advance(window: RateWindow, nowMs: number): void {
  const now = Math.floor(nowMs / window.bucketMs)
  const steps = now - window.newest
  if (steps <= 0) return
  if (steps >= liveBuckets || window.used === 0) {
    if (window.used !== 0) window.buckets.fill(0)
    window.used = 0
  } else {
    for (let bucket = window.newest + 1; bucket <= now; bucket += 1) {
      setBucket(window, bucket, 0)
    }
  }
  window.newest = now
}

/** Adds to a bucket while it is alive; what is older counts for nothing any more. No bucket owes anything. */
export function count(window: RateWindow, bucket: number, amount: number): void {
  const before = amountIn(window, bucket)
  if (before === undefined) return
  setBucket(window, bucket, Math.min(Math.max(before + amount, 0), Number.MAX_SAFE_INTEGER))
}

/** Undefined when the bucket counts for nothing any more. */
export const amountIn = (window: RateWindow, bucket: number): number | undefined =>
  isAlive(window, bucket) ? window.buckets[bucket % liveBuckets] : undefined

/** Makes `used` what somebody else says it is: what they counted, they counted lately, and what they gave back, too. */
export function adjust(window: RateWindow, used: number): void {
  if (used >= window.used) {
    count(window, window.newest, used - window.used)
    return
  }
  for (let age = 0; age < liveBuckets && window.used > used; age += 1) {
    const bucket = window.newest - age
    count(window, bucket, -Math.min(amountIn(window, bucket) ?? 0, window.used - used))
  }
}

/** When no more than `usedMax` of what is counted now is left. */
export function roomAtMs(window: RateWindow, usedMax: number): number {
  let left = window.used
  for (let age = liveBuckets - 1; age > 0; age -= 1) {
    const bucket = window.newest - age
    left -= amountIn(window, bucket) ?? 0
    if (left <= usedMax) return (bucket + liveBuckets) * window.bucketMs
  }
  return (window.newest + liveBuckets) * window.bucketMs
}

function isAlive(window: RateWindow, bucket: number): boolean {
  const age = window.newest - bucket
  return age >= 0 && age < liveBuckets && bucket >= 0
}

/** Also of the bucket whose place it takes: 61 apart, they are never alive together. */
function setBucket(window: RateWindow, bucket: number, amount: number): void {
  const place = bucket % liveBuckets
  const wasExact = window.used <= Number.MAX_SAFE_INTEGER
  window.used += amount - (window.buckets[place] ?? 0)
  window.buckets[place] = amount
  // A sum that was rounded is counted anew, so that no rounding stays when it is small again.
  if (!wasExact) window.used = window.buckets.reduce((sum, one) => sum + one, 0)
}
