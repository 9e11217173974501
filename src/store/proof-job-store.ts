import type { ProofDocument } from '../domain/proof-document.ts'
import type { Bytes32 } from '../domain/units.ts'

/**
 *   queued --its turn--> proving --proof made and verified--> charging --charged--> done
 *   queued, proving --owner gone--> queued, at another owner and with the next attempt
 *   charging        --owner gone--> done where the receipt is there, else queued as above
 *   queued, proving --cancelled, timeout, no proof--> failed
 *   charging        --nothing could be charged--> failed
 */
export type ProofJobState = 'queued' | 'proving' | 'charging' | 'done' | 'failed'

export type ProofJob = {
  /** `proof_` and 32 random hex digits. */
  readonly proofId: string
  /** Who pays, and who alone is told. */
  readonly channelId: Bytes32
  readonly modelName: string
  readonly createdAtMs: number
  readonly state: ProofJobState
  /** Counts the owners from 1: what an earlier one does under its own number has no effect. */
  readonly attempt: number
  /** The gateway process that has it. */
  readonly owner: string
  /** Of this attempt: its hold and its receipt. */
  readonly requestId: string
  readonly receiptId: Bytes32
  /** What it takes to ask again after a crash; opaque here. Undefined where nobody would come for the answer. */
  readonly order?: string | undefined
  /** Once it is proven: the answer's JSON as it is hashed, and the proof. */
  readonly answer?: string | undefined
  readonly proof?: ProofDocument | undefined
  /** Of a job that failed, a `Refusal` in JSON. */
  readonly refusal?: string | undefined
  readonly endedAtMs?: number | undefined
}

export const openStates: readonly ProofJobState[] = ['queued', 'proving', 'charging']

/**
 * Proofs that were asked for, until some time after their end. A job is one process' at a time: an owner renews its lease, and
 * what an owner without one has is abandoned. Held by test/conformance/proof-job-store.test.ts; throws StoreFailure.
 */
export type ProofJobStore = {
  /** Durable when it resolves. */
  readonly add: (job: ProofJob) => Promise<void>
  readonly find: (proofId: string) => Promise<ProofJob | undefined>
  /**
   * Puts `job` in the place of what is there under its id, if that has this attempt and one of these states; else answers false
   * and changes nothing. An ended job never changes. Durable when it resolves.
   */
  readonly replace: (
    job: ProofJob,
    was: { readonly attempt: number; readonly states: readonly ProofJobState[] },
  ) => Promise<boolean>
  /** Says that `owner` is there until `untilMs`. Answers the attempts of what it has open, by job. */
  readonly renew: (
    owner: string,
    lease: { readonly nowMs: number; readonly untilMs: number },
  ) => Promise<ReadonlyMap<string, number>>
  /** Ends the lease at once: whatever `owner` has open is abandoned. */
  readonly leave: (owner: string) => Promise<void>
  /** Open jobs whose owner has no lease, at most `limit`. */
  readonly abandoned: (at: {
    readonly nowMs: number
    readonly limit: number
  }) => Promise<readonly ProofJob[]>
  readonly close: () => Promise<void>
}
