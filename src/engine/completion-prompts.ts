import { err, ok, type Result } from '../base/result.ts'
import type { LanguageModel } from './load-model.ts'
import type { Prompt } from './prompt-list.ts'
import type { ContextOverflow } from './prompt-tokens.ts'

type PromptModel = Pick<LanguageModel, 'config' | 'tokenizer'>

/** A prompt as the model reads it. */
export type TokenizedPrompt = {
  readonly tokens: readonly number[]
  /** Its text, where each choice begins with it; empty where none does. */
  readonly echo: string
}

/**
 * Prompts as they are, without a template: marks in a text are marks, because who writes the whole
 * prompt may write its template, too. The context must have room for one token of answer.
 */
export function tokenizePrompts(
  { config, tokenizer }: PromptModel,
  prompts: readonly Prompt[],
  echo: boolean,
): Result<readonly TokenizedPrompt[], ContextOverflow> {
  const { contextTokensMax } = config
  const tokenized: TokenizedPrompt[] = []
  for (const prompt of prompts) {
    // A text that cannot fit by its bytes alone is not tokenised: see prompt-tokens.ts.
    const tokensMin =
      typeof prompt === 'string'
        ? Math.ceil(Buffer.byteLength(prompt) / tokenizer.tokenBytesMax)
        : prompt.length
    if (tokensMin >= contextTokensMax) return err({ contextTokensMax, promptTokens: tokensMin })
    const tokens = typeof prompt === 'string' ? tokenizer.encodeTemplate(prompt) : prompt
    if (tokens.length >= contextTokensMax) {
      return err({ contextTokensMax, promptTokens: tokens.length })
    }
    tokenized.push({ tokens, echo: echo ? textOf(tokenizer, prompt) : '' })
  }
  return ok(tokenized)
}

function textOf(tokenizer: PromptModel['tokenizer'], prompt: Prompt): string {
  if (typeof prompt === 'string') return prompt
  const bytes = prompt.map(
    (tokenId) => tokenizer.bytesOf(tokenId) ?? Buffer.from(tokenizer.nameOf(tokenId)),
  )
  return Buffer.concat(bytes).toString()
}
