import { err, ok, type Result } from '../base/result.ts'

/** Roles that a prompt template knows. OpenAI's `developer` is the newer name of `system`. */
export type ChatRole = 'system' | 'user' | 'assistant'

/**
 * How messages become one text: each is prefix, content, suffix, and the answer follows
 * `generationPrefix`.
 */
type ChatTemplate = {
  readonly messagePrefixes: { readonly [role in ChatRole]: string }
  readonly messageSuffix: string
  readonly generationPrefix: string
}

/**
 * How a text becomes a vector: read between `prefix` and `suffix`, the means over all tokens of some
 * outputs of the graph and the last token's values of others are one row of features, which the
 * table in `embedding.f16` maps to `dimensions` numbers.
 */
export type EmbeddingConfig = {
  readonly dimensions: number
  readonly prefix: string
  readonly suffix: string
  readonly meanOf: readonly string[]
  readonly lastOf: readonly string[]
}

/** `config.json` of a model folder. */
export type ModelConfig = {
  readonly layers: number
  readonly heads: number
  readonly headDimension: number
  readonly vocabularySize: number
  /** Prompt and completion together. */
  readonly contextTokensMax: number
  readonly endTokenId: number
  readonly chatTemplate: ChatTemplate
  /** Undefined for a model that makes no vectors. */
  readonly embedding?: EmbeddingConfig
  /** What a request gets that does not say. */
  readonly sampling: {
    readonly temperature: number
    readonly topP: number
    readonly completionTokensMax: number
  }
}

type Expectation = readonly [expected: string, holds: (value: unknown) => boolean]

const text: Expectation = ['a string', (value) => typeof value === 'string']
const positiveInteger: Expectation = [
  'a whole number above zero',
  (value) => Number.isSafeInteger(value) && Number(value) > 0,
]
const tokenId: Expectation = [
  'a token id',
  (value) => Number.isSafeInteger(value) && Number(value) >= 0,
]
const numberUpTo = (max: number): Expectation => [
  `a number from 0 to ${max}`,
  (value) => typeof value === 'number' && value >= 0 && value <= max,
]

/** Every member that the engine reads; others are the trainer's business. */
const members: { readonly [path: string]: Expectation } = {
  layers: positiveInteger,
  heads: positiveInteger,
  headDimension: positiveInteger,
  vocabularySize: positiveInteger,
  contextTokensMax: positiveInteger,
  endTokenId: tokenId,
  'chatTemplate.messagePrefixes.system': text,
  'chatTemplate.messagePrefixes.user': text,
  'chatTemplate.messagePrefixes.assistant': text,
  'chatTemplate.messageSuffix': text,
  'chatTemplate.generationPrefix': text,
  'sampling.temperature': numberUpTo(2),
  'sampling.topP': numberUpTo(1),
  'sampling.completionTokensMax': positiveInteger,
}

const names: Expectation = [
  'a list of names',
  (value) => Array.isArray(value) && value.every((name) => typeof name === 'string'),
]

const embeddingMembers: { readonly [path: string]: Expectation } = {
  'embedding.dimensions': positiveInteger,
  'embedding.prefix': text,
  'embedding.suffix': text,
  'embedding.meanOf': names,
  'embedding.lastOf': names,
}

/** Reads `config.json`; the error says which member is wrong and what was expected. */
export function parseModelConfig(json: string): Result<ModelConfig, string> {
  let parsed: unknown
  try {
    parsed = JSON.parse(json)
  } catch {
    return err('it is not JSON')
  }
  const needed =
    memberOf(parsed, 'embedding') === undefined ? members : { ...members, ...embeddingMembers }
  for (const [path, [expected, holds]] of Object.entries(needed)) {
    const value = path.split('.').reduce(memberOf, parsed)
    if (!holds(value)) return err(`"${path}" should be ${expected}`)
  }
  return ok(parsed as ModelConfig)
}

const memberOf = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined
