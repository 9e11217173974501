import { type CoordinatorPlace, writeAskedAt } from '../domain/contract-job-headers.ts'
import type { OpenAiRefusal } from './openai-refusal.ts'

/**
 * What keeps a contract's job from being answered here, and says nothing against us: the gateway asks somebody else, or asks
 * again. docs/agent.md has them all.
 */
const contractJobRefusal = (refusal: Pick<OpenAiRefusal, 'code' | 'message'>): OpenAiRefusal => ({
  status: 409,
  type: 'invalid_request_error',
  param: 'x-vouch-asked-at',
  ...refusal,
})

export const coordinatorNotAccepted = (place: CoordinatorPlace, why: string): OpenAiRefusal =>
  contractJobRefusal({
    code: 'coordinator_not_accepted',
    message: `No jobs of ${writeAskedAt(place)} are answered here: ${why}.`,
  })

/** Nobody would be paid for an answer, or less than is asked. */
export const jobNotPayable = (why: string): OpenAiRefusal =>
  contractJobRefusal({
    code: 'job_not_payable',
    message: `The job would not pay for its answer: ${why}.`,
  })

/** Our own node did not say whether it would: nobody else is believed. */
export const jobNotCheckable: OpenAiRefusal = contractJobRefusal({
  code: 'job_not_checkable',
  message: 'Our node of the chain does not say whether the job would pay for its answer.',
})

export const contractJobRunning = (jobId: string): OpenAiRefusal =>
  contractJobRefusal({
    code: 'job_in_progress',
    message: `The job ${jobId} is being answered: ask again for the answer.`,
  })

export const jobOfOtherInput = (jobId: string): OpenAiRefusal =>
  contractJobRefusal({
    code: 'job_of_other_input',
    message: `The job ${jobId} was asked with another input, and is answered once.`,
  })

/** As many are kept as may be: one must end before the next begins. */
export const contractJobsFull: OpenAiRefusal = contractJobRefusal({
  code: 'contract_jobs_full',
  message: 'As many jobs of contracts are kept here as there is room for.',
})
