import type { Hex } from '../base/hex.ts'
import type { Result } from '../base/result.ts'
import type { ChainFailure } from '../chain/chain-failure.ts'
import type { ContractAsk } from '../domain/contract-job.ts'
import type { Address, Bytes32 } from '../domain/units.ts'
import type { ContractJob } from '../store/contract-job-store.ts'
import type { JobReason } from './job-reason.ts'

/** A question that was seen in a block that is deep enough. */
export type FoundJob = {
  readonly ask: ContractAsk
  /** Undefined where it is private: whoever asked gives the bytes to the gateway. */
  readonly input: Hex | undefined
  readonly blockNumber: number
  /** What the source must remember of it, if anything. */
  readonly note?: string | undefined
  /** API key of this gateway that pays the contributor, where the chain does not. */
  readonly account?: string | undefined
  /** Set where the source knows that it is never served: it is written down as refused. */
  readonly refused?:
    | { readonly reason: JobReason; readonly detail?: string | undefined }
    | undefined
}

/** What a schedule's event said, and what happened to it. */
export type SeenSchedule = {
  readonly scheduleId: Bytes32
  readonly isOver: boolean
  /** JSON that jobs/schedules understands; empty where it is over. */
  readonly text: string
}

export type SourceLook = {
  /** Where the next look begins: to be written down when all of this one was. */
  readonly cursor: string
  readonly found: readonly FoundJob[]
  /**
   * Jobs that something happened to, here or in a block that is no longer there: `standing` says what is so now.
   */
  readonly touched: readonly Bytes32[]
  readonly schedules: readonly SeenSchedule[]
  /** The same of schedules: what was known of them may be wrong. */
  readonly touchedSchedules: readonly Bytes32[]
  /** False: more blocks wait than one look reads. */
  readonly caughtUp: boolean
}

/** What the chain says of a job at its newest block. */
export type JobStanding = {
  /** `none`: no such job, as before its block or after a reorganisation. */
  readonly state: 'none' | 'open' | 'delivered' | 'failed' | 'expired'
  /** By the chain's clock. */
  readonly chainNowS: number
  /** Of a delivered job: one of our answers completed it, whoever brought it to the chain. */
  readonly deliveryFeeIsOurs?: boolean | undefined
}

/** The one transaction that gives a job all its answers. */
export type DeliveryCall = {
  readonly to: Address
  readonly data: Hex
  /** More gas than it can need, whatever the consumer does with its callback's: the fee must cover so much. */
  readonly gasMax: bigint
}

/**
 * A contract that contracts ask at: what it was asked, and how it is answered. One for each coordinator of a chain, of ours and of
 * Infernet. Everything is read from the chain; nothing is remembered but by the cursor.
 */
export type JobSource = {
  /** Tells it from all others, for ever: `vouch eip155:<chainId>:<coordinator>`. Kept in records. */
  readonly name: string
  readonly chainId: number
  /** Undefined begins at the block that the configuration names. */
  readonly watch: (cursor: string | undefined) => Promise<Result<SourceLook, ChainFailure>>
  readonly standing: (
    job: Pick<ContractJob, 'jobId' | 'ask' | 'note' | 'answers' | 'foundInBlock'>,
  ) => Promise<Result<JobStanding, ChainFailure>>
  /** Of a job whose answers are kept. */
  readonly deliveryCall: (job: ContractJob) => Promise<DeliveryCall>
}
