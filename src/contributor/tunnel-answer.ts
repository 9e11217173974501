/*
 * One answer on its way through a tunnel, over as many connections as it takes.
 *
 * Invariants
 * A1 no more than `replayBytesMax` and what is being written is kept: whoever answers waits while the way is full or gone.
 * A2 what is kept is all that the gateway may lack: of what was written, never more than a stream's window is unread there.
 */
import { constants, type Http2Session, type ServerHttp2Stream } from 'node:http2'
import { totalTrailer } from '../upstream/tunnel-exchange.ts'
import type { AgentReply } from './agent-request.ts'
import { replayBytesMax } from './limits.ts'

type Head = { readonly status: number; readonly headers: Readonly<Record<string, string>> }

export class TunnelAnswer {
  /** What whoever answers is given. */
  readonly reply: AgentReply
  readonly #terms: { readonly graceMs: number; readonly onOver: () => void }
  #head: Head | undefined
  #stream: ServerHttp2Stream | undefined
  #dropping: NodeJS.Timeout | undefined
  #drained: () => void = () => {}
  #gone: () => void = () => {}
  readonly #kept: Buffer[] = []
  #keptBytes = 0
  #producedBytes = 0
  #isWhole = false
  #isOver = false

  constructor(terms: { readonly graceMs: number; readonly onOver: () => void }) {
    this.#terms = terms
    this.reply = {
      head: (status, headers) => {
        this.#head = { status, headers }
        if (this.#stream !== undefined) this.#start(this.#stream, 0)
      },
      write: (bytes) => this.#write(bytes),
      end: () => {
        this.#isWhole = true
        this.#stream?.end()
      },
      // The gateway sees a reset, which is what a connection to the engine itself would have shown it.
      fail: () => {
        if (!this.#isWhole) this.drop()
      },
      onDrain: (listener) => {
        this.#drained = listener
      },
      onGone: (listener) => {
        this.#gone = listener
        if (this.#isOver && !this.#isWhole) listener()
      },
    }
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
    stream.on('drain', () => this.#stream === stream && this.#drained())
    // A stream that is closed does not know its connection any more.
    const { session } = stream
    stream.on('close', () => this.#closed(stream, session))
    if (this.#head !== undefined) this.#start(stream, from)
    return true
  }

  drop(): void {
    if (this.#isOver) return
    this.#isOver = true
    clearTimeout(this.#dropping)
    this.#stream?.close(constants.NGHTTP2_INTERNAL_ERROR)
    this.#terms.onOver()
    if (!this.#isWhole) this.#gone()
  }

  /** Head and everything that is kept behind `from`. */
  #start(stream: ServerHttp2Stream, from: number): void {
    if (this.#head === undefined || stream.destroyed) return
    const { status, headers } = this.#head
    stream.on('wantTrailers', () => stream.sendTrailers({ [totalTrailer]: this.#producedBytes }))
    stream.respond({ ...headers, ':status': status }, { waitForTrailers: true })
    let at = this.#producedBytes - this.#keptBytes
    let isFlowing = true
    for (const chunk of this.#kept) {
      if (at + chunk.length > from) isFlowing = stream.write(chunk.subarray(Math.max(0, from - at)))
      at += chunk.length
    }
    if (this.#isWhole) stream.end()
    else if (isFlowing) this.#drained()
  }

  #write(chunk: Buffer): boolean {
    if (this.#isOver) return true
    this.#kept.push(chunk)
    this.#keptBytes += chunk.length
    this.#producedBytes += chunk.length
    for (let [first] = this.#kept; first !== undefined; [first] = this.#kept) {
      if (this.#keptBytes - first.length < replayBytesMax) break
      this.#kept.shift()
      this.#keptBytes -= first.length
    }
    return this.#stream?.write(chunk) === true
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
    this.#dropping = setTimeout(() => this.drop(), this.#terms.graceMs)
  }
}
