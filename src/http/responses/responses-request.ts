/*
 * A Responses request as the chat completion that says the same. Pure: equal bodies become equal bodies, byte for byte, so
 * that whoever has the one can compute the hash of the other. docs/responses.md has the table of all members.
 */
import { err, ok, type Result } from '../../base/result.ts'
import type { RequestRefusal } from '../../domain/refusal.ts'
import { FieldReader, type Fields, type Verdict } from '../field-reader.ts'
import { tokensBoundMax } from '../openai-schema.ts'
import { readInput } from './responses-input.ts'
import type { Effort, ResponseEcho, TextFormat, Verbosity } from './responses-object.ts'
import { type ReadTools, readTools } from './responses-tools.ts'

export type TranslatedRequest = {
  /** The members of the chat completion, in the order in which they are written. */
  readonly chat: Fields
  readonly echo: ResponseEcho
}

const topLogprobsMax = 20
const metadataMax = 16
const metadataTextMax = 512

const efforts = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'] as const
const summaries = ['auto', 'concise', 'detailed'] as const
const verbosities = ['low', 'medium', 'high'] as const
const logprobsInclude = 'message.output_text.logprobs'
/** Encrypted reasoning is asked for by clients that store nothing themselves; no contributor has any. */
const includes: readonly unknown[] = [logprobsInclude, 'reasoning.encrypted_content']

/** What engines know beyond OpenAI's members, or as chat completions only: it goes through as it is. */
const passed = [
  ...['frequency_penalty', 'presence_penalty', 'repetition_penalty', 'top_k', 'min_p', 'seed'],
  ...['stop', 'logit_bias', 'user', 'safety_identifier', 'prompt_cache_key', 'service_tier'],
  ...['routing', 'attestation'],
] as const

/** The chat completion of a body that says `fields`; the first thing that is wrong otherwise. */
export function translateRequest(fields: Fields): Result<TranslatedRequest, RequestRefusal> {
  const verdict: Verdict = { refusal: undefined }
  const translated = translate(new FieldReader(fields, verdict))
  return verdict.refusal === undefined ? ok(translated) : err(verdict.refusal)
}

function translate(body: FieldReader): TranslatedRequest {
  refuseStored(body)
  const model = body.raw('model')
  const instructions = body.text('instructions')
  const messages = readInput(body)
  const stream = readStream(body)
  const maxTokens = body.wholeNumber('max_output_tokens', { min: 1, max: tokensBoundMax })
  const tools = readTools(body)
  const { format, verbosity } = readText(body)
  const reasoning = readReasoning(body)
  const temperature = body.raw('temperature')
  const topP = body.raw('top_p')
  const logprobs = readLogprobs(body)
  const metadata = readMetadata(body)
  const others = Object.fromEntries(passed.map((name) => [name, body.raw(name)]))
  const named = readNames(body)
  body.refuseOthers('it is not known here')
  const system = instructions === undefined ? [] : [{ role: 'system', content: instructions }]
  return {
    // What is undefined is not written.
    chat: {
      model,
      messages: [...system, ...messages],
      ...(stream && { stream, stream_options: { include_usage: true } }),
      max_tokens: maxTokens,
      ...tools.chat,
      response_format: chatFormatOf(format),
      verbosity,
      reasoning_effort: reasoning.effort ?? undefined,
      temperature,
      top_p: topP,
      ...logprobs.chat,
      ...others,
    },
    echo: {
      instructions: instructions ?? null,
      max_output_tokens: maxTokens ?? null,
      metadata,
      ...echoOf(tools),
      ...named,
      reasoning,
      temperature: numberOrNull(temperature),
      text: { format, ...(verbosity && { verbosity }) },
      top_logprobs: logprobs.top,
      top_p: numberOrNull(topP),
    },
  }
}

const numberOrNull = (value: unknown): number | null => (typeof value === 'number' ? value : null)

const echoOf = ({ tools, choice, parallel }: ReadTools) => ({
  tools,
  tool_choice: choice,
  parallel_tool_calls: parallel,
})

/** What an OpenAI account keeps between requests is not kept here. */
function refuseStored(body: FieldReader): void {
  const sendAll = 'this gateway stores no responses; send the whole conversation in input'
  for (const name of ['previous_response_id', 'conversation']) {
    if (body.raw(name) !== undefined) body.unsupported(name, sendAll)
  }
  if (body.raw('prompt') !== undefined) body.unsupported('prompt', 'this gateway stores no prompts')
  if (body.flag('store') === true) body.unsupported('store', 'this gateway stores no responses')
  if (body.flag('background') === true) {
    body.unsupported('background', 'an answer is given at once or not at all')
  }
  if (body.oneOf('truncation', ['disabled', 'auto']) === 'auto') {
    body.unsupported('truncation', 'no contributor drops items of a conversation')
  }
  if (body.raw('max_tool_calls') !== undefined) {
    body.unsupported('max_tool_calls', 'it bounds tools that servers run, and none run here')
  }
}

function readStream(body: FieldReader): boolean {
  const stream = body.flag('stream') === true
  const options = body.object('stream_options')
  if (options === undefined) return stream
  if (!stream) body.unfit('stream_options', 'only together with stream: true')
  if (options.flag('include_obfuscation') === true) {
    options.unsupported('include_obfuscation', 'events are sent without padding')
  }
  options.refuseOthers('only include_obfuscation is understood')
  return stream
}

function readText(body: FieldReader): {
  readonly format: TextFormat
  readonly verbosity: Verbosity | undefined
} {
  const text = body.object('text')
  const format = text && readFormat(text)
  const verbosity = text?.oneOf('verbosity', verbosities)
  text?.refuseOthers('only format and verbosity are understood')
  return { format: format ?? { type: 'text' }, verbosity }
}

function readFormat(text: FieldReader): TextFormat | undefined {
  const format = text.object('format')
  if (format === undefined) return undefined
  const type =
    format.oneOf('type', ['text', 'json_object', 'json_schema']) ?? format.missing('type')
  if (type !== 'json_schema') return type && { type }
  const name = format.requiredText('name')
  const schema = format.fields('schema') ?? format.missing('schema')
  const description = format.text('description')
  const strict = format.flag('strict') ?? null
  format.refuseOthers('a JSON schema has name, schema, description and strict')
  return { type, name, schema: schema ?? {}, ...(description && { description }), strict }
}

function chatFormatOf(format: TextFormat): Fields | undefined {
  if (format.type === 'text') return undefined
  if (format.type === 'json_object') return { type: 'json_object' }
  const { name, schema, description, strict } = format
  const told = { name, description, schema, ...(strict !== null && { strict }) }
  return { type: 'json_schema', json_schema: told }
}

function readReasoning(body: FieldReader): ResponseEcho['reasoning'] {
  const reasoning = body.object('reasoning')
  const effort: Effort | undefined = reasoning?.oneOf('effort', efforts)
  const older = reasoning?.oneOf('generate_summary', summaries)
  const summary = reasoning?.oneOf('summary', summaries) ?? older
  reasoning?.refuseOthers('only effort and summary are understood')
  return { effort: effort ?? null, summary: summary ?? null }
}

function readLogprobs(body: FieldReader): { readonly chat: Fields; readonly top: number } {
  const asked = body.list('include') ?? []
  for (const [index, one] of asked.entries()) {
    if (!includes.includes(one)) body.unfit(`include[${index}]`, `one of ${includes.join(', ')}`)
  }
  const top = body.wholeNumber('top_logprobs', { min: 0, max: topLogprobsMax }) ?? 0
  if (top === 0 && !asked.includes(logprobsInclude)) return { chat: {}, top }
  return { chat: { logprobs: true, ...(top > 0 && { top_logprobs: top }) }, top }
}

function readMetadata(body: FieldReader): ResponseEcho['metadata'] {
  const metadata = body.fields('metadata') ?? {}
  const entries = Object.entries(metadata)
  const expected = `at most ${metadataMax} texts of at most ${metadataTextMax} characters`
  if (entries.length > metadataMax) body.unfit('metadata', expected)
  const texts = entries.filter(
    (entry): entry is [string, string] =>
      typeof entry[1] === 'string' && entry[1].length <= metadataTextMax,
  )
  if (texts.length < entries.length) body.unfit('metadata', expected)
  return Object.fromEntries(texts)
}

function readNames(body: FieldReader) {
  const user = body.text('user')
  body.text('service_tier')
  return {
    prompt_cache_key: body.text('prompt_cache_key') ?? null,
    safety_identifier: body.text('safety_identifier') ?? null,
    ...(user !== undefined && { user }),
  }
}
