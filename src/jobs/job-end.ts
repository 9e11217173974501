import type { GatewayLog } from '../base/log.ts'
import type { ContractJob, endedJobStates } from '../store/contract-job-store.ts'
import type { JobChange } from './held-job.ts'
import type { JobReason } from './job-reason.ts'
import type { JobStanding } from './job-source.ts'

export type JobEnd = {
  readonly state: (typeof endedJobStates)[number]
  readonly reason?: JobReason | undefined
  readonly detail?: string | undefined
  readonly delivery?: ContractJob['delivery']
}

/** What the chain says has ended; undefined: it is open. */
export function endOf(
  { ask }: Pick<ContractJob, 'ask'>,
  { state, chainNowS, deliveryFeeIsOurs }: JobStanding,
): JobEnd | undefined {
  if (state === 'none') return { state: 'gone', reason: 'reorganised' }
  if (state === 'delivered') {
    return deliveryFeeIsOurs === true
      ? { state: 'delivered' }
      : { state: 'lost', reason: 'delivered_by_another' }
  }
  if (state === 'failed') return { state: 'failed', reason: 'no_agreement' }
  if (state === 'expired' || chainNowS > ask.deadlineS) {
    return { state: 'expired', reason: 'deadline_passed' }
  }
  return undefined
}

/** A question that is on no chain is forgotten with its job; what is gone may come back, and ask it again. */
export const endChange = (job: ContractJob, ended: JobEnd, nowMs: number): JobChange => ({
  detail: undefined,
  reason: undefined,
  ...ended,
  endedAtMs: nowMs,
  owner: undefined,
  ...(job.isPrivate && ended.state !== 'gone' && { input: undefined }),
})

/** One line for each end. Nothing of the question or its answer. */
export function logEnd(
  log: GatewayLog,
  { jobId, ask, modelName }: ContractJob,
  { state, reason, detail, delivery }: JobEnd,
): void {
  log.info(`job_${state}`, {
    ...{ jobId, chainId: ask.chainId, consumer: ask.consumer },
    ...(modelName !== undefined && { modelName }),
    ...(reason !== undefined && { reason }),
    ...(detail !== undefined && { detail }),
    ...(delivery?.transactionHash && { transactionHash: delivery.transactionHash }),
  })
}
