/*
 * The messages of Anthropic's Messages API as those of a chat completion. Source: Anthropic API reference, "Messages";
 * what a chat completion cannot say is refused by its name, never dropped in silence.
 */
import { err, ok, type Result } from '../../base/result.ts'
import type { RequestRefusal } from '../../domain/refusal.ts'
import { type Fields, isFields } from '../field-reader.ts'

type Parsed<T> = Result<T, RequestRefusal>
type Texts = { readonly type: 'text'; readonly text: string }
type Part = Texts | Fields
export type ChatMessage = Fields & { readonly role: string }

export const mistyped = (param: string, expected: string): Parsed<never> =>
  err({ reason: 'invalid_type', param, expected })
export const unfit = (param: string, expected: string): Parsed<never> =>
  err({ reason: 'invalid_value', param, expected })

/** `read` of each item, or the first refusal. */
export function readEach<T>(
  items: readonly unknown[],
  param: string,
  read: (item: unknown, param: string) => Parsed<T>,
): Parsed<T[]> {
  const all: T[] = []
  for (const [index, item] of items.entries()) {
    const one = read(item, `${param}[${index}]`)
    if (!one.ok) return one
    all.push(one.value)
  }
  return ok(all)
}

/** The system prompt: a text, or blocks of text. */
export function readSystem(value: unknown): Parsed<readonly ChatMessage[]> {
  if (value === undefined || value === null) return ok([])
  if (typeof value === 'string') return ok([{ role: 'system', content: value }])
  if (!Array.isArray(value)) return mistyped('system', 'a text or an array of text blocks')
  const texts = readEach(value, 'system', readText)
  return texts.ok ? ok([{ role: 'system', content: texts.value }]) : texts
}

export function readMessages(value: unknown): Parsed<readonly ChatMessage[]> {
  if (value === undefined) return err({ reason: 'missing_required_parameter', param: 'messages' })
  if (!Array.isArray(value)) return mistyped('messages', 'an array of messages')
  if (value.length === 0) return unfit('messages', 'at least one message')
  const messages = readEach(value, 'messages', readMessage)
  return messages.ok ? ok(messages.value.flat()) : messages
}

function readMessage(value: unknown, param: string): Parsed<readonly ChatMessage[]> {
  if (!isFields(value)) return mistyped(param, 'an object')
  const { role, content } = value as { role?: unknown; content?: unknown }
  if (role !== 'user' && role !== 'assistant' && role !== 'system') {
    return unfit(`${param}.role`, 'one of user, assistant')
  }
  if (typeof content === 'string') return ok([{ role, content }])
  if (!Array.isArray(content)) {
    return mistyped(`${param}.content`, 'a text or an array of content blocks')
  }
  return role === 'assistant'
    ? readAssistant(content, `${param}.content`)
    : readUser(role, content, `${param}.content`)
}

/** What a model said before: its text, and its calls of tools. Its thoughts are its own and are not told it again. */
function readAssistant(blocks: readonly unknown[], param: string): Parsed<readonly ChatMessage[]> {
  const read = readEach(blocks, param, readSaidBlock)
  if (!read.ok) return read
  const text = read.value.map((said) => said.text ?? '').join('')
  const calls = read.value.flatMap(({ call }) => (call === undefined ? [] : [call]))
  const content = text === '' && calls.length > 0 ? null : text
  return ok([{ role: 'assistant', content, ...(calls.length > 0 && { tool_calls: calls }) }])
}

type SaidBlock = { readonly text?: string; readonly call?: Fields }

function readSaidBlock(block: unknown, param: string): Parsed<SaidBlock> {
  if (!isFields(block)) return mistyped(param, 'an object')
  switch ((block as { type?: unknown }).type) {
    case 'thinking':
    case 'redacted_thinking':
      return ok({})
    case 'text':
      return readText(block, param)
    case 'tool_use': {
      const call = readToolUse(block, param)
      return call.ok ? ok({ call: call.value }) : call
    }
    default:
      return unfit(`${param}.type`, 'one of text, tool_use, thinking, redacted_thinking')
  }
}

function readToolUse(block: Fields, param: string): Parsed<Fields> {
  const { id, name, input } = block as { id?: unknown; name?: unknown; input?: unknown }
  if (typeof id !== 'string') return mistyped(`${param}.id`, 'a string')
  if (typeof name !== 'string') return mistyped(`${param}.name`, 'a string')
  if (!isFields(input)) return mistyped(`${param}.input`, 'an object')
  return ok({ id, type: 'function', function: { name, arguments: JSON.stringify(input) } })
}

/** What a user says and what tools answered; a tool's answer is a message of its own, and comes first. */
function readUser(
  role: 'user' | 'system',
  blocks: readonly unknown[],
  param: string,
): Parsed<readonly ChatMessage[]> {
  const parts: Part[] = []
  const answers: ChatMessage[] = []
  for (const [index, block] of blocks.entries()) {
    const at = `${param}[${index}]`
    if (!isFields(block)) return mistyped(at, 'an object')
    if ((block as { type?: unknown }).type === 'tool_result') {
      const answer = readToolResult(block, at)
      if (!answer.ok) return answer
      answers.push(answer.value.message)
      parts.push(...answer.value.media)
      continue
    }
    const part = readPart(block, at)
    if (!part.ok) return part
    parts.push(part.value)
  }
  const said = parts.length > 0 || answers.length === 0
  return ok(said ? [...answers, { role, content: parts }] : answers)
}

/** Chat completions take no pictures from a tool: the user shows them instead. */
function readToolResult(
  block: Fields,
  param: string,
): Parsed<{ readonly message: ChatMessage; readonly media: readonly Part[] }> {
  const { tool_use_id: id, content } = block as { tool_use_id?: unknown; content?: unknown }
  if (typeof id !== 'string') return mistyped(`${param}.tool_use_id`, 'a string')
  const message = (text: string): ChatMessage => ({ role: 'tool', tool_call_id: id, content: text })
  if (content === undefined || content === null) return ok({ message: message(''), media: [] })
  if (typeof content === 'string') return ok({ message: message(content), media: [] })
  if (!Array.isArray(content)) {
    return mistyped(`${param}.content`, 'a text or an array of content blocks')
  }
  const parts = readEach(content, `${param}.content`, readPart)
  if (!parts.ok) return parts
  const texts = parts.value.filter(isText)
  const media = parts.value.filter((part) => !isText(part))
  return ok({ message: message(texts.map(({ text }) => text).join('\n')), media })
}

const isText = (part: Part): part is Texts => part['type'] === 'text'

function readPart(block: unknown, param: string): Parsed<Part> {
  if (!isFields(block)) return mistyped(param, 'an object')
  switch ((block as { type?: unknown }).type) {
    case 'text':
      return readText(block, param)
    case 'image':
      return readSource(block, param, (url) => ({ type: 'image_url', image_url: { url } }))
    case 'document':
      return readDocument(block, param)
    default:
      return unfit(`${param}.type`, 'one of text, image, document, tool_result')
  }
}

/** Marks for a cache say nothing to another engine, which has its own way. */
function readText(block: unknown, param: string): Parsed<Texts> {
  const { type, text } = (isFields(block) ? block : {}) as { type?: unknown; text?: unknown }
  if (type !== 'text') return unfit(`${param}.type`, 'text')
  return typeof text === 'string'
    ? ok({ type: 'text', text })
    : mistyped(`${param}.text`, 'a string')
}

function readDocument(block: Fields, param: string): Parsed<Part> {
  const { source, title } = block as { source?: unknown; title?: unknown }
  const { type, data } = (isFields(source) ? source : {}) as { type?: unknown; data?: unknown }
  if (type === 'text' && typeof data === 'string') return ok({ type: 'text', text: data })
  if (type === 'url') return unfit(`${param}.source.type`, 'base64 or text for a document')
  const filename = typeof title === 'string' && title !== '' ? title : 'document.pdf'
  return readSource(block, param, (url) => ({ type: 'file', file: { filename, file_data: url } }))
}

/** Bytes become a data URL, which says the same. */
function readSource(block: Fields, param: string, part: (url: string) => Fields): Parsed<Part> {
  const { source } = block as { source?: unknown }
  if (!isFields(source)) return mistyped(`${param}.source`, 'an object')
  const { type, media_type: mediaType, data, url } = source as Record<string, unknown>
  if (type === 'url') {
    return typeof url === 'string' ? ok(part(url)) : mistyped(`${param}.source.url`, 'a string')
  }
  if (type !== 'base64') return unfit(`${param}.source.type`, 'base64 or url')
  if (typeof mediaType !== 'string') return mistyped(`${param}.source.media_type`, 'a string')
  if (typeof data !== 'string') return mistyped(`${param}.source.data`, 'a string')
  return ok(part(`data:${mediaType};base64,${data}`))
}
