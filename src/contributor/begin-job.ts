import { err, ok, type Result } from '../base/result.ts'
import type { ContractJobs, PayableJob } from './contract-jobs.ts'
import type { BegunJob, JobBook } from './job-book.ts'
import type { Job } from './job-headers.ts'
import { jobAlreadySigned, type OpenAiRefusal } from './openai-refusal.ts'

/** Takes a job for its asker alone, or says who has it. `payable`: what a contract pays for it. */
export async function beginJob(
  books: {
    readonly jobs: Pick<JobBook, 'begin' | 'mayBegin'>
    readonly contractJobs?: ContractJobs | undefined
  },
  { job, payable }: { readonly job: Job; readonly payable: PayableJob | undefined },
): Promise<Result<BegunJob, OpenAiRefusal>> {
  const { jobs, contractJobs } = books
  if (payable !== undefined && contractJobs !== undefined) return contractJobs.begin(payable, jobs)
  // A contract's job is answered from its file, and from nothing else (J4).
  const begun = contractJobs?.knows(job) === true ? undefined : jobs.begin(job)
  return begun === undefined ? err(jobAlreadySigned(job.jobId)) : ok(begun)
}
