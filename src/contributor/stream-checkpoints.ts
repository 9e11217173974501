/*
 * Signed marks in a stream that is on its way, so that what was delivered of it is vouched for although it never ends: each
 * says how far the chain of events had come. Two that differ under one index would cost the stake; here every index is
 * signed once, behind events that were hashed already, for a job that the disk knows.
 */
import { checkpointDigest } from '../chain/checkpoint-typed-data.ts'
import { signDigest } from '../chain/signatures.ts'
import type { Checkpoint, SignedCheckpoint } from '../domain/checkpoint.ts'
import { type Bytes32, unixSecondsOf } from '../domain/units.ts'
import { checkpointPauseMs, checkpointsFirstTokens, checkpointTokens } from './agent-limits.ts'
import type { AgentSigner } from './agent-terms.ts'
import type { BegunJob } from './job-book.ts'
import type { Job } from './job-headers.ts'

const checkpointPrefix = ': vouch-checkpoint '

export class StreamCheckpoints {
  readonly #signer: AgentSigner
  readonly #job: Job
  readonly #begun: BegunJob
  /** Before it is, a crash could make us sign the same index again. */
  #isDurable = false
  #index = 0
  #tokens = 0
  #atMs: number

  constructor(terms: {
    readonly signer: AgentSigner
    readonly job: Job
    readonly begun: BegunJob
    readonly nowMs: number
  }) {
    this.#signer = terms.signer
    this.#job = terms.job
    this.#begun = terms.begun
    this.#atMs = terms.nowMs
    terms.begun.durable.then(
      () => {
        this.#isDurable = true
      },
      () => {},
    )
  }

  /** The comment that belongs behind the last event, where one is due. `link`: of the chain, that event included. */
  next(completionTokens: number, nowMs: number, link: () => Bytes32): Buffer | undefined {
    const dueAt = checkpointsFirstTokens.find((first) => first > this.#tokens)
    const isDue =
      completionTokens >= (dueAt ?? this.#tokens + checkpointTokens) ||
      nowMs - this.#atMs >= checkpointPauseMs
    if (!isDue || completionTokens <= this.#tokens || !this.#isDurable) return undefined
    const { contributor, domain, privateKey } = this.#signer
    const checkpoint: Checkpoint = {
      ...this.#job,
      contributor,
      index: this.#index,
      streamHash: link(),
      completionTokens,
      signedAt: unixSecondsOf(nowMs),
    }
    this.#begun.signed()
    const signature = signDigest(checkpointDigest(domain, checkpoint), privateKey)
    this.#index += 1
    this.#tokens = completionTokens
    this.#atMs = nowMs
    return commentOf({ checkpoint, signature })
  }
}

const commentOf = (signed: SignedCheckpoint): Buffer =>
  Buffer.from(`${checkpointPrefix}${Buffer.from(JSON.stringify(signed)).toString('base64url')}\n\n`)
