/** So many at once, and one more each interval. */
export type Rate = {
  readonly atOnce: number
  readonly everyMs: number
  /** Names that are remembered at the same time; the one that was quiet longest is forgotten first. */
  readonly namesMax: number
}

/** How often something may happen to each name: the generic cell rate algorithm, one number for a name. */
export class RateLimit {
  readonly #rate: Rate
  /** When all that a name used will have come back, Unix ms. In the order of the last use. */
  readonly #returnedAtMs = new Map<string, number>()

  constructor(rate: Rate) {
    this.#rate = rate
  }

  /** Milliseconds to wait before the next one; 0 while there are some left. */
  waitMs(name: string, nowMs: number): number {
    const { atOnce, everyMs } = this.#rate
    const returnedAtMs = this.#returnedAtMs.get(name) ?? nowMs
    return Math.max(0, returnedAtMs - nowMs - (atOnce - 1) * everyMs)
  }

  /** Counts one, unless there is none left: whoever goes on asking does not wait longer for it. */
  count(name: string, nowMs: number): void {
    if (this.waitMs(name, nowMs) > 0) return
    const returnedAtMs = Math.max(this.#returnedAtMs.get(name) ?? nowMs, nowMs)
    this.#returnedAtMs.delete(name)
    this.#returnedAtMs.set(name, returnedAtMs + this.#rate.everyMs)
    if (this.#returnedAtMs.size <= this.#rate.namesMax) return
    for (const oldest of this.#returnedAtMs.keys()) {
      this.#returnedAtMs.delete(oldest)
      return
    }
  }

  get size(): number {
    return this.#returnedAtMs.size
  }
}
