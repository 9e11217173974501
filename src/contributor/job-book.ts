/*
 * The jobs that were ever begun, on the disk. Two signatures for one job over different bytes cost the whole stake, so a job
 * that may have one is never begun again: not after a crash, not after years.
 *
 *   unknown --begin--> RUNNING --over, something was signed--> CLOSED for ever
 *                      RUNNING --over, nothing was--> LEFT --begin--> RUNNING
 *   whatever a process before this one began is CLOSED: what it signed last, nobody knows
 *   a contract's job whose file knows that nothing of it has left --begin--> RUNNING, whoever began it before
 *
 * Invariants
 * J1 nothing is signed for a job before `durable`: its record is on the disk then, and a crash leaves it there
 * J2 the record is written when the job begins, while the engine works: an answer waits for a disk only where that is slower
 * J3 memory and disk are bounded: the newest jobs have 16 bytes each, older ones two
 * J4 what is signed for a contract's job leaves once its file (contract-job-files.ts) has it whole, and while there is such a
 *    file the job is answered from it alone: so one that has no answer in it was never answered, and may begin after a crash
 */
import { hash } from 'node:crypto'
import { assert } from '../base/assert.ts'
import { err, ok, type Result } from '../base/result.ts'
import { jobsLeftMax, jobsListedMax } from './agent-limits.ts'
import { type JobFiles, openJobFiles } from './job-files.ts'
import type { Job } from './job-headers.ts'

/** A job that is its beginner's to answer. */
export type BegunJob = {
  /** Resolves when its record outlives a crash; rejects where it cannot be written. Nothing may be signed before. */
  readonly durable: Promise<void>
  /** Comes before the first signature leaves: from then on the job never begins again. */
  readonly signed: () => void
  /** Nobody works on it any more. */
  readonly over: () => void
}

type OpenJob = { readonly durable: Promise<void>; isRunning: boolean; isSigned: boolean }

/** Opens the book at `path`, or begins one; `listedMax`: jobs that have 16 bytes each. Errors are one line for a person. */
export async function openJobBook(
  path: string,
  listedMax: number = jobsListedMax,
): Promise<Result<JobBook, string>> {
  try {
    const files = await openJobFiles(path, listedMax)
    return files.ok ? ok(new JobBook(files.value)) : files
  } catch (error) {
    return err(`${path} cannot be used (${(error as NodeJS.ErrnoException).code ?? 'unknown'})`)
  }
}

export class JobBook {
  readonly #files: JobFiles
  /** Of this process: those that run, and those that were left unsigned and may begin again. */
  readonly #open = new Map<string, OpenJob>()

  constructor(files: JobFiles) {
    this.#files = files
  }

  /** False where the disk refused: then no job can be begun any more. */
  get isWritable(): boolean {
    return this.#files.isWritable
  }

  /** Whether `begin` would. */
  mayBegin(job: Job): boolean {
    const record = recordOf(job)
    const known = this.#open.get(record.toString('latin1'))
    return known === undefined ? !this.#files.has(record) : !known.isRunning
  }

  /**
   * Undefined for a job that runs, or that something may be signed for. `isUnsigned`: its file says that nothing has left
   * (J4), whatever the list knows.
   */
  begin(job: Job, isUnsigned = false): BegunJob | undefined {
    const record = recordOf(job)
    const name = record.toString('latin1')
    const known = this.#open.get(name)
    const isClosed = known === undefined && this.#files.has(record)
    if (known?.isRunning || (isClosed && !isUnsigned)) return undefined
    // One that is in the list is written again: that finds another process, which may have begun it.
    const durable = known?.durable ?? this.#files.append(record)
    // Whoever needs it asks: a job that came to nothing does not.
    durable.catch(() => {})
    const begun: OpenJob = { durable, isRunning: true, isSigned: false }
    this.#open.delete(name)
    this.#open.set(name, begun)
    return {
      durable,
      signed: () => {
        assert(begun.isRunning, 'only a job that runs is signed')
        begun.isSigned = true
      },
      over: () => this.#over(name, begun),
    }
  }

  /** Everything is on the disk when it resolves. */
  async close(): Promise<void> {
    await this.#files.close()
  }

  #over(name: string, job: OpenJob): void {
    if (!job.isRunning) return
    job.isRunning = false
    if (job.isSigned) this.#open.delete(name)
    if (this.#open.size <= jobsLeftMax) return
    // The oldest that was left: it is taken for signed from now on.
    for (const [oldest, { isRunning }] of this.#open) {
      if (isRunning) continue
      this.#open.delete(oldest)
      return
    }
  }
}

/** Ids are unique for one gateway only. */
const recordOf = ({ jobId, gateway }: Job): Buffer =>
  hash('sha256', `${jobId} ${gateway}`, 'buffer').subarray(0, 16)
