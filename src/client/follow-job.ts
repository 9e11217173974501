/*
 * Following a job that a contract asked for, from its request to the contract's callback, by nothing but a node of its chain:
 * in Node, in a browser, or with a wallet's provider. docs/consumers.md is written for its users.
 */
import type { ChainFailure } from '../chain/chain-failure.ts'
import { describeChainFailure } from '../chain/chain-failure.ts'
import { type JsonRpc, jsonRpc } from '../chain/json-rpc.ts'
import { address, bytes32, isAddress, isBytes32 } from '../domain/units.ts'
import type { JobPointer } from './find-job-request.ts'
import type { JobDelivered, JobProgress } from './job-progress.ts'
import { type JobLook, lookAtJob } from './look-at-job.ts'
import { type Eip1193Provider, rpcOfProvider } from './provider-rpc.ts'

export type FollowJobOptions = {
  /** A node of the chain, or a provider of one: one of the two. */
  readonly rpcUrl?: string | undefined
  readonly provider?: Eip1193Provider | undefined
  /** The InferenceCoordinator that was asked. */
  readonly coordinator: string
  readonly jobId: string
  /** Ends the following: whoever waits gets the signal's reason thrown. */
  readonly signal?: AbortSignal | undefined
  /** The block of the request, or one before it. Without it the request is looked for, which takes more questions. */
  readonly fromBlock?: number | undefined
  /** Blocks on top of an event's own before it is told: then no reorganisation takes back what was told. Default 0. */
  readonly confirmations?: number | undefined
  /** Between two looks. Milliseconds; default 1,000. */
  readonly pollMs?: number | undefined
}

/** A job that ended without an answer. */
export class JobUnanswered extends Error {
  override readonly name = 'JobUnanswered'
  readonly last: Extract<JobProgress, { state: 'failed' | 'expired' }>

  constructor(last: JobUnanswered['last']) {
    super(
      last.state === 'failed'
        ? 'the answers did not agree, and the money is booked back'
        : `nobody delivered an answer by ${new Date(last.deadlineS * 1_000).toISOString()}`,
    )
    this.last = last
  }
}

/** The chain could not be asked, several times in a row. */
export class JobUnseen extends Error {
  override readonly name = 'JobUnseen'

  constructor(failure: ChainFailure) {
    super(describeChainFailure(failure))
  }
}

const pollDefaultMs = 1_000
/** Looks that fail in a row before whoever waits is told. */
const failuresInRowMax = 5

/**
 * Every state that a job comes into, as it comes, those that it has already come through first. Ends after `called_back`,
 * `failed` and `expired`, and after `delivered` where nobody is to be called back. After `callback_failed` it goes on, since
 * anybody may call the contract again: leave the loop, or abort the signal.
 *
 * A job that no block has yet is waited for. Throws `JobUnseen` where the chain cannot be asked, `JobContradiction` where the
 * node's log does not belong to its state, a TypeError for options that cannot be used, and the signal's reason.
 */
export async function* followJob(
  options: FollowJobOptions,
): AsyncGenerator<JobProgress, void, undefined> {
  const told = new Set<string>()
  for await (const { progress } of looksAt(options)) {
    for (const one of progress) {
      // Blocks are looked at more than once.
      if (told.has(nameOf(one))) continue
      told.add(nameOf(one))
      yield one
    }
  }
}

/** Look after look until nothing more can become of the job. */
async function* looksAt(options: FollowJobOptions): AsyncGenerator<JobLook, void, undefined> {
  const { signal } = options
  const { rpc, job, confirmations, pollMs } = readOptions(options)
  let from = options.fromBlock
  let failuresInRow = 0
  for (;;) {
    signal?.throwIfAborted()
    const look = await lookAtJob(rpc, job, { from, confirmations })
    if (look.ok) {
      failuresInRow = 0
      from = look.value.from
      yield look.value
      if (look.value.isOver) return
      if (!look.value.caughtUp) continue
    } else {
      failuresInRow += 1
      if (failuresInRow === failuresInRowMax) throw new JobUnseen(look.error)
    }
    await pause(pollMs, signal)
  }
}

/**
 * The delivered answer, whose content is of the hash that the coordinator agreed on. Throws `JobUnanswered` where there will be
 * none, and what `followJob` throws. Resolves before the callback is looked at: whether the contract took the answer is its
 * own affair, and `followJob` tells it.
 */
export async function waitForAnswer(options: FollowJobOptions): Promise<JobDelivered> {
  for await (const progress of followJob(options)) {
    if (progress.state === 'delivered') return progress
    if (progress.state === 'failed' || progress.state === 'expired') {
      throw new JobUnanswered(progress)
    }
  }
  throw new TypeError('fromBlock is after the block that delivered the job')
}

/** A job comes into each state once, but is answered once by each contributor. */
const nameOf = (progress: JobProgress): string =>
  progress.state === 'answered' ? `answered ${progress.contributor}` : progress.state

function readOptions(options: FollowJobOptions): {
  readonly rpc: JsonRpc
  readonly job: JobPointer
  readonly confirmations: number
  readonly pollMs: number
} {
  const { rpcUrl, provider, coordinator, jobId } = options
  if ((rpcUrl === undefined) === (provider === undefined)) {
    throw new TypeError('give one of rpcUrl and provider')
  }
  if (!isAddress(coordinator)) throw new TypeError('coordinator is no address')
  if (!isBytes32(jobId)) throw new TypeError('jobId is no 32 bytes of hex')
  return {
    rpc: provider === undefined ? jsonRpc(rpcUrl ?? '') : rpcOfProvider(provider),
    job: { coordinator: address(coordinator), jobId: bytes32(jobId) },
    confirmations: options.confirmations ?? 0,
    pollMs: options.pollMs ?? pollDefaultMs,
  }
}

/** Shorter where the signal aborts: the next look throws its reason. */
const pause = (ms: number, signal: AbortSignal | undefined): Promise<void> =>
  new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, ms)
    signal?.addEventListener('abort', done)
  })
