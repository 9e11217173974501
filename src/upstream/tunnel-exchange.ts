/*
 * One request through a tunnel and its answer, over as many connections as it takes: when the tunnel breaks, the exchange
 * waits for the contributor to dial in again and goes on at the byte that it had reached.
 *
 *   SENT --headers--> OPEN --end--> ENDED
 *   SENT, OPEN --connection lost--> BROKEN --dialled in again--> SENT or OPEN, at the same byte
 *   BROKEN --not in time--> FAILED          any --abort, reset, silence--> FAILED
 */
import type { ClientHttp2Session, ClientHttp2Stream, IncomingHttpHeaders } from 'node:http2'
import { constants } from 'node:http2'
import { heedHeaders } from './answer-headers.ts'
import type { Exchange, ExchangeFault, ExchangeListener, ExchangeRequest } from './exchange.ts'

export type TunnelRequest = ExchangeRequest & {
  /** Between two pieces of the body, while they are taken and the tunnel stands. */
  readonly idleTimeoutMs: number
}

/** Names an exchange to the agent, which keeps what it sent of it until the other side has it. */
export const exchangeHeader = 'x-vouch-exchange'
/** Where an agent goes on with an exchange: `{prefix}{id}?from={bytes that arrived}`. */
export const resumePathPrefix = '/tunnel/exchanges/'

/** Where the gateway says who it is, and asks who is there. */
export const greetingPath = '/tunnel/open'
/** Who dials in, and a number that it never used before. */
export const contributorHeader = 'x-vouch-contributor'
export const nonceHeader = 'x-vouch-nonce'
/** Where an agent is told, a line each, of exchanges that are over: what it keeps of them is not needed any more. */
export const donePath = '/tunnel/done'
/** How many bytes the whole answer has, once it is whole. */
export const totalTrailer = 'x-vouch-bytes'

/** The protocol that a contributor asks for when it dials in: HTTP/2 whose client is the one that was dialled. */
export const tunnelProtocol = 'vouch-tunnel/1'
/** What may be on its way to one exchange unread. */
export const tunnelWindowBytes: number = 256 * 1024

export class TunnelExchange implements Exchange {
  readonly #id: string
  readonly #request: TunnelRequest
  readonly #listener: ExchangeListener
  readonly #onEnded: () => void
  #stream: ClientHttp2Stream | undefined
  #timer: NodeJS.Timeout | undefined
  #opened = false
  #idleUntilMs = 0
  readonly #resumeMs: number
  #receivedBytes = 0
  #paused = false
  #isOver = false

  constructor(
    id: string,
    request: TunnelRequest,
    watched: {
      readonly listener: ExchangeListener
      readonly onEnded: () => void
      /** How long its tunnel waits for another connection. */
      readonly resumeMs: number
    },
  ) {
    this.#id = id
    this.#request = request
    this.#resumeMs = watched.resumeMs
    this.#listener = watched.listener
    this.#onEnded = watched.onEnded
    this.#wait(request.headersTimeoutMs, 'overdue')
    this.#listener.started(this)
  }

  get isOver(): boolean {
    return this.#isOver
  }

  /** Over a connection that stands: asks, or goes on where it was. */
  sendOver(session: ClientHttp2Session): void {
    if (this.#isOver) return
    const isFirst = this.#stream === undefined
    const { method, path, headers, body } = this.#request
    const from = `${resumePathPrefix}${this.#id}?from=${this.#receivedBytes}`
    const stream = session.request(
      isFirst
        ? { ...headers, ...identity, [exchangeHeader]: this.#id, ':method': method, ':path': path }
        : { ':method': 'GET', ':path': from },
      { endStream: !isFirst },
    )
    this.#stream = stream
    if (isFirst) stream.end(body)
    else if (this.#opened && !this.#paused) this.#waitOn()
    this.#listen(session, stream)
  }

  /** The connection broke: how long that may take is the tunnel's to say. */
  interrupted(): void {
    if (this.#opened) clearTimeout(this.#timer)
  }

  pause(): void {
    this.#paused = true
    clearTimeout(this.#timer)
    this.#stream?.pause()
  }

  resume(): void {
    if (!this.#paused || this.#isOver) return
    this.#paused = false
    this.#waitForMore()
    this.#stream?.resume()
  }

  abort(): void {
    this.fail('aborted')
  }

  fail(fault: ExchangeFault): void {
    if (!this.#end()) return
    this.#stream?.close(constants.NGHTTP2_CANCEL)
    this.#listener.failed(fault)
  }

  #listen(session: ClientHttp2Session, stream: ClientHttp2Stream): void {
    // A stream that is not this exchange's any more has nothing to say to it.
    const isCurrent = (): boolean => this.#stream === stream && !this.#isOver
    let totalBytes: number | undefined
    stream.on('response', (headers) => {
      if (isCurrent()) this.#respond(headers)
    })
    stream.on('data', (chunk: Buffer) => {
      if (isCurrent()) this.#take(chunk)
    })
    stream.on('trailers', (trailers) => {
      totalBytes = Number(trailers[totalTrailer])
    })
    // A stream ends when its connection breaks, too: only the whole sum says that nothing is missing.
    stream.on('end', () => {
      if (isCurrent() && totalBytes === this.#receivedBytes) this.#finish()
    })
    stream.on('error', () => {})
    stream.on('close', () => {
      // Where the connection broke, the tunnel says when there is another.
      if (isCurrent() && !session.destroyed && !session.closed) this.fail('interrupted')
    })
  }

  #respond(headers: IncomingHttpHeaders & { readonly ':status'?: number | undefined }): void {
    const { ':status': status = 0, ...others } = headers
    if (this.#opened) {
      // The agent does not know the exchange any more: what came of it cannot be continued.
      if (status !== 200) this.fail('interrupted')
      return
    }
    this.#opened = true
    this.#waitForMore()
    this.#listener.answered(status, heedHeaders(others))
  }

  #take(chunk: Buffer): void {
    this.#receivedBytes += chunk.length
    this.#waitForMore()
    this.#listener.received(chunk)
  }

  #finish(): void {
    if (this.#end()) this.#listener.ended()
  }

  /** False when it was over before. */
  #end(): boolean {
    if (this.#isOver) return false
    this.#isOver = true
    clearTimeout(this.#timer)
    this.#onEnded()
    return true
  }

  #waitForMore(): void {
    if (this.#paused || this.#isOver) return
    const { idleTimeoutMs } = this.#request
    this.#idleUntilMs = performance.now() + idleTimeoutMs
    this.#wait(idleTimeoutMs, 'stalled')
  }

  /** Dialling in again is no sign of life of the answer: since its last byte no more than both times together may pass. */
  #waitOn(): void {
    const leftMs = this.#idleUntilMs + this.#resumeMs - performance.now()
    this.#wait(Math.max(1, leftMs), 'stalled')
  }

  #wait(ms: number, fault: ExchangeFault): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.fail(fault), ms)
  }
}

/** No encoding is asked for: without a word on it any would be acceptable (RFC 9110, section 12.5.3). */
const identity = { 'accept-encoding': 'identity' } as const
