/*
 * A chat completion as a response of OpenAI's Responses API.
 *
 *   SILENT --first thing said--> BEGUN --closing--> completed, or incomplete where it was cut
 *   SILENT, BEGUN --failed--> failed
 *
 * Nothing is told before something was said: the opening events repeat all of the request's tools and instructions, and
 * so much of nothing would commit the gateway to a contributor that may still fail.
 */
import type { Refusal } from '../../domain/refusal.ts'
import type { InferenceRequest } from '../../domain/request.ts'
import type { MeteredUsage } from '../../domain/usage.ts'
import type { AnswerDialect } from '../../gateway/answer-client.ts'
import { choiceOf, readSaid } from '../chat-said.ts'
import { errorAnswer } from '../openai-error.ts'
import { responsesError } from './responses-error.ts'
import {
  idDigits,
  type ResponseEcho,
  type ResponseEvent,
  type ResponseHead,
  type ResponseObject,
  type ResponseState,
  responseHead,
  responseUsage,
} from './responses-object.ts'
import { ResponseOutput } from './responses-output.ts'

const dataPrefix = 'data: '

/** A response that is being told; what it ends with adds to this. */
const begun: ResponseState = {
  status: 'in_progress',
  output: [],
  incomplete_details: null,
  error: null,
}

/** One answer's dialect. */
export class ResponsesDialect implements AnswerDialect {
  readonly #head: ResponseHead
  readonly #output: ResponseOutput
  #eventsTold = 0
  #finishReason: string | undefined

  constructor(
    request: Pick<InferenceRequest, 'requestId' | 'receivedAtMs' | 'modelName'>,
    echo: ResponseEcho,
  ) {
    this.#head = responseHead(request, echo)
    this.#output = new ResponseOutput(idDigits(request))
  }

  whole(completion: Buffer, usage: MeteredUsage): Buffer {
    this.#say(JSON.parse(completion.toString()), 'message')
    const { response } = this.#ending(usage, this.#finishReason)
    return Buffer.from(JSON.stringify(response))
  }

  chunk(event: Buffer): Buffer {
    const events = this.#say(JSON.parse(event.toString('utf8', dataPrefix.length)), 'delta')
    if (events.length === 0) return Buffer.alloc(0)
    const told = [...this.#opening(), ...events]
    const bytes = this.#written(told)
    this.#eventsTold += told.length
    return bytes
  }

  // Neither of the two counts what it tells: `failed` follows `closing` where the charge could not be made durable, and
  // the client never got what `closing` said.

  closing(usage: MeteredUsage, end: 'complete' | 'budget_spent'): Buffer {
    const cut = end === 'budget_spent' ? 'length' : undefined
    const { response, events } = this.#ending(usage, this.#finishReason ?? cut)
    const type = response.status === 'incomplete' ? 'response.incomplete' : 'response.completed'
    return this.#written([...this.#opening(), ...events, { type, response }])
  }

  failed(refusal: Refusal, requestId: string): Buffer {
    const { status } = errorAnswer(refusal)
    const error = responsesError(refusal, requestId)
    const { code, message, param } = error
    const { output } = this.#output.ended('incomplete')
    const response = this.#response({
      ...begun,
      status: 'failed',
      output: this.#eventsTold === 0 ? [] : output,
      error: { code: status === 429 ? 'rate_limit_exceeded' : 'server_error', message },
    })
    return this.#written([
      ...this.#opening(),
      { type: 'error', code, message, param, error },
      { type: 'response.failed', response },
    ])
  }

  #say(completion: unknown, part: 'message' | 'delta'): ResponseEvent[] {
    const choice = choiceOf(completion)
    if (choice === undefined) return []
    const said = readSaid(choice, part)
    this.#finishReason = said.finishReason ?? this.#finishReason
    return this.#output.say(said)
  }

  #ending(
    usage: MeteredUsage,
    finishReason: string | undefined,
  ): { readonly response: ResponseObject; readonly events: readonly ResponseEvent[] } {
    const reason = incompleteReasons.get(finishReason)
    const status = reason === undefined ? 'completed' : 'incomplete'
    const { output, events } = this.#output.ended(status)
    const response = this.#response({
      ...begun,
      status,
      output,
      incomplete_details: reason === undefined ? null : { reason },
      usage: responseUsage(usage),
    })
    return { response, events }
  }

  /** The events that come before all others. */
  #opening(): ResponseEvent[] {
    if (this.#eventsTold > 0) return []
    const response = this.#response(begun)
    return [
      { type: 'response.created', response },
      { type: 'response.in_progress', response },
    ]
  }

  #response(state: ResponseState): ResponseObject {
    return { ...this.#head, ...state }
  }

  #written(events: readonly ResponseEvent[]): Buffer {
    const blocks = events.map((event, index) => {
      const numbered = { ...event, sequence_number: this.#eventsTold + index }
      return `event: ${event.type}\ndata: ${JSON.stringify(numbered)}\n\n`
    })
    return Buffer.from(blocks.join(''))
  }
}

const incompleteReasons = new Map<
  string | undefined,
  NonNullable<ResponseState['incomplete_details']>['reason']
>([
  ['length', 'max_output_tokens'],
  ['content_filter', 'content_filter'],
])
