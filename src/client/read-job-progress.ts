import { fromHex, type Hex } from '../base/hex.ts'
import type { AgreedAnswer, JobLogEntry } from '../chain/job-log.ts'
import { keccak256 } from '../chain/keccak.ts'
import { address, atomic, bytes32, unixSeconds } from '../domain/units.ts'
import type { JobDelivered, JobProgress, JobRequested } from './job-progress.ts'

/** A node whose log of a job does not belong to the state that it tells of the same job. */
export class JobContradiction extends Error {
  override readonly name = 'JobContradiction'
}

/**
 * What an event says of a job; undefined for one that changes nothing for whoever waits. `agreed` is what the coordinator's
 * state says of a delivered job: content that is not of that hash throws a `JobContradiction`.
 */
export function readJobProgress(
  { event, args, blockNumber, transactionHash }: JobLogEntry,
  agreed: AgreedAnswer,
): JobProgress | undefined {
  const place = { blockNumber, transactionHash }
  switch (event) {
    case 'JobRequested':
      return { ...readRequested(args), ...place }
    case 'AnswerAdded':
      return {
        state: 'answered',
        contributor: address(String(args['contributor'])),
        contentHash: bytes32(String(args['contentHash'])),
        receiptDigest: bytes32(String(args['receiptDigest'])),
        fee: atomic(BigInt(String(args['fee']))),
        ...place,
      }
    case 'JobDelivered':
      return { ...readDelivered(args, agreed), ...place }
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
type Args = JobLogEntry['args']

function readRequested(args: Args): Placeless<JobRequested> {
  const terms = args['terms'] as Readonly<Record<string, unknown>>
  return {
    state: 'requested',
    consumer: address(String(args['consumer'])),
    modelId: bytes32(String(args['modelId'])),
    gateway: address(String(terms['gateway'])),
    inputHash: bytes32(String(args['inputHash'])),
    input: fromHex(String(args['input']) as Hex),
    deadlineS: unixSeconds(Number(args['deadline'])),
    agreement: Number(terms['agreement']),
    callbackGas: Number(terms['callbackGas']),
  }
}

function readDelivered(args: Args, agreed: AgreedAnswer): Placeless<JobDelivered> {
  const content = fromHex(String(args['content']) as Hex)
  const { contentHash, receiptDigest } = agreed
  if (keccak256(content) !== contentHash) {
    throw new JobContradiction(
      `the content that the node's log has is not of the hash that was agreed on (${contentHash})`,
    )
  }
  return { state: 'delivered', content, contentHash, receiptDigest }
}
