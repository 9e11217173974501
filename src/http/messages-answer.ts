/*
 * A chat completion as a message of Anthropic's Messages API. Source: Anthropic API reference, "Messages" (the Message
 * object) and "Streaming messages".
 */
import type { MeteredUsage } from '../domain/usage.ts'
import { type Fields, isFields } from './messages-blocks.ts'

/** What every message of one answer has in common. */
export type MessageHead = { readonly id: string; readonly model: string }

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')
export const fieldsOf = (value: unknown): Fields => (isFields(value) ? value : {})
export const itemsOf = (value: unknown): readonly Fields[] =>
  Array.isArray(value) ? value.map(fieldsOf) : []

/** What one choice, or its part of a chunk, says. */
export type Said = {
  readonly thinking: string
  readonly text: string
  readonly calls: readonly {
    readonly index: number | undefined
    readonly id: string
    readonly name: string
    readonly input: string
  }[]
}

export function readSaid(message: Fields): Said {
  const thinking = textOf(message['reasoning_content']) || textOf(message['reasoning'])
  return {
    thinking,
    text: textOf(message['content']) + textOf(message['refusal']),
    calls: itemsOf(message['tool_calls']).map((call) => {
      const called = fieldsOf(call['function'])
      const { index } = call as { index?: unknown }
      return {
        index: typeof index === 'number' ? index : undefined,
        id: textOf(call['id']),
        name: textOf(called['name']),
        input: textOf(called['arguments']),
      }
    }),
  }
}

const stopReasons: Readonly<Record<string, string>> = {
  stop: 'end_turn',
  length: 'max_tokens',
  tool_calls: 'tool_use',
  function_call: 'tool_use',
  content_filter: 'refusal',
}

export type Stop = { readonly stop_reason: string; readonly stop_sequence: string | null }

/** Some engines say which text stopped them, in `stop_reason`; OpenAI's API has no word for it. */
export function stopOf(choice: Fields): Stop {
  const { finish_reason: finish, stop_reason: sequence } = choice as Record<string, unknown>
  if (finish === 'stop' && typeof sequence === 'string') {
    return { stop_reason: 'stop_sequence', stop_sequence: sequence }
  }
  return { stop_reason: stopReasons[textOf(finish)] ?? 'end_turn', stop_sequence: null }
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
  const { choices } = JSON.parse(completion.toString()) as { choices?: unknown }
  const [choice = {}] = itemsOf(choices)
  const message = messageObject(head, {
    content: contentOf(readSaid(fieldsOf(choice['message']))),
    ...stopOf(choice),
    usage: usageObject(usage),
  })
  return Buffer.from(JSON.stringify(message))
}

function contentOf({ thinking, text, calls }: Said): readonly Fields[] {
  return [
    ...(thinking === '' ? [] : [{ type: 'thinking', thinking, signature: '' }]),
    ...(text === '' ? [] : [{ type: 'text', text, citations: null }]),
    ...calls.map(({ id, name, input }) => ({ type: 'tool_use', id, name, input: inputOf(input) })),
  ]
}

/** A model may write arguments that are no JSON object; a tool's input is always one. */
function inputOf(text: string): Fields {
  try {
    return fieldsOf(JSON.parse(text))
  } catch {
    return {}
  }
}
