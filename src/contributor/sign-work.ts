import { assert } from '../base/assert.ts'
import type { PrivateKey } from '../chain/private-key.ts'
import { workDigest } from '../chain/receipt-typed-data.ts'
import { signDigest } from '../chain/signatures.ts'
import type { DomainSeparator } from '../chain/typed-data.ts'
import type { SignedWork, Work } from '../domain/receipt.ts'
import type { Address, Bytes32 } from '../domain/units.ts'

/** What a signer knows of a piece of work only when it is done. */
export type WorkFacts = Omit<Work, 'contributor' | 'modelId'>

export type WorkSigner = {
  /** The operator's account; the signing key may be another one that the registry ties to it. */
  readonly contributor: Address
  readonly modelId: Bytes32
  /**
   * False when this job is being answered or was: a second signature over other bytes would be
   * evidence against us.
   */
  readonly beginJob: (jobId: Bytes32) => boolean
  /** The job may be asked for again: nothing was signed for it. */
  readonly abandonJob: (jobId: Bytes32) => void
  /** Signs the job that was begun; from then on it counts as answered. */
  readonly signWork: (facts: WorkFacts) => SignedWork
}

/**
 * Signs each job at most once, as far as memory goes: it forgets the oldest signed jobs beyond
 * `jobsMax`, and all of them at a restart. A gateway names a job by 32 random bytes, so
 * meeting an old one again takes a gateway that means it; `startedAt` and `finishedAt` then differ,
 * and both signatures show which gateway asked twice.
 */
export function openWorkSigner(signer: {
  readonly privateKey: PrivateKey
  readonly contributor: Address
  readonly modelId: Bytes32
  readonly domain: DomainSeparator
  /** Signed jobs that are remembered. */
  readonly jobsMax: number
}): WorkSigner {
  const { privateKey, contributor, modelId, domain, jobsMax } = signer
  const begun = new Set<Bytes32>()
  const signed = new Set<Bytes32>()

  function remember(jobId: Bytes32): void {
    signed.add(jobId)
    const [oldest] = signed
    if (signed.size > jobsMax && oldest !== undefined) signed.delete(oldest)
  }

  return {
    contributor,
    modelId,
    beginJob: (jobId) => {
      if (begun.has(jobId) || signed.has(jobId)) return false
      begun.add(jobId)
      return true
    },
    abandonJob: (jobId) => {
      begun.delete(jobId)
    },
    signWork: (facts) => {
      assert(begun.delete(facts.jobId), 'only a begun job is signed, and only once')
      remember(facts.jobId)
      const work: Work = { ...facts, contributor, modelId }
      return signWork({ privateKey, domain }, work)
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
