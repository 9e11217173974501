/*
 * What a model says, as the output items of a response and the events that tell them. A whole completion is one delta
 * from nothing, so both ways end in the same items.
 *
 *   a message or a thought:  ADDED --parts--> open --another item begins--> DONE
 *   a call:                  ADDED --arguments--> open ------------------> DONE at the end of the response
 *
 * Calls stay open because engines may write several by turns.
 */
import type { CalledPart, Said } from '../chat-said.ts'
import type {
  EndedStatus,
  EventLogprob,
  Logprob,
  MessagePart,
  OutputItem,
  ReasoningPart,
  ResponseEvent,
} from './responses-object.ts'

type Part = { -readonly [K in keyof OpenPart]: OpenPart[K] }
type OpenPart = {
  readonly type: 'output_text' | 'refusal' | 'reasoning_text'
  readonly text: string
  readonly logprobs: Logprob[]
}

type TextItem = {
  readonly type: 'message' | 'reasoning'
  readonly id: string
  readonly index: number
  readonly parts: Part[]
}
type CallItem = {
  readonly type: 'function_call'
  readonly id: string
  readonly index: number
  readonly callId: string
  readonly name: string
  arguments: string
}
type Item = TextItem | CallItem

/** The end of a response: its items as they are then, and the events that end those that were still open. */
export type OutputEnd = {
  readonly output: readonly OutputItem[]
  readonly events: readonly ResponseEvent[]
}

export class ResponseOutput {
  readonly #digits: string
  readonly #items: Item[] = []
  readonly #open = new Set<Item>()
  /** The message or thought that is being written; always the last item. */
  #current: TextItem | undefined
  /** Calls by the position that the engine gave them. */
  readonly #calls = new Map<number, CallItem>()

  /** `digits` make the ids of the items, each with its own position. */
  constructor(digits: string) {
    this.#digits = digits
  }

  /** The events that tell it; none where nothing was said. */
  say({ reasoning, text, logprobs, refusal, calls }: Said): ResponseEvent[] {
    const events: ResponseEvent[] = []
    if (reasoning !== '') this.#write(events, { type: 'reasoning_text', text: reasoning })
    if (text !== '') this.#write(events, { type: 'output_text', text, logprobs })
    if (refusal !== '') this.#write(events, { type: 'refusal', text: refusal })
    for (const call of calls) this.#call(events, call)
    return events
  }

  /**
   * How it ends now; it may still be said more. An answer that said nothing is an empty message: clients take one without
   * any item for one that has not ended.
   */
  ended(status: EndedStatus): OutputEnd {
    if (this.#items.length === 0) {
      const silent = new ResponseOutput(this.#digits)
      const events: ResponseEvent[] = []
      silent.#write(events, { type: 'output_text', text: '' })
      const { output, events: ending } = silent.ended(status)
      return { output, events: [...events, ...ending] }
    }
    // Only what was written last was cut.
    const statusOf = (item: Item) => (item === this.#items.at(-1) ? status : 'completed')
    const open = this.#items.filter((item) => this.#open.has(item))
    return {
      output: this.#items.map((item) => told(item, statusOf(item))),
      events: open.flatMap((item) => endOf(item, statusOf(item))),
    }
  }

  #write(
    events: ResponseEvent[],
    said: Pick<Part, 'type' | 'text'> & { readonly logprobs?: readonly Logprob[] },
  ): void {
    const { type, text, logprobs = [] } = said
    const item = this.#textItem(events, type === 'reasoning_text' ? 'reasoning' : 'message')
    let part = item.parts.at(-1)
    if (part?.type !== type) {
      if (part !== undefined) events.push(...partEnd(item, part))
      part = { type, text: '', logprobs: [] }
      item.parts.push(part)
      const added = { ...placeOf(item), part: toldPart(part) }
      events.push({ type: 'response.content_part.added', ...added })
    }
    part.text += text
    for (const logprob of logprobs) part.logprobs.push(logprob)
    if (text === '') return
    const delta = { ...placeOf(item), delta: text }
    if (type === 'output_text') {
      const told = logprobs.map(withoutBytes)
      events.push({ type: 'response.output_text.delta', ...delta, logprobs: told })
    } else events.push({ type: `response.${type}.delta`, ...delta })
  }

  #textItem(events: ResponseEvent[], type: TextItem['type']): TextItem {
    if (this.#current?.type === type) return this.#current
    this.#endCurrent(events)
    const prefix = type === 'message' ? 'msg' : 'rs'
    const item: TextItem = { type, ...this.#place(prefix), parts: [] }
    this.#add(events, item)
    this.#current = item
    return item
  }

  #call(events: ResponseEvent[], { position, id, name, arguments: written }: CalledPart): void {
    const key = position ?? this.#calls.size
    let call = this.#calls.get(key)
    if (call === undefined) {
      this.#endCurrent(events)
      const place = this.#place('fc')
      // An engine that names no call leaves its answer without an address.
      const callId = id === '' ? `call_${this.#digits}_${place.index}` : id
      call = { type: 'function_call', ...place, callId, name, arguments: '' }
      this.#add(events, call)
      this.#calls.set(key, call)
    }
    if (written === '') return
    call.arguments += written
    events.push({
      type: 'response.function_call_arguments.delta',
      item_id: call.id,
      output_index: call.index,
      delta: written,
    })
  }

  #place(prefix: string): { readonly id: string; readonly index: number } {
    const index = this.#items.length
    return { id: `${prefix}_${this.#digits}_${index}`, index }
  }

  #add(events: ResponseEvent[], item: Item): void {
    this.#items.push(item)
    this.#open.add(item)
    const added = { output_index: item.index, item: told(item, 'in_progress') }
    events.push({ type: 'response.output_item.added', ...added })
  }

  #endCurrent(events: ResponseEvent[]): void {
    if (this.#current === undefined) return
    events.push(...endOf(this.#current, 'completed'))
    this.#open.delete(this.#current)
    this.#current = undefined
  }
}

const withoutBytes = ({ token, logprob, top_logprobs: others }: Logprob): EventLogprob => ({
  token,
  logprob,
  top_logprobs: others.map((other) => ({ token: other.token, logprob: other.logprob })),
})

/** Where the part that is being written stands. */
const placeOf = ({ id, index, parts }: TextItem) => ({
  item_id: id,
  output_index: index,
  content_index: parts.length - 1,
})

function told(item: Item, status: OutputItem['status']): OutputItem {
  const { id, type } = item
  if (type === 'function_call') {
    return { id, type, status, call_id: item.callId, name: item.name, arguments: item.arguments }
  }
  const parts = item.parts.map(toldPart)
  return type === 'message'
    ? { id, type, status, role: 'assistant', content: parts.filter(isMessagePart) }
    : { id, type, status, summary: [], content: parts.filter(isReasoningPart) }
}

function toldPart({ type, text, logprobs }: Part): MessagePart | ReasoningPart {
  switch (type) {
    case 'output_text':
      return { type, annotations: [], logprobs: [...logprobs], text }
    case 'refusal':
      return { type, refusal: text }
    case 'reasoning_text':
      return { type, text }
  }
}

const isReasoningPart = (part: MessagePart | ReasoningPart): part is ReasoningPart =>
  part.type === 'reasoning_text'
const isMessagePart = (part: MessagePart | ReasoningPart): part is MessagePart =>
  part.type !== 'reasoning_text'

/** The events that end an item, its last part first. */
function endOf(item: Item, status: EndedStatus): ResponseEvent[] {
  const { id, index } = item
  const done = { output_index: index, item: told(item, status) }
  const itemDone: ResponseEvent = { type: 'response.output_item.done', ...done }
  if (item.type === 'function_call') {
    const whole = { item_id: id, output_index: index, arguments: item.arguments }
    return [{ type: 'response.function_call_arguments.done', ...whole }, itemDone]
  }
  const part = item.parts.at(-1)
  return part === undefined ? [itemDone] : [...partEnd(item, part), itemDone]
}

function partEnd(item: TextItem, part: Part): ResponseEvent[] {
  const place = placeOf(item)
  const { type, text } = part
  const partDone = { type: 'response.content_part.done', ...place, part: toldPart(part) } as const
  if (type === 'output_text') {
    const logprobs = part.logprobs.map(withoutBytes)
    return [{ type: 'response.output_text.done', ...place, text, logprobs }, partDone]
  }
  return type === 'refusal'
    ? [{ type: 'response.refusal.done', ...place, refusal: text }, partDone]
    : [{ type: 'response.reasoning_text.done', ...place, text }, partDone]
}
