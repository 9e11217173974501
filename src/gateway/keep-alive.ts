/*
 * For clients and proxies that give a silent connection up: a stream that has not begun after a while says so in a comment,
 * again and again. The first one commits the answer to status 200, so that whatever goes wrong later is told in band;
 * therefore it is off unless the operator wants it.
 *
 *   SILENT --first comment--> STREAMING --stop--> STOPPED (the answer goes on in the same stream)
 *   SILENT --stop--> STOPPED (as if nothing had been)
 */
import type { Refusal } from '../domain/refusal.ts'
import type { InferenceRequest } from '../domain/request.ts'
import type { Schedule } from '../routing/waiting-room.ts'
import type { AnswerClient, AnswerHeaders } from './answer-client.ts'

/** One line end and no blank line: some readers take a comment with its own blank line for an empty event. */
const comment = Buffer.from(': keep-alive\n')

export type KeepAliveTerms = { readonly everyMs: number; readonly schedule: Schedule }

export class KeepAlive {
  /** The same client, in whose stream the answer goes on. */
  readonly client: AnswerClient
  readonly #asked: AnswerClient
  readonly #terms: KeepAliveTerms
  readonly #headers: AnswerHeaders
  #comments = 0
  #callOff: () => void

  constructor(asked: AnswerClient, terms: KeepAliveTerms, headers: AnswerHeaders) {
    this.#asked = asked
    this.#terms = terms
    this.#headers = headers
    this.client = {
      ...asked,
      startStream: (answerHeaders) => {
        if (this.#comments === 0) asked.startStream(answerHeaders)
      },
    }
    this.#callOff = this.#schedule()
  }

  /** What the client was sent by now, before anything of its answer. */
  get sent(): Buffer {
    return Buffer.concat(Array.from({ length: this.#comments }, () => comment))
  }

  stop(): void {
    this.#callOff()
  }

  /** Tells in band what can have no status any more. False where it still can. */
  fail(refusal: Refusal, request: InferenceRequest): boolean {
    if (this.#comments === 0) return false
    const dialect = this.#asked.startDialect?.(request)
    const told = dialect?.failed(refusal, request.requestId) ?? this.#asked.errorEvent(refusal)
    this.#asked.endStream(told)
    return true
  }

  #schedule(): () => void {
    return this.#terms.schedule(this.#terms.everyMs, () => {
      if (this.#asked.cancellation.cancelled) return
      if (this.#comments === 0) this.#asked.startStream(this.#headers)
      this.#comments += 1
      this.#asked.write(comment)
      this.#callOff = this.#schedule()
    })
  }
}
