import { err, ok, type Result } from '../base/result.ts'
import { contextLengthExceeded, type OpenAiRefusal } from '../contributor/openai-refusal.ts'
import type { AnswerWire } from './answer-wire.ts'
import { chatWire } from './chat-completions.ts'
import { parseChatRequest } from './chat-request.ts'
import { type TokenizedPrompt, tokenizePrompts } from './completion-prompts.ts'
import { parseCompletionRequest } from './completion-request.ts'
import type { GenerationRequest } from './generation-request.ts'
import type { LanguageModel } from './load-model.ts'
import { promptTokens } from './prompt-tokens.ts'
import { textWire } from './text-completions.ts'

/** One way to ask the model for text: how a request is read, and how its answer is written. */
export type AnswerApi = {
  readonly wire: AnswerWire
  readonly read: (body: Buffer, model: LanguageModel) => Result<AskedText, OpenAiRefusal>
}

type AskedText = {
  readonly request: GenerationRequest
  /** At least one. */
  readonly prompts: readonly TokenizedPrompt[]
  /** What the prompt of the next turn begins with, after this answer; undefined where none can. */
  readonly continued?: (answer: string) => readonly number[] | undefined
}

/** POST /v1/chat/completions */
export const chatApi: AnswerApi = {
  wire: chatWire,
  read: (body, model) => {
    const request = parseChatRequest(body, model)
    if (!request.ok) return request
    const { messages } = request.value
    const tokens = promptTokens(model, messages)
    if (!tokens.ok) return err(contextLengthExceeded(tokens.error))
    return ok({
      request: request.value,
      prompts: [{ tokens: tokens.value, echo: '' }],
      continued: (content) => {
        const next = promptTokens(model, [...messages, { role: 'assistant', content }])
        return next.ok ? next.value : undefined
      },
    })
  },
}

/** POST /v1/completions */
export const completionsApi: AnswerApi = {
  wire: textWire,
  read: (body, model) => {
    const request = parseCompletionRequest(body, model)
    if (!request.ok) return request
    const { prompts, echo } = request.value
    const tokenized = tokenizePrompts(model, prompts, echo)
    if (!tokenized.ok) return err(contextLengthExceeded(tokenized.error))
    return ok({ request: request.value, prompts: tokenized.value })
  },
}
