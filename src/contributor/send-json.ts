import type { ServerResponse } from 'node:http'
import { errorBody, type OpenAiRefusal } from './openai-refusal.ts'

export type JsonAnswer = {
  readonly status: number
  readonly body: string | Buffer
  readonly headers?: Readonly<Record<string, string>>
}

/** Sends a whole JSON body and ends the response. */
export function sendJson(response: ServerResponse, answer: JsonAnswer): void {
  response.writeHead(answer.status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(answer.body),
    ...answer.headers,
  })
  response.end(answer.body)
}

export function sendRefusal(
  response: ServerResponse,
  refusal: OpenAiRefusal,
  headers: Readonly<Record<string, string>> = {},
): void {
  const { status } = refusal
  sendJson(response, {
    status,
    body: errorBody(refusal),
    headers: { ...refusal.headers, ...headers },
  })
}
