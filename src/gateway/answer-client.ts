import type { Cancellation } from '../base/cancellation.ts'
import type { Refusal } from '../domain/refusal.ts'

export type AnswerHeaders = Readonly<Record<string, string>>

/** The one who asked, as the conductor sees it. The HTTP door implements it over the raw response. */
export type AnswerClient = {
  /** Cancelled when the connection closes before the answer ended. */
  readonly cancellation: Cancellation
  /** A whole JSON answer. */
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
