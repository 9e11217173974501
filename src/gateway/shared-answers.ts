import { err, type Result } from '../base/result.ts'
import type { Refusal } from '../domain/refusal.ts'

type Made<T> = Result<T, Refusal>

/**
 * Answers by their question: made once for everybody who asks while it is being made, and given again for a while.
 *
 *   asked --nobody makes it--> MAKING --answered--> KEPT --its time, or the room, is over--> forgotten
 *                                     --refused----------------------------------------------> forgotten
 *
 * Invariants: a question is made by one at a time; what is kept never has more than `bytesMax`.
 */
export class SharedAnswers<T> {
  readonly #bounds: SharedAnswersBounds<T>
  readonly #making = new Map<string, Promise<Made<T>>>()
  /** Oldest first: all are kept equally long. */
  readonly #kept = new Map<string, { readonly answer: T; readonly untilMs: number }>()
  #keptBytes = 0

  constructor(bounds: SharedAnswersBounds<T>) {
    this.#bounds = bounds
  }

  /** Of everybody who asks the same at once, only the first one's `make` is called. What it throws all of them get. */
  get(question: string, make: () => Promise<Made<T>>): Promise<Made<T>> {
    this.#forgetOverdue()
    const kept = this.#kept.get(question)
    if (kept !== undefined) return Promise.resolve({ ok: true, value: kept.answer })
    const making = this.#making.get(question)
    if (making !== undefined) return making
    if (this.#making.size >= this.#bounds.makingMax) {
      return Promise.resolve(err({ reason: 'overloaded' }))
    }
    const begun = this.#make(question, make)
    this.#making.set(question, begun)
    return begun
  }

  async #make(question: string, make: () => Promise<Made<T>>): Promise<Made<T>> {
    try {
      const made = await make()
      if (made.ok) this.#keep(question, made.value)
      return made
    } finally {
      this.#making.delete(question)
    }
  }

  #keep(question: string, answer: T): void {
    const { bytesOf, bytesMax, keptMs, nowMs } = this.#bounds
    const bytes = bytesOf(answer)
    if (keptMs === 0 || bytes > bytesMax) return
    this.#keptBytes += bytes
    this.#kept.set(question, { answer, untilMs: nowMs() + keptMs })
    for (const [oldest] of this.#kept) {
      if (this.#keptBytes <= bytesMax) return
      this.#forget(oldest)
    }
  }

  #forgetOverdue(): void {
    const nowMs = this.#bounds.nowMs()
    for (const [oldest, { untilMs }] of this.#kept) {
      if (untilMs > nowMs) return
      this.#forget(oldest)
    }
  }

  #forget(question: string): void {
    const kept = this.#kept.get(question)
    if (kept === undefined) return
    this.#keptBytes -= this.#bounds.bytesOf(kept.answer)
    this.#kept.delete(question)
  }
}

type SharedAnswersBounds<T> = {
  readonly keptMs: number
  /** Of all that are kept together, by `bytesOf`. */
  readonly bytesMax: number
  readonly bytesOf: (answer: T) => number
  /** Different questions that are answered at the same time. */
  readonly makingMax: number
  readonly nowMs: () => number
}
