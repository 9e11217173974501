import type { ServerResponse } from 'node:http'
import type { AnswerWork } from './answer-work.ts'
import type { Engine } from './engine.ts'

/** An answer that has its turn: what both ways of sending it need. */
export type Answering = {
  readonly engine: Engine
  readonly work: AnswerWork
  readonly response: ServerResponse
  /** Aborted when the client is gone. */
  readonly signal: AbortSignal
}

/** What of the prompts came from the cache, and what was sampled. */
export type AnswerCounts = {
  readonly cachedPromptTokens: number
  readonly completionTokens: number
}

/** `finished` is false when the client left before the end. */
export type AnswerEnd = AnswerCounts & {
  readonly finished: boolean
  /** Of each choice. */
  readonly texts: readonly string[]
}
