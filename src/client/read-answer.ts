/*
 * The answer in a response body as a client would read it: OpenAI's chat completion, whole or
 * streamed, or what it was translated to. Source: OpenAI API reference, "The chat completion object" and "The chat completion
 * chunk object".
 */
import { utf8Text } from '../base/bytes.ts'
import { readMessage } from './read-message.ts'
import { readResponse } from './read-response.ts'

/** One choice. `toolCalls` are in the form of `message.tool_calls`. */
export type AnsweredChoice = {
  readonly text: string
  readonly toolCalls: readonly unknown[]
  /** Told in words of another API, which has no place for members that only this engine knows. */
  readonly isTranslated?: true
}

type Fields = Readonly<Record<string, unknown>>
type GrowingChoice = { text: string; readonly toolCalls: Map<number, Record<string, unknown>> }

const lineFeed = 0x0a
const dataPrefix = 'data: '
/** Comments of a gateway that was waiting; other APIs name their events, in a line of its own and again in the data. */
const beforeData = /^(?::.*\n)*(?:event: .*\n)?/

/**
 * Server-sent events as the gateway frames them, each with its blank line; a cut event at the end
 * counts as one.
 */
export function splitEvents(body: Uint8Array): readonly Uint8Array[] {
  const events: Uint8Array[] = []
  let start = 0
  while (start < body.length) {
    const end = endOfEvent(body, start)
    events.push(body.subarray(start, end))
    start = end
  }
  return events
}

/** Behind the blank line that ends the event which begins at `start`. */
function endOfEvent(body: Uint8Array, start: number): number {
  let at = body.indexOf(lineFeed, start)
  while (at !== -1 && body[at + 1] !== lineFeed) at = body.indexOf(lineFeed, at + 1)
  return at === -1 ? body.length : at + 2
}

/** Whether a body is one JSON object rather than a stream of events. */
export const isUnary = (body: Uint8Array): boolean => body[0] === '{'.charCodeAt(0)

/** Choices by index; undefined when the body is of no API that is read here. */
export function readAnswer(body: Uint8Array): readonly AnsweredChoice[] | undefined {
  const parts = (isUnary(body) ? [utf8Text(body)] : eventPayloads(body)).map(parseFields)
  const fields = parts.map(asFields)
  const translated = readResponse(fields) ?? readMessage(fields)
  return translated === undefined ? readCompletion(parts) : [translated]
}

function readCompletion(
  parts: readonly (Fields | undefined)[],
): readonly AnsweredChoice[] | undefined {
  const growing: GrowingChoice[] = []
  for (const part of parts) {
    const choices = part?.['choices']
    if (!Array.isArray(choices)) return undefined
    for (const choice of choices) addPart(growing, asFields(choice))
  }
  return Array.from(growing, (choice) => ({
    text: choice?.text ?? '',
    toolCalls: callsInOrder(choice?.toolCalls),
  }))
}

/** By their index, which need not be the order in which their first parts came. */
const callsInOrder = (calls: GrowingChoice['toolCalls'] | undefined): readonly unknown[] =>
  [...(calls ?? [])].sort(([a], [b]) => a - b).map(([, call]) => call)

function eventPayloads(body: Uint8Array): readonly string[] {
  return splitEvents(body)
    .map((event) => utf8Text(event).trimEnd().replace(beforeData, ''))
    .filter((event) => event.startsWith(dataPrefix) && event !== 'data: [DONE]')
    .map((event) => event.slice(dataPrefix.length))
}

function parseFields(text: string): Fields | undefined {
  try {
    return asFields(JSON.parse(text))
  } catch {
    return undefined
  }
}

const asFields = (value: unknown): Fields =>
  typeof value === 'object' && value !== null ? (value as Fields) : {}

/** Far beyond `n`'s bound; keeps a forged index from growing an array without end. */
const indexMax = 1_023

function addPart(growing: GrowingChoice[], choice: Fields): void {
  const index = choice['index']
  const at = typeof index === 'number' && index >= 0 && index <= indexMax ? Math.trunc(index) : 0
  growing[at] ??= { text: '', toolCalls: new Map() }
  const said = asFields(choice['message'] ?? choice['delta'])
  const text = said['content'] ?? choice['text']
  if (typeof text === 'string') growing[at].text += text
  const calls = said['tool_calls']
  if (!Array.isArray(calls)) return
  for (const call of calls) addToolCall(growing[at].toolCalls, asFields(call))
}

/** A call's first part brings its fields, later ones more of `function.arguments`. */
function addToolCall(calls: Map<number, Record<string, unknown>>, part: Fields): void {
  const { index, ...fields } = part
  const at = typeof index === 'number' ? index : calls.size
  const known = calls.get(at)
  if (known === undefined) {
    calls.set(at, fields)
    return
  }
  const before = asFields(known['function'])
  const more = asFields(fields['function'])['arguments']
  const { name, arguments: text } = before
  known['function'] = { name, arguments: `${text ?? ''}${more ?? ''}` }
}
