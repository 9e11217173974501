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

/**
 * A client that keeps the answer of a request in one piece, and its receipt, for whoever asked in this process. `dialect` is
 * for those who may ask for a proof of it elsewhere: what is kept here are the contributor's own bytes all the same.
 */
export function collectAnswer(
  cancellation: Cancellation,
  dialect?: AnswerClient['startDialect'],
): AnswerCollector {
  let receipt: string | undefined
  let body: Buffer | undefined
  let hasEnded = false
  const client: AnswerClient = {
    cancellation,
    startDialect:
      dialect &&
      ((request) => {
        const told = dialect(request)
        const whole: typeof told.whole = (bytes, usage) => {
          body = bytes
          return told.whole(bytes, usage)
        }
        return { ...told, whole }
      }),
    // Whoever waits for a proof here waits for the answer, which comes after it.
    proof: { begun: () => {} },
    sealed: (sealed) => {
      receipt = sealed
    },
    answer: (_headers, bytes) => {
      body ??= bytes
      hasEnded = true
    },
    startStream: noStream,
    write: noStream,
    onDrain: noStream,
    endStream: noStream,
    errorEvent: noStream,
  }
  return {
    client,
    answered: () =>
      !hasEnded || body === undefined || receipt === undefined ? undefined : { body, receipt },
  }
}
