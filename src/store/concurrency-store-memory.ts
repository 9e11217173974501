import { err, ok, type Result } from '../base/result.ts'
import { ConcurrencyPlaces } from './concurrency-places.ts'
import type {
  ConcurrencyFull,
  ConcurrencyLimit,
  ConcurrencyStore,
  Leave,
} from './concurrency-store.ts'

/** Who is inside, in one process. */
export class MemoryConcurrency implements ConcurrencyStore {
  readonly #places = new ConcurrencyPlaces()

  readonly enter = (
    limits: readonly ConcurrencyLimit[],
  ): Promise<Result<Leave, ConcurrencyFull>> => {
    const full = this.#places.full(limits)
    if (full !== undefined) return Promise.resolve(err({ counter: full.counter }))
    this.#places.take(limits)
    let isInside = true
    const leave = () => {
      if (isInside) this.#places.give(limits)
      isInside = false
    }
    return Promise.resolve(ok(leave))
  }

  readonly close = async (): Promise<void> => {}
}
