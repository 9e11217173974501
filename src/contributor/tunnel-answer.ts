/*
 * One answer of the engine on its way through a tunnel, over as many connections as it takes.
 *
 * Invariants
 * A1 no more than `replayBytesMax` and what is being written is kept: the engine waits while the way is full or gone.
 * A2 what is kept is all that the gateway may lack: of what was written, never more than a stream's window is unread there.
 */
import { type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http'
import {
  constants,
  type Http2Session,
  type OutgoingHttpHeaders,
  type ServerHttp2Stream,
} from 'node:http2'
import { totalTrailer } from '../upstream/tunnel-exchange.ts'
import { replayBytesMax } from './limits.ts'
import type { EngineAddress } from './tunnel-exchanges.ts'

/** Headers of one connection, and a length that a resumed answer does not have. */
const notForwarded: ReadonlySet<string> = new Set([
  ...['connection', 'keep-alive', 'transfer-encoding', 'upgrade', 'content-length'],
])

export class TunnelAnswer {
  readonly #terms: { readonly graceMs: number; readonly onOver: () => void }
  readonly #asked: ClientRequest
  #received: IncomingMessage | undefined
  #stream: ServerHttp2Stream | undefined
  #dropping: NodeJS.Timeout | undefined
  readonly #kept: Buffer[] = []
  #keptBytes = 0
  #producedBytes = 0
  #isWhole = false
  #isOver = false

  constructor(
    engine: EngineAddress,
    request: {
      readonly path: string
      readonly headers: Readonly<Record<string, string>>
      readonly body: Buffer
    },
    terms: { readonly graceMs: number; readonly onOver: () => void },
  ) {
    this.#terms = terms
    this.#asked = httpRequest(new URL(request.path, engine.origin), {
      method: 'POST',
      headers: { ...request.headers, ...engine.headers, 'content-length': request.body.length },
    })
    this.#asked.on('response', (received) => this.#respond(received))
    this.#asked.on('error', () => this.#engineFailed())
    this.#asked.end(request.body)
  }

  /** Goes on over `stream` behind the first `from` bytes; false where it cannot any more. */
  attach(stream: ServerHttp2Stream, from: number): boolean {
    const keptFrom = this.#producedBytes - this.#keptBytes
    const isKnown = Number.isSafeInteger(from) && from >= keptFrom && from <= this.#producedBytes
    if (this.#isOver || !isKnown) return false
    clearTimeout(this.#dropping)
    const before = this.#stream
    this.#stream = stream
    before?.close(constants.NGHTTP2_NO_ERROR)
    stream.on('drain', () => this.#stream === stream && this.#received?.resume())
    // A stream that is closed does not know its connection any more.
    const { session } = stream
    stream.on('close', () => this.#closed(stream, session))
    if (this.#received !== undefined) this.#start(stream, from)
    return true
  }

  drop(): void {
    if (this.#isOver) return
    this.#isOver = true
    clearTimeout(this.#dropping)
    this.#asked.destroy()
    this.#stream?.close(constants.NGHTTP2_INTERNAL_ERROR)
    this.#terms.onOver()
  }

  #respond(received: IncomingMessage): void {
    this.#received = received
    received.on('data', (chunk: Buffer) => this.#take(chunk))
    received.on('end', () => {
      this.#isWhole = received.complete
      if (!this.#isWhole) this.#engineFailed()
      else this.#stream?.end()
    })
    received.on('error', () => this.#engineFailed())
    if (this.#stream === undefined) received.pause()
    else this.#start(this.#stream, 0)
  }

  /** Head and everything that is kept behind `from`. */
  #start(stream: ServerHttp2Stream, from: number): void {
    const received = this.#received
    if (received === undefined || stream.destroyed) return
    const headers: OutgoingHttpHeaders = { ':status': received.statusCode }
    for (const [name, value] of Object.entries(received.headers)) {
      if (!notForwarded.has(name)) headers[name] = value
    }
    stream.on('wantTrailers', () => stream.sendTrailers({ [totalTrailer]: this.#producedBytes }))
    stream.respond(headers, { waitForTrailers: true })
    let at = this.#producedBytes - this.#keptBytes
    let isFlowing = true
    for (const chunk of this.#kept) {
      if (at + chunk.length > from) isFlowing = stream.write(chunk.subarray(Math.max(0, from - at)))
      at += chunk.length
    }
    if (this.#isWhole) stream.end()
    else if (isFlowing) received.resume()
  }

  #take(chunk: Buffer): void {
    this.#kept.push(chunk)
    this.#keptBytes += chunk.length
    this.#producedBytes += chunk.length
    for (let [first] = this.#kept; first !== undefined; [first] = this.#kept) {
      if (this.#keptBytes - first.length < replayBytesMax) break
      this.#kept.shift()
      this.#keptBytes -= first.length
    }
    if (this.#stream?.write(chunk) !== true) this.#received?.pause()
  }

  #closed(stream: ServerHttp2Stream, session: Http2Session | undefined): void {
    if (this.#stream !== stream || this.#isOver) return
    this.#stream = undefined
    const { rstCode } = stream
    const isLost = session === undefined || session.destroyed || session.closed
    // What was written to the end may still be on its way: it is kept until the gateway says that it has it.
    if (!isLost && rstCode !== constants.NGHTTP2_NO_ERROR) {
      this.drop()
      return
    }
    this.#received?.pause()
    this.#dropping = setTimeout(() => this.drop(), this.#terms.graceMs)
  }

  /** The gateway sees a reset, which is what a connection to the engine itself would have shown it. */
  #engineFailed(): void {
    if (!this.#isWhole) this.drop()
  }
}
