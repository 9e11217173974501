import { assert } from '../base/assert.ts'
import type { ConcurrencyLimit } from './concurrency-store.ts'

/** How many of this process are inside, by counter; those who are about to be told apart included. */
export class ConcurrencyPlaces {
  readonly #taken = new Map<string, number>()

  /** The first counter that this process alone fills. */
  full(limits: readonly ConcurrencyLimit[]): ConcurrencyLimit | undefined {
    return limits.find(({ counter, max }) => (this.#taken.get(counter) ?? 0) >= max)
  }

  take(limits: readonly ConcurrencyLimit[]): void {
    for (const { counter } of limits) this.#taken.set(counter, (this.#taken.get(counter) ?? 0) + 1)
  }

  give(limits: readonly ConcurrencyLimit[]): void {
    for (const { counter } of limits) {
      const taken = this.#taken.get(counter) ?? 0
      assert(taken > 0, 'only a place that was taken is given back')
      // What is empty is forgotten: counters of callers come and go.
      if (taken === 1) this.#taken.delete(counter)
      else this.#taken.set(counter, taken - 1)
    }
  }

  entries(): readonly (readonly [counter: string, taken: number])[] {
    return [...this.#taken]
  }
}
