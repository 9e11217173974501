/*
 * Asks every contributor that signs for its capacity, again and again, and tells the pool what to make of it.
 *
 *   ASKED --report--> BELIEVED --keptMs without another--> FORGOTTEN
 *     └──not offered──▶ FORGOTTEN, asked again after a long while
 *
 * Invariants
 *  C1 a contributor is asked one question at a time, and no more than `capacityAsksAtOnceMax` of all are.
 *  C2 what is not said again for `capacityReportKeptMs` is as if it had never been said.
 */
import {
  capacityAskIntervalMs,
  capacityAskPauseMaxMs,
  capacityAskRareMs,
  capacityAsksAtOnceMax,
  capacityReportKeptMs,
} from '../base/limits.ts'
import type { Result } from '../base/result.ts'
import type { CapacityReport } from '../domain/capacity-report.ts'
import type { Contributor } from '../domain/contributor.ts'
import type { ContributorPool } from '../routing/contributor-pool.ts'
import type { Schedule } from '../routing/waiting-room.ts'
import type { CapacityFailure } from '../upstream/ask-capacity.ts'

export type CapacityWatchTerms = {
  readonly pool: Pick<ContributorPool, 'contributors' | 'heard'>
  readonly ask: (contributor: Contributor) => Promise<Result<CapacityReport, CapacityFailure>>
  readonly schedule: Schedule
  /** 0 … 1: spreads the questions, so that a thousand contributors are not asked in one moment. */
  readonly random: () => number
  readonly nowMs: () => number
}

type Watched = {
  contributor: Contributor
  callOff: () => void
  isAsked: boolean
  /** Wanted again as soon as the answer of now is here. */
  isDueAgain: boolean
  failures: number
  heardAtMs: number | undefined
}

/** How often the pool is looked through for who joined and who left. */
const lookIntervalMs = 1_000

export class CapacityWatch {
  readonly #terms: CapacityWatchTerms
  readonly #watched = new Map<string, Watched>()
  #asking = 0
  #callOff: () => void = () => {}
  #isStopped = false

  constructor(terms: CapacityWatchTerms) {
    this.#terms = terms
  }

  start(): void {
    this.#look()
  }

  /** Somebody dialled in, or refused a price: what it says now matters. */
  askNow(contributorId: string): void {
    const watched = this.#watched.get(contributorId)
    if (watched === undefined) return
    watched.failures = 0
    if (watched.isAsked) watched.isDueAgain = true
    else this.#askAfter(contributorId, watched, 0)
  }

  stop(): void {
    this.#isStopped = true
    this.#callOff()
    for (const { callOff } of this.#watched.values()) callOff()
    this.#watched.clear()
  }

  #look(): void {
    if (this.#isStopped) return
    const here = new Set<string>()
    for (const contributor of this.#terms.pool.contributors) {
      const { contributorId, identity } = contributor
      if (identity === undefined) continue
      here.add(contributorId)
      const watched = this.#watched.get(contributorId)
      if (watched === undefined) this.#watch(contributor)
      else watched.contributor = contributor
    }
    for (const [contributorId, { callOff }] of this.#watched) {
      if (here.has(contributorId)) continue
      callOff()
      this.#watched.delete(contributorId)
    }
    this.#callOff = this.#terms.schedule(lookIntervalMs, () => this.#look())
  }

  #watch(contributor: Contributor): void {
    const { contributorId } = contributor
    const watched: Watched = {
      contributor,
      callOff: () => {},
      isAsked: false,
      isDueAgain: false,
      failures: 0,
      heardAtMs: undefined,
    }
    this.#watched.set(contributorId, watched)
    this.#askAfter(contributorId, watched, this.#terms.random() * lookIntervalMs)
  }

  #askAfter(contributorId: string, watched: Watched, pauseMs: number): void {
    watched.callOff()
    watched.callOff = this.#terms.schedule(pauseMs, () => void this.#ask(contributorId, watched))
  }

  async #ask(contributorId: string, watched: Watched): Promise<void> {
    const { ask, nowMs } = this.#terms
    if (this.#asking >= capacityAsksAtOnceMax) {
      this.#askAfter(contributorId, watched, this.#jittered(lookIntervalMs))
      return
    }
    watched.isAsked = true
    this.#asking += 1
    const answer = await ask(watched.contributor).finally(() => {
      watched.isAsked = false
      this.#asking -= 1
    })
    // Who left meanwhile, and perhaps came back as another, has a place of its own.
    if (this.#watched.get(contributorId) !== watched) return
    const pauseMs = this.#take(contributorId, watched, answer, nowMs())
    this.#askAfter(contributorId, watched, watched.isDueAgain ? 0 : this.#jittered(pauseMs))
    watched.isDueAgain = false
  }

  /** Answers how long it is left alone. */
  #take(
    contributorId: string,
    watched: Watched,
    answer: Result<CapacityReport, CapacityFailure>,
    nowMs: number,
  ): number {
    const { pool } = this.#terms
    if (answer.ok) {
      watched.failures = 0
      watched.heardAtMs = nowMs
      pool.heard(contributorId, answer.value, nowMs)
      return capacityAskIntervalMs
    }
    const isOver = answer.error === 'not_offered' || this.#isStale(watched, nowMs)
    if (watched.heardAtMs !== undefined && isOver) {
      watched.heardAtMs = undefined
      pool.heard(contributorId, undefined, nowMs)
    }
    if (answer.error === 'not_offered') return capacityAskRareMs
    watched.failures += 1
    // While something is believed, it must be found out in time that it is not said any more.
    if (watched.heardAtMs !== undefined) return capacityAskIntervalMs
    return Math.min(capacityAskIntervalMs * 2 ** (watched.failures - 1), capacityAskPauseMaxMs)
  }

  #isStale({ heardAtMs }: Watched, nowMs: number): boolean {
    return heardAtMs !== undefined && nowMs - heardAtMs >= capacityReportKeptMs
  }

  #jittered(ms: number): number {
    return ms * (0.8 + 0.4 * this.#terms.random())
  }
}
