/*
 * An OpenAI-compatible upstream of our own that can be told to fail in every way that the field has seen. Real sockets;
 * what it says is decided per request by a script.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export type UpstreamRequest = {
  readonly headers: IncomingMessage['headers']
  readonly body: Buffer
  readonly json: Record<string, unknown>
}

/** Answers one request. `left` resolves when the gateway closed the connection before the answer ended. */
export type Script = (
  request: UpstreamRequest,
  response: ServerResponse,
  left: Promise<void>,
) => void | Promise<void>

export type ScriptedUpstream = {
  readonly baseUrl: string
  readonly requests: readonly UpstreamRequest[]
  readonly become: (script: Script) => void
  readonly close: () => Promise<void>
}

export async function startScriptedUpstream(script: Script = answerWell()): Promise<ScriptedUpstream> {
  let current = script
  const requests: UpstreamRequest[] = []
  const server = createServer((incoming, response) => {
    const left = new Promise<void>((resolve) => {
      response.on('close', () => {
        if (!response.writableFinished) resolve()
      })
    })
    const chunks: Buffer[] = []
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
    incoming.on('end', () => {
      const body = Buffer.concat(chunks)
      const request = { headers: incoming.headers, body, json: JSON.parse(body.toString()) }
      requests.push(request)
      void current(request, response, left)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    requests,
    become: (next) => {
      current = next
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

export const usageObject = (promptTokens: number, completionTokens: number) => ({
  prompt_tokens: promptTokens,
  completion_tokens: completionTokens,
  total_tokens: promptTokens + completionTokens,
})

export const completion = (text: string, usage: unknown = usageObject(5, 3)) => ({
  id: 'chatcmpl-1',
  object: 'chat.completion',
  created: 1,
  model: 'm',
  choices: [
    { index: 0, message: { role: 'assistant', content: text }, finish_reason: 'stop', logprobs: null },
  ],
  usage,
})

export const chunk = (
  delta: Record<string, unknown>,
  finishReason: string | null = null,
): Record<string, unknown> => ({
  id: 'chatcmpl-1',
  object: 'chat.completion.chunk',
  created: 1,
  model: 'm',
  choices: [{ index: 0, delta, finish_reason: finishReason, logprobs: null }],
})

export const usageChunk = (usage: unknown): Record<string, unknown> => ({
  ...chunk({}),
  choices: [],
  usage,
})

export const sse = (event: unknown): string => `data: ${JSON.stringify(event)}\n\n`
export const sseDone = 'data: [DONE]\n\n'

export function startSse(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' })
}

/** A well-behaved engine: the given words, unary or streamed, with usage where it was asked for. */
export const answerWell =
  (words: readonly string[] = ['Hello', ' there', '!']): Script =>
  (request, response) => {
    const usage = usageObject(5, words.length)
    if (request.json['stream'] !== true) {
      response.writeHead(200, { 'content-type': 'application/json' })
      response.end(JSON.stringify(completion(words.join(''), usage)))
      return
    }
    startSse(response)
    response.write(sse(chunk({ role: 'assistant', content: '' })))
    for (const word of words) response.write(sse(chunk({ content: word })))
    response.write(sse(chunk({}, 'stop')))
    const options = request.json['stream_options'] as { include_usage?: boolean } | undefined
    if (options?.include_usage === true) response.write(sse(usageChunk(usage)))
    response.end(sseDone)
  }
