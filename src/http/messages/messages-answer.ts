/*
 * A chat completion as a message of Anthropic's Messages API. Source: Anthropic API reference, "Messages" (the Message
 * object) and "Streaming messages".
 */
import type { MeteredUsage } from '../../domain/usage.ts'
import { choiceOf, readSaid, type Said } from '../chat-said.ts'
import { type Fields, isFields } from '../field-reader.ts'

/** What every message of one answer has in common. */
export type MessageHead = { readonly id: string; readonly model: string }

const stopReasons: ReadonlyMap<string, string> = new Map([
  ['stop', 'end_turn'],
  ['length', 'max_tokens'],
  ['tool_calls', 'tool_use'],
  ['function_call', 'tool_use'],
  ['content_filter', 'refusal'],
])

export type Stop = { readonly stop_reason: string; readonly stop_sequence: string | null }

/** Some engines say which text stopped them, in `stop_reason`; OpenAI's API has no word for it. */
export function stopOf(choice: Fields): Stop {
  const { finish_reason: finish, stop_reason: sequence } = choice as Record<string, unknown>
  if (finish === 'stop' && typeof sequence === 'string') {
    return { stop_reason: 'stop_sequence', stop_sequence: sequence }
  }
  const reason = typeof finish === 'string' ? stopReasons.get(finish) : undefined
  return { stop_reason: reason ?? 'end_turn', stop_sequence: null }
}

/** What is charged. Tokens from a cache are not among `input_tokens` here, as they are in OpenAI's usage. */
export const usageObject = (usage: MeteredUsage): Fields => ({
  input_tokens: usage.promptTokens - usage.cachedPromptTokens,
  cache_creation_input_tokens: 0,
  cache_read_input_tokens: usage.cachedPromptTokens,
  output_tokens: usage.completionTokens,
})

export const messageObject = ({ id, model }: MessageHead, rest: Fields): Fields => ({
  id,
  type: 'message',
  role: 'assistant',
  model,
  ...rest,
})

/** The whole message of a whole completion with one choice. */
export function wholeMessage(head: MessageHead, completion: Buffer, usage: MeteredUsage): Buffer {
  const choice = choiceOf(JSON.parse(completion.toString())) ?? {}
  const message = messageObject(head, {
    content: contentOf(readSaid(choice, 'message')),
    ...stopOf(choice),
    usage: usageObject(usage),
  })
  return Buffer.from(JSON.stringify(message))
}

function contentOf(said: Said): readonly Fields[] {
  const { reasoning: thinking, calls } = said
  const text = textOf(said)
  return [
    ...(thinking === '' ? [] : [{ type: 'thinking', thinking, signature: '' }]),
    ...(text === '' ? [] : [{ type: 'text', text, citations: null }]),
    ...calls.map(({ id, name, arguments: written }) => {
      return { type: 'tool_use', id, name, input: inputOf(written) }
    }),
  ]
}

/** This API has no place of its own for a refusal. */
export const textOf = ({ text, refusal }: Said): string => text + refusal

/** A model may write arguments that are no JSON object; a tool's input is always one. */
function inputOf(text: string): Fields {
  try {
    const value: unknown = JSON.parse(text)
    return isFields(value) ? value : {}
  } catch {
    return {}
  }
}
