import { ok, type Result } from '../base/result.ts'
import { type Block, readBlock, readHead, rpcAtBlock } from '../chain/blocks.ts'
import type { ChainFailure } from '../chain/chain-failure.ts'
import { type PlacedEvent, readCoordinatorEvents } from '../chain/coordinator-events.ts'
import { type CoordinatorJob, readJob } from '../chain/inference-coordinator.ts'
import type { JsonRpc } from '../chain/json-rpc.ts'
import { blocksAtOnceMax, findJobRequest, type JobPointer } from './find-job-request.ts'
import type { JobProgress } from './job-progress.ts'
import { readJobProgress } from './read-job-progress.ts'

export type JobLook = {
  readonly progress: readonly JobProgress[]
  /** Where the next look begins; undefined while no block has the request. */
  readonly from: number | undefined
  /** Nothing more becomes of the job. */
  readonly isOver: boolean
  readonly caughtUp: boolean
}

/** Blocks that are looked at again: a reorganisation may have put into them what was not there before. */
const blocksLookedAgain = 128

/** One look at a job, as of the newest block that has `confirmations` more on top of it. */
export async function lookAtJob(
  rpc: JsonRpc,
  job: JobPointer,
  at: { readonly from: number | undefined; readonly confirmations: number },
): Promise<Result<JobLook, ChainFailure>> {
  const seen = await newestBlock(rpc, at.confirmations)
  if (!seen.ok) return seen
  const nothing = { progress: [], from: at.from, isOver: false, caughtUp: true }
  if (seen.value === undefined) return ok(nothing)
  const { number: newest, timestampS } = seen.value
  const { coordinator, jobId } = job
  const state = await readJob(rpcAtBlock(rpc, newest), coordinator, jobId)
  if (!state.ok) return state
  if (state.value.state === 'none') return ok(nothing)
  const { deadlineS } = state.value
  const from =
    at.from === undefined
      ? await findJobRequest(rpc, job, { newestBlock: newest, deadlineS })
      : ok(at.from)
  if (!from.ok) return from
  const to = Math.min(newest, from.value + blocksAtOnceMax - 1)
  const log = await readCoordinatorEvents(rpc, coordinator, { from: from.value, to, jobId })
  if (!log.ok) return log
  const caughtUp = to === newest
  const ending = caughtUp ? endingOf(state.value, log.value, timestampS) : []
  return ok({
    progress: [...told(log.value, state.value), ...ending],
    from: caughtUp ? Math.max(from.value, newest - blocksLookedAgain) : to + 1,
    isOver: caughtUp && (ending.length > 0 || isOver(state.value)),
    caughtUp,
  })
}

/** Undefined on a chain that is not as long as the confirmations that are asked for. */
async function newestBlock(
  rpc: JsonRpc,
  confirmations: number,
): Promise<Result<Block | undefined, ChainFailure>> {
  const head = await readHead(rpc)
  if (!head.ok || confirmations === 0) return head
  const number = head.value.number - confirmations
  return number < 0 ? ok(undefined) : readBlock(rpc, number)
}

const told = (log: readonly PlacedEvent[], job: CoordinatorJob): readonly JobProgress[] =>
  log.flatMap((entry) => readJobProgress(entry, job.delivered) ?? [])

const isOver = ({ state, isCallbackPending }: CoordinatorJob): boolean =>
  state === 'failed' || (state === 'delivered' && !isCallbackPending)

/** An open job whose time is over can be delivered in no later block, whether anybody has called `expire` or not. */
function endingOf(
  { state, deadlineS }: CoordinatorJob,
  log: readonly PlacedEvent[],
  nowS: number,
): readonly JobProgress[] {
  if (state !== 'expired' && !(state === 'open' && nowS > deadlineS)) return []
  const expired = log.find(({ event }) => event.kind === 'JobExpired')
  const refund =
    expired === undefined
      ? undefined
      : { blockNumber: expired.blockNumber, transactionHash: expired.transactionHash }
  return [{ state: 'expired', deadlineS, refund }]
}
