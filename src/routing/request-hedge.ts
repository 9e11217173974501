import { type Attempt, nothingSent } from './attempt.ts'
import type { Hedging } from './hedging.ts'
import type { Route } from './route.ts'
import type { Schedule } from './waiting-room.ts'

/** One request that a second contributor may be asked for while the first is silent. */
export class RequestHedge {
  readonly #hedging: Hedging
  readonly #schedule: Schedule
  readonly #name: string
  readonly #next: Route['next']

  /** `name`: whose times it is compared with. `next` begins an attempt at somebody else. */
  constructor(
    shared: { readonly hedging: Hedging; readonly schedule: Schedule },
    name: string,
    next: Route['next'],
  ) {
    this.#hedging = shared.hedging
    this.#schedule = shared.schedule
    this.#name = name
    this.#next = next
  }

  /**
   * The first contributor is asked now. Calls `ask` when it has been silent for longer than nineteen in twenty are; answers
   * how to call that off.
   */
  whenSlow(ask: () => void): () => void {
    this.#hedging.requested()
    const patienceMs = this.#hedging.patienceMs(this.#name)
    return patienceMs === undefined ? () => {} : this.#schedule(patienceMs, ask)
  }

  /** Somebody else, at work too; undefined where the budget is spent or nobody has room. */
  async next(nowMs: number): Promise<Attempt | undefined> {
    if (!this.#hedging.take()) return undefined
    const begun = await this.#next(nowMs)
    if (begun.ok) return begun.value
    this.#hedging.giveBack()
    return undefined
  }

  /** An attempt of `next` that was not made after all. */
  giveBack(attempt: Attempt, nowMs: number): void {
    attempt.ended({ kind: 'neutral' }, nothingSent, nowMs)
    this.#hedging.giveBack()
  }

  /** The caller has its first token, or its whole answer, so long after the first contributor was asked. */
  began(waitedMs: number): void {
    this.#hedging.answered(this.#name, waitedMs)
  }
}
