/*
 * One proof that was asked for, in the process that has it: waits for its turn, has it made, and says so in the store before
 * anything is charged. Whatever another process did with the job meanwhile ends it here.
 *
 *   QUEUED --turn--> PROVING --made and verified--> PROVEN --charging--> CHARGING --done--> DONE
 *   each but DONE --failed, cancelled, timeout, lost, stop--> FAILED
 */
import type { Cancellation } from '../base/cancellation.ts'
import { err, type Result } from '../base/result.ts'
import type { ProofDocument } from '../domain/proof-document.ts'
import type { GatewayRefusal, ProofRefusal, Refusal, UpstreamRefusal } from '../domain/refusal.ts'
import {
  openStates,
  type ProofJob,
  type ProofJobState,
  type ProofJobStore,
} from '../store/proof-job-store.ts'
import type { QueuePlace } from './proof-queue.ts'
import type { ProofFault, ProofProgress, ProofTask, Prover } from './prover-port.ts'

/** Why there is no proof, as whoever asked is told. */
export type ProvingRefusal = ProofRefusal | UpstreamRefusal | GatewayRefusal

/** Why a run must end that nobody's prover ended. */
type Ending = 'cancelled' | 'timeout' | 'lost' | 'stopping'

export type ProofRunTerms = {
  readonly store: ProofJobStore
  readonly prover: Prover
  readonly place: QueuePlace
  readonly timeoutMs: number
  readonly nowMs: () => number
  /** Told of each step, for who follows. */
  readonly onChange: () => void
  /** Told once, of a job that has ended here. */
  readonly onEnd: () => void
  /** Told of a prover that ended without a proof. */
  readonly onFault: (fault: ProofFault) => void
}

/** What of a run is known in its process alone. */
export type LiveProof = {
  readonly position: number | undefined
  readonly progress: ProofProgress | undefined
}

export class ProofRun {
  #job: ProofJob
  readonly #terms: ProofRunTerms
  readonly #ending = new AbortController()
  #why: Ending | undefined
  #progress: ProofProgress | undefined
  #isOver = false

  constructor(job: ProofJob, terms: ProofRunTerms) {
    this.#job = job
    this.#terms = terms
  }

  get job(): ProofJob {
    return this.#job
  }

  get live(): LiveProof {
    return { position: this.#terms.place.position(), progress: this.#progress }
  }

  /** The first reason counts. */
  end(why: Ending): void {
    if (this.#why !== undefined || this.#isOver) return
    this.#why = why
    this.#ending.abort()
  }

  /** The proof of an answer, made and verified; never rejects but for a store that fails. */
  async prove(
    task: ProofTask,
    cancellation: Cancellation,
  ): Promise<Result<ProofDocument, ProvingRefusal>> {
    cancellation.onCancel(() => this.end('cancelled'))
    await this.#turnOrEnd()
    if (this.#why !== undefined) return err(await this.#refusal())
    if (!(await this.#become('proving', ['queued']))) return err(await this.#refusal('lost'))
    const timer = setTimeout(() => this.end('timeout'), this.#terms.timeoutMs)
    const made = await this.#terms.prover
      .prove(task, {
        signal: this.#ending.signal,
        onProgress: (progress) => {
          this.#progress = progress
          this.#terms.onChange()
        },
      })
      .finally(() => clearTimeout(timer))
    // What was cancelled in the last moment is not delivered.
    if (this.#why !== undefined) return err(await this.#refusal())
    if (made.ok) return made
    this.#terms.onFault(made.error)
    return err(refusalOf(made.error))
  }

  /** Begins anew what an owner before us left, under the names of a new request. Nothing of its money is open any more. */
  restart(ids: Pick<ProofJob, 'requestId' | 'receiptId'>): Promise<boolean> {
    return this.#become('queued', openStates, { ...ids, answer: undefined, proof: undefined })
  }

  /** False where the job is somebody else's by now, or was cancelled: then nothing may be charged for it. */
  charging(proven: { readonly answer: string; readonly proof: ProofDocument }): Promise<boolean> {
    return this.#become('charging', ['proving'], proven)
  }

  async done(): Promise<void> {
    await this.#become('done', ['charging'], { endedAtMs: this.#terms.nowMs(), order: undefined })
    this.#over()
  }

  /** A job that this process ends while it stops is another's to go on with, where it can be asked again. */
  async failed(refusal: Refusal): Promise<void> {
    const goesOn = refusal.reason === 'shutting_down' && this.#job.order !== undefined
    if (!goesOn) {
      const ended = { refusal: refusalJson(refusal), endedAtMs: this.#terms.nowMs() }
      await this.#become('failed', openStates, {
        ...ended,
        order: undefined,
        answer: undefined,
        proof: undefined,
      })
    }
    this.#over()
  }

  /** Its receipt is on the books, whoever wrote it: the job has ended as that says. */
  async settled(): Promise<void> {
    const { answer } = this.#job
    if (answer === undefined) return this.failed({ reason: 'attestation_failed' })
    const ended = { endedAtMs: this.#terms.nowMs(), order: undefined }
    await this.#become('done', ['charging'], ended)
    this.#over()
  }

  /** Leaves the job to whoever takes it next; what may be charged by now stays what nobody can cancel. */
  async giveBack(): Promise<void> {
    const { state } = this.#job
    await this.#become(state === 'charging' ? state : 'queued', openStates, { owner: 'nobody' })
    this.#over()
  }

  /** Gives the place in the queue back; the store stays as it is. */
  abandon(): void {
    this.#over()
  }

  get isOver(): boolean {
    return this.#isOver
  }

  #over(): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#terms.place.leave()
    this.#terms.onEnd()
    this.#terms.onChange()
  }

  async #turnOrEnd(): Promise<void> {
    const { signal } = this.#ending
    if (signal.aborted) return
    const { promise: ended, resolve } = Promise.withResolvers<void>()
    signal.addEventListener('abort', () => resolve(), { once: true })
    await Promise.race([this.#terms.place.turn, ended])
  }

  async #become(
    state: ProofJobState,
    states: readonly ProofJobState[],
    fields: Partial<ProofJob> = {},
  ): Promise<boolean> {
    const job = { ...this.#job, ...fields, state }
    const replaced = await this.#terms.store.replace(job, { attempt: job.attempt, states })
    if (replaced) this.#job = job
    this.#terms.onChange()
    return replaced
  }

  /** What whoever waits is told; of a job that was lost, what the store says became of it. */
  async #refusal(why: Ending | undefined = this.#why): Promise<ProvingRefusal> {
    if (why === 'timeout') return { reason: 'proof_timeout' }
    if (why === 'stopping') return { reason: 'shutting_down' }
    if (why === 'cancelled') return { reason: 'proof_cancelled' }
    const now = await this.#terms.store.find(this.#job.proofId)
    return now?.state === 'failed' ? { reason: 'proof_cancelled' } : { reason: 'hold_lost' }
  }
}

function refusalOf(fault: ProofFault): ProvingRefusal {
  if (fault === 'timeout') return { reason: 'proof_timeout' }
  if (fault === 'cancelled') return { reason: 'proof_cancelled' }
  // Whoever signed the answer lied: that is no fault of the prover's.
  return { reason: fault === 'output_mismatch' ? 'attestation_failed' : 'proof_failed' }
}

const refusalJson = (refusal: Refusal): string =>
  JSON.stringify(refusal, (_, value) => (typeof value === 'bigint' ? String(value) : value))
