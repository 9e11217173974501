import type { Cancellation } from '../base/cancellation.ts'
import type { Refusal } from '../domain/refusal.ts'
import type { InferenceRequest } from '../domain/request.ts'
import type { MeteredUsage } from '../domain/usage.ts'
import type { ProofRun } from '../proving/proof-run.ts'

/**
 * How a chat completion is told to a client of another API. What it answers is what the client gets: it is hashed and
 * sent. One answer's own: it may keep what it told.
 */
export type AnswerDialect = {
  /** The body of an answer in one piece. `completion` is a chat completion. */
  readonly whole: (completion: Buffer, usage: MeteredUsage) => Buffer
  /** What one event, `data: {chat completion chunk}` and its blank line, comes to; empty where that is nothing. */
  readonly chunk: (event: Buffer) => Buffer
  /** The last bytes of a stream that ended well, or where the payer's money ended. */
  readonly closing: (usage: MeteredUsage, end: 'complete' | 'budget_spent') => Buffer
  /** The last bytes of one that did not. */
  readonly failed: (refusal: Refusal, requestId: string) => Buffer
}

export type AnswerHeaders = Readonly<Record<string, string>>

/** Who asked for a proof, as the conductor sees it. */
type ProofClient = {
  /** Told once, when the job cannot be lost any more: from here on whoever asked may leave and ask for it later. */
  readonly begun: (
    job: Pick<ProofRun['job'], 'proofId' | 'channelId'>,
    headers: AnswerHeaders,
  ) => void
  /** A job that another process left: it is gone on with, and no new one is made. */
  readonly taken?: ProofRun | undefined
}

/** The one who asked, as the conductor sees it. The HTTP door implements it over the raw response. */
export type AnswerClient = {
  /** Cancelled when the connection closes before the answer ended. */
  readonly cancellation: Cancellation
  /**
   * Undefined takes the contributor's own bytes. Called for each contributor that is asked: what was told of one that
   * failed before its first content has reached nobody.
   */
  readonly startDialect?: ((request: InferenceRequest) => AnswerDialect) | undefined
  /** Of a request that asks for a proof. */
  readonly proof?: ProofClient | undefined
  /**
   * Given a whole answer before it is charged, for who must not lose it; an answer that it does not take (false) is not charged
   * and reaches nobody. Not asked of streams. Throws StoreFailure where it cannot be kept.
   */
  readonly keep?: ((answer: Buffer) => Promise<boolean>) | undefined
  /** Told of the receipt's JSON before the last bytes, where the client wants it in the answer itself. */
  readonly sealed?: ((receipt: string) => void) | undefined
  /** An answer in one piece; JSON unless the headers say otherwise. */
  readonly answer: (headers: AnswerHeaders, body: Buffer) => void
  readonly startStream: (headers: AnswerHeaders) => void
  /** False when the client reads too slowly: write nothing more until `onDrain` calls. */
  readonly write: (bytes: Buffer) => boolean
  readonly onDrain: (listener: () => void) => void
  /** Last bytes and the end. */
  readonly endStream: (bytes: Buffer) => void
  /** A failure as an in-band event, for a stream that has begun. */
  readonly errorEvent: (refusal: Refusal) => Buffer
}
