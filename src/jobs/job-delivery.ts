import type { Bytes32 } from '../domain/units.ts'
import type { ContractJob } from '../store/contract-job-store.ts'
import type { JobReason } from './job-reason.ts'
import type { JobSource } from './job-source.ts'

/** Whether a job is worth its gas. */
export type FeeVerdict =
  | { readonly kind: 'take' }
  /** Not at the gas price of now. */
  | {
      readonly kind: 'wait'
      readonly untilMs: number
      readonly reason: JobReason
      readonly detail?: string | undefined
    }
  | { readonly kind: 'never'; readonly reason: JobReason; readonly detail?: string | undefined }

export type DeliveryOutcome =
  /** A block has it. Deeper reorganisations are the outbox's to mend. */
  | { readonly kind: 'delivered'; readonly transactionHash: Bytes32 }
  /** Not yet: asked again later, in this process or another. */
  | {
      readonly kind: 'wait'
      readonly untilMs: number
      readonly reason: JobReason
      readonly detail?: string | undefined
    }
  /** Nothing more is sent of it, and nothing of it can ever be executed. */
  | { readonly kind: 'failed'; readonly reason: JobReason; readonly detail?: string | undefined }

/** Who pays the gas and is paid for it. What it may cost is decided before anything is run, and once more before it is sent. */
export type DeliveryDesk = {
  readonly judge: (
    source: JobSource,
    job: Pick<ContractJob, 'jobId' | 'ask' | 'note' | 'input'>,
  ) => Promise<FeeVerdict>
  /** Of a job whose answers are kept. Asked again for the same job it goes on with the same intent. Never throws but StoreFailure. */
  readonly deliver: (source: JobSource, job: ContractJob) => Promise<DeliveryOutcome>
}
