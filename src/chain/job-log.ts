/* What a coordinator told of one job: every event whose first indexed member is the job's id, in their order. */
import type { Hex } from '../base/hex.ts'
import { err, ok, type Result } from '../base/result.ts'
import {
  type Address,
  type Bytes32,
  bytes32,
  isBytes32,
  isHex,
  type UnixSeconds,
  unixSeconds,
} from '../domain/units.ts'
import { badAnswer, type ChainFailure } from './chain-failure.ts'
import { type Contract, readContract } from './contracts.ts'
import { inferenceCoordinatorAbi } from './generated/inference-coordinator.ts'
import type { JsonRpc } from './json-rpc.ts'
import { loadInterface } from './load-interface.ts'
import { hexQuantity, parseQuantity } from './quantity.ts'

/** Where a job is kept, and which it is. */
export type JobId = { readonly coordinator: Address; readonly jobId: Bytes32 }

export type JobLogEntry = {
  readonly event: string
  /** By their names in the ABI, as ethers decodes them. */
  readonly args: Readonly<Record<string, unknown>>
  readonly blockNumber: number
  readonly transactionHash: Bytes32
}

/** A log as `eth_getLogs` and the receipts of transactions have it. */
type RawLog = {
  readonly address: string
  readonly topics: readonly string[]
  readonly data: Hex
  readonly blockNumber: number
  readonly transactionHash: Bytes32
}

export async function readJobLog(
  rpc: JsonRpc,
  job: JobId,
  blocks: { readonly from: number; readonly to: number },
): Promise<Result<readonly JobLogEntry[], ChainFailure>> {
  const method = 'eth_getLogs'
  const answer = await rpc.call(method, [
    {
      address: job.coordinator,
      topics: [null, job.jobId],
      fromBlock: hexQuantity(blocks.from),
      toBlock: hexQuantity(blocks.to),
    },
  ])
  if (!answer.ok) return answer
  const logs = Array.isArray(answer.value) ? answer.value.map(readLog) : [undefined]
  if (logs.every((log) => log !== undefined)) return ok(await decodeLogs(logs))
  return err(badAnswer({ origin: rpc.origin, method, detail: 'no logs' }))
}

/** Zero hashes until the job is delivered. */
export type AgreedAnswer = { readonly contentHash: Bytes32; readonly receiptDigest: Bytes32 }

/** What a coordinator's state says of a job. */
export type JobState = AgreedAnswer & {
  readonly state: (typeof stateNames)[number]
  readonly deadlineS: UnixSeconds
  /** The consumer was called, and did not take the answer. */
  readonly isCallbackPending: boolean
}

/** By their numbers in InferenceJobs. */
const stateNames = ['none', 'open', 'delivered', 'failed', 'expired'] as const

export async function readJobState(
  rpc: JsonRpc,
  { coordinator, jobId }: JobId,
): Promise<Result<JobState, ChainFailure>> {
  const contract: Contract = {
    name: 'InferenceCoordinator',
    address: coordinator,
    abi: inferenceCoordinatorAbi,
  }
  const answer = await readContract(rpc, { contract, functionName: 'jobs', args: [jobId] })
  if (!answer.ok) return answer
  const job = answer.value[0] as Readonly<Record<string, unknown>>
  const state = stateNames[Number(job['state'])]
  if (state === undefined) {
    return err(badAnswer({ origin: rpc.origin, method: 'jobs', detail: 'no state of a job' }))
  }
  return ok({
    state,
    isCallbackPending: job['callbackPending'] === true,
    deadlineS: unixSeconds(Number(job['deadline'])),
    contentHash: bytes32(String(job['contentHash'])),
    receiptDigest: bytes32(String(job['receiptDigest'])),
  })
}

/** The ids of the jobs that one transaction opened at a coordinator, by the logs of its receipt. */
export async function requestedJobs(
  logs: readonly { readonly address: string; readonly topics: readonly string[] }[],
  coordinator: Address,
): Promise<readonly Bytes32[]> {
  const abi = await coordinatorInterface()
  const topic = abi.getEvent('JobRequested')?.topicHash
  return logs
    .filter((log) => log.address.toLowerCase() === coordinator && log.topics[0] === topic)
    .flatMap(({ topics: [, jobId] }) => (isBytes32(jobId) ? [bytes32(jobId)] : []))
}

const coordinatorInterface = async () => new (await loadInterface())(inferenceCoordinatorAbi)

async function decodeLogs(logs: readonly RawLog[]): Promise<readonly JobLogEntry[]> {
  if (logs.length === 0) return []
  const abi = await coordinatorInterface()
  return logs.flatMap((log) => {
    const parsed = abi.parseLog(log)
    // A later coordinator may say more than this one's ABI knows.
    if (parsed === null) return []
    const { blockNumber, transactionHash } = log
    return [{ event: parsed.name, args: parsed.args.toObject(), blockNumber, transactionHash }]
  })
}

function readLog(value: unknown): RawLog | undefined {
  const log = Object(value) as Record<string, unknown>
  const { address, topics, data, transactionHash } = log
  const blockNumber = parseQuantity(log['blockNumber'])
  const isLog =
    typeof address === 'string' &&
    Array.isArray(topics) &&
    topics.every(isBytes32) &&
    isHex(data) &&
    isBytes32(transactionHash) &&
    blockNumber !== undefined
  if (!isLog) return undefined
  const place = { blockNumber: Number(blockNumber), transactionHash: bytes32(transactionHash) }
  return { address, topics, data, ...place }
}
