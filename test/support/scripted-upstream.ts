/*
 * An OpenAI-compatible upstream of our own that can be told to fail in every way that the field has seen. Real sockets;
 * what it says is decided per request by a script.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export type UpstreamRequest = {
  readonly path: string
  readonly headers: IncomingMessage['headers']
  readonly body: Buffer
  readonly json: Record<string, unknown>
  /** Resolves when the gateway closed the connection before the answer ended. */
  readonly left: Promise<void>
}

/** Answers one request, or never does. */
export type Script = (request: UpstreamRequest, response: ServerResponse) => void | Promise<void>

export type ScriptedUpstream = {
  readonly baseUrl: string
  /** Requests since the last `become`. */
  readonly requests: readonly UpstreamRequest[]
  /** The oldest request that was not taken from here before; waits for one when there is none. */
  readonly nextRequest: () => Promise<UpstreamRequest>
  readonly become: (script: Script) => void
  readonly close: () => Promise<void>
}

export async function startScriptedUpstream(
  script: Script = answerWell(),
): Promise<ScriptedUpstream> {
  let current = script
  const requests: UpstreamRequest[] = []
  const arrivals = new Arrivals()
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
      const { headers, url = '' } = incoming
      const request = { path: url, headers, body, json: jsonOf(headers, body), left }
      requests.push(request)
      arrivals.push(request)
      void current(request, response)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    requests,
    nextRequest: () => arrivals.next(),
    become: (next) => {
      current = next
      requests.length = 0
      arrivals.clear()
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/** A form has no JSON, the bytes of a tensor have none, and a question without a body neither. */
const jsonOf = (headers: IncomingMessage['headers'], body: Buffer): Record<string, unknown> =>
  body.length === 0 || /^(multipart|application\/octet-stream)/.test(headers['content-type'] ?? '')
    ? {}
    : JSON.parse(body.toString())

/** Requests in the order in which they came, for a test that waits for each. */
class Arrivals {
  readonly #arrived: UpstreamRequest[] = []
  readonly #waiting: ((request: UpstreamRequest) => void)[] = []

  push(request: UpstreamRequest): void {
    const waiting = this.#waiting.shift()
    if (waiting === undefined) this.#arrived.push(request)
    else waiting(request)
  }

  clear(): void {
    this.#arrived.length = 0
  }

  next(): Promise<UpstreamRequest> {
    const arrived = this.#arrived.shift()
    if (arrived !== undefined) return Promise.resolve(arrived)
    return new Promise((resolve) => this.#waiting.push(resolve))
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
    {
      index: 0,
      message: { role: 'assistant', content: text },
      finish_reason: 'stop',
      logprobs: null,
    },
  ],
  usage,
})

export const chunk = (
  delta: Record<string, unknown>,
  finishReason: string | null = null,
  index = 0,
): Record<string, unknown> => ({
  id: 'chatcmpl-1',
  object: 'chat.completion.chunk',
  created: 1,
  model: 'm',
  choices: [{ index, delta, finish_reason: finishReason, logprobs: null }],
})

export const usageChunk = (usage: unknown): Record<string, unknown> => ({
  ...chunk({}),
  choices: [],
  usage,
})

export const sse = (event: unknown): string => `data: ${JSON.stringify(event)}\n\n`
export const sseDone = 'data: [DONE]\n\n'

/** The events of an answer of one word, in their order; `sseDone` ends it. */
export const roleEvent: string = sse(chunk({ role: 'assistant', content: '' }))
export const wordEvent: string = sse(chunk({ content: 'word ' }))
export const stopEvent: string = sse(chunk({}, 'stop'))
export const usageEvent: string = sse(usageChunk(usageObject(5, 1)))

export function startSse(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' })
}

/** Writes one piece so that it leaves in a packet of its own, as far as one machine can tell. */
export function writePiece(response: ServerResponse, piece: string | Uint8Array): Promise<void> {
  return new Promise((resolve) => response.write(piece, () => setImmediate(resolve)))
}

/** A stream of exactly these bytes, ended or left open. */
export const streamBytes =
  (pieces: readonly (string | Uint8Array)[], ending: 'end' | 'cut' | 'hang' = 'end'): Script =>
  async (_request, response) => {
    startSse(response)
    response.flushHeaders()
    for (const piece of pieces) await writePiece(response, piece)
    if (ending === 'end') response.end()
    if (ending === 'cut') response.destroy()
  }

/** A status and a body, whatever was asked. */
export const answerStatus =
  (status: number, body: string, headers: Record<string, string> = {}): Script =>
  (_request, response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers })
    response.end(body)
  }

/** What an answer to this request must say that it is. */
export const typeAsked = ({ json }: UpstreamRequest): string =>
  json['stream'] === true ? 'text/event-stream' : 'application/json'

/** These bytes as they are, status line and all, and the end of the connection. `CONTENT-TYPE` becomes what was asked for. */
export const answerBytes =
  (...bytes: readonly (string | Uint8Array)[]): Script =>
  (request, response) => {
    const { socket } = response
    for (const piece of bytes) {
      const type = typeAsked(request)
      socket?.write(typeof piece === 'string' ? piece.replace('CONTENT-TYPE', type) : piece)
    }
    socket?.end()
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
