/*
 * The answer in a body of OpenAI's Responses API as the chat completion that it was translated from said it. Source: OpenAI
 * API reference, "The response object" and "Streaming events".
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
 * `parts` are the one object of a whole answer, or the data of each event. Undefined when they are of another API. Of a
 * stream the deltas are read, which is all there is of one that broke off.
 */
export function readResponse(parts: readonly Fields[]): AnsweredChoice | undefined {
  const [first] = parts
  if (first?.['object'] === 'response') return wholeOf(asList(first['output']))
  if (first?.['type'] !== 'response.created') return undefined
  let text = ''
  const calls = new Map<unknown, Called>()
  for (const event of parts) {
    const { type, delta, output_index: index } = event as Record<string, unknown>
    if (type === 'response.output_text.delta') text += asText(delta)
    if (type === 'response.output_item.added') addCall(calls, index, asFields(event['item']))
    const call = calls.get(index)
    if (type === 'response.function_call_arguments.delta' && call) call.arguments += asText(delta)
  }
  return translatedAnswer(text, calls.values())
}

function addCall(calls: Map<unknown, Called>, index: unknown, item: Fields): void {
  if (item['type'] === 'function_call') calls.set(index, calledOf(item))
}

const calledOf = ({ call_id: id, name, arguments: written }: Fields): Called => ({
  id,
  name,
  arguments: asText(written),
})

function wholeOf(output: readonly Fields[]): AnsweredChoice {
  const parts = output.flatMap(({ type, content }) => (type === 'message' ? asList(content) : []))
  const texts = parts.map(({ type, text }) => (type === 'output_text' ? asText(text) : ''))
  const calls = output.filter(({ type }) => type === 'function_call').map(calledOf)
  return translatedAnswer(texts.join(''), calls)
}
