import { describe, expect, test } from 'vitest'
import { closingEvents, type StreamTail } from '../../../src/gateway/closing-events.ts'
import { lengthEvent } from '../../../src/upstream/chat-events.ts'
import { chunk, sse, usageChunk, usageObject } from '../../support/scripted-upstream.ts'

const usageBytes = Buffer.from(sse(usageChunk(usageObject(5, 3))))
const tail: StreamTail = {
  lastChunk: Buffer.from(sse(chunk({ content: 'x' }))),
  usageChunk: usageBytes,
  finished: new Set(),
  choiceCount: 2,
  includeUsage: true,
  lengthEvent,
}
const charged = {
  promptTokens: 5,
  cachedPromptTokens: 0,
  completionTokens: 3,
  reasoningTokens: 0,
  source: 'reported',
} as const
const textOf = (...args: Parameters<typeof closingEvents>) => closingEvents(...args).toString()
const done = 'data: [DONE]\n\n'

describe('closingEvents', () => {
  test('only the end, where no usage was asked for', () => {
    expect(textOf({ ...tail, includeUsage: false }, charged, 'complete')).toBe(done)
  })

  test("the engine's own usage chunk where that is what is charged, else one of ours", () => {
    expect(textOf(tail, charged, 'complete')).toBe(usageBytes + done)
    const corrected = { ...charged, completionTokens: 2, source: 'corrected' } as const
    expect(textOf(tail, corrected, 'complete')).toContain('"completion_tokens":2')
    expect(textOf({ ...tail, usageChunk: undefined }, charged, 'complete')).toContain(
      '"completion_tokens":3',
    )
  })

  test('a spent budget ends each choice that had not ended, as the last chunk was framed', () => {
    const text = textOf(
      { ...tail, finished: new Set([0]), includeUsage: false },
      charged,
      'budget_spent',
    )
    const [event, end] = text.split('\n\n')
    expect(`${end}\n\n`).toBe(done)
    expect(JSON.parse(event?.slice(6) ?? '')).toEqual({
      ...chunk({}),
      choices: [{ index: 1, delta: {}, finish_reason: 'length', logprobs: null }],
    })
  })

  test('even where nothing was sent before', () => {
    const nothing = { ...tail, lastChunk: undefined, usageChunk: undefined }
    const text = textOf(nothing, charged, 'budget_spent')
    expect(text.match(/"finish_reason":"length"/g)).toHaveLength(2)
    expect(text).toContain('"object":"chat.completion.chunk"')
    expect(text.endsWith(done)).toBe(true)
  })
})
