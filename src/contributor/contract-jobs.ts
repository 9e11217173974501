/*
 * Jobs that contracts asked for, at a contributor. The gateway owes nothing for them: each is begun only where our own node says
 * that its coordinator would pay, and is counted here until that says what became of it.
 *
 *   begin: checked, PROMISED on the disk, then in the book of jobs --keep--> ANSWERED on the disk, then told
 *          --over, nothing was signed--> may begin again, after a crash, too
 *   whoever asks an ANSWERED job again, with the same input, gets the same bytes and the same signature
 *
 * Invariants are those of contract-job-files.ts (C1 to C3), coordinator-dues.ts (D1, D2) and J4 of job-book.ts.
 */
import { assert } from '../base/assert.ts'
import { err, ok, type Result } from '../base/result.ts'
import type { JobTerms } from '../domain/contract-job.ts'
import type { TokenPrices } from '../domain/price-sheet.ts'
import type { SignedWork } from '../domain/receipt.ts'
import { type AtomicAmount, type Bytes32, unixSeconds, unixSecondsOf } from '../domain/units.ts'
import type { ContractJobFiles } from './contract-job-files.ts'
import type { ContractJobRecord, PromisedJob } from './contract-job-record.ts'
import {
  contractJobRunning,
  contractJobsFull,
  coordinatorNotAccepted,
  jobNotPayable,
  jobOfOtherInput,
} from './contract-job-refusal.ts'
import type { CoordinatorDesk } from './coordinator-desk.ts'
import { mayRiskMore } from './coordinator-dues.ts'
import type { DuesWatch } from './dues-watch.ts'
import type { BegunJob } from './job-book.ts'
import type { Job } from './job-headers.ts'
import { judgeContractJob, payOf, type WantedAnswer } from './judge-contract-job.ts'
import { contractAnswersBytesMax, contractJobSlackS, contractJobsKeptMax } from './limits.ts'
import { jobAlreadySigned, jobsNotKept, type OpenAiRefusal } from './openai-refusal.ts'
import type { ToldAsk } from './read-contract-job.ts'
import { encodeSignedWork } from './sign-work.ts'

/** A job that its coordinator would pay for. */
export type PayableJob = {
  readonly promised: PromisedJob
  readonly terms: JobTerms
  /** What we asked when it was let in. */
  readonly asks: TokenPrices
}

/** An answer as it was given before. */
export type KeptAnswer = {
  readonly work: string
  readonly contentType: string
  readonly body: Buffer
}

/** The book in which every job is begun (job-book.ts). */
type Book = {
  readonly mayBegin: (job: Job) => boolean
  readonly begin: (job: Job, isUnsigned?: boolean) => BegunJob | undefined
}

export type ContractJobsTerms = {
  readonly files: ContractJobFiles
  readonly desk: Pick<CoordinatorDesk, 'isNamed' | 'findPayable'>
  /** What became of the answers before. */
  readonly dues: Pick<DuesWatch, 'settled' | 'isPaid'>
  /** What a gateway may cost us with such jobs, in atomic units at our own prices (D2). */
  readonly limit: AtomicAmount
  readonly nowMs: () => number
}

const nameOf = ({ jobId, gateway }: Job): string => `${jobId} ${gateway}`

export class ContractJobs {
  readonly #terms: ContractJobsTerms
  readonly #running = new Map<string, PayableJob>()

  constructor(terms: ContractJobsTerms) {
    this.#terms = terms
  }

  /** Asked for by a contract, here, once: whatever else comes under its name is not answered. */
  knows(job: Job): boolean {
    return this.#terms.files.find(job) !== undefined
  }

  /** What was answered before; undefined where that was nothing. */
  async recall(
    job: Job,
    inputHash: Bytes32,
  ): Promise<Result<KeptAnswer | undefined, OpenAiRefusal>> {
    const { files } = this.#terms
    const record = files.find(job)
    if (record === undefined) return ok(undefined)
    if (record.inputHash !== inputHash) return err(jobOfOtherInput(job.jobId))
    const { answer } = record
    if (answer === undefined) return ok(undefined)
    const { work, contentType } = answer
    return ok({ work, contentType, body: await files.readBody(job) })
  }

  /** Cheapest first: our own node is asked last. */
  async admit(
    told: ToldAsk,
    job: Job & { readonly inputHash: Bytes32 },
    wanted: WantedAnswer,
  ): Promise<Result<PayableJob, OpenAiRefusal>> {
    const { files, desk, nowMs } = this.#terms
    if (!desk.isNamed(told)) return err(coordinatorNotAccepted(told, 'nobody named it here'))
    const pay = judgeContractJob(told.terms, wanted)
    if (!pay.ok) return pay
    if (!files.isWritable) return err(jobsNotKept)
    const { jobs, bytes } = files.size
    if (jobs >= contractJobsKeptMax || bytes >= contractAnswersBytesMax)
      return err(contractJobsFull)
    if (!this.#mayRisk(job))
      return err(jobNotPayable('too many answers of its gateway were not paid'))
    const { chainId, coordinator, terms } = told
    const { jobId, gateway, inputHash } = job
    const payable = await desk.findPayable({ chainId, coordinator, jobId, terms, inputHash })
    if (!payable.ok) return payable
    const keepUntilS = unixSeconds(unixSecondsOf(nowMs()) + terms.deliveryTime + contractJobSlackS)
    const { atBlock } = payable.value
    const place = { jobId, gateway, chainId, coordinator, inputHash, atBlock, keepUntilS }
    return ok({ promised: { ...place, ...pay.value }, terms, asks: wanted.asks })
  }

  /** Nothing else of the job runs or begins once this has been called, and nothing of it was signed. */
  async begin(payable: PayableJob, book: Book): Promise<Result<BegunJob, OpenAiRefusal>> {
    const { promised } = payable
    const { files } = this.#terms
    const name = nameOf(promised)
    const known = files.find(promised)
    if (this.#running.has(name) || known?.answer !== undefined) {
      return err(contractJobRunning(promised.jobId))
    }
    if (known === undefined && !book.mayBegin(promised)) {
      return err(jobAlreadySigned(promised.jobId))
    }
    if (known !== undefined && known.inputHash !== promised.inputHash) {
      return err(jobOfOtherInput(promised.jobId))
    }
    // Several were let in while our node was asked.
    if (!this.#mayRisk(promised)) return err(jobNotPayable('too many answers are not paid yet'))
    this.#running.set(name, payable)
    try {
      // Before the book has it: what the book knows and no file does was signed, for all that is known after a crash.
      if (known === undefined) await files.promise(promised)
    } catch {
      this.#running.delete(name)
      return err(jobsNotKept)
    }
    const begun = book.begin(promised, known !== undefined)
    assert(begun !== undefined, 'J4: a promised job is begun by its promise alone')
    const over = (): void => {
      begun.over()
      this.#running.delete(name)
    }
    return ok({ ...begun, over })
  }

  /** Whether what is signed now is owed by a coordinator, and not by the gateway. */
  isRunning(job: Job): boolean {
    return this.#running.has(nameOf(job))
  }

  /** The answer is on the disk when it resolves, with what is owed for it; not before may any of it leave. Rejects else. */
  async keep(
    signed: SignedWork,
    answer: { readonly contentType: string; readonly body: Buffer },
  ): Promise<void> {
    const { work } = signed
    const running = this.#running.get(nameOf(work))
    assert(running !== undefined, 'only a job that runs is answered')
    const { promised, terms, asks } = running
    assert(work.inputHash === promised.inputHash, 'an answer is to the input that was promised')
    const head = {
      work: encodeSignedWork(signed),
      contentType: answer.contentType,
      contentHash: work.contentHash,
    }
    const record = { ...promised, ...payOf(terms, asks, work) }
    await this.#terms.files.answer(record, head, answer.body)
  }

  #mayRisk({ gateway }: Pick<Job, 'gateway'>): boolean {
    const { files, dues, limit } = this.#terms
    const isAtRisk = (record: ContractJobRecord): boolean =>
      this.#running.has(nameOf(record)) || (record.answer !== undefined && !dues.isPaid(record))
    const atRisk = files.all().filter(isAtRisk)
    return mayRiskMore(gateway, { atRisk, settled: dues.settled, limit })
  }
}
