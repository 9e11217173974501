import { choicesMax, promptsMax } from '../base/limits.ts'
import { err, ok, type Result } from '../base/result.ts'
import {
  missingParameter,
  type OpenAiRefusal,
  unsupportedParameter,
} from '../contributor/openai-refusal.ts'
import type { FieldReader, Fields } from './body-fields.ts'
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
import { type Prompt, readPrompts } from './prompt-list.ts'

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
  const { vocabularySize } = model.config
  const bounds = { param: 'prompt', countMax: promptsMax, vocabularySize }
  const prompts = readPrompts(reader, asked, bounds)
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
