/*
 * One keep-alive HTTP/1.1 connection of the load, on a raw socket: request bytes out, one answer read and judged at a time.
 *
 *   IDLE --ask--> HEAD --blank line--> BODY --last byte--> IDLE
 *                 any --reset, bad answer, drop--> CLOSED (the next ask connects anew)
 */
import { connect, type Socket } from 'node:net'
import { type Kind, stampIn, streamAnswer, unaryAnswer } from './traffic.ts'

/** What one request came to. Times are milliseconds from the moment the request was written. */
export type Answer = {
  /** Undefined for the expected answer, else what is wrong with it. */
  readonly fault: string | undefined
  readonly firstByteMs: number
  readonly lastByteMs: number
}

export type Target = { readonly host: string; readonly port: number }

// One buffer serves all sockets: a read is looked at before the next one is made.
const readBuffer = Buffer.allocUnsafe(256 * 1024)
const headEnd = Buffer.from('\r\n\r\n')
const streamEnd = Buffer.from('data: [DONE]\n\n')

export class ClientConnection {
  /** Payload bytes of streams, framing excluded: what chunks are counted by. */
  static streamedBytes = 0

  readonly #target: Target
  #onDelay: ((delayMs: number) => void) | undefined
  #socket: Socket | undefined
  #kind: Kind = 'unary'
  #onAnswer: ((answer: Answer) => void) | undefined
  #askedAtMs = 0
  #firstByteMs = 0
  #head: Buffer | undefined
  #inHead = true
  #body = new BodyReader(0, false)
  #seen = 0
  #intact = true

  constructor(target: Target) {
    this.#target = target
  }

  /** `onDelay` is told how long an event of a paced stream was on its way. */
  ask(
    request: { readonly kind: Kind; readonly bytes: Buffer },
    onAnswer: (answer: Answer) => void,
    onDelay?: (delayMs: number) => void,
  ): void {
    this.#kind = request.kind
    this.#onAnswer = onAnswer
    this.#onDelay = onDelay
    this.#inHead = true
    this.#head = undefined
    this.#firstByteMs = 0
    this.#seen = 0
    this.#intact = true
    this.#socket ??= this.#connect()
    this.#askedAtMs = performance.now()
    this.#socket.write(request.bytes)
  }

  /** Closes the connection under whatever is on its way; the answer in progress is never told. */
  drop(): void {
    this.#onAnswer = undefined
    this.#socket?.destroy()
    this.#socket = undefined
  }

  #connect(): Socket {
    const socket = connect({
      ...this.#target,
      noDelay: true,
      onread: {
        buffer: readBuffer,
        callback: (length) => {
          if (this.#socket === socket) this.#read(readBuffer.subarray(0, length))
          return true
        },
      },
    })
    const lost = (why: string) => {
      if (this.#socket !== socket) return
      this.#socket = undefined
      this.#end(why)
    }
    socket.on('error', (error: NodeJS.ErrnoException) => lost(error.code ?? error.message))
    socket.on('close', () => lost('connection closed'))
    return socket
  }

  #read(bytes: Buffer): void {
    if (this.#onAnswer === undefined) {
      this.drop()
      return
    }
    const body = this.#inHead ? this.#readHead(bytes) : bytes
    if (body === undefined) return
    const ended = this.#body.read(body, (piece) => this.#payload(piece))
    if (!ended) return
    this.#end(this.#verdict())
  }

  /** The bytes behind the head; undefined while it is not whole, or when it is not a good one. */
  #readHead(bytes: Buffer): Buffer | undefined {
    const head = this.#head === undefined ? bytes : Buffer.concat([this.#head, bytes])
    const end = head.indexOf(headEnd)
    if (end === -1) {
      this.#head = Buffer.from(head)
      return undefined
    }
    const text = head.toString('latin1', 0, end)
    if (!text.startsWith('HTTP/1.1 200 ')) {
      this.#fail(`status ${text.slice(9, 12)}: ${head.toString('latin1', end + 4, end + 300)}`)
      return undefined
    }
    const length = /\r\ncontent-length: (\d+)/i.exec(text)?.[1]
    if (length === undefined && !/\r\ntransfer-encoding: chunked/i.test(text)) {
      this.#fail('an answer without length')
      return undefined
    }
    this.#inHead = false
    this.#body = new BodyReader(Number(length ?? 0), length === undefined)
    return head.subarray(end + headEnd.length)
  }

  #payload(piece: Buffer): void {
    if (this.#firstByteMs === 0) this.#firstByteMs = performance.now() - this.#askedAtMs
    const expected = this.#kind === 'unary' ? unaryAnswer : streamAnswer
    const end = this.#seen + piece.length
    if (this.#kind !== 'unary') ClientConnection.streamedBytes += piece.length
    if (this.#kind === 'paced') {
      // Each event carries its own time, so only the end is compared; the length is, below.
      if (end === expected.length)
        this.#intact = piece.subarray(-streamEnd.length).equals(streamEnd)
      if (this.#onDelay !== undefined) this.#noteDelay(piece)
    } else {
      this.#intact &&=
        end <= expected.length && piece.compare(expected, this.#seen, end, 0, piece.length) === 0
    }
    this.#seen = end
  }

  #noteDelay(piece: Buffer): void {
    const sentAtMs = stampIn(piece)
    if (sentAtMs !== undefined && sentAtMs > 0) this.#onDelay?.(performance.now() - sentAtMs)
  }

  #verdict(): string | undefined {
    const expected = this.#kind === 'unary' ? unaryAnswer : streamAnswer
    if (this.#seen !== expected.length) return `${this.#seen} bytes for ${expected.length}`
    return this.#intact ? undefined : 'other bytes than the upstream sent'
  }

  #fail(fault: string): void {
    const socket = this.#socket
    this.#socket = undefined
    socket?.destroy()
    this.#end(fault)
  }

  #end(fault: string | undefined): void {
    const onAnswer = this.#onAnswer
    this.#onAnswer = undefined
    const lastByteMs = performance.now() - this.#askedAtMs
    onAnswer?.({ fault, firstByteMs: this.#firstByteMs, lastByteMs })
  }
}

const lf = 0x0a
const crlfBytes = 2

/** Takes a body out of its framing: a known length, or chunks (RFC 9112, section 7.1). */
class BodyReader {
  readonly #chunked: boolean
  #left: number
  #sizeLine = ''
  #isLastChunk = false

  constructor(length: number, chunked: boolean) {
    this.#chunked = chunked
    this.#left = chunked ? 0 : length
  }

  /** Hands on the payload in `bytes`. True when the body has ended. */
  read(bytes: Buffer, onPayload: (piece: Buffer) => void): boolean {
    if (!this.#chunked) {
      this.#left -= bytes.length
      onPayload(bytes)
      return this.#left <= 0
    }
    let at = 0
    while (at < bytes.length) {
      if (this.#left > 0) {
        const end = Math.min(at + this.#left, bytes.length)
        // `left` counts the line end behind the chunk too, which is no payload.
        const payload = Math.min(end - at, Math.max(0, this.#left - crlfBytes))
        if (payload > 0) onPayload(bytes.subarray(at, at + payload))
        this.#left -= end - at
        at = end
        if (this.#left === 0 && this.#isLastChunk) return true
        continue
      }
      const lineEnd = bytes.indexOf(lf, at)
      if (lineEnd === -1) {
        this.#sizeLine += bytes.toString('latin1', at)
        return false
      }
      const size = Number.parseInt(this.#sizeLine + bytes.toString('latin1', at, lineEnd), 16)
      this.#sizeLine = ''
      this.#isLastChunk = size === 0
      this.#left = size + crlfBytes
      at = lineEnd + 1
    }
    return false
  }
}
