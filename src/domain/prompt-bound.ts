/*
 * The most tokens that a prompt can be, by what is known without its model's tokenizer: what a gateway holds for it, and what a
 * contributor may claim of it.
 */

/** Tokens of chat template that an engine may add for each message and for the answer it opens. */
const templateTokensPerMessage = 8

/** What engines write around tools, schemas and other parts that they render, in words of their own. */
export const introductionBytes = 1024

export type PromptSize = {
  /** UTF-8 bytes of its texts: no byte-level tokenizer makes more tokens of them. */
  readonly promptBytes: number
  readonly messageCount: number
  /** Parts other than text, whose tokens bytes do not bound. */
  readonly promptHasMedia: boolean
  /** Prompts that are read each in a context of its own; undefined: one. */
  readonly promptCount?: number | undefined
}

/** Every byte of text a token, capped by the context of each prompt. Media has no such bound, so it takes the context. */
export function promptTokensAtMost(
  { promptBytes, messageCount, promptHasMedia, promptCount = 1 }: PromptSize,
  contextTokensMax: number,
): number {
  const contexts = contextTokensMax * promptCount
  const templateTokens = (messageCount + 1) * templateTokensPerMessage
  return promptHasMedia ? contexts : Math.min(promptBytes + templateTokens, contexts)
}
