import { err, ok, type Result } from '../base/result.ts'
import type { LanguageModel } from './load-model.ts'
import type { ChatRole } from './model-config.ts'

export type ChatMessage = { readonly role: ChatRole; readonly content: string }

export type ContextOverflow = {
  readonly contextTokensMax: number
  /** Tokens of the prompt, or where it was too long to count, fewer than it has. */
  readonly promptTokens: number
}

type PromptModel = Pick<LanguageModel, 'config' | 'tokenizer'>

/**
 * Writes the messages down as the model was trained to read them. The context must have room for
 * one token of answer.
 */
export function promptTokens(
  model: PromptModel,
  messages: readonly ChatMessage[],
): Result<readonly number[], ContextOverflow> {
  const { contextTokensMax, chatTemplate } = model.config
  const { encodeTemplate, encodeContent, tokenBytesMax } = model.tokenizer
  // Tokenising costs more than linear time in a long word; a text that cannot fit by its bytes
  // alone is not tokenised.
  const bytes = messages.reduce((sum, { content }) => sum + Buffer.byteLength(content), 0)
  const tokensMin = Math.ceil(bytes / tokenBytesMax)
  if (tokensMin >= contextTokensMax) return err({ contextTokensMax, promptTokens: tokensMin })

  const suffix = encodeTemplate(chatTemplate.messageSuffix)
  const tokens = messages.flatMap(({ role, content }) => [
    ...encodeTemplate(chatTemplate.messagePrefixes[role]),
    ...encodeContent(content),
    ...suffix,
  ])
  tokens.push(...encodeTemplate(chatTemplate.generationPrefix))
  if (tokens.length >= contextTokensMax) {
    return err({ contextTokensMax, promptTokens: tokens.length })
  }
  return ok(tokens)
}
