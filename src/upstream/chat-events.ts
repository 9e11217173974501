/*
 * What a block of a chat-completion stream, or a whole unary answer, says. Source: OpenAI API reference, "The chat
 * completion chunk object" and "The chat completion object"; engines deviate, so every field is optional here.
 */
import type { Usage } from '../domain/usage.ts'

/** One choice's part of a chunk. */
export type ChoiceDelta = {
  readonly index: number
  readonly text: string
  readonly toolCalls: readonly ToolCallDelta[]
  readonly reasoning: boolean
  readonly finishReason: string | undefined
}

export type ToolCallDelta = Readonly<Record<string, unknown>> & { readonly index?: number }

export type ChatEvent =
  /** `bytes` are what the client gets: the upstream's own block, or the same payload framed with LF alone. */
  | {
      readonly kind: 'chunk'
      readonly bytes: Buffer
      readonly deltas: readonly ChoiceDelta[]
      readonly usage: Usage | undefined
      /** Nothing but usage: the extra chunk of `stream_options.include_usage`. */
      readonly usageOnly: boolean
    }
  | { readonly kind: 'done' }
  /** The signed Work of a contributor (`: vouch-work …`), still encoded. */
  | { readonly kind: 'work'; readonly encoded: string }
  /** A comment, such as a keep-alive: never forwarded as data. */
  | { readonly kind: 'comment' }
  /** The engine reports a failure in band; its text stays here because engines echo prompts. */
  | { readonly kind: 'error' }
  | { readonly kind: 'malformed' }

const dataPrefix = Buffer.from('data: ')
const workPrefix = ': vouch-work '
const openBrace = 0x7b
const cr = 0x0d
const lf = 0x0a

export function readChatEvent(block: Buffer): ChatEvent {
  const payload = plainPayload(block)
  if (payload !== undefined) return readPayload(payload, block)
  const { data, comment } = readFields(block.toString())
  if (data === undefined) {
    return comment?.startsWith(workPrefix)
      ? { kind: 'work', encoded: comment.slice(workPrefix.length).trim() }
      : { kind: 'comment' }
  }
  return readPayload(data, Buffer.from(`data: ${data}\n\n`))
}

/** The JSON of a block in the plainest framing, `data: {…}\n\n`, which is nearly every block; undefined for any other. */
function plainPayload(block: Buffer): string | undefined {
  const end = block.length - 2
  const plain =
    block[dataPrefix.length] === openBrace &&
    block.compare(dataPrefix, 0, dataPrefix.length, 0, dataPrefix.length) === 0 &&
    block.indexOf(lf) === end &&
    block[end - 1] !== cr
  return plain ? block.toString('utf8', dataPrefix.length, end) : undefined
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
  return { data: data.length === 0 ? undefined : data.join(''), comment }
}

function readPayload(payload: string, bytes: Buffer): ChatEvent {
  if (payload.trim() === '[DONE]') return { kind: 'done' }
  const json = parseObject(payload)
  if (json === undefined) return { kind: 'malformed' }
  if (json['error'] !== undefined && json['error'] !== null) return { kind: 'error' }
  const choices = json['choices']
  if (!Array.isArray(choices)) return { kind: 'malformed' }
  const usage = readUsage(json['usage'])
  const deltas = choices.map((choice) => readDelta(choice))
  return { kind: 'chunk', bytes, deltas, usage, usageOnly: choices.length === 0 }
}

type Fields = Readonly<Record<string, unknown>>
const asFields = (value: unknown): Fields =>
  typeof value === 'object' && value !== null ? (value as Fields) : {}

function parseObject(text: string): Fields | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Fields)
      : undefined
  } catch {
    return undefined
  }
}

function readDelta(value: unknown): ChoiceDelta {
  const choice = asFields(value)
  const delta = asFields(choice['delta'])
  const reasoning = delta['reasoning_content'] ?? delta['reasoning']
  return {
    index: typeof choice['index'] === 'number' ? choice['index'] : 0,
    text: typeof delta['content'] === 'string' ? delta['content'] : '',
    toolCalls: Array.isArray(delta['tool_calls']) ? (delta['tool_calls'] as ToolCallDelta[]) : [],
    reasoning: typeof reasoning === 'string' && reasoning !== '',
    finishReason: typeof choice['finish_reason'] === 'string' ? choice['finish_reason'] : undefined,
  }
}

/** A unary answer: its choices as deltas from nothing, its usage, and the bytes for the client. */
export type UnaryAnswer = {
  readonly deltas: readonly ChoiceDelta[]
  readonly usage: Usage | undefined
  /** The body re-serialised: a fixed point of JSON.parse and JSON.stringify, which verifiers of others rely on. */
  readonly bytes: Buffer
}

/** Undefined when the body is not a chat completion. */
export function readUnaryAnswer(body: Buffer): UnaryAnswer | undefined {
  const text = body.toString()
  const json = parseObject(text)
  const choices = json?.['choices']
  if (json === undefined || !Array.isArray(choices) || choices.length === 0) return undefined
  const serialised = JSON.stringify(json)
  return {
    deltas: choices.map((choice) =>
      readDelta({ ...asFields(choice), delta: asFields(choice)['message'] }),
    ),
    usage: readUsage(json['usage']),
    bytes: serialised === text ? body : Buffer.from(serialised),
  }
}

const count = (value: unknown): number | undefined =>
  typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 2 ** 32 - 1
    ? value
    : undefined

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
