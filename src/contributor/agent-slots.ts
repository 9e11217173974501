import { assert } from '../base/assert.ts'
import type { Cancellation } from '../base/cancellation.ts'
import type { AgentLoad } from './agent-terms.ts'

/** How many jobs the engine is asked at the same time; those beyond wait for it in the order of asking. */
export class AgentSlots {
  readonly #slots: number
  readonly #waiting = new Set<() => void>()
  #running = 0
  #draining: PromiseWithResolvers<void> | undefined

  constructor(slots: number) {
    this.#slots = slots
  }

  get load(): AgentLoad {
    return { running: this.#running, waiting: this.#waiting.size, slots: this.#slots }
  }

  get isDraining(): boolean {
    return this.#draining !== undefined
  }

  /** False when the asker left before there was room; otherwise `giveBack` follows once. */
  take(asker: Cancellation): Promise<boolean> {
    if (asker.cancelled) return Promise.resolve(false)
    if (this.#running < this.#slots) {
      this.#running += 1
      return Promise.resolve(true)
    }
    return new Promise((resolve) => {
      const begin = (): void => resolve(true)
      this.#waiting.add(begin)
      asker.onCancel(() => {
        if (!this.#waiting.delete(begin)) return
        this.#settle()
        resolve(false)
      })
    })
  }

  giveBack(): void {
    assert(this.#running > 0, 'a slot is given back once')
    const [next] = this.#waiting
    if (next === undefined) {
      this.#running -= 1
      this.#settle()
      return
    }
    // The slot goes on to the next, so that no later asker slips in between.
    this.#waiting.delete(next)
    next()
  }

  /** Resolves when nothing runs or waits any more. */
  drain(): Promise<void> {
    this.#draining ??= Promise.withResolvers()
    this.#settle()
    return this.#draining.promise
  }

  #settle(): void {
    if (this.#running === 0 && this.#waiting.size === 0) this.#draining?.resolve()
  }
}
