/*
 * What of an OpenAI request body the gateway itself must understand: the fields that decide who answers, what it may cost
 * and how the answer is framed. Everything else passes to the engine untouched, unknown fields included.
 * Source: OpenAI API reference, "Create chat completion".
 */
import type { IncomingHttpHeaders } from 'node:http'
import { choicesMax } from '../base/limits.ts'
import { err, ok, type Result } from '../base/result.ts'
import { introductionBytes } from '../domain/prompt-bound.ts'
import type { RequestRefusal } from '../domain/refusal.ts'
import type { InferenceRequest } from '../domain/request.ts'
import { type Fields, isFields } from './field-reader.ts'
import { readGatewayMembers } from './gateway-members.ts'
import { parseStrictJson } from './strict-json.ts'

/** The part of an InferenceRequest that its body, and a header in the place of a field, determine. */
export type ChatBody = Pick<
  InferenceRequest,
  | 'endpoint'
  | 'modelName'
  | 'stream'
  | 'includeUsage'
  | 'choiceCount'
  | 'messageCount'
  | 'promptBytes'
  | 'promptHasMedia'
  | 'completionTokensMax'
  | 'completionTokensParam'
  | 'forwardedBody'
  | 'preferences'
  | 'needsSignature'
  | 'proof'
  | 'mayBeAudited'
>

type Parsed<T> = Result<T, RequestRefusal>

/** Completion bounds beyond any engine are refused by name; the offer's own bound is checked where the offer is known. */
export const tokensBoundMax: number = 2 ** 31 - 1

export function parseChatBody(body: Buffer, headers: IncomingHttpHeaders = {}): Parsed<ChatBody> {
  const json = parseStrictJson(body)
  if (!json.ok) return json
  if (!isFields(json.value)) {
    return err({ reason: 'invalid_json', detail: 'the body is not a JSON object' })
  }
  return readChatFields(json.value, body, headers)
}

/** The same of a body that is known to be JSON and to say `fields`. */
export function readChatFields(
  fields: Fields,
  body: Buffer,
  headers: IncomingHttpHeaders,
): Parsed<ChatBody> {
  const model = readModel(fields)
  if (!model.ok) return model
  const forGateway = readGatewayMembers(fields, body, headers)
  if (!forGateway.ok) return forGateway
  const prompt = readMessages(fields)
  if (!prompt.ok) return prompt
  const { messageCount, promptHasMedia, isPlain } = prompt.value
  // What an engine renders of anything else is in the body too, so the whole body bounds it, in any template.
  const promptBytes =
    isPlain && hasOnly(fields, notRendered)
      ? prompt.value.promptBytes
      : forGateway.value.forwardedBody.length + introductionBytes
  const framing = readFraming(fields)
  if (!framing.ok) return framing
  const bounds = readBounds(fields)
  if (!bounds.ok) return bounds
  const sampling = checkSampling(fields)
  if (!sampling.ok) return sampling
  const { stream, includeUsage } = framing.value
  const { choiceCount, completionTokensMax, completionTokensParam } = bounds.value
  return ok({
    endpoint: 'chat/completions',
    modelName: model.value,
    messageCount,
    promptHasMedia,
    promptBytes,
    stream,
    includeUsage,
    choiceCount,
    completionTokensMax,
    completionTokensParam,
    ...forGateway.value,
  })
}

/**
 * Fields of which no engine writes anything into the prompt. A field that is not known here may be rendered (tools and
 * schemas are, after an introduction of the engine's own; some engines take documents, or a whole template): who puts its
 * prompt there pays for it like any other.
 */
const notRendered: ReadonlySet<string> = new Set([
  ...['model', 'messages', 'stream', 'stream_options', 'n', 'max_tokens', 'max_completion_tokens'],
  ...['temperature', 'top_p', 'top_k', 'min_p', 'presence_penalty', 'frequency_penalty', 'seed'],
  ...['repetition_penalty', 'logit_bias', 'logprobs', 'top_logprobs', 'stop', 'user', 'store'],
  ...['metadata', 'service_tier', 'parallel_tool_calls', 'tool_choice', 'function_call'],
  ...['reasoning_effort', 'verbosity', 'modalities', 'safety_identifier', 'prompt_cache_key'],
  ...['routing', 'attestation'],
])

/** Members of a message that are counted one by one, and the roles whose names the template's own tokens cover. */
const plainMembers: ReadonlySet<string> = new Set(['role', 'content', 'name'])
const plainRoles: ReadonlySet<string> = new Set([
  ...['system', 'developer', 'user', 'assistant', 'tool', 'function'],
])
const textMembers: ReadonlySet<string> = new Set(['type', 'text'])

export const hasOnly = (fields: Fields, names: ReadonlySet<string>): boolean =>
  Object.keys(fields).every((name) => names.has(name) || fields[name] == null)

export function readModel(fields: Fields): Parsed<string> {
  const { model } = fields as { model?: unknown }
  if (model === undefined) return err({ reason: 'missing_required_parameter', param: 'model' })
  if (typeof model !== 'string' || model === '' || model.length > 256) {
    return err({ reason: 'invalid_type', param: 'model', expected: 'a model name' })
  }
  return ok(model)
}

function readMessages(fields: Fields): Parsed<
  Pick<ChatBody, 'messageCount' | 'promptBytes' | 'promptHasMedia'> & {
    /** Nothing but texts, in known places. */
    readonly isPlain: boolean
  }
> {
  const { messages } = fields as { messages?: unknown }
  if (messages === undefined) {
    return err({ reason: 'missing_required_parameter', param: 'messages' })
  }
  if (!Array.isArray(messages)) {
    return err({ reason: 'invalid_type', param: 'messages', expected: 'an array of messages' })
  }
  if (messages.length === 0) {
    return err({ reason: 'invalid_value', param: 'messages', expected: 'at least one message' })
  }
  let promptBytes = 0
  let promptHasMedia = false
  let isPlain = true
  for (const [index, message] of messages.entries()) {
    const param = `messages[${index}]`
    if (!isFields(message)) return err({ reason: 'invalid_type', param, expected: 'an object' })
    const { role, content } = message as { role?: unknown; content?: unknown }
    if (typeof role !== 'string') {
      return err({ reason: 'invalid_type', param: `${param}.role`, expected: 'a string' })
    }
    const size = contentSize(content)
    if (size === undefined) {
      return err({
        reason: 'invalid_type',
        param: `${param}.content`,
        expected: 'a string, an array of content parts, or null',
      })
    }
    const { name } = message as { name?: unknown }
    promptBytes += size.bytes + (typeof name === 'string' ? Buffer.byteLength(name) : 0)
    promptHasMedia ||= size.hasMedia
    isPlain &&= size.isPlain && plainRoles.has(role) && hasOnly(message, plainMembers)
  }
  return ok({ messageCount: messages.length, promptBytes, promptHasMedia, isPlain })
}

type ContentSize = { readonly bytes: number; readonly hasMedia: boolean; readonly isPlain: boolean }

const textSize = (text: string): ContentSize => ({
  bytes: Buffer.byteLength(text),
  hasMedia: false,
  isPlain: true,
})

function contentSize(content: unknown): ContentSize | undefined {
  if (typeof content === 'string') return textSize(content)
  // An assistant message that only calls tools has no content.
  if (content === null || content === undefined) return textSize('')
  if (!Array.isArray(content)) return undefined
  let bytes = 0
  let hasMedia = false
  let isPlain = true
  for (const part of content) {
    if (!isFields(part)) return undefined
    const { type, text } = part as { type?: unknown; text?: unknown }
    // A picture with a text beside it is a picture: engines go by the type, and by what is there where it is absent.
    if (type === 'text' && typeof text === 'string') {
      bytes += Buffer.byteLength(text)
      isPlain &&= hasOnly(part, textMembers)
    } else hasMedia = true
  }
  return { bytes, hasMedia, isPlain }
}

export function readFraming(fields: Fields): Parsed<Pick<ChatBody, 'stream' | 'includeUsage'>> {
  const { stream, stream_options: options } = fields as {
    stream?: unknown
    stream_options?: unknown
  }
  if (stream !== undefined && stream !== null && typeof stream !== 'boolean') {
    return err({ reason: 'invalid_type', param: 'stream', expected: 'a boolean' })
  }
  if (options === undefined || options === null) {
    return ok({ stream: stream === true, includeUsage: false })
  }
  if (!isFields(options)) {
    return err({ reason: 'invalid_type', param: 'stream_options', expected: 'an object' })
  }
  if (stream !== true) {
    return err({
      reason: 'invalid_value',
      param: 'stream_options',
      expected: 'only together with stream: true',
    })
  }
  const { include_usage: includeUsage } = options as { include_usage?: unknown }
  if (includeUsage !== undefined && includeUsage !== null && typeof includeUsage !== 'boolean') {
    return err({
      reason: 'invalid_type',
      param: 'stream_options.include_usage',
      expected: 'a boolean',
    })
  }
  return ok({ stream: true, includeUsage: includeUsage === true })
}

function readBounds(
  fields: Fields,
): Parsed<Pick<ChatBody, 'choiceCount' | 'completionTokensMax' | 'completionTokensParam'>> {
  const choices = wholeNumber(fields, 'n', { min: 1, max: choicesMax })
  if (!choices.ok) return choices
  const tokens = { min: 1, max: tokensBoundMax }
  const older = wholeNumber(fields, 'max_tokens', tokens)
  if (!older.ok) return older
  const newer = wholeNumber(fields, 'max_completion_tokens', tokens)
  if (!newer.ok) return newer
  if (older.value !== undefined && newer.value !== undefined && older.value !== newer.value) {
    return err({
      reason: 'invalid_value',
      param: 'max_tokens',
      expected: 'no other value than max_completion_tokens; send one of the two',
    })
  }
  return ok({
    choiceCount: choices.value ?? 1,
    completionTokensMax: newer.value ?? older.value,
    completionTokensParam: newer.value === undefined ? 'max_tokens' : 'max_completion_tokens',
  })
}

/** Ranges that hold for every engine are refused here, before money is held for a request that cannot succeed. */
export function checkSampling(fields: Fields): Parsed<void> {
  const ranges = [
    ['temperature', 0, 2],
    ['top_p', 0, 1],
    ['presence_penalty', -2, 2],
    ['frequency_penalty', -2, 2],
  ] as const
  for (const [param, min, max] of ranges) {
    const value = fields[param]
    if (value === undefined || value === null) continue
    if (typeof value !== 'number') {
      return err({ reason: 'invalid_type', param, expected: 'a number' })
    }
    if (value < min || value > max) {
      return err({ reason: 'invalid_value', param, expected: `a number from ${min} to ${max}` })
    }
  }
  return ok(undefined)
}

function wholeNumber(
  fields: Fields,
  param: string,
  range: { readonly min: number; readonly max: number },
): Parsed<number | undefined> {
  const value = fields[param]
  if (value === undefined || value === null) return ok(undefined)
  const expected = `a whole number from ${range.min} to ${range.max}`
  if (typeof value !== 'number') return err({ reason: 'invalid_type', param, expected })
  if (!Number.isInteger(value) || value < range.min || value > range.max) {
    return err({ reason: 'invalid_value', param, expected })
  }
  return ok(value)
}
