/*
 * Answers to plain requests, byte for byte as Node's server would write them but for where chunks of a stream begin. What is
 * written in one tick goes out together, in one buffer with the head: a system call costs more than copying a kilobyte.
 */
import type { Socket } from 'node:net'
import type { Outgoing } from '../exchange.ts'
import { headText, trailersText } from './head-text.ts'
import { joinedBytesMax } from './limits.ts'
import type { PlainRequest } from './plain-request.ts'

const nothing = Buffer.alloc(0)

export class PlainAnswer implements Outgoing {
  readonly req: PlainRequest
  readonly socket: Socket
  headersSent = false
  destroyed = false
  writableFinished = false
  /** Whether its connection closes behind it. */
  isLast = false
  readonly #ended: () => void
  #named: Readonly<Record<string, string>> | undefined
  /** Until it is sent. */
  #head = ''
  #trailers = ''
  #isChunked = false
  #isEnded = false
  /** Written in this tick. */
  #pieces: Buffer[] = []
  #pieceBytes = 0
  #closed: (() => void) | undefined
  #drained: (() => void) | undefined

  /** `ended` is called when the last bytes were handed to the socket. */
  constructor(req: PlainRequest, ended: () => void) {
    this.req = req
    this.socket = req.socket
    this.#ended = ended
  }

  setHeader(name: string, value: string): void {
    this.#named = { ...this.#named, [name]: value }
  }

  writeHead(status: number, told: Readonly<Record<string, string | number>>): void {
    const headers = this.#named === undefined ? told : { ...this.#named, ...told }
    this.#head = headText(status, headers)
    this.isLast = headers['connection'] === 'close'
    this.#isChunked = headers['content-length'] === undefined
    this.headersSent = true
  }

  write(bytes: Buffer): boolean {
    if (this.#pieces.length === 0) process.nextTick(() => this.#isEnded || this.#flush())
    this.#add(bytes)
    if (this.#pieceBytes >= joinedBytesMax) this.#flush()
    return !this.socket.writableNeedDrain
  }

  addTrailers(trailers: Readonly<Record<string, string>>): void {
    this.#trailers = trailersText(trailers)
  }

  end(bytes: Buffer = nothing): void {
    if (this.#isEnded) return
    this.#isEnded = true
    this.#add(bytes)
    this.#flush()
    this.#ended()
  }

  on(event: 'close' | 'drain', listener: () => void): this {
    if (event === 'close') this.#closed = both(this.#closed, listener)
    else this.#drained = both(this.#drained, listener)
    return this
  }

  setTimeout(ms: number): void {
    this.socket.setTimeout(ms)
  }

  destroy(): void {
    this.destroyed = true
    // Once it is out, the connection belongs to the next one.
    if (!this.writableFinished) this.socket.destroy()
  }

  /** The socket has room again. */
  drained(): void {
    if (!this.#isEnded) this.#drained?.()
  }

  /** It went out, or never will. */
  close(how: { readonly finished: boolean }): void {
    this.writableFinished = how.finished
    this.destroyed = true
    this.#closed?.()
  }

  #add(bytes: Buffer): void {
    this.#pieces.push(bytes)
    this.#pieceBytes += bytes.length
  }

  #flush(): void {
    const pieces = this.#pieces
    const length = this.#pieceBytes
    let before = this.#head
    let after = ''
    // A chunk of length 0 would be the end.
    if (this.#isChunked && length > 0) {
      before += `${length.toString(16)}\r\n`
      after = '\r\n'
    }
    if (this.#isChunked && this.#isEnded) after += `0\r\n${this.#trailers}\r\n`
    this.#head = ''
    this.#pieces = []
    this.#pieceBytes = 0
    if (this.socket.writable && before.length + length + after.length > 0) {
      writeTogether(this.socket, { before, pieces, length, after })
    }
  }
}

const both = (first: (() => void) | undefined, second: () => void): (() => void) =>
  first === undefined
    ? second
    : () => {
        first()
        second()
      }

/** Where answers are put together. Nearly always the kernel takes all of it at once; otherwise it is the socket's. */
let joined = Buffer.allocUnsafeSlow(joinedBytesMax)

function writeTogether(
  socket: Socket,
  parts: {
    readonly before: string
    readonly pieces: readonly Buffer[]
    /** Of all pieces. */
    readonly length: number
    readonly after: string
  },
): void {
  const { before, pieces, length, after } = parts
  const total = before.length + length + after.length
  if (total > joinedBytesMax) {
    socket.cork()
    socket.write(before, 'latin1')
    for (const piece of pieces) socket.write(piece)
    socket.write(after, 'latin1')
    socket.uncork()
    return
  }
  let at = joined.write(before, 'latin1')
  for (const piece of pieces) at += piece.copy(joined, at)
  joined.write(after, at, 'latin1')
  socket.write(joined.subarray(0, total))
  if (socket.writableLength > 0) joined = Buffer.allocUnsafeSlow(joinedBytesMax)
}
