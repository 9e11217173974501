/*
 * An InferenceCoordinator as a source of jobs: what its events and its state say, and how it takes an answer. Events say that
 * something happened, in order and across reorganisations; what is so is asked of the state.
 */
import { err, ok, type Result } from '../base/result.ts'
import { type SeenLog, type WatchCursor, watchBlocks } from '../chain/block-watcher.ts'
import { readHead } from '../chain/blocks.ts'
import { badAnswer, type ChainFailure } from '../chain/chain-failure.ts'
import { encodeCall } from '../chain/contracts.ts'
import {
  type CoordinatorEvent,
  coordinatorTopics,
  decodeCoordinatorLog,
} from '../chain/coordinator-events.ts'
import { fulfillCall, readJob } from '../chain/inference-coordinator.ts'
import type { JsonRpc } from '../chain/json-rpc.ts'
import type { Address } from '../domain/units.ts'
import type { ContractJob } from '../store/contract-job-store.ts'
import { largestAgreement } from './agreed-answers.ts'
import { deliveryGasMax } from './delivery-gas.ts'
import type {
  DeliveryCall,
  FoundJob,
  JobSource,
  JobStanding,
  SeenSchedule,
  SourceLook,
} from './job-source.ts'
import { seenSchedule } from './known-schedule.ts'

type Place = {
  readonly rpc: JsonRpc
  readonly chainId: number
  readonly coordinator: Address
  /** Blocks, its own included, after which a question is taken for asked. */
  readonly confirmations: number
  /** Undefined begins at the newest block. */
  readonly fromBlock: number | undefined
}

export const coordinatorSource = (place: Place): JobSource => ({
  name: `vouch eip155:${place.chainId}:${place.coordinator}`,
  chainId: place.chainId,
  watch: (cursor) => watch(place, cursor),
  standing: (job) => standing(place, job),
  deliveryCall,
})

/** Everything that says of a job or a schedule that it is not as it was. */
const watchedKinds = [
  ...(['JobRequested', 'JobDelivered', 'JobFailed', 'JobExpired', 'AnswerAdded'] as const),
  ...(['ScheduleCreated', 'ScheduleRun', 'ScheduleCancelled'] as const),
]

async function watch(
  place: Place,
  text: string | undefined,
): Promise<Result<SourceLook, ChainFailure>> {
  const { rpc, coordinator, confirmations, fromBlock } = place
  const cursor = text === undefined ? undefined : (JSON.parse(text) as WatchCursor)
  const watched = { address: coordinator, topics: await coordinatorTopics(watchedKinds) }
  const look = await watchBlocks(rpc, watched, cursor, { confirmations, fromBlock })
  if (!look.ok) return look
  const { logs, orphaned, caughtUp } = look.value
  const seen = await Promise.all(
    logs.map(async (log) => ({ log, event: await decodeCoordinatorLog(log) })),
  )
  const found: FoundJob[] = []
  // What an orphaned block said is no longer so, or is so again in another block: the state tells.
  const touched = new Set(orphaned)
  const touchedSchedules = new Set(orphaned)
  const schedules: SeenSchedule[] = []
  for (const { log, event } of seen) {
    if (event === undefined) continue
    if (event.kind === 'JobRequested') found.push(foundJob(place, log, event))
    else if (event.kind === 'ScheduleCreated') schedules.push(seenSchedule(event))
    else if ('scheduleId' in event) touchedSchedules.add(event.scheduleId)
    else touched.add(event.jobId)
  }
  return ok({
    cursor: JSON.stringify(look.value.cursor),
    found,
    touched: [...touched],
    schedules,
    touchedSchedules: [...touchedSchedules],
    caughtUp,
  })
}

function foundJob(
  { chainId, coordinator }: Place,
  { number }: SeenLog,
  event: Extract<CoordinatorEvent, { readonly kind: 'JobRequested' }>,
): FoundJob {
  const { kind: _, input, ...asked } = event
  return { ask: { ...asked, chainId, coordinator }, input, blockNumber: number }
}

async function standing(
  { rpc, coordinator }: Place,
  { jobId, answers, foundInBlock }: Pick<ContractJob, 'jobId' | 'answers' | 'foundInBlock'>,
): Promise<Result<JobStanding, ChainFailure>> {
  const head = await readHead(rpc)
  if (!head.ok) return head
  const job = await readJob(rpc, coordinator, jobId)
  if (!job.ok) return job
  const { state, delivered } = job.value
  // Of several nodes behind one address, one that is behind the one that told of it: no block was taken back.
  if (state === 'none' && head.value.number < foundInBlock) {
    return err(badAnswer({ origin: rpc.origin, method: 'eth_call', detail: 'it is behind' }))
  }
  const digest = delivered?.receiptDigest
  const deliveryFeeIsOurs = answers.some(({ receiptDigest }) => receiptDigest === digest)
  return ok({
    state,
    chainNowS: head.value.timestampS,
    ...(digest !== undefined && { deliveryFeeIsOurs }),
  })
}

async function deliveryCall(job: ContractJob): Promise<DeliveryCall> {
  const agreed = largestAgreement(job.answers).slice(0, job.ask.terms.agreement)
  const content = agreed[0]?.content ?? '0x'
  const proof = agreed[0]?.proof
  const packed = agreed.map((answer) => answer.packed)
  const call = fulfillCall(job.ask, { content, packed, proof: proof ?? '0x' })
  const data = await encodeCall(call)
  const gasMax = deliveryGasMax({
    data,
    contentBytes: (content.length - 2) / 2,
    answers: agreed.length,
    callbackGas: job.ask.terms.callbackGas,
    isProven: proof !== undefined,
  })
  return { to: job.ask.coordinator, data, gasMax }
}
