/*
 * The items of a Responses request as the messages of a chat completion. Source: OpenAI API reference, "Create a model
 * response", `input`; docs/responses.md has the table. Members of an item that say nothing to a model (`id`, `status`,
 * `phase`, hints for caches) are left out.
 */
import type { FieldReader } from '../field-reader.ts'

type ChatPart = Readonly<Record<string, unknown>> & { readonly type: string }
type ChatContent = string | readonly ChatPart[]
type ToolCall = {
  readonly id: string
  readonly type: 'function'
  readonly function: { readonly name: string; readonly arguments: string }
}

export type ChatMessage = {
  readonly role: string
  readonly content: ChatContent | null
  readonly tool_calls?: readonly ToolCall[]
  readonly tool_call_id?: string
}

const roles = ['user', 'assistant', 'system', 'developer'] as const
const details = ['auto', 'low', 'high'] as const

const storesNothing = 'this gateway stores no items; send the item itself (store: false does it)'
const textOnly = 'an assistant says text here'
const noFiles = 'this gateway keeps no files; send the data itself'

/** The messages of `input`, oldest first. What is wrong goes into the reader's verdict. */
export function readInput(fields: FieldReader): readonly ChatMessage[] {
  const input = fields.raw('input')
  if (typeof input === 'string') return [{ role: 'user', content: input }]
  if (input === undefined) fields.missing('input')
  const history = new ChatHistory()
  for (const item of fields.objects('input', 'a string or an array of items') ?? []) {
    addItem(history, item)
  }
  const messages = history.end()
  if (messages.length === 0) fields.unfit('input', 'at least one message')
  return messages
}

type DraftMessage = {
  readonly role: string
  content: ChatContent | null
  tool_calls?: ToolCall[]
}

/**
 * Messages as they gather. Items of one turn of the model stand side by side; a chat completion has them in one message,
 * because the answers of tools must follow the message that called them.
 */
class ChatHistory {
  readonly #messages: (DraftMessage | ChatMessage)[] = []
  /** The message that the model's next call belongs to. */
  #turn: DraftMessage | undefined
  /** Pictures and files of tools. Chat completions take texts from a tool; the user shows the rest behind them. */
  #shown: ChatPart[] = []

  say(role: string, content: ChatContent): void {
    if (role === 'assistant' && this.#turn?.content === null) {
      this.#turn.content = content
      return
    }
    const message = { role, content }
    this.#add(message)
    this.#turn = role === 'assistant' ? message : undefined
  }

  call(call: ToolCall): void {
    if (this.#turn === undefined) {
      this.#turn = { role: 'assistant', content: null }
      this.#add(this.#turn)
    }
    this.#turn.tool_calls ??= []
    this.#turn.tool_calls.push(call)
  }

  answer(id: string, content: ChatContent): void {
    const parts = typeof content === 'string' ? [] : content
    const texts = parts.filter(({ type }) => type === 'text')
    for (const part of parts) if (part.type !== 'text') this.#shown.push(part)
    const told = typeof content === 'string' ? content : contentOf(texts)
    this.#messages.push({ role: 'tool', tool_call_id: id, content: told })
    this.#turn = undefined
  }

  end(): readonly ChatMessage[] {
    this.#show()
    return this.#messages
  }

  #add(message: DraftMessage): void {
    this.#show()
    this.#messages.push(message)
  }

  #show(): void {
    if (this.#shown.length === 0) return
    this.#messages.push({ role: 'user', content: this.#shown })
    this.#shown = []
  }
}

/** A single text is a text, which every engine reads; of no part it is the empty one. */
function contentOf(parts: readonly ChatPart[]): ChatContent {
  const [first, ...others] = parts
  if (first === undefined) return ''
  return first.type === 'text' && others.length === 0 ? String(first['text']) : parts
}

function addItem(history: ChatHistory, item: FieldReader): void {
  switch (typeOf(item)) {
    case 'message':
      addMessage(history, item)
      return
    case 'function_call':
      history.call({
        id: item.requiredText('call_id'),
        type: 'function',
        function: {
          name: item.requiredText('name'),
          arguments: item.requiredText('arguments'),
        },
      })
      return
    case 'function_call_output':
      history.answer(item.requiredText('call_id'), readContent(item, 'output'))
      return
    case 'reasoning':
      // What a model thought in earlier turns is not told it again: engines differ in whether they take it.
      return
    case 'item_reference':
      item.unsupported('type', storesNothing)
      return
    case undefined:
      item.missing('type')
      return
    default:
      item.unsupported('type', 'only messages, function calls and their outputs are understood')
  }
}

/** Messages come without a type, and so do references to stored items. */
function typeOf(item: FieldReader): string | undefined {
  const type = item.text('type')
  if (type !== undefined) return type
  if (item.raw('role') !== undefined) return 'message'
  return item.raw('id') === undefined ? undefined : 'item_reference'
}

function addMessage(history: ChatHistory, item: FieldReader): void {
  const role = item.oneOf('role', roles)
  if (role === undefined) {
    if (item.raw('role') === undefined) item.missing('role')
    return
  }
  if (role === 'assistant') history.say(role, readSaid(item))
  // Many engines know no developer; those that do read `system` as the same.
  else history.say(role === 'developer' ? 'system' : role, readContent(item, 'content'))
}

/** What the model said before: text, in any number of parts. */
function readSaid(item: FieldReader): string {
  const content = item.raw('content')
  if (typeof content === 'string') return content
  if (content === undefined) item.missing('content')
  const parts = item.objects('content', 'a string or an array of parts') ?? []
  return parts.map(readSaidPart).join('')
}

function readSaidPart(part: FieldReader): string {
  switch (part.requiredText('type')) {
    case 'output_text':
    case 'input_text':
      return part.requiredText('text')
    case 'refusal':
      return part.requiredText('refusal')
    default:
      part.unsupported('type', textOnly)
      return ''
  }
}

function readContent(item: FieldReader, name: string): ChatContent {
  const content = item.raw(name)
  if (typeof content === 'string') return content
  if (content === undefined) item.missing(name)
  const parts = item.objects(name, 'a string or an array of parts') ?? []
  return contentOf(parts.flatMap((part) => readPart(part) ?? []))
}

function readPart(part: FieldReader): ChatPart | undefined {
  switch (part.requiredText('type')) {
    case 'input_text':
    case 'output_text':
      return { type: 'text', text: part.requiredText('text') }
    case 'input_image':
      return readImage(part)
    case 'input_file':
      return readFile(part)
    default:
      return part.unsupported('type', 'only input_text, input_image and input_file are understood')
  }
}

function readImage(part: FieldReader): ChatPart | undefined {
  if (part.raw('file_id') !== undefined) return part.unsupported('file_id', noFiles)
  const url = part.requiredText('image_url')
  const detail = part.oneOf('detail', details)
  return { type: 'image_url', image_url: { url, ...(detail && { detail }) } }
}

function readFile(part: FieldReader): ChatPart | undefined {
  if (part.raw('file_id') !== undefined) return part.unsupported('file_id', noFiles)
  if (part.raw('file_url') !== undefined) return part.unsupported('file_url', noFiles)
  const filename = part.text('filename')
  const data = part.requiredText('file_data')
  return { type: 'file', file: { ...(filename && { filename }), file_data: data } }
}
