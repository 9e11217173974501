import { assert } from '../base/assert.ts'
import type { PrivateKey } from '../chain/private-key.ts'
import { workDigest } from '../chain/receipt-typed-data.ts'
import { signDigest } from '../chain/signatures.ts'
import type { DomainSeparator } from '../chain/typed-data.ts'
import type { SignedWork, Work } from '../domain/receipt.ts'
import type { Address, Bytes32 } from '../domain/units.ts'
import type { BegunJob } from './job-book.ts'
import type { Job } from './job-headers.ts'

/** What a signer knows of a piece of work only when it is done. `modelId`: of another model than the signer's own. */
export type WorkFacts = Omit<Work, 'contributor' | 'modelId'> & { readonly modelId?: Bytes32 }

/** Where the jobs that were ever begun are kept (job-book.ts). */
export type KnownJobs = {
  /** Undefined for a job that runs, or that something may be signed for. */
  readonly begin: (job: Job) => BegunJob | undefined
}

export type WorkSigner = {
  /** The operator's account; the signing key may be another one that the registry ties to it. */
  readonly contributor: Address
  readonly modelId: Bytes32
  /**
   * False when this job is being answered or was: a second signature over other bytes would be
   * evidence against us.
   */
  readonly beginJob: (job: Job) => boolean
  /** Resolves when the disk knows the job that was begun: nothing is signed for it before. */
  readonly durable: (job: Job) => Promise<void>
  /** The job may be asked for again, if nothing was signed for it. */
  readonly abandonJob: (job: Job) => void
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
  const nameOf = ({ jobId, gateway }: Job): string => `${jobId} ${gateway}`

  return {
    contributor,
    modelId,
    beginJob: (job) => {
      const begun = jobs.begin(job)
      if (begun !== undefined) open.set(nameOf(job), begun)
      return begun !== undefined
    },
    durable: (job) => open.get(nameOf(job))?.durable ?? Promise.resolve(),
    abandonJob: (job) => {
      open.get(nameOf(job))?.over()
      open.delete(nameOf(job))
    },
    signWork: (facts) => {
      const begun = open.get(nameOf(facts))
      assert(begun !== undefined, 'only a begun job is signed, and only once')
      begun.signed()
      begun.over()
      open.delete(nameOf(facts))
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
