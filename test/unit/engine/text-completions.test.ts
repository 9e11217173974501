import { describe, expect, test } from 'vitest'
import type { AnswerHead } from '../../../src/engine/answer-wire.ts'
import { textWire } from '../../../src/engine/text-completions.ts'
import type { ModelTokenizer } from '../../../src/engine/tokenizer.ts'

const head: AnswerHead = {
  id: 'cmpl-1',
  created: 1_700_000_000,
  model: 'vouch-mini',
  systemFingerprint: 'fp_0123456789',
}
const wireHead = {
  id: 'cmpl-1',
  object: 'text_completion',
  created: 1_700_000_000,
  model: 'vouch-mini',
  system_fingerprint: 'fp_0123456789',
}
const usage = { promptTokens: 4, cachedPromptTokens: 0, completionTokens: 3 }

// A letter, and the two halves of a cat, which is one character and two UTF-16 units.
const bytes = ['61', 'f09f', '9088'].map((digits) => Buffer.from(digits, 'hex'))
const tokenizer: ModelTokenizer = {
  encodeContent: () => [],
  encodeTemplate: () => [],
  bytesOf: (tokenId) => bytes[tokenId],
  nameOf: (tokenId) => ['a', 'bytes:\\xf0\\x9f', 'bytes:\\x90\\x88'][tokenId] ?? '',
  tokenBytesMax: 2,
}
const token = (tokenId: number) => ({
  tokenId,
  logprobs: { logprob: -0.5, top: [{ tokenId, logprob: -0.5 }] },
})

describe('text completions, member by member', () => {
  test('a whole answer', () => {
    const choices = [
      { text: 'a🐈a', finishReason: 'length', tokens: [0, 1, 2, 0].map(token) },
      { text: 'x', finishReason: 'stop', tokens: undefined },
    ] as const
    const json = textWire.whole(head, choices, { usage, tokenizer })
    expect(JSON.parse(json)).toMatchObject({
      ...wireHead,
      choices: [
        {
          text: 'a🐈a',
          index: 0,
          logprobs: {
            tokens: ['a', 'bytes:\\xf0\\x9f', 'bytes:\\x90\\x88', 'a'],
            token_logprobs: [-0.5, -0.5, -0.5, -0.5],
            // Beside what was asked for the sampled token itself, as api.openai.com has it.
            top_logprobs: [
              { a: -0.5 },
              { 'bytes:\\xf0\\x9f': -0.5 },
              { 'bytes:\\x90\\x88': -0.5 },
              { a: -0.5 },
            ],
            text_offset: [0, 1, 1, 2],
          },
          finish_reason: 'length',
        },
        { text: 'x', index: 1, logprobs: null, finish_reason: 'stop' },
      ],
      usage: { prompt_tokens: 4, completion_tokens: 3, total_tokens: 7 },
    })
    expect(JSON.stringify(JSON.parse(json))).toBe(json)
  })

  test('a piece of a stream, its opening and its usage', () => {
    const stream = { withUsage: true, tokenizer }
    const piece = { index: 1, delta: { content: 'a' }, tokens: [token(0)], finishReason: null }
    expect(JSON.parse(textWire.chunk(head, { ...piece, textOffset: 7 }, stream))).toEqual({
      ...wireHead,
      choices: [
        {
          text: 'a',
          index: 1,
          logprobs: {
            tokens: ['a'],
            token_logprobs: [-0.5],
            top_logprobs: [{ a: -0.5 }],
            text_offset: [7],
          },
          finish_reason: null,
        },
      ],
      usage: null,
    })
    expect(textWire.opening(0, '')).toBeUndefined()
    expect(textWire.opening(2, 'Once')).toMatchObject({ index: 2, delta: { content: 'Once' } })
    const end = { index: 0, delta: {}, tokens: undefined, finishReason: 'stop' } as const
    expect(JSON.parse(textWire.chunk(head, end, { ...stream, withUsage: false }))).toEqual({
      ...wireHead,
      choices: [{ text: '', index: 0, logprobs: null, finish_reason: 'stop' }],
    })
    expect(JSON.parse(textWire.usageChunk(head, usage))).toMatchObject({ ...wireHead, choices: [] })
  })
})
