import { describe, expect, test } from 'vitest'
import { answerNodesMax, jsonDepthMax } from '../../../src/base/limits.ts'
import {
  readChatEvent,
  readWholeText,
  usageEvent,
  withoutUsage,
} from '../../../src/upstream/chat-events.ts'
import { chunk, completion, sse, usageChunk, usageObject } from '../../support/scripted-upstream.ts'

const read = (block: string) => readChatEvent(Buffer.from(block))
const counted = {
  promptTokens: 5,
  cachedPromptTokens: 2,
  completionTokens: 3,
  reasoningTokens: 1,
}

describe('readChatEvent', () => {
  test('a plain block is passed on as the very bytes that came', () => {
    const block = Buffer.from(sse(chunk({ content: 'héllo' })))
    const event = readChatEvent(block)
    expect(event).toMatchObject({ kind: 'chunk', deltas: [{ index: 0, text: 'héllo' }] })
    expect(event.kind === 'chunk' && event.bytes).toBe(block)
  })

  test.each([
    ['CRLF', sse(chunk({ content: 'x' })).replaceAll('\n', '\r\n')],
    ['CR', sse(chunk({ content: 'x' })).replaceAll('\n', '\r')],
    ['no space', sse(chunk({ content: 'x' })).replace('data: ', 'data:')],
    ['other fields', `event: message\nid: 1\n${sse(chunk({ content: 'x' }))}`],
    ['a comment', `: hi\n${sse(chunk({ content: 'x' }))}`],
    [
      'a carriage return between tokens',
      sse(chunk({ content: 'x' }))
        .replace(',"object"', ',\r"object"')
        .replace('\r', '\ndata: '),
    ],
  ])('%s is framed anew, in one line that ends in LF', (_name, block) => {
    const event = read(block)
    if (event.kind !== 'chunk') throw new Error(event.kind)
    expect(event.bytes.toString()).toMatch(/^data: \{.*\}\n\n$/)
    expect(JSON.parse(event.bytes.toString().slice(6))).toEqual(chunk({ content: 'x' }))
    expect(event.bytes.toString()).not.toContain('\r')
  })

  test('JSON over several lines is one payload, and numbers are not joined', () => {
    const event = read('data: {"choices":\ndata: [],"x":[1,\ndata: 2]}\n\n')
    expect(event).toMatchObject({ kind: 'chunk', deltas: [] })
    expect(read('data: {"choices":[],"x":1\ndata: 2}\n\n')).toEqual({ kind: 'malformed' })
  })

  test.each([
    ['data: [DONE]\n\n', 'done'],
    ['data:[DONE]\n\n', 'done'],
    ['data: [DONE] \r\n\r\n', 'done'],
    [': keep-alive\n\n', 'comment'],
    [':\n\n', 'comment'],
    ['event: ping\n\n', 'comment'],
    ['retry: 5\n\n', 'comment'],
    ['data: {"error":{"message":"x"}}\n\n', 'error'],
    ['data: {"error":"x","choices":[]}\n\n', 'error'],
    ['event: error\ndata: {"error":{}}\n\n', 'error'],
    ['data: {"error":null,"choices":[]}\n\n', 'chunk'],
    ['data\n\n', 'comment'],
    ['data: \n\n', 'comment'],
    ['data:\ndata: \n\n', 'comment'],
    ['\ufeffdata: {"choices":[]}\n\n', 'chunk'],
    ['data: null\n\n', 'malformed'],
    ['data: []\n\n', 'malformed'],
    ['data: {}\n\n', 'malformed'],
    ['data: {"choices":{}}\n\n', 'malformed'],
    ['data: {"choices":[null]}\n\n', 'malformed'],
    ['data: {"choices":[[]]}\n\n', 'malformed'],
    ['data: {"choices":[{"index":"0"}]}\n\n', 'malformed'],
    ['data: {"choices":[{"delta":{"tool_calls":{}}}]}\n\n', 'malformed'],
    ['data: {"choices":[{"delta":{"tool_calls":[7]}}]}\n\n', 'malformed'],
    ['data: {"choices":[{"delta":{"tool_calls":[[]]}}]}\n\n', 'malformed'],
    ['data: {"choices":[{}]}\n\n', 'chunk'],
    ['data: {"choices":[{"index":null,"delta":null}]}\n\n', 'chunk'],
    ['data: {"choices"\n\n', 'malformed'],
  ])('%j is %s', (block, kind) => {
    expect(read(block).kind).toBe(kind)
  })

  test('signed Work is a comment of ours, and no other comment is', () => {
    expect(read(': vouch-work abc-_\n\n')).toEqual({ kind: 'work', encoded: 'abc-_' })
    expect(read(': vouch-work abc \r\n\r\n')).toEqual({ kind: 'work', encoded: 'abc' })
    expect(read(': vouch-working\n\n')).toEqual({ kind: 'comment' })
    // Work beside data is data.
    expect(read(`: vouch-work abc\n${sse(chunk({}))}`).kind).toBe('chunk')
  })

  test('a delta says text, tool calls, what stands beside the text, and its end', () => {
    const call = { index: 1, id: 'c', function: { name: 'f', arguments: '{' } }
    const said = (delta: Record<string, unknown>, finish: string | null = null) => {
      const event = read(sse(chunk(delta, finish, 2)))
      return event.kind === 'chunk' ? event.deltas[0] : undefined
    }
    const nothing = { index: 2, text: '', toolCalls: [], aside: '', finishReason: undefined }
    expect(said({ role: 'assistant', content: null })).toEqual(nothing)
    expect(said({ content: 'a' })).toEqual({ ...nothing, text: 'a' })
    expect(said({ content: 7 })).toEqual(nothing)
    expect(said({ tool_calls: [call] })).toEqual({ ...nothing, toolCalls: [call] })
    expect(said({}, 'length')).toEqual({ ...nothing, finishReason: 'length' })
    for (const aside of [
      { reasoning_content: 'why' },
      { reasoning: 'why' },
      { reasoning_content: 'why', reasoning: 'why' },
      { refusal: 'why' },
      { function_call: { name: 'w', arguments: 'hy' } },
    ]) {
      expect(said(aside)).toEqual({ ...nothing, aside: 'why' })
    }
  })

  test('a tool call is nested no deeper than a request may be', () => {
    const nested = (levels: number) => `${'['.repeat(levels)}${']'.repeat(levels)}`
    const block = (levels: number) =>
      `data: {"choices":[{"delta":{"tool_calls":[{"x":${nested(levels)}}]}}]}\n\n`
    expect(read(block(jsonDepthMax - 1)).kind).toBe('chunk')
    expect(read(block(jsonDepthMax)).kind).toBe('malformed')
  })

  test.each<[unknown, unknown]>([
    [usageObject(5, 3), { ...counted, cachedPromptTokens: 0, reasoningTokens: 0 }],
    [
      {
        ...usageObject(5, 3),
        prompt_tokens_details: { cached_tokens: 2 },
        completion_tokens_details: { reasoning_tokens: 1 },
      },
      counted,
    ],
    [
      {
        ...usageObject(5, 3),
        prompt_tokens_details: { cached_tokens: 99 },
        completion_tokens_details: { reasoning_tokens: 99 },
      },
      { ...counted, cachedPromptTokens: 5, reasoningTokens: 3 },
    ],
    [
      { ...usageObject(5, 3), prompt_tokens_details: null, completion_tokens_details: 'x' },
      { ...counted, cachedPromptTokens: 0, reasoningTokens: 0 },
    ],
    [null, undefined],
    [undefined, undefined],
    [[], undefined],
    [{}, undefined],
    [{ prompt_tokens: 5 }, undefined],
    [usageObject(-1, 3), undefined],
    [usageObject(1.5, 3), undefined],
    [usageObject(5, 2 ** 32), undefined],
    [{ prompt_tokens: '5', completion_tokens: '3' }, undefined],
  ])('of the report %j it takes %j', (usage, expected) => {
    const event = read(sse(usageChunk(usage)))
    expect(event.kind === 'chunk' && event.usage).toEqual(expected)
  })
})

describe('the usage of a stream', () => {
  const reporting = Buffer.from(sse({ ...chunk({ content: 'x' }), usage: usageObject(5, 3) }))

  test('is taken off a chunk, and null stays for a caller who asked', () => {
    expect(JSON.parse(withoutUsage(reporting, false).toString().slice(6))).toEqual(
      chunk({ content: 'x' }),
    )
    expect(JSON.parse(withoutUsage(reporting, true).toString().slice(6))).toEqual({
      ...chunk({ content: 'x' }),
      usage: null,
    })
  })

  test('is said in a chunk of its own, made after another', () => {
    const event = read(usageEvent(reporting, counted).toString())
    expect(event).toMatchObject({ kind: 'chunk', deltas: [], usage: counted })
    const json = JSON.parse(usageEvent(reporting, counted).toString().slice(6))
    expect(json).toMatchObject({
      id: 'chatcmpl-1',
      model: 'm',
      object: 'chat.completion.chunk',
      choices: [],
    })
    expect(json.usage.total_tokens).toBe(8)
    expect(read(usageEvent(undefined, counted).toString()).kind).toBe('chunk')
  })
})

describe('readWholeText', () => {
  const readText = (text: string) => readWholeText(Buffer.from(text))

  test('keeps the very bytes where they are what JSON.stringify would write', () => {
    const body = Buffer.from(JSON.stringify(completion('x')))
    expect(readWholeText(body)?.bytes).toBe(body)
  })

  test('reads the likeliest twenty in the place of four thousand tokens, and no end of anything', () => {
    const likely = Array.from({ length: 20 }, () => ({ token: 't', logprob: -1, bytes: [116] }))
    const content = Array.from({ length: 4_096 }, () => ({ token: 't', top_logprobs: likely }))
    const whole = { ...completion('Hi'), logprobs: { content } }
    expect(readWholeText(Buffer.from(JSON.stringify(whole)))?.deltas).toHaveLength(1)
    const endless = { ...completion('Hi'), x: Array(answerNodesMax).fill([]) }
    expect(readWholeText(Buffer.from(JSON.stringify(endless)))).toBeUndefined()
  })

  test('writes others anew: white space, a key twice, numbers in other spelling', () => {
    const text = `{ "choices": [ {"message":{"content":"x"},"a":1.0,"b":1e2,"a":2} ] }`
    const bytes = readText(text)?.bytes.toString()
    expect(bytes).toBe('{"choices":[{"message":{"content":"x"},"a":2,"b":100}]}')
    expect(JSON.stringify(JSON.parse(bytes ?? ''))).toBe(bytes)
  })

  test.each([
    '',
    'x',
    '[]',
    'null',
    '{}',
    '{"choices":[]}',
    '{"choices":{}}',
    '{"choices":[7]}',
    '{"choices":[{}]}',
    '{"choices":[{"message":"x"}]}',
    '{"choices":[{"message":[]}]}',
    '{"choices":[{"message":{"tool_calls":[1]}}]}',
    '{"choices":[{"index":"a","message":{}}]}',
    `{"choices":[{"message":{}}],"x":${'['.repeat(50_000)}${']'.repeat(50_000)}}`,
  ])('%.60j is no chat completion', (text) => {
    expect(readText(text)).toBeUndefined()
  })
})
