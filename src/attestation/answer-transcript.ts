/*
 * Everything a receipt says about the bytes of one answer, gathered while they pass: what the contributor sent, what the
 * client got, and the text in it. Keeps the text (bounded by the upstream's body limit) and nothing else.
 */
import { createHash, hash } from 'node:crypto'
import { assert } from '../base/assert.ts'
import type { Json } from '../base/canonical-json.ts'
import { hexOf } from '../base/hex.ts'
import { auditedAnswerBytesMax } from '../base/limits.ts'
import { type Bytes32, bytes32, zeroBytes32 } from '../domain/units.ts'
import { type ChoiceContent, contentHash, deliveredHash } from './content-hash.ts'
import { type StreamHash, startStreamHash } from './stream-hash.ts'

/** What the contributor said. */
export type ReceivedHashes = {
  /** sha256 of what the contributor sent. */
  readonly outputHash: Bytes32
  readonly contentHash: Bytes32
  /** Zero for an answer in one piece. */
  readonly streamRoot: Bytes32
}

export type AnswerHashes = ReceivedHashes & {
  /** sha256 of what the client was sent. */
  readonly responseHash: Bytes32
}

/** One choice's part of one event (structurally, so that this file knows no wire format). */
export type DeltaContent = {
  readonly index: number
  readonly text: string
  readonly toolCalls: readonly ToolCallPart[]
  /** Written beside the answer: counted, not hashed. */
  readonly aside: string
}
export type ToolCallPart = Readonly<Record<string, unknown>> & { readonly index?: number }

/** UTF-8 bytes that the model wrote in one choice's part of an event: text, asides, names and arguments of calls. */
export function writtenBytes({ text, aside, toolCalls }: DeltaContent): number {
  let bytes = 0
  if (text !== '') bytes += Buffer.byteLength(text)
  if (aside !== '') bytes += Buffer.byteLength(aside)
  for (const part of toolCalls) {
    const { name, arguments: written } = functionOf(part)
    bytes += Buffer.byteLength(name) + Buffer.byteLength(written)
  }
  return bytes
}

/** The text of an answer, joined choice by choice. */
export class AnswerContent {
  readonly #texts: string[] = []
  readonly #asides: string[] = []
  readonly #toolCalls: Map<number, Record<string, unknown>>[] = []
  #textBytes = 0

  /** Of an answer in one piece; undefined unless it has each choice that was asked for once, and no other. */
  static whole(deltas: readonly DeltaContent[], choiceCount: number): AnswerContent | undefined {
    const content = new AnswerContent()
    const unanswered = new Set(Array.from({ length: choiceCount }, (_, index) => index))
    for (const delta of deltas) {
      if (!unanswered.delete(delta.index)) return undefined
      content.add(delta)
    }
    return content
  }

  add(delta: DeltaContent): void {
    const { index, text, aside } = delta
    this.#textBytes += writtenBytes(delta)
    if (aside !== '') this.#asides.push(aside)
    if (text !== '') this.#texts[index] = (this.#texts[index] ?? '') + text
    for (const part of delta.toolCalls) this.#addToolCall(index, part)
  }

  /** UTF-8 bytes of everything the model wrote, tool calls and asides included. */
  get byteLength(): number {
    return this.#textBytes
  }

  /** Everything the model wrote, for counting. */
  get text(): string {
    const calls = this.#toolCalls.flatMap((choice) => [...choice.values()].map(functionOf))
    const written = calls.flatMap(({ name, arguments: text }) => [name, text])
    return [...this.#texts, ...this.#asides, ...written].join('')
  }

  /** In the order of their index; `count` is at least what was asked for, so that a silent choice counts as empty. */
  choices(count: number): ChoiceContent[] {
    const length = Math.max(count, this.#texts.length, this.#toolCalls.length)
    return Array.from({ length }, (_, index) => ({
      text: this.#texts[index] ?? '',
      toolCalls: callsInOrder(this.#toolCalls[index]),
    }))
  }

  /** Joins the parts of a call as OpenAI's clients do: same index, arguments appended, other fields from the first part. */
  #addToolCall(choice: number, part: ToolCallPart): void {
    const calls = this.#toolCalls[choice] ?? new Map<number, Record<string, unknown>>()
    this.#toolCalls[choice] = calls
    const { index: position, ...fields } = part
    const key = position ?? calls.size
    const call = calls.get(key)
    if (call === undefined) {
      calls.set(key, fields)
      return
    }
    const known = functionOf(call)
    call['function'] = { ...known, arguments: known.arguments + functionOf(fields).arguments }
  }
}

/** By their index, which need not be the order in which their first parts came. */
function callsInOrder(calls: ReadonlyMap<number, Record<string, unknown>> | undefined): Json[] {
  return [...(calls ?? [])].sort(([a], [b]) => a - b).map(([, call]) => call as Json)
}

function functionOf(call: Readonly<Record<string, unknown>>): { name: string; arguments: string } {
  const value = (call['function'] ?? {}) as { name?: unknown; arguments?: unknown }
  return {
    name: typeof value.name === 'string' ? value.name : '',
    arguments: typeof value.arguments === 'string' ? value.arguments : '',
  }
}

/** The events of a stream as they came, up to a bound: of a longer one nothing is kept. */
class KeptEvents {
  #blocks: Buffer[] | undefined = []
  #bytes = 0

  /** A block is a view of the chunk that it came in, so that a copy is kept. */
  add(block: Buffer): void {
    this.#bytes += block.length
    if (this.#bytes > auditedAnswerBytesMax) this.#blocks = undefined
    else this.#blocks?.push(Buffer.from(block))
  }

  get bytes(): Buffer | undefined {
    return this.#blocks && Buffer.concat(this.#blocks)
  }
}

/** Hashes of a stream, event by event. Both sides are hashed as one until the first event that was changed. */
export class StreamTranscript {
  readonly content: AnswerContent = new AnswerContent()
  readonly #received: StreamHash
  #sent: ReturnType<StreamHash['forkOutput']> | undefined
  readonly #kept: KeptEvents | undefined

  constructor(job: {
    readonly jobId: Bytes32
    readonly inputHash: Bytes32
    /** Keep the very bytes that are hashed; without it nothing of them is. */
    readonly keepsReceived?: boolean
  }) {
    this.#received = startStreamHash(job)
    this.#kept = job.keepsReceived === true ? new KeptEvents() : undefined
  }

  /** What the contributor sent; undefined where it is not kept, or was too long to be. */
  get received(): Buffer | undefined {
    return this.#kept?.bytes
  }

  /** What `streamRoot` would be, did the stream end behind the last event. */
  get link(): Bytes32 {
    return this.#received.link()
  }

  /** An event that goes to the client as it came. */
  passed(block: Buffer): void {
    this.#received.event(block)
    this.#kept?.add(block)
    this.#sent?.update(block)
  }

  /** An event that the client gets in other bytes, or not at all (`sent` empty). */
  replaced(block: Buffer, sent: Buffer): void {
    this.#sent ??= this.#received.forkOutput()
    this.#received.event(block)
    this.#kept?.add(block)
    if (sent.length > 0) this.#sent.update(sent)
  }

  /** Bytes that only the client sees. */
  added(sent: Buffer): void {
    this.#sent ??= this.#received.forkOutput()
    this.#sent.update(sent)
  }

  /** Bytes that the client got before all others; `sentSince` is what it got of the events so far. */
  preceded(by: Buffer, sentSince: readonly Buffer[]): void {
    this.#sent = createHash('sha256').update(by)
    for (const sent of sentSince) this.#sent.update(sent)
  }

  /** The contributor's side, at its end. Called once. */
  finishReceived(choiceCount: number): ReceivedHashes {
    this.#sent ??= this.#received.forkOutput()
    const { outputHash, streamRoot } = this.#received.finish()
    return { outputHash, streamRoot, contentHash: contentHash(this.content.choices(choiceCount)) }
  }

  /** The client's side, at its end: after `finishReceived`, once. */
  finishSent(): Bytes32 {
    assert(this.#sent !== undefined, 'what was received ends before what is sent')
    return bytes32(`0x${this.#sent.digest('hex')}`)
  }
}

/** OpenSSL writes what a Bytes32 is; looking at each digit again would cost as much as the hash. */
export const sha256Bytes32 = (bytes: Uint8Array): Bytes32 => hexOf(hash('sha256', bytes)) as Bytes32

/** The same for an answer in one piece. */
export function unaryHashes(answer: {
  readonly received: Buffer
  readonly content: AnswerContent
  readonly choiceCount: number
}): ReceivedHashes {
  const { received, content, choiceCount } = answer
  return {
    outputHash: sha256Bytes32(received),
    contentHash: contentHash(content.choices(choiceCount)),
    streamRoot: zeroBytes32,
  }
}

/** The same for what is no text, such as an image: its content is hashed as it was delivered. */
export const unitHashes = (answer: {
  readonly received: Buffer
  /** By choice. */
  readonly delivered: readonly Buffer[]
}): ReceivedHashes => ({
  outputHash: sha256Bytes32(answer.received),
  contentHash: deliveredHash(answer.delivered),
  streamRoot: zeroBytes32,
})
