import { fromHex } from '../base/hex.ts'
import type { CoordinatorEvent, PlacedEvent } from '../chain/coordinator-events.ts'
import type { CoordinatorJob } from '../chain/inference-coordinator.ts'
import { keccak256 } from '../chain/keccak.ts'
import { atomic } from '../domain/units.ts'
import { JobContradiction } from './job-contradiction.ts'
import type { JobDelivered, JobProgress, JobRequested } from './job-progress.ts'

/**
 * What an event says of a job; undefined for one that changes nothing for whoever waits. `agreed` is what the coordinator's
 * state has of a delivered job: content that is not of its hash throws a `JobContradiction`.
 */
export function readJobProgress(
  { event, blockNumber, transactionHash }: PlacedEvent,
  agreed: CoordinatorJob['delivered'],
): JobProgress | undefined {
  const place = { blockNumber, transactionHash }
  switch (event.kind) {
    case 'JobRequested':
      return { ...readRequested(event), ...place }
    case 'AnswerAdded': {
      const { contributor, contentHash, receiptDigest } = event
      const fee = atomic(event.fee)
      return { state: 'answered', contributor, contentHash, receiptDigest, fee, ...place }
    }
    case 'JobDelivered':
      return { ...readDelivered(event, agreed), ...place }
    case 'CallbackSucceeded':
      return { state: 'called_back', ...place }
    case 'CallbackFailed':
      return { state: 'callback_failed', ...place }
    case 'JobFailed':
      return { state: 'failed', ...place }
    default:
      return undefined
  }
}

type Placeless<T> = Omit<T, 'blockNumber' | 'transactionHash'>
type Event<Kind extends CoordinatorEvent['kind']> = Extract<CoordinatorEvent, { kind: Kind }>

function readRequested(event: Event<'JobRequested'>): Placeless<JobRequested> {
  const { consumer, inputHash, input, deadlineS } = event
  const { modelId, gateway, agreement, callbackGas } = event.terms
  return {
    state: 'requested',
    ...{ consumer, modelId, gateway, inputHash, deadlineS, agreement, callbackGas },
    input: input === undefined ? undefined : Uint8Array.from(fromHex(input)),
  }
}

function readDelivered(
  event: Event<'JobDelivered'>,
  agreed: CoordinatorJob['delivered'],
): Placeless<JobDelivered> {
  const content = Uint8Array.from(fromHex(event.content))
  if (agreed === undefined || keccak256(content) !== agreed.contentHash) {
    throw new JobContradiction(
      `the content in the node's log of the job is not of the hash that its state has (${agreed?.contentHash ?? 'none'})`,
    )
  }
  return { state: 'delivered', content, gateway: event.gateway, ...agreed }
}
