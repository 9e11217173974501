/**
 * Requests on their way, for a shutdown that lets them end.
 *
 *   OPEN --close--> DRAINING --last one left--> EMPTY
 */
export class InFlight {
  #count = 0
  #open = true
  readonly #empty = Promise.withResolvers<void>()

  get open(): boolean {
    return this.#open
  }

  get count(): number {
    return this.#count
  }

  /** Counts one request in and answers how to count it out; undefined once closed. */
  enter(): (() => void) | undefined {
    if (!this.#open) return undefined
    this.#count += 1
    return () => {
      this.#count -= 1
      this.#settle()
    }
  }

  /** Lets nobody in any more. Resolves when the last one has left. */
  close(): Promise<void> {
    this.#open = false
    this.#settle()
    return this.#empty.promise
  }

  #settle(): void {
    if (!this.#open && this.#count === 0) this.#empty.resolve()
  }
}
