/*
 * A streamed chat completion as the events of Anthropic's Messages API, one content block after another.
 *
 *   SILENT --first chunk--> OPEN --text or thought--> BLOCK --another kind--> BLOCK --closing--> ENDED
 *
 * A block of text or thought ends when something else begins. Calls of tools may be written by turns, so their blocks end
 * only with the message.
 */
import type { Refusal } from '../../domain/refusal.ts'
import type { MeteredUsage } from '../../domain/usage.ts'
import type { AnswerDialect } from '../../gateway/answer-client.ts'
import { type CalledPart, choiceOf, readSaid, type Said } from '../chat-said.ts'
import type { Fields } from '../field-reader.ts'
import {
  type MessageHead,
  messageObject,
  type Stop,
  stopOf,
  textOf,
  usageObject,
  wholeMessage,
} from './messages-answer.ts'
import { messagesErrorBody } from './messages-error.ts'

const dataPrefix = 'data: '

type Block = { readonly index: number; readonly kind: 'text' | 'thinking' | 'tool_use' }

/** One answer's dialect. */
export class MessagesDialect implements AnswerDialect {
  readonly #head: MessageHead
  #begun = false
  #blocks = 0
  /** The block of text or thought that is being written. */
  #current: Block | undefined
  /** Blocks of calls, by the position that the engine gave them. */
  readonly #calls = new Map<number, Block>()
  #stop: Stop = { stop_reason: 'end_turn', stop_sequence: null }

  constructor(head: MessageHead) {
    this.#head = head
  }

  whole(completion: Buffer, usage: MeteredUsage): Buffer {
    return wholeMessage(this.#head, completion, usage)
  }

  chunk(event: Buffer): Buffer {
    const choice = choiceOf(JSON.parse(event.toString('utf8', dataPrefix.length)))
    const events = this.#begin()
    if (choice !== undefined) {
      const said = readSaid(choice, 'delta')
      this.#say(events, said)
      if (said.finishReason !== undefined) this.#stop = stopOf(choice)
    }
    return Buffer.from(events.join(''))
  }

  closing(usage: MeteredUsage, end: 'complete' | 'budget_spent'): Buffer {
    const events = this.#begin()
    this.#endCurrent(events)
    for (const { index } of this.#calls.values()) events.push(blockStop(index))
    const cut = { stop_reason: 'max_tokens', stop_sequence: null }
    const delta = end === 'budget_spent' ? cut : this.#stop
    events.push(eventOf('message_delta', { delta, usage: usageObject(usage) }))
    events.push(eventOf('message_stop', {}))
    return Buffer.from(events.join(''))
  }

  failed(refusal: Refusal, requestId: string): Buffer {
    return Buffer.from(`event: error\ndata: ${messagesErrorBody(refusal, requestId)}\n\n`)
  }

  #begin(): string[] {
    if (this.#begun) return []
    this.#begun = true
    // What the prompt took is known at the end, and told there.
    const usage = { input_tokens: 0, output_tokens: 0 }
    const rest = { content: [], stop_reason: null, stop_sequence: null, usage }
    return [eventOf('message_start', { message: messageObject(this.#head, rest) })]
  }

  #say(events: string[], said: Said): void {
    const { reasoning: thinking, calls } = said
    const text = textOf(said)
    if (thinking !== '') {
      const index = this.#blockOf(events, 'thinking', { thinking: '', signature: '' })
      events.push(blockDelta(index, { type: 'thinking_delta', thinking }))
    }
    if (text !== '') {
      const index = this.#blockOf(events, 'text', { text: '', citations: null })
      events.push(blockDelta(index, { type: 'text_delta', text }))
    }
    for (const call of calls) this.#call(events, call)
  }

  /** The open block of this kind; begins one where another is open. */
  #blockOf(events: string[], kind: 'text' | 'thinking', empty: Fields): number {
    if (this.#current?.kind === kind) return this.#current.index
    this.#endCurrent(events)
    this.#current = this.#start(events, kind, empty)
    return this.#current.index
  }

  #call(events: string[], { position, id, name, arguments: input }: CalledPart): void {
    const key = position ?? this.#calls.size
    let block = this.#calls.get(key)
    if (block === undefined) {
      this.#endCurrent(events)
      block = this.#start(events, 'tool_use', { id, name, input: {} })
      this.#calls.set(key, block)
    }
    if (input === '') return
    events.push(blockDelta(block.index, { type: 'input_json_delta', partial_json: input }))
  }

  #start(events: string[], kind: Block['kind'], empty: Fields): Block {
    const block = { index: this.#blocks, kind }
    this.#blocks += 1
    const content = { index: block.index, content_block: { type: kind, ...empty } }
    events.push(eventOf('content_block_start', content))
    return block
  }

  #endCurrent(events: string[]): void {
    if (this.#current === undefined) return
    events.push(blockStop(this.#current.index))
    this.#current = undefined
  }
}

const eventOf = (type: string, fields: Fields): string =>
  `event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`

const blockDelta = (index: number, delta: Fields): string =>
  eventOf('content_block_delta', { index, delta })

const blockStop = (index: number): string => eventOf('content_block_stop', { index })
