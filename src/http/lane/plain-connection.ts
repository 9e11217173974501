/*
 * A connection as long as its requests are plain:
 *
 *   fresh --plain head--> asked --the body is whole--> answering --#ended, #flushed--> idle --plain head--> asked
 *     |                     |                                                            |
 *     |                     '--- end or timeout: the error of a broken request ---.      |
 *     '-- anything else ------------------ #handOver: Node's server ---------------------'
 *
 * 1. At most one request at a time is served; what comes behind it waits, and is looked at when its answer is out.
 * 2. A connection is handed over between two requests only, with every byte that has come and was not served.
 * 3. Once it is handed over, nothing here listens to it any more.
 */
import type { Socket } from 'node:net'
import { JoinedBytes } from '../../base/joined-bytes.ts'
import type { Exchange } from '../exchange.ts'
import { waitingBytesMax } from './limits.ts'
import { PlainAnswer } from './plain-answer.ts'
import { PlainRequest } from './plain-request.ts'
import { readPlainHead } from './read-plain-head.ts'

/** What a connection needs of the lane that it is in. */
export type LaneTerms = {
  /** By request line. */
  readonly routes: ReadonlyMap<string, (exchange: Exchange) => void>
  /** The rest of the connection is for Node's server, beginning with these bytes. */
  readonly handOver: (connection: PlainConnection, bytes: Buffer) => void
  /** Says what is wrong and closes. */
  readonly refuse: (error: { readonly code: string }, socket: Socket) => void
  readonly closed: (connection: PlainConnection) => void
  /** When something that may take so long from now on will have taken too long, on the clock of `expire`. */
  readonly deadlineMs: (wait: 'request' | 'next') => number
  /** How long a client may take nothing of an answer that is at its end. */
  readonly stallMs: number
  readonly isClosing: () => boolean
}

const nothing = Buffer.alloc(0)
const ignore = (): void => {}

export class PlainConnection {
  readonly socket: Socket
  readonly #lane: LaneTerms
  /** When whoever is connected has said too little for too long. */
  deadlineMs: number
  #answer: PlainAnswer | undefined
  #isFresh = true
  /** What came behind the request that is being served. */
  #waiting: JoinedBytes | undefined

  constructor(socket: Socket, lane: LaneTerms) {
    this.socket = socket
    this.#lane = lane
    this.deadlineMs = lane.deadlineMs('request')
    socket.on('data', this.#onData)
    socket.on('end', this.#onEnd)
    socket.on('drain', this.#onDrain)
    socket.on('timeout', this.#onTimeout)
    socket.on('close', this.#onClose)
    // The socket closes by itself then.
    socket.on('error', ignore)
  }

  /** Whether it was served and asks for nothing now. */
  get isIdle(): boolean {
    return this.#answer === undefined && !this.#isFresh
  }

  /** Its deadline is over. */
  expire(): void {
    if (this.isIdle) {
      this.socket.destroy()
      return
    }
    this.#refuse('ERR_HTTP_REQUEST_TIMEOUT')
  }

  readonly #onData = (bytes: Buffer): void => {
    if (this.#answer === undefined) this.#begin(bytes)
    else this.#continue(this.#answer.req, bytes)
  }

  #begin(bytes: Buffer): void {
    const head = readPlainHead(bytes, this.#lane.routes)
    if (head === undefined) {
      this.#leave()
      this.#lane.handOver(this, bytes)
      return
    }
    const { headers, length, bodyLength, route } = head
    const end = length + bodyLength
    if (end < bytes.length) this.#wait(bytes.subarray(end))
    const first = bytes.subarray(length, end)
    const incoming = new PlainRequest(this.socket, headers, { length: bodyLength, first })
    const outgoing = new PlainAnswer(incoming, this.#onEnded)
    this.#answer = outgoing
    this.#isFresh = false
    this.deadlineMs = incoming.complete
      ? Number.POSITIVE_INFINITY
      : this.#lane.deadlineMs('request')
    route({ incoming, outgoing })
  }

  #continue(request: PlainRequest, bytes: Buffer): void {
    const { missing } = request
    if (missing > 0) {
      if (bytes.length >= missing) this.deadlineMs = Number.POSITIVE_INFINITY
      request.take(bytes.length > missing ? bytes.subarray(0, missing) : bytes)
    }
    if (bytes.length > missing) this.#wait(bytes.subarray(missing))
  }

  #wait(bytes: Buffer): void {
    this.#waiting ??= new JoinedBytes()
    this.#waiting.add(bytes)
    if (this.#isCrowded) this.socket.pause()
  }

  get #isCrowded(): boolean {
    return this.#waiting !== undefined && this.#waiting.bytes.length > waitingBytesMax
  }

  readonly #onEnded = (): void => {
    // Whoever has left is told nothing: the close is on its way.
    if (!this.socket.writable) return
    if (this.socket.writableLength === 0) {
      this.#flushed()
      return
    }
    // Of a refusal nobody else minds whether it is taken.
    this.socket.setTimeout(this.#lane.stallMs)
    // Called when all before it is out.
    this.socket.write(nothing, (error) => error ?? this.#flushed())
  }

  #flushed(): void {
    const answer = this.#answer
    if (answer === undefined) return
    this.#answer = undefined
    answer.close({ finished: true })
    // The rest of a body that nobody wanted would be read as a request.
    if (answer.isLast || !answer.req.complete || this.#lane.isClosing()) {
      this.socket.destroySoon()
      return
    }
    if (this.socket.timeout) this.socket.setTimeout(0)
    this.deadlineMs = this.#lane.deadlineMs('next')
    if (this.#waiting !== undefined) process.nextTick(() => this.#beginWaiting())
    // Paused where its body was refused unread.
    else if (this.socket.isPaused()) this.socket.resume()
  }

  #beginWaiting(): void {
    const bytes = this.#waiting?.bytes
    this.#waiting = undefined
    if (bytes === undefined || this.socket.destroyed) return
    this.#begin(bytes)
    // What waits already is served first: each answer would make room for far more requests than its own.
    if (!this.#isCrowded) this.socket.resume()
  }

  /** As Node has it, whoever sends no more has left; with half a request it is told that this was none. */
  readonly #onEnd = (): void => {
    if (this.#answer?.req.complete === false) this.#refuse('HPE_INVALID_EOF_STATE')
    else this.socket.end()
  }

  #refuse(code: string): void {
    // Whoever does not close then is closed.
    this.deadlineMs = this.#lane.deadlineMs('request')
    this.#lane.refuse({ code }, this.socket)
  }

  readonly #onDrain = (): void => this.#answer?.drained()

  readonly #onTimeout = (): void => {
    this.socket.destroy()
  }

  readonly #onClose = (): void => {
    this.#lane.closed(this)
    const answer = this.#answer
    this.#answer = undefined
    answer?.req.cut()
    answer?.close({ finished: false })
  }

  #leave(): void {
    const { socket } = this
    socket.off('data', this.#onData)
    socket.off('end', this.#onEnd)
    socket.off('drain', this.#onDrain)
    socket.off('timeout', this.#onTimeout)
    socket.off('close', this.#onClose)
    socket.off('error', ignore)
  }
}
