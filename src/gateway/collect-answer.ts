import { InvariantViolation } from '../base/assert.ts'
import type { Cancellation } from '../base/cancellation.ts'
import type { AnswerClient } from './answer-client.ts'

/** An answer that somebody in this process waits for. */
export type CollectedAnswer = {
  /** The contributor's own bytes. */
  readonly body: Buffer
  /** The receipt's JSON. */
  readonly receipt: string
}

export type AnswerCollector = {
  readonly client: AnswerClient
  /** Undefined until the conductor has answered; afterwards the whole. */
  readonly answered: () => CollectedAnswer | undefined
}

const noStream = (): never => {
  throw new InvariantViolation('what is collected was asked for in one piece')
}

/** A client that keeps the answer of a request in one piece, and its receipt, for whoever asked in this process. */
export function collectAnswer(cancellation: Cancellation): AnswerCollector {
  let receipt: string | undefined
  let body: Buffer | undefined
  const client: AnswerClient = {
    cancellation,
    // Whoever waits for a proof here waits for the answer, which comes after it.
    proof: { begun: () => {} },
    sealed: (sealed) => {
      receipt = sealed
    },
    answer: (_headers, bytes) => {
      body = bytes
    },
    startStream: noStream,
    write: noStream,
    onDrain: noStream,
    endStream: noStream,
    errorEvent: noStream,
  }
  return {
    client,
    answered: () => (body === undefined || receipt === undefined ? undefined : { body, receipt }),
  }
}
