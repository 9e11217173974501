import { describe, expect, test } from 'vitest'
import type { AnswerHead } from '../../../src/engine/answer-wire.ts'
import {
  chunkJson,
  completionJson,
  modelObject,
  usageChunkJson,
} from '../../../src/engine/chat-completions.ts'
import type { GeneratedToken } from '../../../src/engine/generate.ts'
import type { ModelTokenizer } from '../../../src/engine/tokenizer.ts'

const head: AnswerHead = {
  id: 'chatcmpl-1',
  created: 1_700_000_000,
  model: 'vouch-mini',
  systemFingerprint: 'fp_0123456789',
}
const usage = { promptTokens: 40, cachedPromptTokens: 32, completionTokens: 2 }
const wireUsage = {
  prompt_tokens: 40,
  completion_tokens: 2,
  total_tokens: 42,
  prompt_tokens_details: { cached_tokens: 32, audio_tokens: 0 },
  completion_tokens_details: {
    reasoning_tokens: 0,
    audio_tokens: 0,
    accepted_prediction_tokens: 0,
    rejected_prediction_tokens: 0,
  },
}

// Token 0 is a mark, 1 a letter, 2 the first byte of a longer character.
const bytes = [undefined, Uint8Array.of(0x61), Uint8Array.of(0xf0)]
const tokenizer: ModelTokenizer = {
  encodeContent: () => [],
  encodeTemplate: () => [],
  bytesOf: (tokenId) => bytes[tokenId],
  nameOf: (tokenId) => ['<|end|>', 'a', 'bytes:\\xf0'][tokenId] ?? '',
  tokenBytesMax: 1,
}
const token: GeneratedToken = {
  tokenId: 1,
  logprobs: {
    logprob: -0.25,
    top: [
      { tokenId: 1, logprob: -0.25 },
      { tokenId: 0, logprob: -2 },
    ],
  },
}
const wireToken = {
  token: 'a',
  logprob: -0.25,
  bytes: [97],
  top_logprobs: [
    { token: 'a', logprob: -0.25, bytes: [97] },
    { token: '<|end|>', logprob: -2, bytes: null },
  ],
}

const isFixedPoint = (json: string): boolean => JSON.stringify(JSON.parse(json)) === json

describe('completionJson', () => {
  test('is a chat.completion, member by member', () => {
    const json = completionJson(
      head,
      [
        { text: 'Hi "there"\n', finishReason: 'stop', tokens: undefined },
        { text: 'a', finishReason: 'length', tokens: [token] },
      ],
      { usage, tokenizer },
    )
    expect(JSON.parse(json)).toEqual({
      id: 'chatcmpl-1',
      object: 'chat.completion',
      created: 1_700_000_000,
      model: 'vouch-mini',
      choices: [
        {
          index: 0,
          message: { role: 'assistant', content: 'Hi "there"\n', refusal: null, annotations: [] },
          logprobs: null,
          finish_reason: 'stop',
        },
        {
          index: 1,
          message: { role: 'assistant', content: 'a', refusal: null, annotations: [] },
          logprobs: { content: [wireToken], refusal: null },
          finish_reason: 'length',
        },
      ],
      usage: wireUsage,
      service_tier: 'default',
      system_fingerprint: 'fp_0123456789',
    })
    expect(isFixedPoint(json)).toBe(true)
  })

  test('text with every kind of character stays a fixed point', () => {
    const text = '\u2028\u2029\u0000\ufeff😀\\"/é<script>'
    const json = completionJson(head, [{ text, finishReason: 'stop', tokens: undefined }], {
      usage,
      tokenizer,
    })
    expect(isFixedPoint(json)).toBe(true)
    expect(JSON.parse(json).choices[0].message.content).toBe(text)
  })

  test('a part of a character is spelled by its bytes', () => {
    const part: GeneratedToken = { tokenId: 2, logprobs: { logprob: -1, top: [] } }
    const json = completionJson(head, [{ text: '', finishReason: 'length', tokens: [part] }], {
      usage,
      tokenizer,
    })
    const [choice] = JSON.parse(json).choices
    expect(choice.logprobs.content).toEqual([
      { token: 'bytes:\\xf0', logprob: -1, bytes: [0xf0], top_logprobs: [] },
    ])
  })
})

describe('chunkJson', () => {
  const chunkHead = {
    id: 'chatcmpl-1',
    object: 'chat.completion.chunk',
    created: 1_700_000_000,
    model: 'vouch-mini',
    service_tier: 'default',
    system_fingerprint: 'fp_0123456789',
  }
  const part = { index: 2, tokens: undefined, finishReason: null }

  test('the role comes with empty content', () => {
    const json = chunkJson(
      head,
      { ...part, delta: { role: 'assistant', content: '' } },
      { withUsage: false, tokenizer },
    )
    expect(JSON.parse(json)).toEqual({
      ...chunkHead,
      choices: [
        {
          index: 2,
          delta: { role: 'assistant', content: '', refusal: null },
          logprobs: null,
          finish_reason: null,
        },
      ],
    })
    expect(isFixedPoint(json)).toBe(true)
  })

  test('content comes alone, with its logprobs, and usage null where usage will follow', () => {
    const json = chunkJson(
      head,
      { ...part, delta: { content: 'a' }, tokens: [token] },
      { withUsage: true, tokenizer },
    )
    expect(JSON.parse(json)).toEqual({
      ...chunkHead,
      choices: [
        {
          index: 2,
          delta: { content: 'a' },
          logprobs: { content: [wireToken], refusal: null },
          finish_reason: null,
        },
      ],
      usage: null,
    })
  })

  test('the end has an empty delta and the reason', () => {
    const json = chunkJson(
      head,
      { ...part, delta: {}, finishReason: 'length' },
      { withUsage: false, tokenizer },
    )
    expect(JSON.parse(json).choices).toEqual([
      { index: 2, delta: {}, logprobs: null, finish_reason: 'length' },
    ])
    expect(isFixedPoint(json)).toBe(true)
  })

  test('usage comes without choices', () => {
    const json = usageChunkJson(head, usage)
    expect(JSON.parse(json)).toEqual({ ...chunkHead, choices: [], usage: wireUsage })
    expect(isFixedPoint(json)).toBe(true)
  })
})

test('modelObject is a model of the OpenAI API', () => {
  expect(modelObject({ name: 'vouch-mini', created: 5 })).toEqual({
    id: 'vouch-mini',
    object: 'model',
    created: 5,
    owned_by: 'vouch',
  })
})
