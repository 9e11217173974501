/*
 * What became of the answers that contracts were given, as our own node has it. An end is believed at once and counted for good
 * when it has stood a while: a chain takes blocks back.
 */
import { readHasAnswered } from '../chain/coordinator-events.ts'
import { readJob } from '../chain/inference-coordinator.ts'
import { type Address, type AtomicAmount, type Bytes32, unixSecondsOf } from '../domain/units.ts'
import type { ContractJobFiles } from './contract-job-files.ts'
import type { ContractJobRecord } from './contract-job-record.ts'
import type { CoordinatorDesk } from './coordinator-desk.ts'
import { type DueEnd, type SettledDues, settleDues } from './coordinator-dues.ts'
import type { Job } from './job-headers.ts'
import { contractJobSlackS, duesAsksAtOnceMax, duesLookMs, reorganisedBlocksMax } from './limits.ts'
import { type SettledDuesFile, writeSettledDues } from './settled-dues-file.ts'

export type DuesEvent =
  | {
      readonly event: 'contract_job_paid' | 'contract_job_lost'
      readonly jobId: Bytes32
      readonly amount: AtomicAmount
    }
  | { readonly event: 'dues_not_saved'; readonly error: string }

export type DuesTerms = {
  readonly files: ContractJobFiles
  readonly desk: Pick<CoordinatorDesk, 'coordinators'>
  readonly contributor: Address
  /** Where the sums are, and what was there when it was opened. */
  readonly path: string
  readonly known: SettledDuesFile
  readonly onEvent: (event: DuesEvent) => void
  readonly nowMs: () => number
}

type SeenEnd = { readonly end: DueEnd['end']; readonly seenAtMs: number }

const nameOf = ({ jobId, gateway }: Job): string => `${jobId} ${gateway}`

export class DuesWatch {
  readonly #terms: DuesTerms
  readonly #ends = new Map<string, SeenEnd>()
  #settled: readonly SettledDues[]
  #looking: Promise<void> | undefined
  #timer: NodeJS.Timeout | undefined

  constructor(terms: DuesTerms) {
    this.#terms = terms
    this.#settled = terms.known.dues
  }

  get settled(): readonly SettledDues[] {
    return this.#settled
  }

  /** Its fee is booked to us, as the chain stands. */
  isPaid(job: Job): boolean {
    return this.#ends.get(nameOf(job))?.end === 'paid'
  }

  start(): void {
    void this.look()
    this.#timer ??= setInterval(() => void this.look(), duesLookMs)
  }

  /** What is being written is waited for. */
  async stop(): Promise<void> {
    clearInterval(this.#timer)
    await this.#looking
  }

  /** One look at a time; whoever comes while one is made waits for that. Never rejects. */
  look(): Promise<void> {
    this.#looking ??= this.#lookNow()
      .catch((error: NodeJS.ErrnoException) =>
        this.#terms.onEvent({ event: 'dues_not_saved', error: error.code ?? 'unknown' }),
      )
      .finally(() => {
        this.#looking = undefined
      })
    return this.#looking
  }

  async #lookNow(): Promise<void> {
    const { files } = this.#terms
    const all = files.all()
    const answered = all.filter(({ answer }) => answer !== undefined)
    for (let at = 0; at < answered.length; at += duesAsksAtOnceMax) {
      const some = answered.slice(at, at + duesAsksAtOnceMax)
      await Promise.all(some.map((record) => this.#lookAt(record)))
    }
    // What was never answered is owed nothing, and nobody can have it any more.
    await files.forget(all.filter((record) => record.answer === undefined && this.#isOver(record)))
    await this.#settle(answered)
  }

  async #lookAt(record: ContractJobRecord): Promise<void> {
    const end = await this.#endOf(record)
    const name = nameOf(record)
    const before = this.#ends.get(name)
    if (end === undefined) return
    if (end === 'open') {
      this.#ends.delete(name)
      return
    }
    if (before?.end === end) return
    this.#ends.set(name, { end, seenAtMs: this.#terms.nowMs() })
    const { jobId, fee, worth } = record
    this.#terms.onEvent({
      event: end === 'paid' ? 'contract_job_paid' : 'contract_job_lost',
      jobId,
      amount: end === 'paid' ? fee : worth,
    })
  }

  /** Undefined where nobody says. */
  async #endOf(record: ContractJobRecord): Promise<DueEnd['end'] | 'open' | undefined> {
    const { desk, contributor } = this.#terms
    const { chainId, coordinator, jobId, answer } = record
    const named = desk.coordinators.find(
      (one) => one.chainId === chainId && one.coordinator === coordinator,
    )
    // One that is no longer named is asked no more: what it owes can be withdrawn all the same.
    if (named === undefined) return this.#isOver(record) ? 'lost' : 'open'
    const job = await readJob(named.rpc, coordinator, jobId)
    if (!job.ok) return undefined
    const { state, delivered } = job.value
    if (state === 'none' || state === 'open') return this.#isOver(record) ? 'lost' : 'open'
    if (delivered?.contentHash !== answer?.contentHash) return 'lost'
    // A reorganisation may have moved the answer into a block with a lower number.
    const fromBlock = Math.max(0, record.atBlock - reorganisedBlocksMax)
    const asked = { coordinator, jobId, contributor, fromBlock }
    const answered = await readHasAnswered(named.rpc, asked)
    if (!answered.ok) return undefined
    return answered.value ? 'paid' : 'lost'
  }

  async #settle(answered: readonly ContractJobRecord[]): Promise<void> {
    const { files, path, nowMs } = this.#terms
    const ends = answered.flatMap((record): DueEnd[] => {
      const seen = this.#ends.get(nameOf(record))
      const hasStood = seen !== undefined && nowMs() - seen.seenAtMs >= contractJobSlackS * 1000
      return hasStood ? [{ record, end: seen.end }] : []
    })
    if (ends.length === 0) return
    const jobs = ends.map(({ record: { jobId, gateway } }) => ({ jobId, gateway }))
    const dues = settleDues(this.#settled, ends)
    await writeSettledDues(path, { dues, counted: jobs })
    this.#settled = dues
    for (const job of jobs) this.#ends.delete(nameOf(job))
    await files.forget(jobs)
  }

  #isOver({ keepUntilS }: ContractJobRecord): boolean {
    return unixSecondsOf(this.#terms.nowMs()) > keepUntilS
  }
}
