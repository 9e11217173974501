import type { Hex } from '../base/hex.ts'
import type { ContractAsk } from '../domain/contract-job.ts'
import type { Endpoint } from '../domain/endpoint.ts'
import type { Address, Bytes32 } from '../domain/units.ts'

/**
 *   found --taken--> running --as many answers as agree are kept--> answered --handed to the outbox--> delivering --mined--> delivered
 *     |  ^              |  ^                                           |                                   |
 *     |  |              |  '--nobody could now: again later            '--not now: again later             '--reverted, given up--> failed
 *     |  |              '--nobody can, or no agreement--> failed
 *     |  '--again-- waiting
 *     |--not now--> waiting (its input, fees or contributors are missing)
 *     '--never----> refused
 *
 *   any open state --another delivered--> lost
 *                  --its time is over---> expired
 *                  --its block is gone--> gone
 *   gone, lost, expired, delivered --the chain takes that back--> answered where its answers are kept, else found
 *
 * Invariants:
 *   (1) a jobId names one question: `source`, `ask`, `note` and `account` never change
 *   (2) every change counts up `revision` and says which it changes: what was decided on an older record has no effect, so
 *       that one process at a time goes on with a job, whichever believes to have it
 *   (3) an answer that is `kept` never changes, and no two kept ones are of one contributor
 *   (4) what is delivered is in the record before the outbox is told of it
 *   (5) `endedAtMs` is set in the end states and in no other
 */
export type ContractJobState = (typeof openJobStates)[number] | (typeof endedJobStates)[number]

/** Somebody goes on with these. */
export const openJobStates = ['found', 'waiting', 'running', 'answered', 'delivering'] as const
export const endedJobStates = ['delivered', 'refused', 'failed', 'lost', 'expired', 'gone'] as const

/** One answer of a job, as it is being made or as it is kept. */
export type JobAnswer = {
  /** Of the last time that it was asked for: its hold, and the receipt that it may have by now. */
  readonly requestId: string
  readonly receiptId: Bytes32
  /**
   *   asked --answered, checked--> charging --its receipt is durable--> kept
   *   asked, charging --its process died--> kept where the receipt is there, else asked under new ids
   */
  readonly state: 'asked' | 'charging' | 'kept'
  /** From `charging` on: what goes on chain, of which the receipt's `contentHash` is. */
  readonly content?: Hex | undefined
  /** From `charging` on, of tier 64: the proof as the chain's verifier takes it. */
  readonly proof?: Hex | undefined
  /** From `kept` on: the operator that signed it, who is paid; undefined of one that does not sign. */
  readonly contributor?: Address | undefined
  readonly contentHash?: Bytes32 | undefined
  /** What the gateway signed. */
  readonly receiptDigest?: Bytes32 | undefined
  /** `abi.encode(Receipt, bytes contributorSignature, bytes gatewaySignature)`. */
  readonly packed?: Hex | undefined
}

/** How the delivery is going; the outbox has the rest under `intentId`. */
type JobDelivery = {
  /** The one intent of this job, whoever goes on with it. */
  readonly intentId: string
  readonly transactionHash?: Bytes32 | undefined
  /** Atomic units of the chain's asset that the job pays this gateway for it. */
  readonly fee?: bigint | undefined
}

/** A question that a contract asked, from the block that has it to its end. */
export type ContractJob = {
  /** Names the question on its chain and here: no two sources have one jobId. */
  readonly jobId: Bytes32
  /** The `JobSource` that found it. */
  readonly source: string
  readonly ask: ContractAsk
  /** What only its source understands. */
  readonly note?: string | undefined
  /** API key of this gateway that pays the contributor, where its chain does not. */
  readonly account?: string | undefined
  /** The bytes for the engine; undefined while they are private and were not given, and again after the end. */
  readonly input?: Hex | undefined
  /** Its input is on no chain: nothing of it or of its answer is told to anybody but the chain. */
  readonly isPrivate: boolean
  readonly foundInBlock: number
  readonly foundAtMs: number
  readonly state: ContractJobState
  /** What it asks for here, once it was judged. */
  readonly modelName?: string | undefined
  readonly endpoint?: Endpoint | undefined
  /** Why it waits, or ended as it did: one of `JobReason` (jobs/job-reason.ts), for people and for metrics. */
  readonly reason?: string | undefined
  /** Its detail, without anything of input or answer. */
  readonly detail?: string | undefined
  /** Nobody looks at it before. */
  readonly notBeforeMs: number
  /** Times that answers were asked for in vain. */
  readonly failures: number
  readonly answers: readonly JobAnswer[]
  readonly delivery?: JobDelivery | undefined
  /** The process that goes on with it; undefined: whoever takes it. */
  readonly owner?: string | undefined
  readonly endedAtMs?: number | undefined
  /** Counts the changes from 0. */
  readonly revision: number
}

/** A rhythm by which a contract asks, as long as it lives. */
export type KnownSchedule = {
  readonly scheduleId: Bytes32
  readonly source: string
  /** Over or cancelled: kept only so that nobody takes it for new. */
  readonly isOver: boolean
  /** Its terms, input and where it stands, in JSON of jobs/schedules. */
  readonly text: string
  readonly revision: number
}

/** A small text, such as where a watcher stands, and how often it was written. */
export type JobNote = { readonly text: string; readonly revision: number }

/**
 * Jobs of contracts, schedules and notes about them. Held by test/conformance/contract-job-store.test.ts; all that changes
 * something is durable when it resolves; throws StoreFailure.
 */
export type ContractJobStore = {
  /** False, and nothing changed, where the jobId is known. Forgets ended jobs whose time to be kept is over. */
  readonly add: (job: ContractJob) => Promise<boolean>
  readonly find: (jobId: Bytes32) => Promise<ContractJob | undefined>
  /** Replaces the record and counts up its revision. False, and nothing changed, when the stored revision is another. */
  readonly update: (job: ContractJob) => Promise<boolean>
  /**
   * Open jobs that `owner` may go on with at `nowMs`: its own, and those whose owner has no lease; soonest `notBeforeMs` first,
   * none that is to wait longer.
   */
  readonly due: (at: {
    readonly owner: string
    readonly nowMs: number
    readonly limit: number
  }) => Promise<readonly ContractJob[]>
  /** Of these states, all where there are none; newest first by when they were found. */
  readonly list: (which: {
    readonly states?: readonly ContractJobState[] | undefined
    readonly limit: number
  }) => Promise<readonly ContractJob[]>
  /** How many there are of each state that has any. */
  readonly counts: () => Promise<ReadonlyMap<ContractJobState, number>>

  /** Says that `owner` is there until `untilMs`. */
  readonly renew: (
    owner: string,
    lease: { readonly nowMs: number; readonly untilMs: number },
  ) => Promise<void>
  /** Ends the lease at once: whatever `owner` has open is anybody's. */
  readonly leave: (owner: string) => Promise<void>

  /** Of one source, those that are over too. */
  readonly schedules: (source: string) => Promise<readonly KnownSchedule[]>
  /** Writes it where the stored revision is that of `schedule`, or none is stored and it is 0; counts it up. */
  readonly putSchedule: (schedule: KnownSchedule) => Promise<boolean>

  readonly note: (key: string) => Promise<JobNote | undefined>
  /** Writes where the stored revision is `revision`, 0 where there is none, and counts it up; else false. */
  readonly setNote: (key: string, note: JobNote) => Promise<boolean>
  readonly close: () => Promise<void>
}

export const isOpenJob = ({ state }: Pick<ContractJob, 'state'>): boolean =>
  (openJobStates as readonly string[]).includes(state)
