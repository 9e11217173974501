/*
 * The objects of the OpenAI API's chat completions, member by member in the order in which
 * api.openai.com sends them: https://platform.openai.com/docs/api-reference/chat. Each function
 * returns compact JSON, which is a fixed point of JSON.stringify(JSON.parse(x)): verifiers exist
 * that hash the re-serialised body.
 */
import {
  type AnswerHead,
  type AnswerUsage,
  type AnswerWire,
  type ChunkChoice,
  type FinishedChoice,
  type TokenSpelling,
  usageJson,
} from './answer-wire.ts'
import type { GeneratedToken } from './generate.ts'
import type { TokenLogprob } from './sample-token.ts'

type WireLogprob = {
  /** Only where it was asked for: OpenAI's API has no such member. */
  readonly id?: number
  readonly token: string
  readonly logprob: number
  /** Null for a mark, which has no bytes. */
  readonly bytes: readonly number[] | null
}

type WireLogprobs = {
  readonly content: readonly (WireLogprob & { readonly top_logprobs: readonly WireLogprob[] })[]
  readonly refusal: null
}

/** A whole answer: `chat.completion`. */
export function completionJson(
  head: AnswerHead,
  choices: readonly FinishedChoice[],
  answer: TokenSpelling & { readonly usage: AnswerUsage },
): string {
  return JSON.stringify({
    id: head.id,
    object: 'chat.completion',
    created: head.created,
    model: head.model,
    choices: choices.map(({ text, finishReason, tokens }, index) => ({
      index,
      message: { role: 'assistant', content: text, refusal: null, annotations: [] },
      logprobs: tokens === undefined ? null : wireLogprobs(tokens, answer),
      finish_reason: finishReason,
    })),
    usage: usageJson(answer.usage),
    service_tier: 'default',
    system_fingerprint: head.systemFingerprint,
  })
}

/**
 * One piece of one choice: `chat.completion.chunk`. `withUsage` adds the `usage: null` of a stream
 * that ends with usage.
 */
export function chunkJson(
  head: AnswerHead,
  choice: ChunkChoice,
  stream: TokenSpelling & { readonly withUsage: boolean },
): string {
  const { index, tokens, finishReason } = choice
  const { role, content } = choice.delta
  const delta = role === undefined ? { content } : { role, content, refusal: null }
  const logprobs = tokens === undefined ? null : wireLogprobs(tokens, stream)
  return JSON.stringify({
    ...chunkHead(head),
    choices: [{ index, delta, logprobs, finish_reason: finishReason }],
    ...(stream.withUsage ? { usage: null } : {}),
  })
}

/** The last chunk of a stream whose request asked for usage: no choices. */
export const usageChunkJson = (head: AnswerHead, usage: AnswerUsage): string =>
  JSON.stringify({ ...chunkHead(head), choices: [], usage: usageJson(usage) })

export const chatWire: AnswerWire = {
  idPrefix: 'chatcmpl-',
  whole: completionJson,
  chunk: chunkJson,
  usageChunk: usageChunkJson,
  opening: (index) => ({
    index,
    delta: { role: 'assistant', content: '' },
    tokens: undefined,
    finishReason: null,
  }),
}

/** `model` objects of GET /v1/models. */
export const modelObject = (model: ModelNamed): ModelObject => ({
  id: model.name,
  object: 'model',
  created: model.created,
  owned_by: 'vouch',
})

type ModelNamed = { readonly name: string; readonly created: number }
type ModelObject = Readonly<Record<'id' | 'object' | 'owned_by', string> & { created: number }>

const chunkHead = (head: AnswerHead) => ({
  id: head.id,
  object: 'chat.completion.chunk',
  created: head.created,
  model: head.model,
  service_tier: 'default',
  system_fingerprint: head.systemFingerprint,
})

function wireLogprobs(
  tokens: readonly GeneratedToken[],
  { tokenizer, withIds }: TokenSpelling,
): WireLogprobs {
  const wire = ({ tokenId, logprob }: TokenLogprob): WireLogprob => {
    const bytes = tokenizer.bytesOf(tokenId)
    return {
      ...(withIds === true && { id: tokenId }),
      token: tokenizer.nameOf(tokenId),
      logprob,
      bytes: bytes === undefined ? null : [...bytes],
    }
  }
  const content = tokens.flatMap(({ tokenId, logprobs }) =>
    logprobs === undefined
      ? []
      : [{ ...wire({ tokenId, logprob: logprobs.logprob }), top_logprobs: logprobs.top.map(wire) }],
  )
  return { content, refusal: null }
}
