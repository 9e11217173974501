import { err, ok, type Result } from '../base/result.ts'
import {
  invalidType,
  invalidValue,
  missingParameter,
  type OpenAiRefusal,
  outOfBounds,
  unsupportedParameter,
} from '../contributor/openai-refusal.ts'
import { type Fields, isFields, kindOf } from './body-fields.ts'
import { messagesMax } from './limits.ts'
import type { ChatRole } from './model-config.ts'
import type { ChatMessage } from './prompt-tokens.ts'

const roles: ReadonlyMap<unknown, ChatRole> = new Map<unknown, ChatRole>([
  ['system', 'system'],
  ['developer', 'system'],
  ['user', 'user'],
  ['assistant', 'assistant'],
])

/** The `messages` of a chat completion, text only. */
export function parseMessages(value: unknown): Result<readonly ChatMessage[], OpenAiRefusal> {
  const param = 'messages'
  if (value === undefined || value === null) return err(missingParameter(param))
  if (!Array.isArray(value)) {
    return err(invalidType({ param, expected: 'an array of objects', got: kindOf(value) }))
  }
  if (value.length === 0) {
    return err(
      outOfBounds({
        param,
        code: 'empty_array',
        complaint: 'empty array',
        expected: 'an array with minimum length 1',
        got: 'an empty array',
      }),
    )
  }
  if (value.length > messagesMax) {
    return err(
      outOfBounds({
        param,
        code: 'array_above_max_length',
        complaint: 'array too long',
        expected: `an array with maximum length ${messagesMax}`,
        got: `an array with length ${value.length}`,
      }),
    )
  }
  const messages: ChatMessage[] = []
  for (const [index, message] of value.entries()) {
    const parsed = parseMessage(message, `messages[${index}]`)
    if (!parsed.ok) return parsed
    messages.push(parsed.value)
  }
  return ok(messages)
}

function parseMessage(message: unknown, param: string): Result<ChatMessage, OpenAiRefusal> {
  if (!isFields(message)) {
    return err(invalidType({ param, expected: 'an object', got: kindOf(message) }))
  }
  const role = parseRole(message, `${param}.role`)
  if (!role.ok) return role
  const toolMember = ['tool_calls', 'function_call', 'audio'].find((name) => isGiven(message[name]))
  if (toolMember !== undefined) {
    return err(unsupportedParameter(`${param}.${toolMember}`, 'it reads text only'))
  }
  const content = parseContent(message['content'], `${param}.content`)
  if (!content.ok) return content
  return ok({ role: role.value, content: content.value })
}

function parseRole(message: Fields, param: string): Result<ChatRole, OpenAiRefusal> {
  const value = message['role']
  const role = roles.get(value)
  if (role !== undefined) return ok(role)
  if (value === undefined || value === null) return err(missingParameter(param))
  if (typeof value !== 'string') {
    return err(invalidType({ param, expected: 'a string', got: kindOf(value) }))
  }
  if (value === 'tool' || value === 'function') {
    return err(unsupportedParameter(param, 'it calls no tools'))
  }
  return err(
    invalidValue({ param, expected: `one of 'system', 'developer', 'user' and 'assistant'` }),
  )
}

/**
 * A string, or an array of text parts, which are joined without a separator as the OpenAI API does.
 */
function parseContent(value: unknown, param: string): Result<string, OpenAiRefusal> {
  if (value === undefined || value === null) return err(missingParameter(param))
  if (typeof value === 'string') return checkedText(value, param)
  if (!Array.isArray(value)) {
    const expected = 'a string or an array of text parts'
    return err(invalidType({ param, expected, got: kindOf(value) }))
  }
  const texts: string[] = []
  for (const [index, part] of value.entries()) {
    const text = parsePart(part, `${param}[${index}]`)
    if (!text.ok) return text
    texts.push(text.value)
  }
  return ok(texts.join(''))
}

function parsePart(part: unknown, param: string): Result<string, OpenAiRefusal> {
  if (!isFields(part)) {
    return err(invalidType({ param, expected: 'an object', got: kindOf(part) }))
  }
  const type = part['type']
  if (type !== 'text' && type !== 'refusal') {
    return err(unsupportedParameter(`${param}.type`, 'it reads parts of type text only'))
  }
  const text = part[type]
  if (typeof text === 'string') return checkedText(text, `${param}.${type}`)
  return err(invalidType({ param: `${param}.${type}`, expected: 'a string', got: kindOf(text) }))
}

const isGiven = (value: unknown): boolean => value !== undefined && value !== null

/** A lone surrogate has no UTF-8: it would be read, hashed and signed as another character. */
function checkedText(text: string, param: string): Result<string, OpenAiRefusal> {
  if (text.isWellFormed()) return ok(text)
  return err(invalidValue({ param, expected: 'text without lone surrogates' }))
}
