/*
 * What a choice of a chat completion, or its part of a chunk, says: what the dialects of other APIs are told from. Engines
 * deviate, so every member is optional here.
 */
import { type Fields, isFields } from './field-reader.ts'

/** A call, or a part of one. */
export type CalledPart = {
  /** Undefined where the engine gives none: then each part is a call of its own. */
  readonly position: number | undefined
  readonly id: string
  readonly name: string
  readonly arguments: string
}

type Token = {
  readonly token: string
  readonly logprob: number
  readonly bytes: readonly number[]
}
type SaidToken = Token & { readonly top_logprobs: readonly Token[] }

export type Said = {
  readonly reasoning: string
  readonly text: string
  readonly refusal: string
  readonly calls: readonly CalledPart[]
  readonly logprobs: readonly SaidToken[]
  readonly finishReason: string | undefined
}

const fieldsOf = (value: unknown): Fields => (isFields(value) ? value : {})
const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')
const listOf = (value: unknown): readonly Fields[] =>
  Array.isArray(value) ? value.filter(isFields) : []

/** The one choice of a completion, whole or a chunk; undefined where it has none. */
export const choiceOf = (completion: unknown): Fields | undefined =>
  listOf(fieldsOf(completion)['choices'])[0]

export function readSaid(choice: Fields, part: 'message' | 'delta'): Said {
  const said = fieldsOf(choice[part])
  return {
    reasoning: textOf(said['reasoning_content']) || textOf(said['reasoning']),
    text: textOf(said['content']),
    refusal: textOf(said['refusal']),
    calls: listOf(said['tool_calls']).map(readCall),
    logprobs: listOf(fieldsOf(choice['logprobs'])['content']).map(readSaidToken),
    finishReason: typeof choice['finish_reason'] === 'string' ? choice['finish_reason'] : undefined,
  }
}

function readCall(call: Fields): CalledPart {
  const { index } = call as { index?: unknown }
  const called = fieldsOf(call['function'])
  return {
    position: typeof index === 'number' ? index : undefined,
    id: textOf(call['id']),
    name: textOf(called['name']),
    arguments: textOf(called['arguments']),
  }
}

const readSaidToken = (entry: Fields): SaidToken => ({
  ...readToken(entry),
  top_logprobs: listOf(entry['top_logprobs']).map(readToken),
})

function readToken(entry: Fields): Token {
  const { logprob, bytes } = entry as { logprob?: unknown; bytes?: unknown }
  return {
    token: textOf(entry['token']),
    logprob: typeof logprob === 'number' ? logprob : 0,
    bytes: Array.isArray(bytes) ? bytes.filter((byte) => typeof byte === 'number') : [],
  }
}
