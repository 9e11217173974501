/*
 * Whether a second contributor is asked while the first is silent. Only for callers or operators who opted in: it buys the
 * slowest answers' time with work that nobody pays for.
 *
 * Invariant H1: of any number of requests, hedges are no more than a twentieth and ten.
 */

/** Of all requests; what is not used is saved up to `savedMax`, so that one slow minute can be helped. */
export const hedgeShareMax = 0.05
export const savedMax = 10
const slowQuantile = 0.95
/** Fewer times tell nothing about the slowest twentieth. */
export const samplesMin = 40
/** Times weigh half after so many more: a model's usual time changes with its contributors. */
const samplesKept = 1_024

/** Buckets grow by an eighth: 1 ms to over 10 minutes in 116, read with an error of 6 % at most. */
const bucketGrowth = 1.125
const bucketCount = 116

export class Hedging {
  readonly #times = new Map<string, FirstTokenTimes>()
  #saved = 0

  /** Each request that is served, hedged or not, pays its part into the budget. */
  requested(): void {
    this.#saved = Math.min(savedMax, this.#saved + hedgeShareMax)
  }

  answered(modelName: string, firstTokenMs: number): void {
    const times = this.#times.get(modelName) ?? new FirstTokenTimes()
    times.add(firstTokenMs)
    this.#times.set(modelName, times)
  }

  /** How long the first contributor may be silent: nineteen in twenty have begun by then. Undefined while that is not known. */
  patienceMs(modelName: string): number | undefined {
    return this.#times.get(modelName)?.quantile(slowQuantile)
  }

  /** Asked when that time has passed and somebody else is there. True takes one hedge out of the budget. */
  take(): boolean {
    // A twentieth is no binary fraction: twenty of them are a hair less than one.
    if (this.#saved < 1 - 1e-9) return false
    this.#saved -= 1
    return true
  }

  /** A hedge that was taken and not made. */
  giveBack(): void {
    this.#saved = Math.min(savedMax, this.#saved + 1)
  }
}

/** A histogram whose past fades: constant size, constant time. */
class FirstTokenTimes {
  readonly #buckets = new Float64Array(bucketCount)
  #total = 0

  add(ms: number): void {
    const bucket = Math.ceil(Math.log(Math.max(1, ms)) / Math.log(bucketGrowth))
    const place = Math.min(bucketCount - 1, bucket)
    this.#buckets[place] = (this.#buckets[place] ?? 0) + 1
    this.#total += 1
    if (this.#total < samplesKept * 2) return
    for (const [at, count] of this.#buckets.entries()) this.#buckets[at] = count / 2
    this.#total /= 2
  }

  quantile(share: number): number | undefined {
    if (this.#total < samplesMin) return undefined
    let below = 0
    for (const [place, count] of this.#buckets.entries()) {
      below += count
      if (below >= share * this.#total) return bucketGrowth ** place
    }
    return bucketGrowth ** (bucketCount - 1)
  }
}
