/*
 * What a look at a source comes to in the records: questions that are new, and jobs of which the chain says something else now.
 * Replicas look at the same blocks; whoever is first writes, and nothing is written twice.
 */
import type { GatewayLog } from '../base/log.ts'
import { type Address, type Bytes32, zeroAddress } from '../domain/units.ts'
import { type ContractJob, type ContractJobStore, isOpenJob } from '../store/contract-job-store.ts'
import { answersMissing } from './agreed-answers.ts'
import { HeldJob, type JobChange } from './held-job.ts'
import { endChange, endOf, logEnd } from './job-end.ts'
import type { FoundJob, JobSource, JobStanding } from './job-source.ts'

export type BookDeps = {
  readonly store: ContractJobStore
  /** This gateway's operator. */
  readonly gateway: Address
  readonly log: GatewayLog
  readonly nowMs: () => number
  /** A job that this process may be at work on has ended elsewhere. */
  readonly ended: (jobId: Bytes32) => void
}

/** Throws StoreFailure. */
export async function bookFound(
  { store, gateway, log, nowMs }: BookDeps,
  source: JobSource,
  found: FoundJob,
): Promise<void> {
  const { ask, input, refused } = found
  const { jobId, consumer, terms, chainId } = ask
  // Of others' jobs nothing is kept: there may be any number.
  if (terms.gateway !== zeroAddress && terms.gateway !== gateway) return
  const atMs = nowMs()
  const job: ContractJob = {
    ...{ jobId, source: source.name, ask, note: found.note, account: found.account, input },
    ...{ isPrivate: input === undefined && refused === undefined, foundInBlock: found.blockNumber },
    ...{ foundAtMs: atMs, notBeforeMs: atMs, failures: 0, answers: [], revision: 0 },
    state: refused === undefined ? 'found' : 'refused',
    ...(refused !== undefined && { ...refused, endedAtMs: atMs }),
  }
  if (await store.add(job)) {
    const reason = refused && { reason: refused.reason }
    log.info('job_found', { jobId, chainId, consumer, modelId: terms.modelId, ...reason })
    return
  }
  const known = await store.find(jobId)
  if (known?.state === 'gone') await reopen({ store, log, nowMs }, known)
}

/** Something happened to a job: the chain says what is so. A job that nobody knows, or that is being delivered, is left alone. */
export async function bookTouched(
  deps: BookDeps,
  job: ContractJob,
  standing: JobStanding,
): Promise<void> {
  const ended = endOf(job, standing)
  const { state } = job
  if (!isOpenJob(job)) {
    if (!saidByChain.has(state)) return
    if (ended === undefined) return reopen(deps, job)
    // A delivered job stays ours where the block that has it now is another.
    if (ended.state === state || (state === 'delivered' && ended.state !== 'gone')) return
  }
  // Who delivers it follows its own transaction, and knows more than an event.
  if (ended === undefined || (state === 'delivering' && ended.state !== 'gone')) return
  const held = new HeldJob(deps.store, job)
  if (!(await held.change((now) => endChange(now, ended, deps.nowMs())))) return
  logEnd(deps.log, held.job, ended)
  deps.ended(job.jobId)
}

/** The ends that the chain said, and may say otherwise. */
const saidByChain: ReadonlySet<string> = new Set(['gone', 'lost', 'expired', 'delivered'])

async function reopen(
  { store, log, nowMs }: Pick<BookDeps, 'store' | 'log' | 'nowMs'>,
  job: ContractJob,
): Promise<void> {
  const isAnswered = job.answers.length > 0 && answersMissing(job) === 0
  const change: JobChange = {
    state: isAnswered ? 'answered' : 'found',
    ...{ reason: undefined, detail: undefined, endedAtMs: undefined, owner: undefined },
    ...{ notBeforeMs: nowMs(), failures: 0 },
  }
  const held = new HeldJob(store, job)
  if (await held.change(() => change)) log.info('job_open_again', { jobId: job.jobId })
}
