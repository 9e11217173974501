/*
 * What a block of a chat-completion stream, or a whole unary answer, says. Source: OpenAI API reference, "The chat
 * completion chunk object" and "The chat completion object"; engines deviate, so every field is optional here.
 */
import { jsonDepthMax } from '../base/limits.ts'
import type { Usage } from '../domain/usage.ts'
import {
  asFields,
  count,
  type Fields,
  isBounded,
  isFields,
  isShallow,
  parseObject,
} from './answer-json.ts'

/** One choice's part of a chunk. */
export type ChoiceDelta = {
  readonly index: number
  readonly text: string
  readonly toolCalls: readonly ToolCallDelta[]
  /** Written beside the answer: reasoning, a refusal, a call in the older form. Metered like text, but no part of it. */
  readonly aside: string
  readonly finishReason: string | undefined
}

type ToolCallDelta = Readonly<Record<string, unknown>> & { readonly index?: number }

export type ChatEvent =
  /** `bytes` are what the client gets: the upstream's own block, or the same payload framed with LF alone. */
  | {
      readonly kind: 'chunk'
      readonly bytes: Buffer
      readonly deltas: readonly ChoiceDelta[]
      readonly usage: Usage | undefined
      /** Whatever stands where the answer's id should. */
      readonly answerId: unknown
    }
  | { readonly kind: 'done' }
  /** The signed Work of a contributor (`: vouch-work …`), still encoded. */
  | { readonly kind: 'work'; readonly encoded: string }
  /** A signed checkpoint of the stream (`: vouch-checkpoint …`), still encoded. Like the Work no event of the chain. */
  | { readonly kind: 'checkpoint'; readonly encoded: string }
  /** A comment, such as a keep-alive: never forwarded as data. */
  | { readonly kind: 'comment' }
  /** The engine reports a failure in band; its text stays here because engines echo prompts. */
  | { readonly kind: 'error' }
  | { readonly kind: 'malformed' }

/** Where a choice says what it says: the older completions have the bare text there, whole or in parts. */
type StreamedPart = 'delta' | 'text'
type Part = StreamedPart | 'message'

const dataPrefix = Buffer.from('data: ')
/** Leaves out a byte order mark: one may stand before the first event. */
const utf8 = new TextDecoder()
const workPrefix = ': vouch-work '
const checkpointPrefix = ': vouch-checkpoint '
const openBrace = 0x7b
const lf = 0x0a

export function readChatEvent(block: Buffer, part: StreamedPart = 'delta'): ChatEvent {
  const payload = plainPayload(block)
  if (payload !== undefined) return readObject(payload, block, part)
  const { data, comment } = readFields(utf8.decode(block))
  // Clients fail at an event without data; it says nothing, so they get none.
  if (data === undefined || data.trim() === '') {
    return comment === undefined ? { kind: 'comment' } : readComment(comment)
  }
  // Between JSON tokens a space says what a line break does, and fits on one line.
  return readPayload(data, Buffer.from(`data: ${data.replaceAll('\n', ' ')}\n\n`), part)
}

function readComment(comment: string): ChatEvent {
  if (comment.startsWith(workPrefix)) {
    return { kind: 'work', encoded: comment.slice(workPrefix.length).trim() }
  }
  return comment.startsWith(checkpointPrefix)
    ? { kind: 'checkpoint', encoded: comment.slice(checkpointPrefix.length).trim() }
    : { kind: 'comment' }
}

/** The JSON of a block in the plainest framing, `data: {…}\n\n`, which is nearly every block; undefined for any other. */
function plainPayload(block: Buffer): string | undefined {
  const end = block.length - 2
  if (block[dataPrefix.length] !== openBrace || block[end] !== lf || block[end + 1] !== lf)
    return undefined
  for (let index = 0; index < dataPrefix.length; index += 1) {
    if (block[index] !== dataPrefix[index]) return undefined
  }
  // Searched as text: a search of bytes is a call out of JavaScript.
  const payload = block.toString('utf8', dataPrefix.length, end)
  return payload.includes('\n') || payload.includes('\r') ? undefined : payload
}

function readFields(block: string): { data: string | undefined; comment: string | undefined } {
  const data: string[] = []
  let comment: string | undefined
  for (const line of block.split(/\r\n|\n|\r/)) {
    if (line.startsWith(':')) comment ??= line
    if (!line.startsWith('data')) continue
    if (line === 'data') data.push('')
    else if (line.startsWith('data: ')) data.push(line.slice(6))
    else if (line.startsWith('data:')) data.push(line.slice(5))
  }
  return { data: data.length === 0 ? undefined : data.join('\n'), comment }
}

function readPayload(payload: string, bytes: Buffer, part: StreamedPart): ChatEvent {
  return payload.trim() === '[DONE]' ? { kind: 'done' } : readObject(payload, bytes, part)
}

function readObject(payload: string, bytes: Buffer, part: StreamedPart): ChatEvent {
  const json = parseObject(payload)
  if (json === undefined) return { kind: 'malformed' }
  if (json['error'] !== undefined && json['error'] !== null) return { kind: 'error' }
  const choices = json['choices']
  if (!Array.isArray(choices)) return { kind: 'malformed' }
  const deltas = readDeltas(choices, part)
  if (deltas === undefined) return { kind: 'malformed' }
  return { kind: 'chunk', bytes, deltas, usage: readUsage(json['usage']), answerId: json['id'] }
}

/** A chunk's bytes without its usage: `usage: null` stays for a client who asked for usage, which comes once, at the end. */
export function withoutUsage(bytes: Buffer, asked: boolean): Buffer {
  const { usage: _, ...json } = JSON.parse(bytes.toString('utf8', dataPrefix.length)) as Fields
  return eventOf(asked ? { ...json, usage: null } : json)
}

/** The usage chunk that ends a stream, made after the pattern of an earlier chunk where there was one. */
export function usageEvent(pattern: Buffer | undefined, usage: Usage): Buffer {
  return eventOf({
    ...patternOf(pattern),
    choices: [],
    usage: {
      prompt_tokens: usage.promptTokens,
      completion_tokens: usage.completionTokens,
      total_tokens: usage.promptTokens + usage.completionTokens,
      prompt_tokens_details: { cached_tokens: usage.cachedPromptTokens },
      completion_tokens_details: { reasoning_tokens: usage.reasoningTokens },
    },
  })
}

/** The chunk that ends one choice of a stream because no more tokens may be spent on it. */
export const lengthEvent = (pattern: Buffer | undefined, index: number): Buffer =>
  eventOf({
    ...patternOf(pattern),
    choices: [{ index, delta: {}, finish_reason: 'length', logprobs: null }],
  })

/** The same of the older completions. */
export const textLengthEvent = (pattern: Buffer | undefined, index: number): Buffer =>
  eventOf({
    ...patternOf(pattern),
    object: 'text_completion',
    choices: [{ index, text: '', finish_reason: 'length', logprobs: null }],
  })

const patternOf = (pattern: Buffer | undefined): Fields => ({
  object: 'chat.completion.chunk',
  ...(pattern && parseObject(pattern.toString('utf8', dataPrefix.length))),
})

const eventOf = (json: Fields): Buffer => Buffer.from(`data: ${JSON.stringify(json)}\n\n`)

/** What each choice says; undefined when one of them is not a choice. */
function readDeltas(choices: readonly unknown[], part: Part): ChoiceDelta[] | undefined {
  const deltas: ChoiceDelta[] = []
  for (const choice of choices) {
    const delta = isFields(choice) ? readDelta(choice, part) : undefined
    if (delta === undefined) return undefined
    deltas.push(delta)
  }
  return deltas
}

function readDelta(choice: Fields, part: Part): ChoiceDelta | undefined {
  const index = choice['index'] ?? 0
  // A last chunk may come without a delta; a whole answer without its message is none.
  if (typeof index !== 'number' || (part === 'message' && !isFields(choice[part]))) return undefined
  const delta = part === 'text' ? { content: choice['text'] } : asFields(choice[part])
  const calls = delta['tool_calls'] ?? []
  if (!Array.isArray(calls) || !calls.every(isToolCall)) return undefined
  return {
    index,
    text: textOf(delta['content']),
    toolCalls: calls,
    aside: readAside(delta),
    finishReason: typeof choice['finish_reason'] === 'string' ? choice['finish_reason'] : undefined,
  }
}

/** Nested no deeper than a request may be: what is hashed is walked by recursion. */
const isToolCall = (value: unknown): value is ToolCallDelta =>
  isFields(value) && isShallow(value, jsonDepthMax)

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')

function readAside(delta: Fields): string {
  const call = asFields(delta['function_call'])
  const reasoning = textOf(delta['reasoning_content']) || textOf(delta['reasoning'])
  return reasoning + textOf(delta['refusal']) + textOf(call['name']) + textOf(call['arguments'])
}

/** An answer in one piece: its choices as deltas from nothing, its usage, and the bytes for the client. */
export type WholeText = {
  readonly deltas: readonly ChoiceDelta[]
  readonly usage: Usage | undefined
  /** Whatever stands where the answer's id should. */
  readonly answerId?: unknown
  /** Of `bytes`, where that is not JSON. */
  readonly contentType?: string
  /** The body re-serialised: a fixed point of JSON.parse and JSON.stringify, which verifiers of others rely on. */
  readonly bytes: Buffer
}

/** Undefined when the body is not a completion. */
export function readWholeText(
  body: Buffer,
  part: 'message' | 'text' = 'message',
): WholeText | undefined {
  if (!isBounded(body)) return undefined
  const text = body.toString()
  const json = parseObject(text)
  const choices = json?.['choices']
  if (json === undefined || !Array.isArray(choices) || choices.length === 0) return undefined
  const deltas = readDeltas(choices, part)
  if (deltas === undefined) return undefined
  if (part === 'text' && !choices.every((choice) => typeof choice.text === 'string'))
    return undefined
  const serialised = JSON.stringify(json)
  const bytes = serialised === text ? body : Buffer.from(serialised)
  return { deltas, usage: readUsage(json['usage']), answerId: json['id'], bytes }
}

/** OpenAI's usage object. Undefined unless both totals are whole numbers: half a report is no report. */
function readUsage(value: unknown): Usage | undefined {
  const usage = asFields(value)
  const promptTokens = count(usage['prompt_tokens'])
  const completionTokens = count(usage['completion_tokens'])
  if (promptTokens === undefined || completionTokens === undefined) return undefined
  const cached = count(asFields(usage['prompt_tokens_details'])['cached_tokens']) ?? 0
  const reasoning = count(asFields(usage['completion_tokens_details'])['reasoning_tokens']) ?? 0
  return {
    promptTokens,
    cachedPromptTokens: Math.min(cached, promptTokens),
    completionTokens,
    reasoningTokens: Math.min(reasoning, completionTokens),
  }
}
