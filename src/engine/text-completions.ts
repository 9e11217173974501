/*
 * The objects of the OpenAI API's older completions, member by member in the order in which
 * api.openai.com sends them: https://platform.openai.com/docs/api-reference/completions. Compact
 * JSON, as in chat-completions.ts.
 */
import { type AnswerHead, type AnswerWire, type ChunkChoice, usageJson } from './answer-wire.ts'
import type { GeneratedToken } from './generate.ts'
import type { ModelTokenizer } from './tokenizer.ts'

export const textWire: AnswerWire = {
  idPrefix: 'cmpl-',
  whole: (head, choices, { usage, tokenizer }) =>
    JSON.stringify({
      ...headOf(head),
      choices: choices.map(({ text, finishReason, tokens }, index) => ({
        text,
        index,
        logprobs: tokens === undefined ? null : logprobsOf(tokens, { tokenizer, textOffset: 0 }),
        finish_reason: finishReason,
      })),
      usage: usageJson(usage),
    }),
  chunk: (head, choice, { withUsage, tokenizer }) =>
    JSON.stringify({
      ...headOf(head),
      choices: [chunkChoice(choice, tokenizer)],
      ...(withUsage ? { usage: null } : {}),
    }),
  usageChunk: (head, usage) =>
    JSON.stringify({ ...headOf(head), choices: [], usage: usageJson(usage) }),
  opening: (index, echo) =>
    echo === ''
      ? undefined
      : { index, delta: { content: echo }, tokens: undefined, finishReason: null },
}

const chunkChoice = (
  { index, delta, tokens, textOffset = 0, finishReason }: ChunkChoice,
  tokenizer: ModelTokenizer,
) => ({
  text: delta.content ?? '',
  index,
  logprobs: tokens === undefined ? null : logprobsOf(tokens, { tokenizer, textOffset }),
  finish_reason: finishReason,
})

const headOf = ({ id, created, model, systemFingerprint }: AnswerHead) => ({
  id,
  object: 'text_completion',
  created,
  model,
  system_fingerprint: systemFingerprint,
})

/** `text_offset` is where a token's text begins in the text of its choice, in characters. */
function logprobsOf(
  tokens: readonly GeneratedToken[],
  of: { readonly tokenizer: ModelTokenizer; readonly textOffset: number },
) {
  const { nameOf, bytesOf } = of.tokenizer
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
  let offset = of.textOffset
  const wire = {
    tokens: [] as string[],
    token_logprobs: [] as number[],
    top_logprobs: [] as { readonly [token: string]: number }[],
    text_offset: [] as number[],
  }
  for (const { tokenId, logprobs } of tokens) {
    if (logprobs === undefined) continue
    wire.tokens.push(nameOf(tokenId))
    wire.token_logprobs.push(logprobs.logprob)
    // The sampled token is always among them, so there may be one more than was asked for.
    const listed = [...logprobs.top, { tokenId, logprob: logprobs.logprob }]
    const top = listed.map((one): [string, number] => [nameOf(one.tokenId), one.logprob])
    wire.top_logprobs.push(Object.fromEntries(top))
    wire.text_offset.push(offset)
    offset += lengthOf(decoder.decode(bytesOf(tokenId), { stream: true }))
  }
  return wire
}

/** In characters, as the OpenAI API counts them, not in UTF-16 units. */
const lengthOf = (text: string): number => [...text].length
