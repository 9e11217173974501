/*
 * InferenceCoordinator.sol: where contracts ask, and where what they pay waits for an answer. What it told is in
 * coordinator-events.ts.
 */
import type { Hex } from '../base/hex.ts'
import { err, ok, type Result } from '../base/result.ts'
import type { ContractAsk, JobTerms, Rhythm } from '../domain/contract-job.ts'
import {
  type Address,
  address,
  type Bytes32,
  bytes32,
  type UnixSeconds,
  unixSeconds,
  zeroAddress,
  zeroBytes32,
} from '../domain/units.ts'
import { badAnswer, type ChainFailure } from './chain-failure.ts'
import { type Contract, type ContractCall, readContract } from './contracts.ts'
import { inferenceCoordinatorAbi } from './generated/inference-coordinator.ts'
import { jobOffersAbi } from './generated/job-offers.ts'
import { tierEvidenceAbi } from './generated/tier-evidence.ts'
import type { JsonRpc } from './json-rpc.ts'
import { readEach } from './read-each.ts'

/** With the errors of the contracts that it asks, so that a refusal says what is wrong. */
const coordinatorAbi = [
  ...inferenceCoordinatorAbi,
  ...[...jobOffersAbi, ...tierEvidenceAbi].filter(({ type }) => type === 'error'),
]

export const inferenceCoordinatorAt = (place: Address): Contract => ({
  name: 'InferenceCoordinator',
  address: place,
  abi: coordinatorAbi,
})

const callAt = (
  coordinator: Address,
  functionName: string,
  args: readonly unknown[],
): ContractCall => ({ contract: inferenceCoordinatorAt(coordinator), functionName, args })

/** Takes `escrowOf(terms)` from the sender by allowance. */
export const requestCall = (coordinator: Address, terms: JobTerms, input: Hex): ContractCall =>
  callAt(coordinator, 'request', [terms, input])

export const requestPrivateCall = (
  coordinator: Address,
  terms: JobTerms,
  inputHash: Bytes32,
): ContractCall => callAt(coordinator, 'requestPrivate', [terms, inputHash])

/** One or several answers that say the same. */
export type JobAnswers = {
  readonly content: Hex
  /** Of each answer `abi.encode(Receipt, bytes contributorSignature, bytes gatewaySignature)`. */
  readonly packed: readonly Hex[]
  /** With tier 64, what TierEvidence takes; else `0x`. */
  readonly proof: Hex
}

export const fulfillCall = (
  { coordinator, jobId, terms }: Pick<ContractAsk, 'coordinator' | 'jobId' | 'terms'>,
  { content, packed, proof }: JobAnswers,
): ContractCall => callAt(coordinator, 'fulfill', [jobId, terms, content, packed, proof])

export const retryCallbackCall = (
  coordinator: Address,
  jobId: Bytes32,
  content: Hex,
): ContractCall => callAt(coordinator, 'retryCallback', [jobId, content])

export const expireCall = ({
  coordinator,
  jobId,
  terms,
}: Pick<ContractAsk, 'coordinator' | 'jobId' | 'terms'>): ContractCall =>
  callAt(coordinator, 'expire', [jobId, terms])

/** Pays out everything that is booked for the sender. */
export const withdrawCall = (coordinator: Address, to: Address): ContractCall =>
  callAt(coordinator, 'withdraw', [to])

/** An empty input means a dynamic schedule: each run asks the sender for its own. */
export const scheduleCall = (
  coordinator: Address,
  plan: {
    readonly terms: JobTerms
    readonly input: Hex
    readonly rhythm: Rhythm
    readonly budget: bigint
  },
): ContractCall =>
  callAt(coordinator, 'schedule', [plan.terms, plan.input, plan.rhythm, plan.budget])

/** `input` is the schedule's, and empty where it is dynamic. */
export const pokeCall = (
  coordinator: Address,
  run: { readonly scheduleId: Bytes32; readonly terms: JobTerms; readonly input: Hex },
): ContractCall => callAt(coordinator, 'poke', [run.scheduleId, run.terms, run.input])

export const cancelScheduleCall = (coordinator: Address, scheduleId: Bytes32): ContractCall =>
  callAt(coordinator, 'cancelSchedule', [scheduleId])

/** By their numbers in JobBook.sol; `none`: there is no such job. */
const jobStates = ['none', 'open', 'delivered', 'failed', 'expired'] as const

export type CoordinatorJob = {
  readonly state: (typeof jobStates)[number]
  readonly consumer: Address
  readonly deadlineS: UnixSeconds
  /** Answers that are in, agreeing or not. Those that completed the job are among them. */
  readonly answers: number
  /** The consumer was called, and did not take the answer. */
  readonly isCallbackPending: boolean
  readonly acceptedBy: Address | undefined
  readonly inputHash: Bytes32
  /** Undefined until the job is delivered. */
  readonly delivered: { readonly contentHash: Bytes32; readonly receiptDigest: Bytes32 } | undefined
}

type Members = Readonly<Record<string, unknown>>

export async function readJob(
  rpc: JsonRpc,
  coordinator: Address,
  jobId: Bytes32,
): Promise<Result<CoordinatorJob, ChainFailure>> {
  const answer = await readContract(rpc, callAt(coordinator, 'jobs', [jobId]))
  if (!answer.ok) return answer
  const job = answer.value[0] as Members
  const state = jobStates[Number(job['state'])]
  if (state === undefined) {
    return err(badAnswer({ origin: rpc.origin, method: 'jobs', detail: 'no state of a job' }))
  }
  const acceptedBy = address(String(job['acceptedBy']))
  const contentHash = bytes32(String(job['contentHash']))
  const receiptDigest = bytes32(String(job['receiptDigest']))
  return ok({
    state,
    consumer: address(String(job['consumer'])),
    deadlineS: unixSeconds(Number(job['deadline'])),
    answers: Number(job['answers']),
    isCallbackPending: job['callbackPending'] === true,
    acceptedBy: acceptedBy === zeroAddress ? undefined : acceptedBy,
    inputHash: bytes32(String(job['inputHash'])),
    delivered: state === 'delivered' ? { contentHash, receiptDigest } : undefined,
  })
}

export type CoordinatorSchedule = {
  readonly consumer: Address
  readonly rhythm: Rhythm
  /** From 1; zero: none was run. */
  readonly lastInterval: number
  readonly runs: number
  readonly budget: bigint
  /** Undefined: dynamic. */
  readonly inputHash: Bytes32 | undefined
}

/** Undefined: there is none, or it was cancelled. */
export async function readSchedule(
  rpc: JsonRpc,
  coordinator: Address,
  scheduleId: Bytes32,
): Promise<Result<CoordinatorSchedule | undefined, ChainFailure>> {
  const answer = await readContract(rpc, callAt(coordinator, 'schedules', [scheduleId]))
  if (!answer.ok) return answer
  const plan = answer.value[0] as Members
  const consumer = address(String(plan['consumer']))
  if (consumer === zeroAddress) return ok(undefined)
  const inputHash = bytes32(String(plan['inputHash']))
  return ok({
    consumer,
    rhythm: rhythmOf(plan['rhythm']),
    lastInterval: Number(plan['lastInterval']),
    runs: Number(plan['runs']),
    budget: plan['budget'] as bigint,
    inputHash: inputHash === zeroBytes32 ? undefined : inputHash,
  })
}

/** From a decoded tuple. */
export function rhythmOf(tuple: unknown): Rhythm {
  const rhythm = tuple as Members
  return {
    startsAt: unixSeconds(Number(rhythm['startsAt'])),
    period: Number(rhythm['period']),
    runsMax: Number(rhythm['runsMax']),
  }
}

/** Whether an answer that is delivered now would be paid under these terms: what a contributor asks its own node. */
export async function readIsPayable(
  rpc: JsonRpc,
  ask: Pick<ContractAsk, 'coordinator' | 'jobId' | 'terms' | 'inputHash'>,
): Promise<Result<boolean, ChainFailure>> {
  const { coordinator, jobId, terms, inputHash } = ask
  const answer = await readContract(
    rpc,
    callAt(coordinator, 'isPayable', [jobId, terms, inputHash]),
  )
  return answer.ok ? ok(answer.value[0] === true) : answer
}

/** What is booked for an account and not yet withdrawn, in atomic units of the coordinator's asset. */
export async function readBooked(
  rpc: JsonRpc,
  coordinator: Address,
  account: Address,
): Promise<Result<bigint, ChainFailure>> {
  const answer = await readContract(rpc, callAt(coordinator, 'balances', [account]))
  return answer.ok ? ok(answer.value[0] as bigint) : answer
}

/** What a coordinator was deployed with. */
export type CoordinatorParts = {
  readonly asset: Address
  readonly verifier: Address
  readonly contributors: Address
  readonly tierEvidence: Address
  readonly offers: Address
}

export async function readCoordinatorParts(
  rpc: JsonRpc,
  coordinator: Address,
): Promise<Result<CoordinatorParts, ChainFailure>> {
  const names = ['asset', 'verifier', 'contributors', 'tierEvidence', 'offers'] as const
  const answers = await readEach(
    rpc,
    names.map((name) => callAt(coordinator, name, [])),
  )
  if (!answers.ok) return answers
  const parts = names.map((name, i) => [name, address(String(answers.value[i]?.[0]))])
  return ok(Object.fromEntries(parts) as CoordinatorParts)
}
