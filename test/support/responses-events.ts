/*
 * The two ends of a translated stream, put together by other code than the gateway's: the chunks of a chat completion as
 * OpenAI's clients join them, and the events of a response, each held to what must have come before it.
 */
import { expect } from 'vitest'
import type {
  MessagePart,
  OutputItem,
  ReasoningPart,
  ResponseEvent,
  ResponseObject,
} from '../../src/http/responses/responses-object.ts'

type Numbered = ResponseEvent & { readonly sequence_number: number }

/** The events of a stream's bytes: a name, the same name in the data, a blank line, and numbers without a gap. */
export function eventsOf(bytes: string): Numbered[] {
  expect(bytes.endsWith('\n\n')).toBe(true)
  const blocks = bytes.slice(0, -2).split('\n\n')
  return blocks.map((block, index) => {
    const [name, data, ...more] = block.split('\n')
    expect(more).toEqual([])
    const event = JSON.parse(data?.slice('data: '.length) ?? '') as Numbered
    expect(name).toBe(`event: ${event.type}`)
    expect(event.sequence_number).toBe(index)
    return event
  })
}

type OpenItem = {
  readonly item: OutputItem
  readonly parts: { readonly part: MessagePart | ReasoningPart; text: string; stage: Stage }[]
  arguments: string
  stage: Stage
}
type Stage = 'open' | 'told' | 'done'

/** Puts a response together from its deltas; what the events say of the whole must be just that. */
export function assembleResponse(events: readonly Numbered[]): ResponseObject {
  const items: OpenItem[] = []
  const [created, inProgress] = events
  const last = events.at(-1)
  expect([created?.type, inProgress?.type]).toEqual(['response.created', 'response.in_progress'])
  for (const event of events.slice(2, -1)) applyEvent(items, event)
  if (last === undefined || !('response' in last)) throw new Error('no end')
  const { response } = last
  expect(last.type).toBe(`response.${response.status}`)
  for (const event of [created, inProgress]) {
    expect(event).toMatchObject({
      response: { id: response.id, status: 'in_progress', output: [] },
    })
  }
  if (response.status === 'failed') expect(response).not.toHaveProperty('usage')
  else expect(items.filter(({ stage }) => stage !== 'done')).toEqual([])
  expect(response.output.map(({ id }) => id)).toEqual(items.map(({ item }) => item.id))
  for (const [index, item] of response.output.entries()) {
    expect(contentOf(item)).toEqual(joined(items[index]))
  }
  return response
}

function applyEvent(items: OpenItem[], event: Numbered): void {
  switch (event.type) {
    case 'response.output_item.added': {
      expect(event.output_index).toBe(items.length)
      expect(items.map(({ item }) => item.id)).not.toContain(event.item.id)
      expect(event.item.status).toBe('in_progress')
      expect(contentOf(event.item)).toEqual(event.item.type === 'function_call' ? '' : [])
      items.push({ item: event.item, parts: [], arguments: '', stage: 'open' })
      return
    }
    case 'response.output_item.done': {
      const open = openItem(items, event.output_index)
      if (open.item.type === 'function_call') expect(open.stage).toBe('told')
      expect(open.parts.filter(({ stage }) => stage !== 'done')).toEqual([])
      const { status: _, ...item } = event.item
      expect(item).toMatchObject({ id: open.item.id, type: open.item.type })
      expect(contentOf(event.item)).toEqual(joined(open))
      expect(['completed', 'incomplete']).toContain(event.item.status)
      open.stage = 'done'
      return
    }
    case 'error':
      return
    default:
      if (!('item_id' in event)) throw new Error(`${event.type} in the middle`)
      applyPart(openItem(items, event.output_index, event.item_id), event)
  }
}

function applyPart(open: OpenItem, event: Extract<Numbered, { item_id: string }>): void {
  if (event.type === 'response.function_call_arguments.delta') {
    expect(open.stage).toBe('open')
    open.arguments += event.delta
    return
  }
  if (event.type === 'response.function_call_arguments.done') {
    expect(event.arguments).toBe(open.arguments)
    open.stage = 'told'
    return
  }
  if (event.type === 'response.content_part.added') {
    expect(event.content_index).toBe(open.parts.length)
    expect(open.parts.filter(({ stage }) => stage !== 'done')).toEqual([])
    open.parts.push({ part: event.part, text: '', stage: 'open' })
    return
  }
  const part = open.parts.at(-1)
  expect(event.content_index).toBe(open.parts.length - 1)
  if (part === undefined) throw new Error(`${event.type} without a part`)
  if (event.type === 'response.content_part.done') {
    expect(part.stage).toBe('told')
    part.stage = 'done'
    expect(event.part.type).toBe(part.part.type)
    return
  }
  expect(event.type).toMatch(new RegExp(`^response\\.${part.part.type}\\.(delta|done)$`))
  expect(part.stage).toBe('open')
  if ('delta' in event) {
    part.text += event.delta
    return
  }
  if (!('refusal' in event || 'text' in event)) throw new Error(event.type)
  expect('refusal' in event ? event.refusal : event.text).toBe(part.text)
  part.stage = 'told'
}

function openItem(items: readonly OpenItem[], index: number, id?: string): OpenItem {
  const open = items[index]
  if (open === undefined || open.stage === 'done') throw new Error(`no open item ${index}`)
  if (id !== undefined) expect(id).toBe(open.item.id)
  return open
}

const contentOf = (item: OutputItem): unknown =>
  item.type === 'function_call'
    ? item.arguments
    : item.content.map((part) => [part.type, part.type === 'refusal' ? part.refusal : part.text])

const joined = (open: OpenItem | undefined): unknown =>
  open?.item.type === 'function_call'
    ? open.arguments
    : open?.parts.map(({ part, text }) => [part.type, text])

type Message = Record<string, unknown>
export type AssembledChat = {
  readonly choices: readonly [
    {
      readonly index: 0
      readonly message: Message
      readonly finish_reason: string | null
      readonly logprobs: { readonly content: readonly unknown[] }
    },
  ]
}

type Choice = {
  readonly delta: Message
  readonly finish_reason: string | null
  readonly logprobs: { readonly content: readonly unknown[] } | null
}
type Call = { id?: string; type: string; function: { name: string; arguments: string } }

/** The chunks of one choice as one completion: texts appended, parts of a call by their index. */
export function assembleChat(chunks: readonly Record<string, unknown>[]): AssembledChat {
  const message: Message = { role: 'assistant', content: null }
  const calls: Call[] = []
  const content: unknown[] = []
  let finish: string | null = null
  for (const { delta, finish_reason: reason, logprobs } of chunks.flatMap(
    ({ choices }) => choices as Choice[],
  )) {
    finish = reason ?? finish
    content.push(...(logprobs?.content ?? []))
    joinTexts(message, delta)
    for (const part of (delta['tool_calls'] ?? []) as Message[]) joinCall(calls, part)
  }
  const whole = { ...message, tool_calls: calls }
  return { choices: [{ index: 0, message: whole, finish_reason: finish, logprobs: { content } }] }
}

function joinTexts(message: Message, { role: _, ...delta }: Message): void {
  for (const [name, value] of Object.entries(delta)) {
    const key = name === 'reasoning' ? 'reasoning_content' : name
    if (typeof value === 'string') message[key] = String(message[key] ?? '') + value
  }
}

function joinCall(calls: Call[], { index, ...part }: Message): void {
  const at = index as number
  const called = part['function'] as { name?: string; arguments: string }
  const known = calls[at]
  if (known === undefined) {
    const { id } = part as { id?: string }
    const { name = '', arguments: said } = called
    calls[at] = { ...(id && { id }), type: 'function', function: { name, arguments: said } }
  } else known.function.arguments += called.arguments
}
