/* What an InferenceCoordinator told in some blocks: jobs asked for and what became of them, and schedules. */
import type { Interface } from 'ethers'
import type { Hex } from '../base/hex.ts'
import { err, ok, type Result } from '../base/result.ts'
import type { ContractAsk, JobTerms, Rhythm } from '../domain/contract-job.ts'
import {
  type Address,
  address,
  type Bytes32,
  bytes32,
  isBytes32,
  isHex,
  type UnixSeconds,
  unixSeconds,
} from '../domain/units.ts'
import { badAnswer, type ChainFailure } from './chain-failure.ts'
import { inferenceCoordinatorAbi } from './generated/inference-coordinator.ts'
import { rhythmOf } from './inference-coordinator.ts'
import { jobTermsOf } from './job-terms.ts'
import type { JsonRpc } from './json-rpc.ts'
import { keccak256Utf8 } from './keccak.ts'
import { loadInterface } from './load-interface.ts'
import { hexQuantity, parseQuantity } from './quantity.ts'
import { addressWord } from './typed-data.ts'

/** A job as its request's event tells it. */
type RequestedJob = Pick<ContractAsk, 'jobId' | 'consumer' | 'terms' | 'inputHash'> & {
  readonly deadlineS: UnixSeconds
  /** Undefined: the input is private, and whoever asked gives it to the gateway. */
  readonly input: Hex | undefined
}

type JobEnd = { readonly jobId: Bytes32 }

/** What each event says. */
type EventMembers = {
  readonly JobRequested: RequestedJob
  readonly JobDelivered: {
    readonly jobId: Bytes32
    readonly contentHash: Bytes32
    /** Got the delivery fee. */
    readonly gateway: Address
    readonly content: Hex
  }
  readonly AnswerAdded: {
    readonly jobId: Bytes32
    readonly contributor: Address
    readonly contentHash: Bytes32
    readonly receiptDigest: Bytes32
    /** Atomic units; booked when the job is delivered with this content. */
    readonly fee: bigint
  }
  readonly JobAccepted: { readonly jobId: Bytes32; readonly contributor: Address }
  readonly JobFailed: JobEnd
  readonly JobExpired: JobEnd
  readonly CallbackSucceeded: JobEnd
  readonly CallbackFailed: JobEnd
  readonly ScheduleCreated: {
    readonly scheduleId: Bytes32
    readonly consumer: Address
    readonly terms: JobTerms
    readonly rhythm: Rhythm
    readonly budget: bigint
    /** Undefined: dynamic, each run asks the consumer. */
    readonly input: Hex | undefined
  }
  readonly ScheduleRun: {
    readonly scheduleId: Bytes32
    readonly interval: number
    readonly jobId: Bytes32
  }
  readonly ScheduleCancelled: { readonly scheduleId: Bytes32; readonly returned: bigint }
}

type EventKind = keyof EventMembers

export type CoordinatorEvent = {
  readonly [Kind in EventKind]: { readonly kind: Kind } & EventMembers[Kind]
}[EventKind]

/** Where an event stands. */
type EventPlace = {
  readonly blockNumber: number
  readonly blockHash: Bytes32
  readonly transactionHash: Bytes32
}

export type PlacedEvent = EventPlace & { readonly event: CoordinatorEvent }

/** sha256 of nothing: a request of no bytes looks like a private one, but for this. */
const hashOfNothing = bytes32('0xe3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855')

type Members = Readonly<Record<string, unknown>>

const hashIn = (args: Members, name: string): Bytes32 => bytes32(String(args[name]))
const accountIn = (args: Members, name: string): Address => address(String(args[name]))
const jobIn = (args: Members) => ({ jobId: hashIn(args, 'jobId') })

const readers: { readonly [Kind in EventKind]: (args: Members) => EventMembers[Kind] } = {
  JobRequested: (args) => {
    const inputHash = hashIn(args, 'inputHash')
    const input = String(args['input']) as Hex
    return {
      ...jobIn(args),
      consumer: accountIn(args, 'consumer'),
      terms: jobTermsOf(args['terms']),
      deadlineS: unixSeconds(Number(args['deadline'])),
      inputHash,
      input: input === '0x' && inputHash !== hashOfNothing ? undefined : input,
    }
  },
  JobDelivered: (args) => ({
    ...jobIn(args),
    contentHash: hashIn(args, 'contentHash'),
    gateway: accountIn(args, 'gateway'),
    content: String(args['content']) as Hex,
  }),
  AnswerAdded: (args) => ({
    ...jobIn(args),
    contributor: accountIn(args, 'contributor'),
    contentHash: hashIn(args, 'contentHash'),
    receiptDigest: hashIn(args, 'receiptDigest'),
    fee: args['fee'] as bigint,
  }),
  JobAccepted: (args) => ({ ...jobIn(args), contributor: accountIn(args, 'contributor') }),
  JobFailed: jobIn,
  JobExpired: jobIn,
  CallbackSucceeded: jobIn,
  CallbackFailed: jobIn,
  ScheduleCreated: (args) => ({
    scheduleId: hashIn(args, 'scheduleId'),
    consumer: accountIn(args, 'consumer'),
    terms: jobTermsOf(args['terms']),
    rhythm: rhythmOf(args['rhythm']),
    budget: args['budget'] as bigint,
    input: args['input'] === '0x' ? undefined : (String(args['input']) as Hex),
  }),
  ScheduleRun: (args) => ({
    scheduleId: hashIn(args, 'scheduleId'),
    interval: Number(args['interval']),
    ...jobIn(args),
  }),
  ScheduleCancelled: (args) => ({
    scheduleId: hashIn(args, 'scheduleId'),
    returned: args['returned'] as bigint,
  }),
}

const kinds = Object.keys(readers) as readonly EventKind[]

/** keccak256 of each event's signature: `AnswerAdded(bytes32,…)`. For filters and watchers. */
export async function coordinatorTopics(
  wanted: readonly EventKind[] = kinds,
): Promise<readonly Bytes32[]> {
  const abi = await coordinatorInterface()
  return wanted.flatMap((kind) => {
    const fragment = abi.getEvent(kind)
    return fragment === null ? [] : [keccak256Utf8(fragment.format('sighash'))]
  })
}

/** A log as `eth_getLogs` and the receipts of transactions have it. */
export type CoordinatorLog = { readonly topics: readonly string[]; readonly data: string }

/** Undefined for an event that this version does not know, and for one that it does not follow (withdrawals). */
export async function decodeCoordinatorLog(
  log: CoordinatorLog,
): Promise<CoordinatorEvent | undefined> {
  return decodeWith(await coordinatorInterface(), log)
}

/** In their order, both ends of the range included. Of some kinds, or of one job, alone where that is named. */
export async function readCoordinatorEvents(
  rpc: JsonRpc,
  coordinator: Address,
  range: {
    readonly from: number
    readonly to: number | 'latest'
    readonly kinds?: readonly EventKind[]
    /** The topic of its events' first indexed member: not of kinds of schedules. */
    readonly jobId?: Bytes32
  },
): Promise<Result<readonly PlacedEvent[], ChainFailure>> {
  const method = 'eth_getLogs'
  const answer = await rpc.call(method, [
    {
      address: coordinator,
      topics: [
        await coordinatorTopics(range.kinds),
        ...(range.jobId === undefined ? [] : [range.jobId]),
      ],
      fromBlock: hexQuantity(range.from),
      toBlock: range.to === 'latest' ? 'latest' : hexQuantity(range.to),
    },
  ])
  if (!answer.ok) return answer
  const abi = await coordinatorInterface()
  const events: PlacedEvent[] = []
  for (const log of Array.isArray(answer.value) ? answer.value : [undefined]) {
    const read = readLog(abi, log)
    if (read === undefined) return err(badAnswer({ origin: rpc.origin, method, detail: 'no logs' }))
    events.push(read)
  }
  return ok(events)
}

/** Whether an answer of the contributor was booked for the job: at once for one that completed it, or on the way to agreement. */
export async function readHasAnswered(
  rpc: JsonRpc,
  answer: {
    readonly coordinator: Address
    readonly jobId: Bytes32
    readonly contributor: Address
    /** A block before the answer; nodes of others refuse long ranges. */
    readonly fromBlock?: number
  },
): Promise<Result<boolean, ChainFailure>> {
  const { coordinator, jobId, contributor, fromBlock = 0 } = answer
  const method = 'eth_getLogs'
  const indexed = [jobId, `0x${addressWord(contributor)}`]
  const told = await rpc.call(method, [
    {
      address: coordinator,
      topics: [await coordinatorTopics(['AnswerAdded']), ...indexed],
      fromBlock: hexQuantity(fromBlock),
      toBlock: 'latest',
    },
  ])
  if (!told.ok) return told
  if (Array.isArray(told.value)) return ok(told.value.length > 0)
  return err(badAnswer({ origin: rpc.origin, method, detail: 'no logs' }))
}

function readLog(abi: Interface, value: unknown): PlacedEvent | undefined {
  const log = Object(value) as Members
  const { topics, data, blockHash, transactionHash } = log
  const blockNumber = parseQuantity(log['blockNumber'])
  if (!Array.isArray(topics) || !topics.every(isBytes32) || !isHex(data)) return undefined
  if (!isBytes32(blockHash) || !isBytes32(transactionHash)) return undefined
  const event = decodeWith(abi, { topics, data })
  if (event === undefined || blockNumber === undefined) return undefined
  return {
    event,
    blockNumber: Number(blockNumber),
    blockHash: bytes32(blockHash),
    transactionHash: bytes32(transactionHash),
  }
}

function decodeWith(abi: Interface, log: CoordinatorLog): CoordinatorEvent | undefined {
  const parsed = abi.parseLog(log)
  const kind = kinds.find((name) => name === parsed?.name)
  if (parsed === null || kind === undefined) return undefined
  // Each reader answers what its kind has: the pair is one of the union.
  return { kind, ...readers[kind](parsed.args as unknown as Members) } as CoordinatorEvent
}

let parsedAbi: Promise<Interface> | undefined

/** Parsed once: it takes a millisecond or two. */
function coordinatorInterface(): Promise<Interface> {
  parsedAbi ??= loadInterface().then((Interface) => new Interface(inferenceCoordinatorAbi))
  return parsedAbi
}
