/*
 * Everything that a gateway process has to do with proofs: who may have one made, which are under way here, and what the store
 * says of all. Jobs of processes that died are handed to whoever takes them; what is charged for them is the conductor's to know.
 */
import type { GatewayLog } from '../base/log.ts'
import { randomHex } from '../base/random-ids.ts'
import { err, ok, type Result } from '../base/result.ts'
import type { ProofRefusal } from '../domain/refusal.ts'
import type { ProofTerms } from '../domain/tensor-terms.ts'
import { openStates, type ProofJob, type ProofJobStore } from '../store/proof-job-store.ts'
import {
  proofCancelTriesMax,
  proofLeaseMs,
  proofLeaseRenewalMs,
  proofRetryAfterS,
  proofsTakenMax,
} from './limits.ts'
import { ProofEstimates } from './proof-estimates.ts'
import { ProofQueue, type ProofQueueBounds } from './proof-queue.ts'
import { type LiveProof, ProofRun } from './proof-run.ts'
import type { Prover } from './prover-port.ts'

export type ProvingTerms = {
  readonly store: ProofJobStore
  readonly prover: Prover
  readonly bounds: ProofQueueBounds & { readonly timeoutMs: number }
  readonly log: GatewayLog
  readonly nowMs: () => number
}

/** A job as it is begun. */
export type ProofOrder = Pick<
  ProofJob,
  'channelId' | 'modelName' | 'requestId' | 'receiptId' | 'order'
>

/** A job, and what is known of it in this process alone. */
export type ProofView = {
  readonly job: ProofJob
  readonly live: LiveProof | undefined
  /** Seconds until it is made, as far as others of the model tell. */
  readonly estimateS: number | undefined
}

export class ProvingDesk {
  readonly #terms: ProvingTerms
  readonly #owner = randomHex(8)
  readonly #queue: ProofQueue
  readonly #estimates = new ProofEstimates()
  readonly #runs = new Map<string, ProofRun>()
  readonly #followers = new Map<string, Set<() => void>>()
  /** Open in the store, ours, and not under way here: as of the last renewal, and of the two before. */
  #idle: ReadonlySet<string> = new Set()
  #dropped: ReadonlySet<string> = new Set()
  #timer: NodeJS.Timeout | undefined
  #renewedAtMs = Number.NEGATIVE_INFINITY
  #isStopping = false

  constructor(terms: ProvingTerms) {
    this.#terms = terms
    this.#queue = new ProofQueue(terms.bounds)
  }

  /** Why no proof can be begun now: asked before any money is held. */
  admit(proof: ProofTerms, accountId: string): Result<void, ProofRefusal> {
    const ready = this.#terms.prover.readiness(proof)
    if (!ready.ok) return err({ reason: 'prover_missing', detail: ready.error })
    if (this.#queue.admits(accountId)) return ok(undefined)
    return err({ reason: 'proof_queue_full', retryAfterS: proofRetryAfterS })
  }

  /** A job, durable when it resolves. */
  async begin(order: ProofOrder): Promise<Result<ProofRun, ProofRefusal>> {
    const place = this.#queue.join(order.channelId)
    if (place === undefined) {
      return err({ reason: 'proof_queue_full', retryAfterS: proofRetryAfterS })
    }
    const job: ProofJob = {
      ...order,
      proofId: `proof_${randomHex(16)}`,
      createdAtMs: this.#terms.nowMs(),
      state: 'queued',
      attempt: 1,
      owner: this.#owner,
    }
    try {
      // Others would take a job of an owner without a lease.
      await this.#renewIfOld()
      await this.#terms.store.add(job)
    } catch (error) {
      place.leave()
      throw error
    }
    return ok(this.#run(job, place))
  }

  /** Makes an abandoned job ours, as it is; undefined where somebody else was faster, or there is no place. */
  async take(abandoned: ProofJob): Promise<ProofRun | undefined> {
    const place = this.#queue.join(abandoned.channelId)
    if (place === undefined) return undefined
    const { attempt } = abandoned
    const job = { ...abandoned, attempt: attempt + 1, owner: this.#owner }
    try {
      await this.#renewIfOld()
      if (await this.#terms.store.replace(job, { attempt, states: [abandoned.state] })) {
        return this.#run(job, place)
      }
    } catch (error) {
      place.leave()
      throw error
    }
    place.leave()
    return undefined
  }

  /** What nobody has any more, or this process has without working at it: its store had failed. */
  async abandoned(): Promise<readonly ProofJob[]> {
    const { store, nowMs } = this.#terms
    const ofOthers = await store.abandoned({ nowMs: nowMs(), limit: proofsTakenMax })
    const own = await Promise.all([...this.#dropped].map((proofId) => store.find(proofId)))
    return [...ofOthers, ...own.filter((job) => job !== undefined)].filter(
      ({ proofId, state }) => openStates.includes(state) && !this.#runs.has(proofId),
    )
  }

  async find(proofId: string): Promise<ProofView | undefined> {
    // As the store has it, which others may have changed; how far it is, only its own process knows.
    const job = await this.#terms.store.find(proofId)
    const live = job && this.#runs.get(job.proofId)?.live
    return job && { job, live, estimateS: live && this.#estimate(job.modelName, live) }
  }

  /** How long proofs of a model take here; undefined before one was made. */
  secondsOf(modelName: string): number | undefined {
    return this.#estimates.secondsOf(modelName)
  }

  /** Tells of each change that happens in this process, until what it answers is called. */
  follow(proofId: string, listener: () => void): () => void {
    const followers = this.#followers.get(proofId) ?? new Set()
    this.#followers.set(proofId, followers)
    followers.add(listener)
    return () => {
      followers.delete(listener)
      if (followers.size === 0) this.#followers.delete(proofId)
    }
  }

  /** Ends a job at whichever process it is. What is being charged, or has ended, stays as it is. */
  async cancel(proofId: string): Promise<void> {
    for (let tries = 0; tries < proofCancelTriesMax; tries += 1) {
      const job = await this.#terms.store.find(proofId)
      if (job === undefined || (job.state !== 'queued' && job.state !== 'proving')) return
      const refusal = JSON.stringify({ reason: 'proof_cancelled' } satisfies ProofRefusal)
      const endedAtMs = this.#terms.nowMs()
      const { attempt, state } = job
      const ended: ProofJob = { ...job, state: 'failed', refusal, endedAtMs, order: undefined }
      if (await this.#terms.store.replace(ended, { attempt, states: [state] })) {
        this.#runs.get(proofId)?.end('cancelled')
        return
      }
    }
  }

  /** Says that this process is there, now and then again and again. */
  async start(): Promise<void> {
    await this.#renew()
    this.#timer = setInterval(() => void this.#renew().catch(() => {}), proofLeaseRenewalMs)
    this.#timer.unref()
  }

  report(): { readonly running: number; readonly waiting: number } {
    return this.#queue.counts
  }

  get isStopping(): boolean {
    return this.#isStopping
  }

  /** Ends every prover. Whoever asked is told, or finds the job at another process or at the next start. */
  endAll(): void {
    this.#isStopping = true
    for (const run of this.#runs.values()) run.end('stopping')
  }

  /** After the last run has ended. */
  async stop(): Promise<void> {
    clearInterval(this.#timer)
    await this.#terms.store.leave(this.#owner)
  }

  #run(job: ProofJob, place: ConstructorParameters<typeof ProofRun>[1]['place']): ProofRun {
    const { store, prover, bounds, log, nowMs } = this.#terms
    const { proofId, modelName } = job
    const run = new ProofRun(job, {
      store,
      prover,
      place,
      timeoutMs: bounds.timeoutMs,
      nowMs,
      onChange: () => this.#changed(proofId),
      onEnd: () => {
        if (this.#runs.get(proofId) === run) this.#runs.delete(proofId)
        const { progress } = run.live
        if (run.job.state !== 'done' || progress === undefined) return
        this.#estimates.measured(modelName, progress.elapsedMs / 1_000)
      },
      onFault: (fault) => log.error('proof_failed', { proofId, modelName, fault }),
    })
    this.#runs.set(proofId, run)
    if (this.#isStopping) run.end('stopping')
    return run
  }

  #changed(proofId: string): void {
    for (const listener of this.#followers.get(proofId) ?? []) listener()
  }

  #estimate(modelName: string, { position, progress }: LiveProof): number | undefined {
    const each = this.#estimates.secondsOf(modelName)
    if (each === undefined) return undefined
    const before = Math.ceil((position ?? 0) / this.#terms.bounds.concurrency) * each
    return Math.max(0, before + each - (progress?.elapsedMs ?? 0) / 1_000)
  }

  async #renewIfOld(): Promise<void> {
    if (this.#terms.nowMs() - this.#renewedAtMs > proofLeaseRenewalMs) await this.#renew()
  }

  /** What is not ours any more was cancelled elsewhere, or taken over by who believed us dead. */
  async #renew(): Promise<void> {
    const runs = [...this.#runs.values()]
    const nowMs = this.#terms.nowMs()
    const lease = { nowMs, untilMs: nowMs + proofLeaseMs }
    const open = await this.#terms.store.renew(this.#owner, lease)
    this.#renewedAtMs = nowMs
    const idle = new Set([...open.keys()].filter((proofId) => !this.#runs.has(proofId)))
    // A job that is being added stands in the store before it is under way here.
    this.#dropped = idle.intersection(this.#idle)
    this.#idle = idle
    for (const run of runs) {
      const { proofId, attempt, state } = run.job
      if (openStates.includes(state) && open.get(proofId) !== attempt) run.end('lost')
    }
  }
}
