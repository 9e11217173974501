/*
 * What a choice of a chat completion, or its part of a chunk, says in words of the Responses API. Engines deviate, so
 * every member is optional here.
 */
import { type Fields, isFields } from './field-reader.ts'
import type { Logprob } from './responses-object.ts'

/** A call, or a part of one. */
export type CalledPart = {
  /** Undefined where the engine gives none: then each part is a call of its own. */
  readonly position: number | undefined
  readonly id: string
  readonly name: string
  readonly arguments: string
}

export type Said = {
  readonly reasoning: string
  readonly text: string
  readonly logprobs: readonly Logprob[]
  readonly refusal: string
  readonly calls: readonly CalledPart[]
  readonly finishReason: string | undefined
}

const fieldsOf = (value: unknown): Fields => (isFields(value) ? value : {})
const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')
const listOf = (value: unknown): readonly Fields[] =>
  Array.isArray(value) ? value.filter(isFields) : []

/** What the one choice of `completion`, whole or a chunk, says; undefined where it has no choice. */
export function readSaid(completion: unknown, part: 'message' | 'delta'): Said | undefined {
  const [choice] = listOf(fieldsOf(completion)['choices'])
  if (choice === undefined) return undefined
  const said = fieldsOf(choice[part])
  return {
    reasoning: textOf(said['reasoning_content']) || textOf(said['reasoning']),
    text: textOf(said['content']),
    logprobs: listOf(fieldsOf(choice['logprobs'])['content']).map(readLogprob),
    refusal: textOf(said['refusal']),
    calls: listOf(said['tool_calls']).map(readCall),
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

const readLogprob = (entry: Fields): Logprob => ({
  ...readToken(entry),
  top_logprobs: listOf(entry['top_logprobs']).map(readToken),
})

function readToken(entry: Fields): Omit<Logprob, 'top_logprobs'> {
  const { logprob, bytes } = entry as { logprob?: unknown; bytes?: unknown }
  return {
    token: textOf(entry['token']),
    logprob: typeof logprob === 'number' ? logprob : 0,
    bytes: Array.isArray(bytes) ? bytes.filter((byte) => typeof byte === 'number') : [],
  }
}
