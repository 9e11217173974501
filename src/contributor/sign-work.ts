import { assert } from '../base/assert.ts'
import type { Result } from '../base/result.ts'
import type { PrivateKey } from '../chain/private-key.ts'
import { workDigest } from '../chain/receipt-typed-data.ts'
import { signDigest } from '../chain/signatures.ts'
import type { DomainSeparator } from '../chain/typed-data.ts'
import type { SignedWork, Work } from '../domain/receipt.ts'
import type { Address, Bytes32 } from '../domain/units.ts'
import { beginJob } from './begin-job.ts'
import type { ContractJobs, PayableJob } from './contract-jobs.ts'
import type { BegunJob, JobBook } from './job-book.ts'
import type { Job } from './job-headers.ts'
import type { OpenAiRefusal } from './openai-refusal.ts'

/** What a signer knows of a piece of work only when it is done. `modelId`: of another model than the signer's own. */
export type WorkFacts = Omit<Work, 'contributor' | 'modelId'> & { readonly modelId?: Bytes32 }

/** Where the jobs that were ever begun are kept (job-book.ts). */
export type KnownJobs = Pick<JobBook, 'begin' | 'mayBegin'>

export type WorkSigner = {
  /** The operator's account; the signing key may be another one that the registry ties to it. */
  readonly contributor: Address
  readonly modelId: Bytes32
  /**
   * Refuses a job that is being answered or was: a second signature over other bytes would be
   * evidence against us.
   */
  readonly beginJob: (
    asked: { readonly job: Job; readonly payable?: PayableJob | undefined },
    contractJobs?: ContractJobs,
  ) => Promise<Result<BegunJob, OpenAiRefusal>>
  /** Resolves when the disk knows the job that was begun: nothing is signed for it before. */
  readonly durable: (job: Job) => Promise<void>
  /** Nobody works on the job any more: it may be asked for again, if nothing was signed for it. */
  readonly endJob: (job: Job) => void
  /** Signs the job that was begun; from then on it counts as answered. */
  readonly signWork: (facts: WorkFacts) => SignedWork
}

/** Signs each job at most once, ever: two signatures over different bytes cost the whole stake. */
export function openWorkSigner(signer: {
  readonly privateKey: PrivateKey
  readonly contributor: Address
  readonly modelId: Bytes32
  readonly domain: DomainSeparator
  readonly jobs: KnownJobs
}): WorkSigner {
  const { privateKey, contributor, modelId, domain, jobs } = signer
  const open = new Map<string, BegunJob>()
  const signed = new WeakSet<BegunJob>()
  const nameOf = ({ jobId, gateway }: Job): string => `${jobId} ${gateway}`

  return {
    contributor,
    modelId,
    beginJob: async ({ job, payable }, contractJobs) => {
      const begun = await beginJob({ jobs, contractJobs }, { job, payable })
      if (begun.ok) open.set(nameOf(job), begun.value)
      return begun
    },
    durable: (job) => open.get(nameOf(job))?.durable ?? Promise.resolve(),
    endJob: (job) => {
      open.get(nameOf(job))?.over()
      open.delete(nameOf(job))
    },
    signWork: (facts) => {
      const begun = open.get(nameOf(facts))
      const isOurs = begun !== undefined && !signed.has(begun)
      assert(isOurs, 'only a begun job is signed, and only once')
      signed.add(begun)
      begun.signed()
      return signWork({ privateKey, domain }, { modelId, ...facts, contributor })
    },
  }
}

export const signWork = (
  signer: { readonly privateKey: PrivateKey; readonly domain: DomainSeparator },
  work: Work,
): SignedWork => ({
  work,
  signature: signDigest(workDigest(signer.domain, work), signer.privateKey),
})

/** The value of `x-vouch-work` and of the comment that ends a stream: base64url of the JSON. */
export const encodeSignedWork = (signedWork: SignedWork): string =>
  Buffer.from(JSON.stringify(signedWork)).toString('base64url')
