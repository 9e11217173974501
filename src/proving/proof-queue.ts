/*
 * Proofs that wait for their turn: a line for each account, served in turn, so that one account's burst makes the others wait for
 * one of its proofs and not for all.
 *
 *   WAITING --turn--> RUNNING --leave--> gone
 *   WAITING --leave--> gone
 *
 * Q1 Within a line the order of arrival is kept.
 * Q2 No more than `concurrency` run, no more than `queueMax` wait, no more than `queuePerAccountMax` of one account.
 */
import { assert } from '../base/assert.ts'

export type ProofQueueBounds = {
  readonly concurrency: number
  readonly queueMax: number
  readonly queuePerAccountMax: number
}

export type QueuePlace = {
  /** Resolves when it may run; never after `leave`. */
  readonly turn: Promise<void>
  /** How many are before it; undefined once it runs. */
  readonly position: () => number | undefined
  /** Frees what it has, in whichever state; once. */
  readonly leave: () => void
}

type Waiting = { readonly proceed: () => void }

export class ProofQueue {
  readonly #bounds: ProofQueueBounds
  /** In the order in which the accounts are served. A line is never empty. */
  readonly #lines = new Map<string, Waiting[]>()
  #waiting = 0
  #running = 0

  constructor(bounds: ProofQueueBounds) {
    this.#bounds = bounds
  }

  get counts(): { readonly running: number; readonly waiting: number } {
    return { running: this.#running, waiting: this.#waiting }
  }

  /** Whether one more of this account would be let in now. */
  admits(accountId: string): boolean {
    if (this.#running < this.#bounds.concurrency && this.#waiting === 0) return true
    const line = this.#lines.get(accountId)?.length ?? 0
    return this.#waiting < this.#bounds.queueMax && line < this.#bounds.queuePerAccountMax
  }

  /** Undefined where `admits` says no. */
  join(accountId: string): QueuePlace | undefined {
    if (!this.admits(accountId)) return undefined
    const { promise: turn, resolve } = Promise.withResolvers<void>()
    let state: 'waiting' | 'running' | 'gone' = 'waiting'
    const waiting: Waiting = {
      proceed: () => {
        state = 'running'
        this.#running += 1
        resolve()
      },
    }
    const line = this.#lines.get(accountId) ?? []
    line.push(waiting)
    this.#lines.set(accountId, line)
    this.#waiting += 1
    this.#serve()
    return {
      turn,
      position: () => (state === 'waiting' ? this.#placeOf(waiting) : undefined),
      leave: () => {
        assert(state !== 'gone', 'a place in the queue is left once')
        if (state === 'running') this.#running -= 1
        else this.#remove(accountId, waiting)
        state = 'gone'
        this.#serve()
      },
    }
  }

  #serve(): void {
    while (this.#running < this.#bounds.concurrency) {
      const [next] = this.#lines
      if (next === undefined) return
      const [accountId, [first, ...rest]] = next
      assert(first !== undefined, 'a line is never empty')
      this.#lines.delete(accountId)
      // Behind all others: it has been served.
      if (rest.length > 0) this.#lines.set(accountId, rest)
      this.#waiting -= 1
      first.proceed()
    }
  }

  #remove(accountId: string, waiting: Waiting): void {
    const line = this.#lines.get(accountId)?.filter((one) => one !== waiting) ?? []
    if (line.length > 0) this.#lines.set(accountId, line)
    else this.#lines.delete(accountId)
    this.#waiting -= 1
  }

  /** As the lines will be served, if nobody comes or leaves. */
  #placeOf(waiting: Waiting): number {
    const lines = [...this.#lines.values()]
    const longest = Math.max(0, ...lines.map((line) => line.length))
    let before = 0
    for (let round = 0; round < longest; round += 1) {
      for (const line of lines) {
        if (line[round] === waiting) return before
        if (line[round] !== undefined) before += 1
      }
    }
    return before
  }
}
