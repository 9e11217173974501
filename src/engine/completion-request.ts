import { choicesMax, promptsMax } from '../base/limits.ts'
import { err, ok, type Result } from '../base/result.ts'
import {
  invalidType,
  invalidValue,
  missingParameter,
  type OpenAiRefusal,
  outOfBounds,
  unsupportedParameter,
} from '../contributor/openai-refusal.ts'
import { type FieldReader, type Fields, kindOf } from './body-fields.ts'
import {
  type GenerationRequest,
  openBody,
  readSampling,
  readSeed,
  readStopStrings,
  readStreamOptions,
  type ServedModel,
} from './generation-request.ts'
import { completionTokensUsual, topLogprobsMax } from './limits.ts'
import type { ModelConfig } from './model-config.ts'

/** A text, or the ids of its tokens. */
export type Prompt = string | readonly number[]

/** A text completion as it was asked for. */
export type CompletionRequest = GenerationRequest & {
  readonly prompts: readonly Prompt[]
  /** Each choice begins with its prompt. */
  readonly echo: boolean
}

/** Reads the body of POST /v1/completions, as `parseChatRequest` reads that of a chat. */
export function parseCompletionRequest(
  body: Uint8Array,
  model: ServedModel,
): Result<CompletionRequest, OpenAiRefusal> {
  const opened = openBody(body, model.name)
  if (!opened.ok) return opened
  const { fields, reader } = opened.value
  const { contextTokensMax } = model.config
  const asked = fields['prompt'] ?? undefined
  if (asked === undefined) return err(missingParameter('prompt'))
  const prompts = readPrompts(reader, asked, model.config)
  const streamOptions = readStreamOptions(reader)
  const tokensMax = reader.integer('max_tokens', { min: 1, max: contextTokensMax })
  const request: CompletionRequest = {
    prompts,
    echo: reader.boolean('echo') ?? false,
    ...streamOptions,
    choices: reader.integer('n', { min: 1, max: choicesMax }) ?? 1,
    completionTokensMax: tokensMax ?? Math.min(completionTokensUsual, contextTokensMax),
    stopStrings: readStopStrings(reader, fields['stop']),
    sampling: readSampling(reader, model.config),
    seed: readSeed(reader),
    topLogprobs: reader.integer('logprobs', { min: 0, max: topLogprobsMax }),
  }
  refuseUnsupported(reader, fields, request)
  const refusal = reader.refusal()
  return refusal === undefined ? ok(request) : err(refusal)
}

const promptExpected =
  'a string, an array of strings, an array of token ids, or an array of such arrays'

function readPrompts(
  reader: FieldReader,
  value: unknown,
  { vocabularySize }: ModelConfig,
): readonly Prompt[] {
  const param = 'prompt'
  const isOne = !Array.isArray(value) || typeof value[0] === 'number'
  const list: readonly unknown[] = isOne ? [value] : value
  if (list.length === 0 || list.length > promptsMax) {
    reader.refuse(
      outOfBounds({
        param,
        code: list.length === 0 ? 'empty_array' : 'array_above_max_length',
        complaint: list.length === 0 ? 'empty array' : 'array too long',
        expected: `an array of 1 to ${promptsMax} prompts`,
        got: `an array with length ${list.length}`,
      }),
    )
    return []
  }
  const prompts = list.map((prompt, index) => {
    const at = isOne ? param : `${param}[${index}]`
    return readPrompt(reader, prompt, { param: at, vocabularySize })
  })
  return prompts.filter((prompt) => prompt !== undefined)
}

function readPrompt(
  reader: FieldReader,
  prompt: unknown,
  at: { readonly param: string; readonly vocabularySize: number },
): Prompt | undefined {
  const { param, vocabularySize } = at
  if (typeof prompt === 'string') {
    if (prompt !== '' && prompt.isWellFormed()) return prompt
    return reader.refuse(invalidValue({ param, expected: 'a text without lone surrogates' }))
  }
  if (!Array.isArray(prompt)) {
    return reader.refuse(invalidType({ param, expected: promptExpected, got: kindOf(prompt) }))
  }
  const isTokenId = (entry: unknown): boolean =>
    Number.isInteger(entry) && Number(entry) >= 0 && Number(entry) < vocabularySize
  if (prompt.length > 0 && prompt.every(isTokenId)) return prompt as readonly number[]
  return reader.refuse(invalidValue({ param, expected: `token ids below ${vocabularySize}` }))
}

/** What would change the answer, unless it asks for nothing. */
function refuseUnsupported(
  reader: FieldReader,
  fields: Fields,
  { choices, echo, topLogprobs }: CompletionRequest,
): void {
  const bestOf = reader.integer('best_of', { min: 1, max: choicesMax })
  if (bestOf !== undefined && bestOf !== choices) {
    reader.refuse(unsupportedParameter('best_of', 'it generates what it delivers'))
  }
  if (fields['suffix'] !== undefined && fields['suffix'] !== null && fields['suffix'] !== '') {
    reader.refuse(unsupportedParameter('suffix', 'it goes on from a prompt only'))
  }
  if (echo && topLogprobs !== undefined) {
    reader.refuse(unsupportedParameter('logprobs', 'it has none of a prompt that it repeats'))
  }
}
