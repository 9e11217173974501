import { refusalReturnsEveryMs, refusalsAtOnceMax, refusedAddressesMax } from '../base/limits.ts'

/**
 * How often somebody may be refused: `refusalsAtOnceMax` at once, one more each `refusalReturnsEveryMs` (the generic cell
 * rate algorithm: one number for each name). Memory is bounded; the name that was quiet longest is forgotten first.
 */
export class RefusalLimit {
  /** When the refusals of a name will all have come back, Unix ms. In the order of the last refusal. */
  readonly #returnedAtMs = new Map<string, number>()

  /** Milliseconds to wait before the next refusal; 0 while there are some left. */
  waitMs(name: string, nowMs: number): number {
    const returnedAtMs = this.#returnedAtMs.get(name) ?? nowMs
    return Math.max(0, returnedAtMs - nowMs - (refusalsAtOnceMax - 1) * refusalReturnsEveryMs)
  }

  /** Counts a refusal, unless there is none left: whoever goes on asking does not wait longer for it. */
  count(name: string, nowMs: number): void {
    if (this.waitMs(name, nowMs) > 0) return
    const returnedAtMs = Math.max(this.#returnedAtMs.get(name) ?? nowMs, nowMs)
    this.#returnedAtMs.delete(name)
    this.#returnedAtMs.set(name, returnedAtMs + refusalReturnsEveryMs)
    if (this.#returnedAtMs.size <= refusedAddressesMax) return
    for (const oldest of this.#returnedAtMs.keys()) {
      this.#returnedAtMs.delete(oldest)
      return
    }
  }

  get size(): number {
    return this.#returnedAtMs.size
  }
}
