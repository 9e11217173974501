/*
 * The door of contracts: looks at every source again and again, writes down what was asked, and goes on with what is due. Several
 * processes may do so over one store: each job is one's at a time, by its revision, and whose process is gone, by its lease.
 */
import { Cancellation } from '../base/cancellation.ts'
import { describeChainFailure } from '../chain/chain-failure.ts'
import type { Bytes32 } from '../domain/units.ts'
import type { KnownJobs } from '../gateway/jobs-door.ts'
import type { ContractJob, ContractJobState } from '../store/contract-job-store.ts'
import { advanceJob, type JobDeps, type JobTask } from './advance-job.ts'
import { bookFound, bookTouched } from './book-look.ts'
import { HeldJob } from './held-job.ts'
import type { DeliveryDesk } from './job-delivery.ts'
import type { JobSource, SourceLook } from './job-source.ts'
import { createJobsDoor } from './jobs-door.ts'
import {
  jobLeaseMs,
  jobLeaseRenewalMs,
  jobPauseLastMs,
  jobsAtOnceMax,
  looksInRowMax,
  unservedPauseMs,
} from './limits.ts'

/** A source, who delivers to it, and what else it wants done at each look, such as its schedules. */
export type ServedSource = {
  readonly source: JobSource
  readonly delivery: DeliveryDesk
  /** After each look. Throws StoreFailure. */
  readonly eachLook?: ((seen: SeenSchedules) => Promise<void>) | undefined
}

/** What a look says of schedules. */
export type SeenSchedules = Pick<SourceLook, 'schedules' | 'touchedSchedules'>

export type DeskTerms = JobDeps & {
  readonly sources: readonly ServedSource[]
  readonly pollMs: number
  /** This process, among all that there ever are. */
  readonly owner: string
}

/** A job that this process is at work on. */
type Running = { readonly cancellation: Cancellation; readonly done: Promise<void> }

export class JobDesk {
  readonly #terms: DeskTerms
  readonly #running = new Map<Bytes32, Running>()
  readonly #stopping = Promise.withResolvers<void>()
  readonly #lastFailures = new Map<string, string>()
  #counts: ReadonlyMap<ContractJobState, number> = new Map()
  #round: Promise<void> | undefined
  #isStopping = false
  /** More was due than there was room for. */
  #isBehind = false
  #timers: readonly NodeJS.Timeout[] = []
  readonly door: KnownJobs

  constructor(terms: DeskTerms) {
    this.#terms = terms
    const { store, nowMs } = terms
    this.door = createJobsDoor({
      ...{ store, nowMs },
      counts: () => this.#counts,
      wake: () => void this.lookNow(),
    })
  }

  async start(): Promise<void> {
    await this.#renew()
    const every = (ms: number, act: () => Promise<void>) => setInterval(() => void act(), ms)
    this.#timers = [
      every(this.#terms.pollMs, () => this.lookNow()),
      every(jobLeaseRenewalMs, () => this.#renew()),
    ]
    for (const timer of this.#timers) timer.unref()
    void this.lookNow()
  }

  /** One round: all sources, then all that is due is under way. Never rejects; a round that runs is joined. */
  lookNow(): Promise<void> {
    this.#round ??= this.#look().finally(() => {
      this.#round = undefined
    })
    return this.#round
  }

  /** Takes nothing more. Answers that are being made are finished; deliveries go on with the outbox. */
  endAll(): void {
    this.#isStopping = true
    for (const timer of this.#timers) clearInterval(timer)
    this.#stopping.resolve()
  }

  /** After the last request has ended: gives back what this process has, and closes the store. */
  async stop(): Promise<void> {
    this.endAll()
    await this.#round
    await Promise.all([...this.#running.values()].map(({ done }) => done))
    const { store, owner } = this.#terms
    await this.#guarded('stop', () => store.leave(owner))
    await store.close()
  }

  async #look(): Promise<void> {
    const { sources, store } = this.#terms
    if (this.#isStopping) return
    await Promise.all(sources.map((served) => this.#lookAt(served)))
    await this.#guarded('due', () => this.#takeDue())
    await this.#guarded('counts', async () => {
      this.#counts = await store.counts()
    })
  }

  async #lookAt(served: ServedSource): Promise<void> {
    const { name } = served.source
    await this.#guarded(name, async () => {
      let looks = 1
      while (!(await this.#lookOnce(served)) && looks < looksInRowMax && !this.#isStopping) {
        looks += 1
      }
    })
  }

  /** False: more blocks wait. Everything is written before the cursor is: a crash in between sees it again. */
  async #lookOnce(served: ServedSource): Promise<boolean> {
    const { store } = this.#terms
    const { source } = served
    const key = `cursor:${source.name}`
    const note = await store.note(key)
    const look = await source.watch(note?.text)
    if (!look.ok) {
      this.#failed(source.name, describeChainFailure(look.error))
      return true
    }
    this.#lastFailures.delete(source.name)
    const { found, touched, caughtUp, cursor } = look.value
    const booked = { ...this.#terms, ended: (jobId: Bytes32) => this.#cancel(jobId) }
    for (const one of found) await bookFound(booked, source, one)
    for (const jobId of touched) {
      const job = await store.find(jobId)
      if (job === undefined) continue
      const standing = await source.standing(job)
      if (!standing.ok) {
        this.#failed(source.name, describeChainFailure(standing.error))
        return true
      }
      await bookTouched(booked, job, standing.value)
    }
    await served.eachLook?.(look.value)
    // Another replica was faster: it has written the same.
    if (cursor !== note?.text) {
      await store.setNote(key, { text: cursor, revision: note?.revision ?? 0 })
    }
    return caughtUp
  }

  async #takeDue(): Promise<void> {
    const { store, owner, nowMs } = this.#terms
    const limit = jobsAtOnceMax + this.#running.size
    const due = await store.due({ owner, nowMs: nowMs(), limit })
    this.#isBehind = due.length === limit
    for (const job of due) {
      if (this.#isStopping || this.#running.size >= jobsAtOnceMax) return
      if (this.#running.has(job.jobId)) continue
      const held = new HeldJob(store, job)
      const served = this.#terms.sources.find(({ source }) => source.name === job.source)
      if (served === undefined) {
        // The configuration names its chain no more: it must not stand before others.
        await held.change(() => ({ notBeforeMs: nowMs() + unservedPauseMs }))
        continue
      }
      if (job.owner !== owner && !(await held.change(() => ({ owner })))) continue
      this.#run(job, held, served)
    }
  }

  #run({ jobId }: ContractJob, held: HeldJob, { source, delivery }: ServedSource): void {
    const cancellation = new Cancellation()
    const stopping = this.#stopping.promise
    const task = { held, source, delivery, cancellation, stopping }
    const done = this.#guarded(jobId, () => this.#advance(task)).finally(() => {
      this.#running.delete(jobId)
      // Thousands that only wait must not hold up the next one for as many looks.
      if (this.#isBehind && !this.#isStopping) void this.lookNow()
    })
    this.#running.set(jobId, { cancellation, done })
  }

  /** What fails here may fail again at once: others go first. */
  async #advance(task: JobTask): Promise<void> {
    try {
      await advanceJob(this.#terms, task)
    } catch (error) {
      const notBeforeMs = this.#terms.nowMs() + jobPauseLastMs
      await this.#guarded('pause', async () => {
        await task.held.change(() => ({ notBeforeMs }))
      })
      throw error
    }
  }

  #cancel(jobId: Bytes32): void {
    this.#running.get(jobId)?.cancellation.cancel()
  }

  async #renew(): Promise<void> {
    const { store, owner, nowMs } = this.#terms
    const atMs = nowMs()
    const lease = { nowMs: atMs, untilMs: atMs + jobLeaseMs }
    await this.#guarded('lease', () => store.renew(owner, lease))
  }

  /** What fails here is tried again at the next round. Never a message: it may quote what a contract sent. */
  async #guarded(what: string, act: () => Promise<void>): Promise<void> {
    try {
      await act()
    } catch (error) {
      this.#failed(what, error instanceof Error ? error.name : 'unknown')
    }
  }

  /** Once for as long as it lasts. */
  #failed(what: string, detail: string): void {
    if (this.#lastFailures.get(what) === detail) return
    this.#lastFailures.set(what, detail)
    this.#terms.log.error('jobs_wait', { what, detail })
  }
}
