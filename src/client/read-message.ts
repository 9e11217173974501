/*
 * The answer in a body of Anthropic's Messages API as the chat completion that it was translated from said it. Source:
 * Anthropic API reference, "Messages" (the Message object) and "Streaming messages".
 */
import type { AnsweredChoice } from './read-answer.ts'
import {
  asFields,
  asList,
  asText,
  type Called,
  type Fields,
  translatedAnswer,
} from './translated-answer.ts'

/**
 * `parts` are the one object of a whole answer, or the data of each event. Undefined when they are of another API. A tool's
 * input is an object here, so of a whole answer its text is the one that most engines write.
 */
export function readMessage(parts: readonly Fields[]): AnsweredChoice | undefined {
  const [first] = parts
  if (first?.['type'] === 'message') return wholeOf(first['content'])
  if (first?.['type'] !== 'message_start') return undefined
  let text = ''
  const calls = new Map<unknown, Called>()
  for (const { type, index, ...event } of parts) {
    const block = asFields(event['content_block'])
    if (type === 'content_block_start' && block['type'] === 'tool_use') {
      calls.set(index, calledOf(block, ''))
    }
    if (type !== 'content_block_delta') continue
    const delta = asFields(event['delta'])
    text += asText(delta['text'])
    const call = calls.get(index)
    if (call !== undefined) call.arguments += asText(delta['partial_json'])
  }
  return translatedAnswer(text, calls.values())
}

function wholeOf(content: unknown): AnsweredChoice {
  const blocks = asList(content)
  const texts = blocks.map(({ type, text }) => (type === 'text' ? asText(text) : ''))
  const calls = blocks
    .filter(({ type }) => type === 'tool_use')
    .map((block) => calledOf(block, JSON.stringify(block['input'])))
  return translatedAnswer(texts.join(''), calls)
}

const calledOf = ({ id, name }: Fields, written: string): Called => ({
  id,
  name,
  arguments: written,
})
