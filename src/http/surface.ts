import type { IncomingHttpHeaders } from 'node:http'
import type { Result } from '../base/result.ts'
import type { Refusal, RequestRefusal } from '../domain/refusal.ts'
import type { UnpaidRequest } from '../domain/request.ts'
import type { AnswerClient } from '../gateway/answer-client.ts'

/** What a body, and a header in the place of a field, say of a request. */
type AskedRequest = Omit<
  UnpaidRequest,
  'requestId' | 'jobId' | 'receiptId' | 'path' | 'body' | 'requestHash' | 'receivedAtMs'
>

export type Asked = {
  readonly request: AskedRequest
  /** How its answer is told where not in the contributor's own bytes. */
  readonly startDialect?: AnswerClient['startDialect']
}

type ReadAsked = Result<Asked, RequestRefusal>

/** One path of the API at which models are asked: how its requests are read, and how its errors are told. */
export type Surface = {
  /** Behind the origin, such as `/v1/chat/completions`. */
  readonly path: string
  /** `body` is at most `bodyBytesMax` long and may be anything. */
  readonly read: (body: Buffer, headers: IncomingHttpHeaders) => ReadAsked | Promise<ReadAsked>
  readonly bodyBytesMax: number
  /** JSON of an error answer; undefined tells OpenAI's. */
  readonly errorBody?: (refusal: Refusal, requestId: string | undefined) => string
}
