/*
 * One streamed answer on its way through the gateway: bytes in, whole events out, everything that the receipt needs
 * noted in passing.
 *
 *   WAITING --first content, finish or [DONE]--> COMMITTED --relayTo--> RELAYING --last event--> ENDED
 *   WAITING --anything wrong--> ENDED            (another contributor may still be tried)
 *                               RELAYING --anything wrong, client gone--> ENDED
 *
 * While the hold does not cover an event, it and all that follow it wait; nothing of them is sent, hashed or counted.
 * Before COMMITTED nothing reaches the client, so a failure there is silent. What closes a stream, the usage chunk and
 * `data: [DONE]`, is not forwarded here: the conductor sends `closing` once the receipt is durable.
 */
import { StreamTranscript, writtenBytes } from '../attestation/answer-transcript.ts'
import {
  checkpointEventsMax,
  checkpointIntervalMs,
  heldBackBytesMax,
  upstreamBodyBytesMax,
} from '../base/limits.ts'
import { err, ok, type Result } from '../base/result.ts'
import type { Refusal, UpstreamRefusal } from '../domain/refusal.ts'
import type { MeteredUsage, Usage } from '../domain/usage.ts'
import { type ChatEvent, type ChoiceDelta, withoutUsage } from '../upstream/chat-events.ts'
import type { OpenedAnswer } from '../upstream/open-answer.ts'
import { SseReader } from '../upstream/sse-reader.ts'
import type { AnswerClient } from './answer-client.ts'
import { closingEvents } from './closing-events.ts'
import { isAsked, type RelayTerms, type StreamEnd } from './relay-terms.ts'
import type { StreamCredit } from './stream-credit.ts'

type Chunk = Extract<ChatEvent, { kind: 'chunk' }>
const nothing = Buffer.alloc(0)

export class StreamRelay {
  readonly transcript: StreamTranscript
  /** Settles once: the answer has begun, or this contributor failed before it began. */
  readonly committed: Promise<Result<void, UpstreamRefusal>>
  usage: Usage | undefined
  encodedWork: string | undefined
  /** What the first event that was forwarded says. */
  answerId: unknown
  /** Events with content that were forwarded. */
  contentEvents = 0
  /** Its client read slower than it wrote at least once: its pace is not the contributor's own. */
  clientWasSlow = false

  readonly #terms: RelayTerms
  readonly #opened: OpenedAnswer
  readonly #reader = new SseReader()
  readonly #finished = new Set<number>()
  readonly #commit = Promise.withResolvers<Result<void, UpstreamRefusal>>()
  readonly #ended = Promise.withResolvers<StreamEnd>()
  #early: Buffer[] | undefined = []
  /** Events that the hold does not cover yet. */
  #unpaid: Buffer[] | undefined
  #earlyBytes = 0
  #lastChunk: Buffer | undefined
  #usageChunk: Buffer | undefined
  #client: AnswerClient | undefined
  #flowing = true
  #upstreamOver = false
  #doneSeen = false
  #isEnded = false
  #bytes = 0
  #checkpointEvents = 0
  #checkpointAtMs: number
  /** Undefined once it has begun. */
  #beginByMs: number | undefined

  constructor(opened: OpenedAnswer, terms: RelayTerms) {
    this.#opened = opened
    this.#terms = terms
    this.#checkpointAtMs = terms.nowMs()
    this.#beginByMs = this.#checkpointAtMs + terms.beginWithinMs
    this.transcript = new StreamTranscript(terms)
    this.committed = this.#commit.promise
    opened.flow({
      data: (chunk) => this.#data(chunk),
      end: () => this.#upstreamEnded(),
      fail: (refusal) => this.#fail(refusal),
    })
  }

  /** Forwards what was held back and all that follows. Resolves when the last event but [DONE] was handed over. */
  relayTo(client: AnswerClient, sentBefore?: Buffer): Promise<StreamEnd> {
    this.#client = client
    if (sentBefore?.length) this.transcript.preceded(sentBefore, this.#early ?? [])
    client.cancellation.onCancel(() => this.#end({ kind: 'client_gone' }))
    client.onDrain(() => {
      this.#flowing = true
      this.#resume()
    })
    this.#flowing = true
    for (const bytes of this.#early ?? []) this.#flowing = client.write(bytes)
    this.#early = undefined
    this.#checkpoint()
    this.#resume()
    return this.#ended.promise
  }

  /** The last bytes of a whole answer, once it is known what it costs. */
  closing(charged: MeteredUsage, end: 'complete' | 'budget_spent'): Buffer {
    const { dialect, format } = this.#terms
    if (dialect !== undefined) return dialect.closing(charged, end)
    const seen = { lastChunk: this.#lastChunk, usageChunk: this.#usageChunk }
    const tail = { ...this.#terms, ...seen, ...format, finished: this.#finished }
    return closingEvents(tail, charged, end)
  }

  /** The last bytes of a broken answer in the client's dialect; undefined where it has none. */
  failed(refusal: Refusal, requestId: string): Buffer | undefined {
    return this.#terms.dialect?.failed(refusal, requestId)
  }

  /** Ends the upstream: nobody waits for this answer any more. */
  abort(): void {
    this.#end({ kind: 'client_gone' })
  }

  #data(chunk: Buffer): boolean {
    if (this.#isEnded) {
      // Whoever goes on after the end would hold the connection for as long as it likes.
      this.#opened.abort()
      return true
    }
    this.#bytes += chunk.length
    const fits = this.#reader.push(chunk, (block) => this.#block(block))
    if (!fits || this.#bytes > upstreamBodyBytesMax) this.#fail({ reason: 'upstream_bad_response' })
    const isLate = this.#beginByMs !== undefined && this.#terms.nowMs() >= this.#beginByMs
    if (isLate) this.#fail({ reason: 'upstream_timeout' })
    return this.#flowing && this.#unpaid === undefined
  }

  #resume(): void {
    if (this.#flowing && this.#unpaid === undefined) this.#opened.resume()
  }

  #block(block: Buffer): void {
    if (this.#isEnded) return
    if (this.#unpaid !== undefined) {
      // A block is a view of the chunk that it came in.
      this.#unpaid.push(Buffer.from(block))
      return
    }
    const event = this.#terms.format.readEvent(block)
    switch (event.kind) {
      case 'chunk':
        this.#chunk(block, event)
        return
      case 'done':
        this.#done(block)
        return
      case 'work':
        this.encodedWork = event.encoded
        if (this.#doneSeen) this.#end({ kind: 'complete' })
        return
      case 'checkpoint':
        if (this.#terms.checkpoints?.take(event.encoded, this.transcript) !== false) return
        this.#fail({ reason: 'attestation_failed' })
        return
      case 'comment':
        this.transcript.replaced(block, nothing)
        return
      case 'error':
        this.#fail({ reason: 'upstream_unavailable', status: 500 })
        return
      case 'malformed':
        this.#fail({ reason: 'upstream_bad_response' })
    }
  }

  #chunk(block: Buffer, event: Chunk): void {
    // Content after the end, or a choice nobody asked for, would be answered but not attested.
    if (this.#doneSeen || event.deltas.some((delta) => !isAsked(this.#terms, delta))) {
      this.#fail({ reason: 'upstream_bad_response' })
      return
    }
    if (this.#terms.credit !== undefined && !this.#isPaid(block, event, this.#terms.credit)) return
    if (event.usage !== undefined) this.usage = event.usage
    if (event.deltas.length === 0) {
      if (event.usage !== undefined) this.#usageChunk = event.bytes
      this.transcript.replaced(block, nothing)
      return
    }
    const bytes = this.#forClient(event)
    if (bytes === block) this.transcript.passed(block)
    else this.transcript.replaced(block, bytes)
    if (this.#lastChunk === undefined) this.answerId = event.answerId
    this.#lastChunk = bytes
    this.#forward(bytes)
    this.#noteDeltas(event.deltas)
  }

  #forClient({ bytes, usage }: Chunk): Buffer {
    const { dialect, includeUsage } = this.#terms
    if (dialect !== undefined) return dialect.chunk(bytes)
    // Some engines report on every chunk; a client counts each report that it sees.
    return usage === undefined ? bytes : withoutUsage(bytes, includeUsage)
  }

  /** False when the event must wait until more is held. */
  #isPaid(block: Buffer, { deltas }: Chunk, credit: StreamCredit): boolean {
    const written = deltas.reduce((sum, delta) => sum + writtenBytes(delta), 0)
    const completionBytes = this.transcript.content.byteLength + written
    if (credit.covers(completionBytes)) return true
    this.#unpaid = [Buffer.from(block)]
    void credit.grow(completionBytes).then((granted) => {
      if (granted) this.#takeUnpaid()
      else this.#end({ kind: 'budget_spent' })
    })
    return false
  }

  #takeUnpaid(): void {
    const blocks = this.#unpaid ?? []
    this.#unpaid = undefined
    // One of them may have to wait again, and the rest behind it.
    for (const block of blocks) this.#block(block)
    if (this.#upstreamOver) this.#upstreamEnded()
    else this.#resume()
  }

  #noteDeltas(deltas: readonly ChoiceDelta[]): void {
    const { content } = this.transcript
    let begun = false
    for (const delta of deltas) {
      const bytesBefore = content.byteLength
      content.add(delta)
      const said = content.byteLength > bytesBefore
      if (said) this.contentEvents += 1
      if (delta.finishReason !== undefined) this.#finished.add(delta.index)
      begun ||= said || delta.finishReason !== undefined
    }
    if (begun && this.#early !== undefined) this.#begin()
    if (this.#client !== undefined) this.#checkpoint()
  }

  #checkpoint(): void {
    const events = this.contentEvents - this.#checkpointEvents
    if (events === 0) return
    const nowMs = this.#terms.nowMs()
    if (events < checkpointEventsMax && nowMs - this.#checkpointAtMs < checkpointIntervalMs) return
    this.#checkpointEvents = this.contentEvents
    this.#checkpointAtMs = nowMs
    this.#terms.onCheckpoint(this.contentEvents)
  }

  #forward(bytes: Buffer): void {
    if (bytes.length === 0) return
    if (this.#client !== undefined) {
      this.#flowing = this.#client.write(bytes)
      this.clientWasSlow ||= !this.#flowing
      return
    }
    this.#early?.push(bytes)
    this.#earlyBytes += bytes.length
    if (this.#earlyBytes <= heldBackBytesMax) return
    // More than that of nothing is not kept in hope of a better contributor.
    this.#begin()
    this.#flowing = false
  }

  #begin(): void {
    this.#beginByMs = undefined
    this.#commit.resolve(ok(undefined))
  }

  #done(block: Buffer): void {
    this.#doneSeen = true
    this.transcript.replaced(block, nothing)
    this.#begin()
    if (!this.#terms.expectsWork) this.#end({ kind: 'complete' })
  }

  #upstreamEnded(): void {
    this.#upstreamOver = true
    if (this.#isEnded || this.#unpaid !== undefined) return
    const { unfinished } = this.#reader
    // Some engines close after finish_reason without [DONE], or before its blank line; without either the answer was cut.
    const finished = unfinished.length === 0 && this.#finished.size >= this.#terms.choiceCount
    const done =
      this.#doneSeen || finished || this.#terms.format.readEvent(unfinished).kind === 'done'
    if (done) this.#end({ kind: 'complete' })
    else this.#fail({ reason: 'upstream_stream_interrupted' })
  }

  #fail(refusal: UpstreamRefusal): void {
    this.#end({ kind: 'failed', refusal })
  }

  #end(end: StreamEnd): void {
    if (this.#isEnded) return
    this.#isEnded = true
    if (end.kind !== 'complete') this.#opened.abort()
    this.#commit.resolve(end.kind === 'failed' ? err(end.refusal) : ok(undefined))
    this.#ended.resolve(end)
  }
}
