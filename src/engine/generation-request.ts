import { err, ok, type Result } from '../base/result.ts'
import {
  invalidJson,
  invalidType,
  invalidValue,
  missingParameter,
  modelNotFound,
  type OpenAiRefusal,
  outOfBounds,
} from '../contributor/openai-refusal.ts'
import { type FieldReader, type Fields, isFields, kindOf, startFieldReader } from './body-fields.ts'
import { stopStringLengthMax, stopStringsMax } from './limits.ts'
import type { ModelConfig } from './model-config.ts'
import type { SamplingParameters } from './sample-token.ts'

/** What is asked of the model, whichever API asks, with the model's defaults where nothing was said. */
export type GenerationRequest = {
  readonly stream: boolean
  readonly includeUsage: boolean
  /** For each prompt. */
  readonly choices: number
  readonly completionTokensMax: number
  readonly stopStrings: readonly string[]
  readonly sampling: SamplingParameters
  /** Undefined where the client leaves it to us. */
  readonly seed: bigint | undefined
  /** Alternatives for each token; undefined when no log-probabilities are asked for. */
  readonly topLogprobs: number | undefined
  /** Token ids beside log-probabilities, as llama.cpp's server has them, for whoever commits to them. */
  readonly returnsTokenIds?: boolean | undefined
}

export type ServedModel = { readonly name: string; readonly config: ModelConfig }

/** The fields of a body that asks for this model. */
export function openBody(
  body: Uint8Array,
  modelName: string,
): Result<{ readonly fields: Fields; readonly reader: FieldReader }, OpenAiRefusal> {
  const fields = parseObject(body)
  if (!fields.ok) return fields
  const named = checkModel(fields.value, modelName)
  if (!named.ok) return named
  return ok({ fields: fields.value, reader: startFieldReader(fields.value) })
}

function parseObject(body: Uint8Array): Result<Fields, OpenAiRefusal> {
  if (body.length === 0) return err(invalidJson('it is empty'))
  let value: unknown
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body))
  } catch (error) {
    // Node's own message quotes the body, which is a prompt: only the kind of fault goes out.
    return err(invalidJson(error instanceof SyntaxError ? 'it is not JSON' : 'it is not UTF-8'))
  }
  return isFields(value) ? ok(value) : err(invalidJson('it is not an object'))
}

function checkModel(fields: Fields, name: string): Result<undefined, OpenAiRefusal> {
  const model = fields['model']
  if (model === name) return ok(undefined)
  if (model === undefined || model === null) return err(missingParameter('model'))
  if (typeof model === 'string') return err(modelNotFound(model))
  return err(invalidType({ param: 'model', expected: 'a string', got: kindOf(model) }))
}

export function readStreamOptions(
  reader: FieldReader,
): Pick<GenerationRequest, 'stream' | 'includeUsage'> {
  const stream = reader.boolean('stream') ?? false
  const options = reader.object('stream_options')
  if (options === undefined) return { stream, includeUsage: false }
  if (!stream) {
    const expected = `nothing while 'stream' is not true`
    reader.refuse(invalidValue({ param: 'stream_options', expected }))
  }
  const inner = startFieldReader(options)
  const includeUsage = inner.boolean('include_usage') ?? false
  const refusal = inner.refusal()
  if (refusal !== undefined) reader.refuse({ ...refusal, param: `stream_options.${refusal.param}` })
  return { stream, includeUsage }
}

export function readStopStrings(reader: FieldReader, value: unknown): readonly string[] {
  if (value === undefined || value === null) return []
  const list: readonly unknown[] = Array.isArray(value) ? value : [value]
  if (list.length > stopStringsMax) {
    reader.refuse(
      outOfBounds({
        param: 'stop',
        code: 'array_above_max_length',
        complaint: 'array too long',
        expected: `an array with maximum length ${stopStringsMax}`,
        got: `an array with length ${list.length}`,
      }),
    )
    return []
  }
  return list.filter((stop) => isStopString(reader, stop))
}

function isStopString(reader: FieldReader, stop: unknown): stop is string {
  const param = 'stop'
  if (typeof stop !== 'string') {
    reader.refuse(
      invalidType({ param, expected: 'a string or an array of strings', got: kindOf(stop) }),
    )
    return false
  }
  if (stop.length >= 1 && stop.length <= stopStringLengthMax && stop.isWellFormed()) return true
  const expected = `strings of 1 to ${stopStringLengthMax} characters, without lone surrogates`
  reader.refuse(invalidValue({ param, expected }))
  return false
}

export function readSampling(reader: FieldReader, config: ModelConfig): SamplingParameters {
  const penalty = { min: -2, max: 2 }
  return {
    temperature: reader.decimal('temperature', { min: 0, max: 2 }) ?? config.sampling.temperature,
    topP: reader.decimal('top_p', { min: 0, max: 1 }) ?? config.sampling.topP,
    presencePenalty: reader.decimal('presence_penalty', penalty) ?? 0,
    frequencyPenalty: reader.decimal('frequency_penalty', penalty) ?? 0,
    logitBias: readLogitBias(reader, config.vocabularySize),
  }
}

function readLogitBias(reader: FieldReader, vocabularySize: number): ReadonlyMap<number, number> {
  const entries = Object.entries(reader.object('logit_bias') ?? {})
  const biases = new Map<number, number>()
  for (const [key, bias] of entries) {
    const tokenId = /^\d{1,10}$/.test(key) ? Number(key) : vocabularySize
    if (tokenId >= vocabularySize) {
      const expected = `token ids below ${vocabularySize} as keys`
      reader.refuse(invalidValue({ param: 'logit_bias', expected }))
      break
    }
    if (typeof bias !== 'number' || !(bias >= -100 && bias <= 100)) {
      reader.refuse(invalidValue({ param: 'logit_bias', expected: 'values from -100 to 100' }))
      break
    }
    biases.set(tokenId, bias)
  }
  return biases
}

/**
 * OpenAI's seed is a 64-bit integer; JSON carries the ones beyond 2^53 rounded, which is the same
 * for every repeat.
 */
export function readSeed(reader: FieldReader): bigint | undefined {
  const seed = reader.integer('seed', { min: -(2 ** 63), max: 2 ** 63 })
  return seed === undefined ? undefined : BigInt(seed)
}
