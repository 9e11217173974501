/*
 * One streamed answer on its way from the engine: bytes in, whole events out, hashed and counted in passing.
 *
 *   OPEN --first event--> FLOWING --[DONE], or an end behind the last finish_reason--> COMPLETE
 *   OPEN, FLOWING --anything wrong--> FAILED         --the asker left--> GONE
 *
 * Invariants
 * R1 the asker is sent exactly the events that were hashed, each whole, and our own comments, which are not
 * R2 `data: [DONE]` is sent by whoever signs, together with the Work: an answer whose end was seen has one
 */
import { type ReceivedHashes, StreamTranscript } from '../attestation/answer-transcript.ts'
import { upstreamBodyBytesMax } from '../base/limits.ts'
import type { Bytes32 } from '../domain/units.ts'
import type { Usage } from '../domain/usage.ts'
import { completionTokensAtMost } from '../metering/settle-usage.ts'
import { answerFormats } from '../upstream/answer-formats.ts'
import type { ChatEvent } from '../upstream/chat-events.ts'
import type { OpenedAnswer } from '../upstream/open-answer.ts'
import { SseReader } from '../upstream/sse-reader.ts'
import type { AgentReply } from './agent-request.ts'
import type { SignedEndpoint } from './asked-answer.ts'
import type { Job } from './job-headers.ts'
import { joinBlocks, plainBlock } from './sse-block.ts'
import type { StreamCheckpoints } from './stream-checkpoints.ts'
import type { StreamOpening } from './stream-opening.ts'
import type { ToldTokens } from './told-tokens.ts'

export type RelayEnd =
  | { readonly kind: 'complete'; readonly hashes: ReceivedHashes }
  | {
      readonly kind: 'failed'
      readonly why: 'engine_failed' | 'engine_answer_unusable' | 'engine_cut'
    }
  | { readonly kind: 'client_gone' }

export type RelayTerms = {
  readonly job: Job
  readonly inputHash: Bytes32
  readonly endpoint: SignedEndpoint
  readonly choiceCount: number
  readonly checkpoints: StreamCheckpoints
  readonly reply: AgentReply
  readonly opening: Pick<StreamOpening, 'begin' | 'hashWith' | 'settle'>
  /** Takes out of each event what was asked for the commitment alone. */
  readonly told?: Pick<ToldTokens, 'takeFrom'> | undefined
  readonly nowMs: () => number
}

export const doneEvent: Buffer = Buffer.from('data: [DONE]\n\n')
/** Ours alone: an engine that says such a thing is not heard. */
const ownComments = Buffer.from(': vouch-')

export class AnswerRelay {
  readonly transcript: StreamTranscript
  readonly ended: Promise<RelayEnd>
  usage: Usage | undefined
  /** Undefined before the first content. */
  firstContentMs: number | undefined
  lastContentMs = 0

  readonly #opened: OpenedAnswer
  readonly #terms: RelayTerms
  readonly #readEvent: (block: Buffer) => ChatEvent
  readonly #reader = new SseReader()
  readonly #finished = new Set<number>()
  readonly #end = Promise.withResolvers<RelayEnd>()
  #unsent: Buffer[] = []
  #contentEvents = 0
  #bytes = 0
  #isEnded = false

  constructor(opened: OpenedAnswer, terms: RelayTerms) {
    this.#opened = opened
    this.#terms = terms
    this.transcript = new StreamTranscript({ jobId: terms.job.jobId, inputHash: terms.inputHash })
    terms.opening.hashWith((comment) => this.transcript.passed(comment))
    this.ended = this.#end.promise
    const { stream } = answerFormats[terms.endpoint]
    this.#readEvent = stream?.readEvent ?? (() => ({ kind: 'malformed' }))
    terms.reply.onDrain(() => opened.resume())
    opened.flow({
      data: (chunk) => this.#data(chunk),
      end: () => this.#engineEnded(),
      fail: () => this.#fail('engine_cut'),
    })
  }

  /** Ends the engine's work: nobody waits for the answer any more. */
  leave(): void {
    if (this.#isEnded) return
    this.#over({ kind: 'client_gone' })
    this.#opened.abort()
  }

  #data(chunk: Buffer): boolean {
    if (this.#isEnded) {
      // An engine that goes on after its end would hold the connection for as long as it likes.
      this.#opened.abort()
      return true
    }
    this.#bytes += chunk.length
    const fits = this.#reader.push(chunk, (block) => this.#block(block))
    if (!fits || this.#bytes > upstreamBodyBytesMax) this.#fail('engine_answer_unusable')
    // Behind the end nothing drains any more: a pause would never be lifted.
    return this.#send() || this.#isEnded
  }

  /** False where the asker reads more slowly than the engine writes. */
  #send(): boolean {
    if (this.#unsent.length === 0) return true
    const { reply, opening } = this.#terms
    opening.settle()
    opening.begin()
    let isFlowing = true
    for (const bytes of joinBlocks(this.#unsent)) isFlowing = reply.write(bytes)
    this.#unsent = []
    return isFlowing
  }

  #block(received: Buffer): void {
    if (this.#isEnded) return
    const plain = plainBlock(received)
    const { told } = this.#terms
    const block = told === undefined ? plain : told.takeFrom(plain)
    if (block === undefined) return
    if (block.subarray(0, ownComments.length).equals(ownComments)) return
    const event = this.#readEvent(block)
    switch (event.kind) {
      case 'chunk':
        this.#chunk(block, event)
        return
      case 'done':
        this.#complete()
        return
      case 'comment':
        // Keeps the connection awake while the engine reads; the gateway hashes it like any other block.
        this.#pass(block)
        return
      case 'error':
        this.#fail('engine_failed')
        return
      default:
        this.#fail('engine_answer_unusable')
    }
  }

  #chunk(block: Buffer, { deltas, usage }: Extract<ChatEvent, { kind: 'chunk' }>): void {
    const { choiceCount } = this.#terms
    const isOurs = ({ index }: { readonly index: number }): boolean =>
      Number.isInteger(index) && index >= 0 && index < choiceCount
    if (!deltas.every(isOurs)) {
      this.#fail('engine_answer_unusable')
      return
    }
    if (usage !== undefined) this.usage = usage
    this.#pass(block)
    const { content } = this.transcript
    const bytesBefore = content.byteLength
    for (const delta of deltas) {
      content.add(delta)
      if (delta.finishReason !== undefined) this.#finished.add(delta.index)
    }
    if (content.byteLength > bytesBefore) this.#noteContent()
  }

  #noteContent(): void {
    const { checkpoints, nowMs } = this.#terms
    const atMs = nowMs()
    this.#contentEvents += 1
    this.firstContentMs ??= atMs
    this.lastContentMs = atMs
    const comment = checkpoints.next(this.#tokensSoFar(), atMs, () => this.transcript.link)
    if (comment !== undefined) this.#unsent.push(comment)
  }

  /** An event with content is a token at least; an engine that reports as it goes may say more, as far as the bytes hold it. */
  #tokensSoFar(): number {
    const reported = this.usage?.completionTokens ?? 0
    const most = completionTokensAtMost(this.transcript.content.byteLength)
    return Math.max(this.#contentEvents, Math.min(reported, most))
  }

  #pass(block: Buffer): void {
    this.transcript.passed(block)
    this.#unsent.push(block)
  }

  /** Some engines end behind the last finish_reason without [DONE], or before its blank line; any other end is a cut. */
  #engineEnded(): void {
    if (this.#isEnded) return
    const { unfinished } = this.#reader
    const isFinished = unfinished.length === 0 && this.#finished.size >= this.#terms.choiceCount
    if (isFinished || this.#readEvent(unfinished).kind === 'done') this.#complete()
    else this.#fail('engine_cut')
  }

  #complete(): void {
    this.#send()
    this.transcript.passed(doneEvent)
    const hashes = this.transcript.finishReceived(this.#terms.choiceCount)
    this.#over({ kind: 'complete', hashes })
  }

  #fail(why: Extract<RelayEnd, { kind: 'failed' }>['why']): void {
    if (this.#isEnded) return
    // Nothing that came with what is wrong is passed on.
    this.#unsent = []
    this.#over({ kind: 'failed', why })
    this.#opened.abort()
  }

  #over(end: RelayEnd): void {
    this.#isEnded = true
    this.#terms.opening.settle()
    this.#end.resolve(end)
  }
}
