import type { Hex } from '../base/hex.ts'
import type { Result } from '../base/result.ts'
import type { ContractAsk } from '../domain/contract-job.ts'
import type { ContractRefusal } from '../domain/contract-refusal.ts'
import type { JobQuote, QuoteWish } from '../domain/job-quote.ts'
import type { GatewayRefusal, Refusal } from '../domain/refusal.ts'
import type { Address, Bytes32 } from '../domain/units.ts'

/** A job of a contract as it is told: nothing of an input that is on no chain, nor of its answer before that is. */
export type ToldJob = {
  readonly ask: ContractAsk
  /** Which contract it came by, such as `vouch eip155:1:0x…`. */
  readonly source: string
  /** docs/jobs.md names them. */
  readonly state: string
  readonly isOpen: boolean
  readonly isPrivate: boolean
  /** It waits for bytes that whoever asked gives. */
  readonly wantsInput: boolean
  /** Why it waits, or ended as it did, and the same in words. */
  readonly reason: string | undefined
  readonly explained: string | undefined
  readonly detail: string | undefined
  readonly modelName: string | undefined
  readonly endpoint: string | undefined
  readonly foundInBlock: number
  readonly foundAtMs: number
  /** Of a job that waits: nobody looks at it before. */
  readonly notBeforeMs: number
  readonly endedAtMs: number | undefined
  readonly failures: number
  /** Those that are kept. */
  readonly answers: readonly {
    readonly receiptId: Bytes32
    readonly contributor: Address | undefined
    readonly contentHash: Bytes32
    /** Undefined of a private job. */
    readonly content: Hex | undefined
  }[]
  readonly delivery:
    | { readonly intentId: string; readonly transactionHash: Bytes32 | undefined }
    | undefined
}

type Told = Promise<Result<ToldJob, ContractRefusal | GatewayRefusal>>

/** What a job would cost here. */
type JobQuotes = {
  readonly quote: (wish: QuoteWish) => Promise<Result<JobQuote, Refusal>>
}

/** Jobs of contracts, for whoever asks about them from outside. */
export type JobsDoor = JobQuotes & KnownJobs

/** Those that were asked. */
export type KnownJobs = {
  /** The bytes of a private job, which anybody may give: only those with the hash that the chain has are taken. */
  readonly giveInput: (jobId: Bytes32, bytes: Buffer) => Told
  readonly find: (jobId: Bytes32) => Told
  /** Newest first; of all states where none are named. */
  readonly list: (which: {
    readonly states?: readonly string[] | undefined
    readonly limit: number
  }) => Promise<Result<readonly ToldJob[], GatewayRefusal>>
  /** Looks at an open job at once, and tries one again that was refused or failed here. */
  readonly retry: (jobId: Bytes32) => Told
  /** By state, as of the last look. */
  readonly counts: () => ReadonlyMap<string, number>
}
