import { hexOf } from '../base/hex.ts'
import { err, ok, type Result } from '../base/result.ts'
import { sha256Hex } from '../base/sha256.ts'
import type { GatewayRefusal } from '../domain/refusal.ts'
import { type Bytes32, bytes32 } from '../domain/units.ts'
import type { KnownJobs, ToldJob } from '../gateway/jobs-door.ts'
import {
  type ContractJob,
  type ContractJobState,
  type ContractJobStore,
  endedJobStates,
  isOpenJob,
  openJobStates,
} from '../store/contract-job-store.ts'
import { StoreFailure } from '../store/ledger-store.ts'
import { isKept } from './agreed-answers.ts'
import { HeldJob } from './held-job.ts'
import { type JobReason, jobReasons } from './job-reason.ts'

type DoorDeps = {
  readonly store: ContractJobStore
  readonly nowMs: () => number
  readonly counts: () => ReadonlyMap<string, number>
  /** Something is due at once. */
  readonly wake: () => void
}

/** How often a change is tried that somebody else was faster than. */
const triesMax = 5

export function createJobsDoor(deps: DoorDeps): KnownJobs {
  const { store } = deps
  return {
    giveInput: (jobId, bytes) => guarded(() => giveInput(deps, jobId, bytes)),
    find: (jobId) =>
      guarded(async () => {
        const job = await store.find(jobId)
        return job === undefined ? err({ reason: 'job_not_found' }) : ok(toldJob(job))
      }),
    list: ({ states, limit }) =>
      guarded(async () => {
        const wanted = states && everyState.filter((state) => states.includes(state))
        return ok((await store.list({ states: wanted, limit })).map(toldJob))
      }),
    retry: (jobId) => guarded(() => retry(deps, jobId)),
    counts: deps.counts,
  }
}

const everyState: readonly ContractJobState[] = [...openJobStates, ...endedJobStates]

async function guarded<T, E>(
  act: () => Promise<Result<T, E>>,
): Promise<Result<T, E | GatewayRefusal>> {
  try {
    return await act()
  } catch (error) {
    if (error instanceof StoreFailure) return err({ reason: 'store_unavailable' })
    throw error
  }
}

type Changed = ReturnType<KnownJobs['retry']>

async function giveInput(deps: DoorDeps, jobId: Bytes32, bytes: Buffer): Changed {
  const given = bytes32(hexOf(sha256Hex(bytes)))
  for (let tries = 1; ; tries += 1) {
    const job = await deps.store.find(jobId)
    if (job === undefined) return err({ reason: 'job_not_found' })
    const { inputHash } = job.ask
    if (given !== inputHash) {
      return err({ reason: 'job_input_mismatch', expected: inputHash, given })
    }
    // Given twice: the first was taken.
    if (job.input !== undefined) return ok(toldJob(job))
    if (!wantsInput(job)) return err({ reason: 'job_input_closed', state: job.state })
    const held = new HeldJob(deps.store, job)
    const input = hexOf(bytes.toString('hex'))
    if (await held.change(() => ({ input, notBeforeMs: deps.nowMs() }))) {
      deps.wake()
      return ok(toldJob(held.job))
    }
    if (tries >= triesMax) return err({ reason: 'store_unavailable' })
  }
}

async function retry(deps: DoorDeps, jobId: Bytes32): Changed {
  for (let tries = 1; ; tries += 1) {
    const job = await deps.store.find(jobId)
    if (job === undefined) return err({ reason: 'job_not_found' })
    const isOurEnd = job.state === 'refused' || job.state === 'failed'
    if (!isOpenJob(job) && !isOurEnd) return ok(toldJob(job))
    const held = new HeldJob(deps.store, job)
    const now = { notBeforeMs: deps.nowMs(), failures: 0 }
    const again = { state: 'found' as const, endedAtMs: undefined, reason: undefined }
    if (await held.change(() => (isOurEnd ? { ...now, ...again } : now))) {
      deps.wake()
      return ok(toldJob(held.job))
    }
    if (tries >= triesMax) return err({ reason: 'store_unavailable' })
  }
}

const wantsInput = (job: ContractJob): boolean =>
  job.isPrivate && job.input === undefined && (job.state === 'found' || job.state === 'waiting')

function toldJob(job: ContractJob): ToldJob {
  const { ask, source, state, isPrivate, reason, detail, modelName, endpoint, delivery } = job
  return {
    ...{ ask, source, state, isPrivate, reason, detail, modelName, endpoint },
    isOpen: isOpenJob(job),
    wantsInput: wantsInput(job),
    explained: reason === undefined ? undefined : jobReasons[reason as JobReason],
    foundInBlock: job.foundInBlock,
    foundAtMs: job.foundAtMs,
    notBeforeMs: job.notBeforeMs,
    endedAtMs: job.endedAtMs,
    failures: job.failures,
    answers: job.answers.filter(isKept).map(({ receiptId, contributor, contentHash, content }) => ({
      ...{ receiptId, contributor, contentHash },
      content: isPrivate ? undefined : content,
    })),
    delivery: delivery && {
      intentId: delivery.intentId,
      transactionHash: delivery.transactionHash,
    },
  }
}
