/*
 * One answer after the other, as their bytes come over a connection. It says what it reads as soon as it has it, and stops
 * where an answer ends: what follows there belongs to nobody who asked.
 *
 *   HEAD --1xx--> HEAD      HEAD --head--> BODY --its end--> WHOLE --begin--> HEAD      any --what is no answer--> MALFORMED
 */
import { JoinedBytes } from '../../base/joined-bytes.ts'
import type { AnswerHeaders } from '../answer-headers.ts'
import { type AnswerHead, readAnswerHead } from './answer-head.ts'
import { ChunkedBody } from './chunked-body.ts'
import { IncomingBytes } from './incoming-bytes.ts'

/** The longest head, interim answers before it included. */
const headBytesMax = 16 * 1024
const blankLine = Buffer.from('\r\n\r\n')
const protocol = Buffer.from('HTTP/1.')

/** Who is told of an answer while it is read. */
export type AnswerSink = {
  /** Whether what follows is to wait. */
  readonly isPaused: boolean
  answered(status: number, headers: AnswerHeaders): void
  received(chunk: Buffer): void
}

export class AnswerParser {
  #state: 'head' | 'body' | 'whole' | 'malformed' = 'head'
  #head: AnswerHead | undefined
  /** A head that did not come in one piece. */
  #begun: JoinedBytes | undefined
  #headBytes = 0
  #chunked: ChunkedBody | undefined
  /** Bytes of the body that are not here yet. */
  #left = 0

  /** Another request was sent: what comes next is its answer. */
  begin(): void {
    this.#state = 'head'
    this.#head = undefined
    this.#headBytes = 0
  }

  /** The head of the answer that is being read, or was read last. */
  get head(): AnswerHead | undefined {
    return this.#head
  }

  get isWhole(): boolean {
    return this.#state === 'whole'
  }

  get isMalformed(): boolean {
    return this.#state === 'malformed'
  }

  /** Reads on, to the end of the answer at most and no further than its sink wants. */
  read(incoming: IncomingBytes, sink: AnswerSink): void {
    if (this.#state === 'head') this.#readHead(incoming, sink)
    if (this.#state === 'body' && !sink.isPaused) this.#readBody(incoming, sink)
  }

  /** Nothing comes any more. */
  end(): void {
    if (this.#state === 'body' && this.#head?.body === 'until_close') this.#state = 'whole'
  }

  #readHead(incoming: IncomingBytes, sink: AnswerSink): void {
    let head = this.#nextHead(incoming)
    // Nobody asked for another protocol, and no other interim answer says anything that we need.
    while (head !== undefined && head.status < 200 && head.status !== 101) {
      head = this.#nextHead(incoming)
    }
    if (head === undefined) return
    this.#head = head
    if (head.status === 101) {
      this.#state = 'malformed'
      return
    }
    this.#state = 'body'
    this.#left = typeof head.body === 'number' ? head.body : 0
    this.#chunked = head.body === 'chunked' ? new ChunkedBody() : undefined
    sink.answered(head.status, head.headers)
    if (head.body === 0) this.#state = 'whole'
  }

  /** Undefined where it is not all here, or is malformed. */
  #nextHead(incoming: IncomingBytes): AnswerHead | undefined {
    const text = this.#nextHeadText(incoming)
    if (text === undefined) return undefined
    this.#headBytes += text.length
    const head = this.#headBytes > headBytesMax ? undefined : readAnswerHead(text)
    if (head === undefined) this.#state = 'malformed'
    return head
  }

  #nextHeadText(incoming: IncomingBytes): string | undefined {
    if (this.#begun === undefined) {
      const length = incoming.before(blankLine)
      if (length !== undefined) return headText(incoming, length)
      if (incoming.left === 0) return undefined
      this.#begun = new JoinedBytes()
    }
    // The line end may be cut in two: it is looked for from just before what is new.
    const searchFrom = Math.max(0, this.#begun.bytes.length - blankLine.length + 1)
    const before = this.#begun.bytes.length
    const { left } = incoming
    const bytes = this.#begun.add(incoming.take(left))
    const found = bytes.indexOf(blankLine, searchFrom)
    if (found === -1) {
      if (bytes.length > headBytesMax || !mayBeHead(bytes)) this.#state = 'malformed'
      return undefined
    }
    this.#begun = undefined
    incoming.giveBack(before + left - found - blankLine.length)
    return headText(IncomingBytes.own(bytes), found)
  }

  #readBody(incoming: IncomingBytes, sink: AnswerSink): void {
    if (incoming.left === 0) return
    if (this.#chunked !== undefined) {
      this.#readChunks(this.#chunked, incoming, sink)
      return
    }
    const isBounded = this.#head?.body !== 'until_close'
    const count = isBounded ? Math.min(this.#left, incoming.left) : incoming.left
    this.#left -= count
    if (isBounded && this.#left === 0) this.#state = 'whole'
    sink.received(incoming.take(count))
  }

  #readChunks(chunked: ChunkedBody, incoming: IncomingBytes, sink: AnswerSink): void {
    const data = chunked.read(incoming)
    if (chunked.isWhole) this.#state = 'whole'
    if (chunked.isMalformed) this.#state = 'malformed'
    if (data.length > 0) sink.received(data)
  }
}

/** With the end of its last line, without the empty one. */
function headText(incoming: IncomingBytes, length: number): string {
  const text = incoming.text(length + 2)
  incoming.skip(2)
  return text
}

/** What begins otherwise will not become an answer, however long one waits. */
const mayBeHead = (bytes: Buffer): boolean =>
  protocol.subarray(0, bytes.length).equals(bytes.subarray(0, protocol.length))
