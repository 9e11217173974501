/*
 * A job that this process goes on with, as it was written last. All changes go through here, one after the other: the first that
 * finds another revision has lost the job to somebody else, and none comes after it.
 */
import type { ContractJob, ContractJobStore } from '../store/contract-job-store.ts'

/** What may change; the question never does. */
export type JobChange = Partial<
  Omit<ContractJob, 'jobId' | 'source' | 'ask' | 'note' | 'account' | 'revision'>
>

export class HeldJob {
  readonly #store: Pick<ContractJobStore, 'update'>
  #job: ContractJob
  #isLost = false
  #last: Promise<unknown> = Promise.resolve()

  constructor(store: Pick<ContractJobStore, 'update'>, job: ContractJob) {
    this.#store = store
    this.#job = job
  }

  get job(): ContractJob {
    return this.#job
  }

  /** Somebody else goes on with it, or the chain took it away. */
  get isLost(): boolean {
    return this.#isLost
  }

  /** Durable when it answers true. Throws StoreFailure. */
  change(decide: (job: ContractJob) => JobChange): Promise<boolean> {
    const changed = this.#last.then(() => this.#change(decide))
    this.#last = changed.catch(() => undefined)
    return changed
  }

  async #change(decide: (job: ContractJob) => JobChange): Promise<boolean> {
    if (this.#isLost) return false
    const next: ContractJob = { ...this.#job, ...decide(this.#job) }
    if (!(await this.#store.update(next))) {
      this.#isLost = true
      return false
    }
    this.#job = { ...next, revision: next.revision + 1 }
    return true
  }
}
