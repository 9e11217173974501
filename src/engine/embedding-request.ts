import { embeddingInputsMax } from '../base/limits.ts'
import { err, ok, type Result } from '../base/result.ts'
import {
  contextLengthExceeded,
  invalidValue,
  missingParameter,
  type OpenAiRefusal,
  unsupportedParameter,
} from '../contributor/openai-refusal.ts'
import { openBody } from './generation-request.ts'
import type { LanguageModel } from './load-model.ts'
import { type Prompt, readPrompts } from './prompt-list.ts'

/** What POST /v1/embeddings asks for. */
export type EmbeddingRequest = {
  /** Tokens of each input, without what the model reads around it. */
  readonly inputs: readonly (readonly number[])[]
  readonly form: 'float' | 'base64'
  /** Numbers of a vector: the first so many, brought to length one. */
  readonly dimensions: number
}

type Embedder = Pick<LanguageModel, 'name' | 'config' | 'tokenizer' | 'embedding'>

/** Reads the body; marks of the template are plain characters in an input. */
export function parseEmbeddingRequest(
  body: Uint8Array,
  model: Embedder,
): Result<EmbeddingRequest, OpenAiRefusal> {
  const opened = openBody(body, model.name)
  if (!opened.ok) return opened
  const { fields, reader } = opened.value
  const { embedding } = model
  if (embedding === undefined) {
    return err(unsupportedParameter('model', 'it was not made for vectors'))
  }
  const asked = fields['input'] ?? undefined
  if (asked === undefined) return err(missingParameter('input'))
  const { vocabularySize } = model.config
  const bounds = { param: 'input', countMax: embeddingInputsMax, vocabularySize }
  const prompts = readPrompts(reader, asked, bounds)
  const form = fields['encoding_format'] ?? 'float'
  if (form !== 'float' && form !== 'base64') {
    const expected = `one of 'float' and 'base64'`
    reader.refuse(invalidValue({ param: 'encoding_format', expected }))
  }
  const max = embedding.config.dimensions
  const dimensions = reader.integer('dimensions', { min: 1, max }) ?? max
  const refusal = reader.refusal()
  if (refusal !== undefined) return err(refusal)
  const inputs = tokenize(prompts, { ...model, embedding })
  if (!inputs.ok) return inputs
  return ok({ inputs: inputs.value, form: form === 'base64' ? 'base64' : 'float', dimensions })
}

function tokenize(
  prompts: readonly Prompt[],
  { config, tokenizer, embedding }: Embedder & Required<Pick<LanguageModel, 'embedding'>>,
): Result<EmbeddingRequest['inputs'], OpenAiRefusal> {
  const around = (embedding?.before.length ?? 0) + (embedding?.after.length ?? 0)
  const tokensMax = config.contextTokensMax - around
  const inputs: (readonly number[])[] = []
  for (const [index, prompt] of prompts.entries()) {
    // A text that cannot fit by its bytes alone is not tokenised: see prompt-tokens.ts.
    const isText = typeof prompt === 'string'
    const leastTokens = isText
      ? Math.ceil(Buffer.byteLength(prompt) / tokenizer.tokenBytesMax)
      : prompt.length
    const tokens = isText && leastTokens <= tokensMax ? tokenizer.encodeContent(prompt) : prompt
    const count = typeof tokens === 'string' ? leastTokens : tokens.length
    if (typeof tokens === 'string' || count > tokensMax) {
      return err(inputTooLong(`input[${index}]`, { tokensMax, count }))
    }
    inputs.push(tokens)
  }
  return ok(inputs)
}

const inputTooLong = (
  param: string,
  { tokensMax, count }: { readonly tokensMax: number; readonly count: number },
): OpenAiRefusal => ({
  ...contextLengthExceeded({ contextTokensMax: tokensMax, promptTokens: count }),
  param,
  message: `An input may have ${tokensMax} tokens. '${param}' has at least ${count}. Please shorten it.`,
})
