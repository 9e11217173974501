/*
 * An engine of one kind on a loopback port that says what test/fixtures/engines recorded of it, in the very bytes. It waits
 * only where a test told it to, and tells a test who left.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import {
  type EngineKind,
  type EngineRecord,
  engineRecord,
  type RecordedBody,
  recordedFile,
} from './engine-records.ts'

export type EngineRequest = {
  readonly headers: IncomingMessage['headers']
  readonly body: Buffer
  readonly json: Readonly<Record<string, unknown>>
  /** Resolves when who asked went away before the answer had ended. */
  readonly left: Promise<void>
}

export type FixtureEngine = {
  readonly record: EngineRecord
  /** `http://127.0.0.1:<port>`. */
  readonly origin: string
  /** The same with `/v1`. */
  readonly baseUrl: string
  /** Chat completions that it was asked for, in their order. */
  readonly requests: readonly EngineRequest[]
  /** The oldest of them that was not taken from here before; waits for one when there is none. */
  readonly nextRequest: () => Promise<EngineRequest>
  /** From now on it gives this answer of its record: `text` at first. */
  readonly answer: (name: string) => void
  /** From now on it fails in this way of its record, whatever was asked. */
  readonly fail: (name: string) => void
  /** From now on it streams this file of its record to whoever asks for a stream. */
  readonly stream: (file: string) => void
  /** Streams stop before the event of this number, counted from zero, until `release`. */
  readonly holdBefore: (event: number) => Hold
  readonly close: () => Promise<void>
}

export type Hold = {
  /** Resolves when a stream has come so far. */
  readonly reached: Promise<void>
  readonly release: () => void
}

type Play = {
  readonly unary: RecordedBody
  readonly stream: RecordedBody
}

type OpenHold = { readonly event: number; readonly reached: () => void; readonly go: Promise<void> }

export async function startFixtureEngine(kind: EngineKind): Promise<FixtureEngine> {
  const record = engineRecord(kind)
  const answerOf = (name: string): Play => ({
    unary: { file: `${name}.json`, contentType: record.contentTypes.unary },
    stream: { file: `${name}.sse`, contentType: record.contentTypes.stream },
  })
  let play = answerOf('text')
  let hold: OpenHold | undefined
  const requests: EngineRequest[] = []
  const taken: EngineRequest[] = []
  const waiting: ((request: EngineRequest) => void)[] = []

  const chat = async (request: EngineRequest, response: ServerResponse): Promise<void> => {
    requests.push(request)
    const waiter = waiting.shift()
    if (waiter === undefined) taken.push(request)
    else waiter(request)
    const { unknownModel } = record.failures
    if (unknownModel !== undefined && request.json['model'] !== record.model) {
      return send(kind, response, unknownModel)
    }
    if (request.json['stream'] !== true) return send(kind, response, play.unary)
    if (play.stream.file === undefined) return send(kind, response, play.stream)
    response.writeHead(200, { 'content-type': play.stream.contentType })
    const events = eventsOf(recordedFile(kind, play.stream.file), request)
    for (const [index, event] of events.entries()) {
      if (hold?.event === index) {
        hold.reached()
        await hold.go
      }
      if (!response.writable) return
      response.write(event)
    }
    response.end()
  }

  const server = createServer((incoming, response) => {
    const chunks: Buffer[] = []
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
    incoming.on('end', () => {
      const route = `${incoming.method} ${incoming.url}`
      if (route === 'POST /v1/chat/completions') {
        void chat(requestOf(incoming, Buffer.concat(chunks), response), response)
      } else send(kind, response, record.routes[route] ?? record.notFound)
    })
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    record,
    origin,
    baseUrl: `${origin}/v1`,
    requests,
    nextRequest: () => {
      const request = taken.shift()
      return request === undefined
        ? new Promise((got) => waiting.push(got))
        : Promise.resolve(request)
    },
    answer: (name) => {
      play = answerOf(name)
    },
    fail: (name) => {
      const failure = record.failures[name]
      if (failure === undefined) throw new Error(`${kind} has no failure "${name}"`)
      play = { unary: failure, stream: failure }
    },
    stream: (file) => {
      play = { ...play, stream: { file, contentType: record.contentTypes.stream } }
    },
    holdBefore: (event) => {
      const arrival = Promise.withResolvers<void>()
      const leave = Promise.withResolvers<void>()
      hold = { event, reached: arrival.resolve, go: leave.promise }
      return {
        reached: arrival.promise,
        release: () => {
          hold = undefined
          leave.resolve()
        },
      }
    },
    close: () =>
      new Promise((closed) => {
        server.close(() => closed())
        server.closeAllConnections()
      }),
  }
}

function requestOf(
  { headers }: IncomingMessage,
  body: Buffer,
  response: ServerResponse,
): EngineRequest {
  const left = new Promise<void>((gone) => {
    response.on('close', () => {
      if (!response.writableFinished) gone()
    })
  })
  return { headers, body, json: JSON.parse(body.toString()), left }
}

function send(kind: EngineKind, response: ServerResponse, body: RecordedBody): void {
  const { status = 200, json, text, file } = body
  const isJson = json !== undefined || file?.endsWith('.json') === true
  const contentType = body.contentType ?? (isJson ? 'application/json' : 'text/plain')
  response.writeHead(status, { 'content-type': contentType })
  const recorded = file === undefined ? text : recordedFile(kind, file)
  // Files of JSON are kept in lines; engines send it in one.
  response.end(isJson ? JSON.stringify(json ?? JSON.parse(recorded ?? '')) : recorded)
}

/** Each with the blank line that ends it. Usage is for who asked for it: no engine sends that event to anybody else. */
function eventsOf(stream: string, { json }: EngineRequest): readonly string[] {
  const options = json['stream_options'] as { readonly include_usage?: boolean } | undefined
  return stream
    .split(/(?<=\n\n)/)
    .filter((event) => options?.include_usage === true || !event.includes('"choices":[]'))
}
