/*
 * A contributor's end of a tunnel: requests that come through it are answered in this process, by the agent or by whatever
 * forwards them. Of an answer is kept what the gateway may not have yet, so that an exchange survives its connection.
 *
 *   RUNNING --connection lost--> DETACHED --asked for again--> RUNNING
 *   DETACHED --nobody asks for `graceMs`--> DROPPED        RUNNING --reset by the gateway--> DROPPED
 */
import {
  constants,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2'
import { requestBodyBytesMax } from '../base/limits.ts'
import type { Result } from '../base/result.ts'
import type { Signature } from '../domain/units.ts'
import {
  donePath,
  exchangeHeader,
  greetingPath,
  resumePathPrefix,
} from '../upstream/tunnel-exchange.ts'
import type { Answerer } from './agent-request.ts'
import { TunnelAnswer } from './tunnel-answer.ts'

/** Every exchange of one contributor, whichever connection it came over. */
export class TunnelExchanges {
  readonly #answerer: Answerer
  readonly #graceMs: number
  readonly #answers = new Map<string, TunnelAnswer>()

  /** `graceMs`: how long an answer is kept for a gateway whose connection broke. */
  constructor(answerer: Answerer, graceMs: number) {
    this.#answerer = answerer
    this.#graceMs = graceMs
  }

  get inFlight(): number {
    return this.#answers.size
  }

  /** Serves whatever comes over a connection, once `greet` has answered who opened it. */
  serve(session: ServerHttp2Session, greet: Greet): void {
    let isGreeted = false
    session.on('stream', (stream, headers) => {
      stream.on('error', () => {})
      const { ':method': method, ':path': path = '', [exchangeHeader]: id } = headers
      if (path === greetingPath) {
        void answerWith(stream, greet).then((accepted) => {
          isGreeted ||= accepted
        })
      } else if (!isGreeted) refuse(stream, 401)
      else if (method === 'GET' && path.startsWith(resumePathPrefix)) this.#resume(stream, path)
      else if (path === donePath) void this.#forget(stream)
      else if (typeof id === 'string') void this.#begin(stream, headers, id)
      else refuse(stream, 404)
    })
  }

  /** Ends everything that is on its way. */
  close(): void {
    for (const answer of this.#answers.values()) answer.drop()
  }

  async #begin(stream: ServerHttp2Stream, headers: IncomingHttpHeaders, id: string): Promise<void> {
    const body = await readBody(stream)
    if (body === undefined || this.#answers.has(id)) return refuse(stream, 413)
    const answer = new TunnelAnswer({
      graceMs: this.#graceMs,
      onOver: () => this.#answers.delete(id),
    })
    this.#answers.set(id, answer)
    answer.attach(stream, 0)
    const { ':method': method = 'GET', ':path': path = '/' } = headers
    this.#answerer.answer({ method, path, headers: ofRequest(headers), body }, answer.reply)
  }

  async #forget(stream: ServerHttp2Stream): Promise<void> {
    const ids = await readBody(stream)
    for (const id of ids?.toString().split('\n') ?? []) this.#answers.get(id)?.drop()
    if (!stream.destroyed) stream.respond({ ':status': 204 }, { endStream: true })
  }

  #resume(stream: ServerHttp2Stream, path: string): void {
    const url = new URL(path, 'http://tunnel')
    const answer = this.#answers.get(url.pathname.slice(resumePathPrefix.length))
    const from = Number(url.searchParams.get('from') ?? Number.NaN)
    if (answer?.attach(stream, from) !== true) refuse(stream, 410)
  }
}

/** Judges the gateway's first words. The error is one line for the log. */
export type Greet = (text: string) => Result<Signature, string>

/** Whether the gateway was the one that was meant; another is told nothing and hung up on. */
async function answerWith(stream: ServerHttp2Stream, greet: Greet): Promise<boolean> {
  const body = await readBody(stream)
  const answer = greet(body?.toString() ?? '')
  if (!answer.ok) {
    stream.session?.destroy()
    return false
  }
  if (stream.destroyed) return false
  stream.respond({ ':status': 200 })
  stream.end(JSON.stringify({ signature: answer.value }))
  return true
}

function refuse(stream: ServerHttp2Stream, status: number): void {
  if (!stream.destroyed && !stream.headersSent) {
    stream.respond({ ':status': status }, { endStream: true })
  }
}

/** Undefined where it is too long, or its sender left. */
async function readBody(stream: ServerHttp2Stream): Promise<Buffer | undefined> {
  const chunks: Buffer[] = []
  let bytes = 0
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      bytes += chunk.length
      if (bytes > requestBodyBytesMax) return undefined
      chunks.push(chunk)
    }
  } catch {
    return undefined
  }
  return stream.rstCode === constants.NGHTTP2_NO_ERROR ? Buffer.concat(chunks) : undefined
}

/** What says something of the tunnel and not of the request stays here. */
const ofRequest = (headers: IncomingHttpHeaders): Record<string, string> =>
  Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      name.startsWith(':') || name === exchangeHeader || typeof value !== 'string'
        ? []
        : [[name, value]],
    ),
  )
