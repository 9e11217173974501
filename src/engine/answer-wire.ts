import type { FinishReason, GeneratedToken } from './generate.ts'
import type { ModelTokenizer } from './tokenizer.ts'

/** How the objects of one API are written; each is compact JSON. */
export type AnswerWire = {
  /** Of the answer's id. */
  readonly idPrefix: string
  /** A whole answer. */
  readonly whole: (
    head: AnswerHead,
    choices: readonly FinishedChoice[],
    answer: TokenSpelling & { readonly usage: AnswerUsage },
  ) => string
  /** One piece of one choice. `withUsage` adds the `usage: null` of a stream that ends with usage. */
  readonly chunk: (
    head: AnswerHead,
    choice: ChunkChoice,
    stream: TokenSpelling & { readonly withUsage: boolean },
  ) => string
  /** The last chunk of a stream whose request asked for usage: no choices. */
  readonly usageChunk: (head: AnswerHead, usage: AnswerUsage) => string
  /** The piece that a choice begins with, before the model wrote anything; undefined where none. */
  readonly opening: (index: number, echo: string) => ChunkChoice | undefined
}

/** How tokens are told, where log-probabilities are. */
export type TokenSpelling = {
  readonly tokenizer: ModelTokenizer
  readonly withIds?: boolean | undefined
}

/** What is the same in every object of one answer. */
export type AnswerHead = {
  readonly id: string
  /** Unix seconds. */
  readonly created: number
  readonly model: string
  readonly systemFingerprint: string
}

export type AnswerUsage = {
  readonly promptTokens: number
  readonly cachedPromptTokens: number
  readonly completionTokens: number
}

export type FinishedChoice = {
  readonly text: string
  readonly finishReason: FinishReason
  /** Undefined where the request asked for no log-probabilities. */
  readonly tokens: readonly GeneratedToken[] | undefined
}

/** One piece of one choice of a stream. */
export type ChunkChoice = {
  readonly index: number
  /** The role comes once, with empty content; the end has neither. */
  readonly delta: { readonly role?: 'assistant'; readonly content?: string }
  /** Characters of the choice before this piece; undefined: none. */
  readonly textOffset?: number
  /** Undefined where the piece reports no log-probabilities. */
  readonly tokens: readonly GeneratedToken[] | undefined
  readonly finishReason: FinishReason | null
}

/** OpenAI's usage object. */
export const usageJson = ({
  promptTokens,
  cachedPromptTokens,
  completionTokens,
}: AnswerUsage): Readonly<Record<string, unknown>> => ({
  prompt_tokens: promptTokens,
  completion_tokens: completionTokens,
  total_tokens: promptTokens + completionTokens,
  prompt_tokens_details: { cached_tokens: cachedPromptTokens, audio_tokens: 0 },
  completion_tokens_details: {
    reasoning_tokens: 0,
    audio_tokens: 0,
    accepted_prediction_tokens: 0,
    rejected_prediction_tokens: 0,
  },
})
