import type { AgentReply } from './agent-request.ts'
import { errorBody, type OpenAiRefusal } from './openai-refusal.ts'

/** A whole JSON body, and the end of the answer. */
export function replyJson(
  reply: AgentReply,
  answer: {
    readonly status: number
    readonly body: string | Buffer
    readonly headers?: Readonly<Record<string, string>>
  },
): void {
  const { status, body, headers } = answer
  reply.head(status, { 'content-type': 'application/json', ...headers })
  reply.write(typeof body === 'string' ? Buffer.from(body) : body)
  reply.end()
}

export function replyRefusal(
  reply: AgentReply,
  refusal: OpenAiRefusal,
  headers: Readonly<Record<string, string>> = {},
): void {
  const { status } = refusal
  const all = { ...refusal.headers, ...headers }
  replyJson(reply, { status, body: errorBody(refusal), headers: all })
}
