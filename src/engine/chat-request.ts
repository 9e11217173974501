import { choicesMax } from '../base/limits.ts'
import { err, ok, type Result } from '../base/result.ts'
import {
  invalidValue,
  type OpenAiRefusal,
  unsupportedParameter,
} from '../contributor/openai-refusal.ts'
import { type FieldReader, type Fields, isFields } from './body-fields.ts'
import { parseMessages } from './chat-messages.ts'
import {
  type GenerationRequest,
  openBody,
  readSampling,
  readSeed,
  readStopStrings,
  readStreamOptions,
  type ServedModel,
} from './generation-request.ts'
import { topLogprobsMax } from './limits.ts'
import type { ModelConfig } from './model-config.ts'
import type { ChatMessage } from './prompt-tokens.ts'

/** A chat completion as it was asked for. */
export type ChatRequest = GenerationRequest & { readonly messages: readonly ChatMessage[] }

/**
 * Reads the body of POST /v1/chat/completions. What would change the answer and is not supported is
 * refused; members that this version does not know are ignored, so that clients newer than this
 * engine keep working.
 */
export function parseChatRequest(
  body: Uint8Array,
  model: ServedModel,
): Result<ChatRequest, OpenAiRefusal> {
  const opened = openBody(body, model.name)
  if (!opened.ok) return opened
  const { fields, reader } = opened.value
  const messages = parseMessages(fields['messages'])
  if (!messages.ok) return messages
  const streamOptions = readStreamOptions(reader)
  const request: ChatRequest = {
    messages: messages.value,
    ...streamOptions,
    choices: reader.integer('n', { min: 1, max: choicesMax }) ?? 1,
    completionTokensMax: readTokensMax(reader, fields, model.config),
    stopStrings: readStopStrings(reader, fields['stop']),
    sampling: readSampling(reader, model.config),
    seed: readSeed(reader),
    topLogprobs: readTopLogprobs(reader),
    returnsTokenIds: reader.boolean('return_token_ids'),
  }
  refuseUnsupported(reader, fields)
  const refusal = reader.refusal()
  return refusal === undefined ? ok(request) : err(refusal)
}

/**
 * A request may ask for more than the context has left after the prompt; the answer then ends there
 * with `length`.
 */
function readTokensMax(reader: FieldReader, fields: Fields, config: ModelConfig): number {
  const range = { min: 1, max: config.contextTokensMax }
  const older = reader.integer('max_tokens', range)
  const newer = reader.integer('max_completion_tokens', range)
  if (
    (fields['max_tokens'] ?? null) !== null &&
    (fields['max_completion_tokens'] ?? null) !== null
  ) {
    reader.refuse(
      unsupportedParameter('max_tokens', `'max_completion_tokens' is given and says the same`),
    )
  }
  return newer ?? older ?? config.sampling.completionTokensMax
}

function readTopLogprobs(reader: FieldReader): number | undefined {
  const logprobs = reader.boolean('logprobs') ?? false
  const top = reader.integer('top_logprobs', { min: 0, max: topLogprobsMax })
  if (top !== undefined && !logprobs) {
    const expected = `nothing while 'logprobs' is not true`
    reader.refuse(invalidValue({ param: 'top_logprobs', expected }))
  }
  return logprobs ? (top ?? 0) : undefined
}

/** Members that ask for something else than text from text, unless they ask for nothing. */
function refuseUnsupported(reader: FieldReader, fields: Fields): void {
  const isEmptyList = (value: unknown): boolean => Array.isArray(value) && value.length === 0
  const isText = (value: unknown): boolean => isFields(value) && value['type'] === 'text'
  const isTextList = (value: unknown): boolean =>
    Array.isArray(value) && value.every((entry) => entry === 'text')
  const harmless: { readonly [name: string]: (value: unknown) => boolean } = {
    tools: isEmptyList,
    functions: isEmptyList,
    tool_choice: (value) => value === 'none' || value === 'auto',
    function_call: (value) => value === 'none' || value === 'auto',
    response_format: isText,
    modalities: isTextList,
    audio: () => false,
    web_search_options: () => false,
  }
  for (const [name, isHarmless] of Object.entries(harmless)) {
    const value = fields[name] ?? undefined
    if (value === undefined || isHarmless(value)) continue
    reader.refuse(unsupportedParameter(name, 'it answers text with text'))
  }
}
