import type { AnswerHeaders } from './answer-headers.ts'

export type ExchangeRequest = {
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  /** Empty for what asks for nothing but the path. */
  readonly body: Buffer
  /** From the dispatch to the headers of the answer. */
  readonly headersTimeoutMs: number
}

/** One request to a contributor and its answer, steered by whoever asked. */
export type Exchange = {
  /** From now on the body waits; little of it here, the rest on its way. */
  pause(): void
  resume(): void
  /** Ends it at once, and its connection where that cannot be used any more. Once it is over this does nothing. */
  abort(): void
}

/**
 * Why an exchange did not end well: nobody was reached · no headers in time · silence within the body · what came is no
 * answer that could be read in one way only · the connection ended before the answer did · `abort`.
 */
export type ExchangeFault =
  | 'unreachable'
  | 'overdue'
  | 'stalled'
  | 'malformed'
  | 'interrupted'
  | 'aborted'

/** Is told what becomes of an exchange: `started`, `answered` once, `received` any number of times, then `ended` or `failed`. */
export type ExchangeListener = {
  /** Within the dispatch, before anything is sent: what is aborted here never leaves. Not told where nobody can be asked. */
  started(exchange: Exchange): void
  /** The headers that count: interim answers (1xx) are skipped. Whoever pauses here has the whole body before it. */
  answered(status: number, headers: AnswerHeaders): void
  /** The chunk is the listener's to keep. */
  received(chunk: Buffer): void
  ended(): void
  failed(fault: ExchangeFault): void
}
