import { FairQueue, type FairQueueBounds } from './fair-queue.ts'

/** Runs `run` once after `delayMs`, with the time it was meant for, unless the answer is called before. */
export type Schedule = (delayMs: number, run: () => void) => () => void

export const scheduleByTimer: Schedule = (delayMs, run) => {
  const timer = setTimeout(run, delayMs).unref()
  return () => clearTimeout(timer)
}

/** One request that waits. */
export type Visitor = {
  readonly callerId: string
  readonly deadlineMs: number
  /** Undefined when it was served; else the milliseconds after which it is worth another try. */
  readonly tryServe: (nowMs: number) => Promise<number | undefined>
  readonly late: () => void
}

/** Whoever finds the first few refused stops: where one finds no room, others of the same model seldom do. */
const refusalsPerWakeMax = 4
const retryMsMin = 50

/**
 * Where the requests of one model wait for room. Woken when an attempt ends, and by its own clock when a rate window or a
 * cooldown lets go or a deadline comes. One visitor is served at a time, so that nobody is passed by whoever came later.
 */
export class WaitingRoom {
  readonly #queue: FairQueue<Visitor>
  readonly #schedule: Schedule
  #isServing = false
  #isWoken = false
  #cancelTimer: (() => void) | undefined

  constructor(schedule: Schedule, bounds: FairQueueBounds) {
    this.#schedule = schedule
    this.#queue = new FairQueue(bounds)
  }

  get size(): number {
    return this.#queue.size
  }

  get isEmpty(): boolean {
    return this.#queue.size === 0
  }

  /** False when there is no place. `retryAfterMs`: when the first try is worth it. */
  enter(visitor: Visitor, retryAfterMs: number, nowMs: number): boolean {
    const { callerId, deadlineMs } = visitor
    if (!this.#queue.join(callerId, visitor, deadlineMs)) return false
    this.#wakeIn(retryAfterMs, nowMs)
    return true
  }

  leave(visitor: Visitor): void {
    this.#queue.leave(visitor.callerId, visitor)
  }

  /** There may be room: serves whom it can. */
  async wake(nowMs: number, refusalsMax: number = refusalsPerWakeMax): Promise<void> {
    this.#isWoken = true
    if (this.#isServing) return
    this.#isServing = true
    try {
      // Room that comes while somebody is served may be room for one who was refused already.
      while (this.#isWoken && !this.isEmpty) {
        this.#isWoken = false
        for (const visitor of this.#queue.takeLate(nowMs)) visitor.late()
        const retryAfterMs = await this.#serve(nowMs, refusalsMax)
        this.#wakeIn(retryAfterMs, nowMs)
      }
    } finally {
      this.#isServing = false
    }
  }

  /** Rounds until one in which nobody was served; answers when another is worth it. */
  async #serve(nowMs: number, refusalsMax: number): Promise<number> {
    let retryAfterMs = Number.POSITIVE_INFINITY
    for (let served = true; served; ) {
      served = false
      let refusals = 0
      for (const { callerId, item } of this.#queue.heads()) {
        const refusedForMs = await item.tryServe(nowMs)
        if (refusedForMs === undefined) {
          this.#queue.served(callerId, item)
          served = true
          continue
        }
        retryAfterMs = Math.min(retryAfterMs, refusedForMs)
        refusals += 1
        if (refusals >= refusalsMax) return retryAfterMs
      }
    }
    return retryAfterMs
  }

  #wakeIn(retryAfterMs: number, nowMs: number): void {
    this.#cancelTimer?.()
    this.#cancelTimer = undefined
    if (this.isEmpty) return
    const deadlineInMs = this.#queue.nextDeadlineMs() - nowMs
    const delayMs = Math.max(retryMsMin, Math.min(retryAfterMs, deadlineInMs))
    this.#cancelTimer = this.#schedule(delayMs, () => {
      // By the clock everybody is tried: a wish that only few can fulfil may stand behind many that nobody can.
      void this.wake(nowMs + delayMs, Number.POSITIVE_INFINITY)
    })
  }
}
