/*
 * A request of Anthropic's Messages API as the chat completion that says the same. Pure: equal bodies become equal bodies, so
 * that whoever has the one can check the hash of the other. docs/messages.md has the table.
 */
import { err, ok, type Result } from '../../base/result.ts'
import type { RequestRefusal } from '../../domain/refusal.ts'
import { type Fields, isFields } from '../field-reader.ts'
import { mistyped, readEach, readMessages, readSystem, unfit } from './messages-blocks.ts'

type Parsed<T> = Result<T, RequestRefusal>

/** Members that are translated, or that say nothing to an engine that is not Anthropic's. */
const known: ReadonlySet<string> = new Set([
  ...['model', 'max_tokens', 'messages', 'system', 'stop_sequences', 'stream', 'metadata'],
  ...['thinking', 'tools', 'tool_choice', 'service_tier', 'cache_control', 'inference_geo'],
])
/** Members that ask for what only their own servers do. */
const refused = ['mcp_servers', 'container', 'context_management'] as const

/** The chat completion of `fields`. Members that nobody here knows go through, as they do everywhere. */
export function chatFieldsOf(fields: Fields): Parsed<Fields> {
  for (const param of refused) {
    if (fields[param] != null) return unfit(param, 'nothing: it is not offered here')
  }
  const bound = readBounds(fields)
  if (!bound.ok) return bound
  const system = readSystem(fields['system'])
  if (!system.ok) return system
  const messages = readMessages(fields['messages'])
  if (!messages.ok) return messages
  const stop = readStop(fields['stop_sequences'])
  if (!stop.ok) return stop
  const tools = readTools(fields)
  if (!tools.ok) return tools
  const effort = readThinking(fields['thinking'])
  if (!effort.ok) return effort
  const { user_id: user } = (isFields(fields['metadata']) ? fields['metadata'] : {}) as Fields
  return ok({
    model: fields['model'],
    messages: [...system.value, ...messages.value],
    max_tokens: bound.value,
    ...(stop.value !== undefined && { stop: stop.value }),
    ...(fields['stream'] != null && { stream: fields['stream'] }),
    ...tools.value,
    ...(effort.value !== undefined && { reasoning_effort: effort.value }),
    ...(typeof user === 'string' && { user }),
    ...Object.fromEntries(Object.entries(fields).filter(([name]) => !known.has(name))),
  })
}

/** Anthropic's API asks for `max_tokens` in every request. */
function readBounds({ max_tokens: bound, n }: Fields): Parsed<unknown> {
  // A message has one choice; others would be paid for and told to nobody.
  if (n != null && n !== 1) return unfit('n', '1, if anything')
  if (bound == null) return err({ reason: 'missing_required_parameter', param: 'max_tokens' })
  return ok(bound)
}

function readStop(value: unknown): Parsed<readonly unknown[] | undefined> {
  if (value == null) return ok(undefined)
  const expected = 'an array of texts'
  if (!Array.isArray(value)) return mistyped('stop_sequences', expected)
  if (!value.every((one) => typeof one === 'string')) return mistyped('stop_sequences', expected)
  return ok(value.length === 0 ? undefined : value)
}

function readTools({ tools, tool_choice: choice }: Fields): Parsed<Fields> {
  if (tools == null) return ok({})
  if (!Array.isArray(tools)) return mistyped('tools', 'an array of tools')
  if (tools.length === 0) return ok({})
  const read = readEach(tools, 'tools', readTool)
  if (!read.ok) return read
  const chosen = readToolChoice(choice)
  return chosen.ok ? ok({ tools: read.value, ...chosen.value }) : chosen
}

function readTool(tool: unknown, param: string): Parsed<Fields> {
  if (!isFields(tool)) return mistyped(param, 'an object')
  const { type, name, description, input_schema: parameters } = tool as Record<string, unknown>
  if (type != null && type !== 'custom') {
    return unfit(`${param}.type`, 'custom: tools that run on a server are not offered here')
  }
  if (typeof name !== 'string') return mistyped(`${param}.name`, 'a string')
  if (!isFields(parameters)) return mistyped(`${param}.input_schema`, 'a JSON Schema')
  const described = description == null ? {} : { description }
  return ok({ type: 'function', function: { name, ...described, parameters } })
}

const choices = { auto: 'auto', any: 'required', none: 'none' } as const

function readToolChoice(choice: unknown): Parsed<Fields> {
  if (choice == null) return ok({})
  if (!isFields(choice)) return mistyped('tool_choice', 'an object')
  const { type, name, disable_parallel_tool_use: single } = choice as Record<string, unknown>
  const alone = single === true ? { parallel_tool_calls: false } : {}
  if (type === 'tool') {
    if (typeof name !== 'string') return mistyped('tool_choice.name', 'a string')
    return ok({ tool_choice: { type: 'function', function: { name } }, ...alone })
  }
  if (type !== 'auto' && type !== 'any' && type !== 'none') {
    return unfit('tool_choice.type', 'one of auto, any, tool, none')
  }
  return ok({ tool_choice: choices[type], ...alone })
}

/** Tokens of thought as the three efforts that other engines know. */
function readThinking(value: unknown): Parsed<string | undefined> {
  if (value == null) return ok(undefined)
  if (!isFields(value)) return mistyped('thinking', 'an object')
  const { type, budget_tokens: budget } = value as Record<string, unknown>
  if (type !== 'enabled') {
    const isKnown = type === 'disabled' || type === 'adaptive'
    return isKnown ? ok(undefined) : unfit('thinking.type', 'one of enabled, adaptive, disabled')
  }
  if (typeof budget !== 'number') return mistyped('thinking.budget_tokens', 'a number')
  if (budget <= 2_048) return ok('low')
  return ok(budget <= 8_192 ? 'medium' : 'high')
}
