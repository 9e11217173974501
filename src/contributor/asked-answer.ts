/*
 * What of a request's body the agent must understand: who is to answer, in which form, and what the answer is counted by.
 * Everything else is between its writer and the engine.
 */
import { alternativesKept } from '../attestation/token-commitment.ts'
import { withMembers } from '../base/json-members.ts'
import { choicesMax, embeddingInputsMax, promptsMax } from '../base/limits.ts'
import { err, ok, type Result } from '../base/result.ts'
import { decodeTensor } from '../base/wire-tensor.ts'
import type { Endpoint } from '../domain/endpoint.ts'
import { introductionBytes, type PromptSize } from '../domain/prompt-bound.ts'
import { type Fields, isFields, parseWhole } from '../upstream/answer-json.ts'
import { optionsWithUsage } from '../upstream/prepare-body.ts'
import {
  invalidJson,
  invalidValue,
  missingParameter,
  type OpenAiRefusal,
} from './openai-refusal.ts'

/** What is signed here: answers in text, vectors, and the tensors of provable models. */
export type SignedEndpoint = Extract<
  Endpoint,
  'chat/completions' | 'completions' | 'embeddings' | 'inference'
>
type JsonEndpoint = Exclude<SignedEndpoint, 'inference'>

/** `ids`: by itself, beside each log-probability. `return_token_ids`: by vLLM's members of a request. */
export type TokenTelling = 'ids' | 'return_token_ids'

const numberOr = (value: unknown, otherwise: number): number =>
  typeof value === 'number' && Number.isInteger(value) && value >= 0 ? value : otherwise

type AskedPrompt = PromptSize & { readonly promptCount: number }

export type AskedAnswer = {
  readonly endpoint: SignedEndpoint
  /** As the engine is asked for it. */
  readonly model: string
  readonly stream: boolean
  /** Answers to all prompts together. */
  readonly choiceCount: number
  /** What its prompts can be made of at most. */
  readonly prompt: AskedPrompt
  /** It repeats its prompt. */
  readonly isEchoed: boolean
  /** Exactly as it came. */
  readonly body: Buffer
  /** The writer wants to be told what a stream used. */
  readonly wantsUsage: boolean
  /** The writer bounds the tokens of a choice… */
  readonly isBounded: boolean
  /** …by so many, where that is a number. */
  readonly completionTokensMax: number | undefined
  /** Alternatives of each token that the writer wants to be told; undefined: no log-probabilities. */
  readonly logprobs: number | undefined
  /** The writer seeds the sampler. */
  readonly isSeeded: boolean
}

/** `pathModel` is the model that the path names, where a body is bytes that name none. */
export function readAsked(
  endpoint: SignedEndpoint,
  body: Buffer,
  pathModel = '',
): Result<AskedAnswer, OpenAiRefusal> {
  return endpoint === 'inference' ? readTensor(pathModel, body) : readJson(endpoint, body)
}

/** Each value counts as one. */
function readTensor(model: string, body: Buffer): Result<AskedAnswer, OpenAiRefusal> {
  const values = decodeTensor(body)
  if (values === undefined) {
    return err(
      invalidValue({ param: 'input', expected: 'abi.encode(int256[]) of 32-bit integers' }),
    )
  }
  const promptBytes = values.length
  return ok({
    endpoint: 'inference',
    model,
    stream: false,
    choiceCount: 1,
    prompt: { promptBytes, messageCount: 0, promptHasMedia: false, promptCount: 1 },
    isEchoed: false,
    body,
    wantsUsage: false,
    isBounded: true,
    completionTokensMax: undefined,
    isSeeded: true,
    logprobs: undefined,
  })
}

function readJson(endpoint: JsonEndpoint, body: Buffer): Result<AskedAnswer, OpenAiRefusal> {
  const fields = parseWhole(body)
  if (fields === undefined) return err(invalidJson('it is no JSON object of a reasonable shape'))
  const { model } = fields as { readonly model?: unknown }
  if (typeof model !== 'string') return err(missingParameter('model'))
  const prompts = promptsOf(endpoint, fields)
  const perPrompt = endpoint === 'embeddings' ? 1 : (fields['n'] ?? 1)
  if (!isCount(perPrompt, choicesMax)) {
    return err(invalidValue({ param: 'n', expected: `a whole number up to ${choicesMax}` }))
  }
  const promptsAtOnceMax = endpoint === 'embeddings' ? embeddingInputsMax : promptsMax
  if (!isCount(prompts.length, promptsAtOnceMax)) {
    const param = promptMembers[endpoint]
    return err(invalidValue({ param, expected: `one to ${promptsAtOnceMax} prompts` }))
  }
  const options = fields['stream_options']
  const bound = fields['max_tokens'] ?? fields['max_completion_tokens']
  return ok({
    endpoint,
    model,
    stream: endpoint !== 'embeddings' && fields['stream'] === true,
    choiceCount: prompts.length * perPrompt,
    prompt: sizeOf(endpoint, fields, prompts, body),
    isEchoed: endpoint === 'completions' && fields['echo'] === true,
    body,
    wantsUsage: isFields(options) && options['include_usage'] === true,
    isBounded: bound != null,
    completionTokensMax: isCount(bound, Number.MAX_SAFE_INTEGER) ? bound : undefined,
    isSeeded: fields['seed'] != null,
    logprobs: fields['logprobs'] === true ? numberOr(fields['top_logprobs'], 0) : undefined,
  })
}

/**
 * What the engine is asked: the same bytes, but that it tells what a stream used, does no more than is paid, and can repeat
 * itself. `inputHash` is of what came, since that is what the gateway asked. `seed`: for a writer who has none.
 */
export function bodyForEngine(
  { body, endpoint, stream, wantsUsage, isBounded, isSeeded, logprobs }: AskedAnswer,
  terms: {
    readonly completionTokensMax: number | undefined
    readonly seed: number | undefined
    /** How the engine is asked for token ids; undefined: not at all. */
    readonly tokens?: TokenTelling | undefined
  },
): Buffer {
  const { completionTokensMax, seed } = terms
  const members = new Map<string, string>()
  if (stream && !wantsUsage) members.set('stream_options', optionsWithUsage(body))
  const isUnbounded = endpoint === 'chat/completions' && !isBounded
  if (isUnbounded && completionTokensMax !== undefined) {
    members.set('max_tokens', String(completionTokensMax))
  }
  if (endpoint !== 'embeddings' && !isSeeded && seed !== undefined)
    members.set('seed', String(seed))
  if (endpoint === 'chat/completions' && terms.tokens !== undefined) {
    for (const [name, value] of tokenMembers(terms.tokens, logprobs)) members.set(name, value)
  }
  return members.size === 0 ? body : withMembers(body, members)
}

function tokenMembers(
  telling: TokenTelling,
  asked: number | undefined,
): readonly (readonly [name: string, value: string])[] {
  const logprobs = [
    ['logprobs', 'true'],
    ['top_logprobs', String(Math.max(asked ?? 0, alternativesKept))],
  ] as const
  if (telling === 'ids') return logprobs
  // It spells tokens as their ids: only where nobody else reads them.
  const spelling = asked === undefined ? ([['return_tokens_as_token_ids', 'true']] as const) : []
  return [...logprobs, ['return_token_ids', 'true'], ...spelling]
}

const promptMembers: Readonly<Record<JsonEndpoint, string>> = {
  'chat/completions': 'messages',
  completions: 'prompt',
  embeddings: 'input',
}

/** A chat is one prompt; a list of texts or of token ids is several, a list of numbers one. */
function promptsOf(endpoint: JsonEndpoint, fields: Fields): readonly unknown[] {
  const value = fields[promptMembers[endpoint]]
  if (endpoint === 'chat/completions' || !Array.isArray(value)) return [value]
  return typeof value[0] === 'number' ? [value] : value
}

/** As a gateway sizes it: what an engine renders besides the texts is in the body too, so the whole body bounds it. */
function sizeOf(
  endpoint: JsonEndpoint,
  fields: Fields,
  prompts: readonly unknown[],
  body: Buffer,
): AskedPrompt {
  const messages = endpoint === 'chat/completions' ? (prompts[0] as unknown) : prompts
  const isRendered = renderedMembers.some((name) => fields[name] != null)
  return {
    promptBytes: isRendered
      ? body.length + introductionBytes
      : bytesOfTexts([prompts, fields['suffix']]),
    messageCount: Array.isArray(messages) ? messages.length : 1,
    promptHasMedia: endpoint === 'chat/completions' && hasMedia(messages),
    promptCount: prompts.length,
  }
}

/** Of a chat, beside its messages. */
const renderedMembers = ['tools', 'functions', 'response_format'] as const

/** A token's id is a token, whose bytes nobody knows here: it counts as one. */
function bytesOfTexts(value: unknown): number {
  if (typeof value === 'string') return Buffer.byteLength(value)
  if (Array.isArray(value)) return value.reduce<number>((sum, one) => sum + bytesOfTexts(one), 0)
  if (isFields(value)) return bytesOfTexts([value['content'], value['text'], value['name']])
  return typeof value === 'number' ? 1 : 0
}

const hasMedia = (messages: unknown): boolean =>
  Array.isArray(messages) &&
  messages.some((message) => {
    const content = isFields(message) ? message['content'] : undefined
    return (
      Array.isArray(content) && content.some((part) => isFields(part) && part['type'] !== 'text')
    )
  })

const isCount = (value: unknown, max: number): value is number =>
  typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= max
