/*
 * What engines answer at endpoints other than the chat, and gateways that offer a model there.
 */
import type { Offer } from '../../src/domain/contributor.ts'
import type { Script } from './scripted-upstream.ts'
import { sse, sseDone, startSse } from './scripted-upstream.ts'

/** An offer at these endpoints alone. */
export const offeredAt = (
  ...endpoints: NonNullable<Offer['endpoints']>
): Pick<Offer, 'endpoints'> => ({ endpoints })

/** Answers this JSON, whatever was asked. */
export const answerJson =
  (value: unknown, headers: Readonly<Record<string, string>> = {}): Script =>
  (_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json', ...headers })
    response.end(typeof value === 'string' ? value : JSON.stringify(value))
  }

export const textChoice = (index: number, text: string, finishReason: string | null = 'stop') => ({
  index,
  text,
  finish_reason: finishReason,
  logprobs: null,
})

export const textCompletion = (
  choices: readonly unknown[],
  usage: unknown,
): Readonly<Record<string, unknown>> => ({
  id: 'cmpl-1',
  object: 'text_completion',
  created: 1,
  model: 'm',
  choices,
  usage,
})

/** A stream of text completions, each piece one chunk, with a usage chunk where there is usage. */
export const streamTexts =
  (pieces: readonly (readonly [index: number, text: string])[], usage?: unknown): Script =>
  (_request, response) => {
    startSse(response)
    for (const [index, text] of pieces) {
      response.write(sse({ ...textCompletion([textChoice(index, text, null)], undefined) }))
    }
    for (const index of new Set(pieces.map(([of]) => of))) {
      response.write(sse(textCompletion([textChoice(index, '', 'stop')], undefined)))
    }
    if (usage !== undefined) response.write(sse(textCompletion([], usage)))
    response.end(sseDone)
  }

/** Little-endian 32-bit floats in base64, as OpenAI's servers write them. */
export function base64Of(values: readonly number[]): string {
  const floats = Buffer.alloc(values.length * 4)
  for (const [index, value] of values.entries()) floats.writeFloatLE(value, index * 4)
  return floats.toString('base64')
}

export const embeddingList = (
  vectors: readonly unknown[],
  usage: unknown = { prompt_tokens: 4, total_tokens: 4 },
): Readonly<Record<string, unknown>> => ({
  object: 'list',
  model: 'm',
  data: vectors.map((embedding, index) => ({ object: 'embedding', index, embedding })),
  usage,
})
