import type { ServerResponse } from 'node:http'
import type { AnswerUsage } from './chat-completions.ts'
import type { ChatWork } from './chat-work.ts'
import type { Engine } from './engine.ts'
import type { ReadPrompt } from './generate.ts'

/** An answer that has its turn: what both ways of sending it need. */
export type Answering = {
  readonly engine: Engine
  readonly work: ChatWork
  readonly prompt: ReadPrompt
  readonly response: ServerResponse
  /** Aborted when the client is gone. */
  readonly signal: AbortSignal
}

/** `finished` is false when the client left before the end. */
export type AnswerEnd = { readonly finished: boolean; readonly completionTokens: number }

export const usageOf = (
  answering: Pick<Answering, 'work' | 'prompt'>,
  completionTokens: number,
): AnswerUsage => ({
  promptTokens: answering.work.promptTokens.length,
  cachedPromptTokens: answering.prompt.cachedTokens,
  completionTokens,
})
