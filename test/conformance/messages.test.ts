/*
 * The `@anthropic-ai/sdk` npm client, unmodified, against a whole gateway whose contributors speak chat completions.
 */
import Anthropic, {
  AuthenticationError,
  BadRequestError,
  InternalServerError,
  NotFoundError,
  RateLimitError,
} from '@anthropic-ai/sdk'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { sha256Hex } from '../../src/base/sha256.ts'
import { startGatewayOnLedger } from '../support/gateway-on-ledger.ts'
import {
  answerStatus,
  answerWell,
  chunk,
  completion,
  type Script,
  sse,
  sseDone,
  startScriptedUpstream,
  streamBytes,
  usageChunk,
  usageObject,
} from '../support/scripted-upstream.ts'
import { openUpstreamPlace } from '../support/upstream-place.ts'

const ask = {
  model: 'm',
  max_tokens: 40,
  messages: [{ role: 'user' as const, content: 'Say hello.' }],
}

const { upstream, gateway, newEntries, close } = await openUpstreamPlace((baseUrl) => ({
  upstreams: [{ id: 'one', baseUrl, apiKey: 'sk-upstream' }],
}))
afterAll(close)
const client = new Anthropic({ baseURL: gateway.origin, apiKey: gateway.apiKey, maxRetries: 0 })

beforeEach(() => upstream.become(answerWell()))

const answerWith = (body: unknown): Script => answerStatus(200, JSON.stringify(body))
const received = (): Record<string, unknown> => upstream.requests[0]?.json ?? {}

const call = (index: number, id: string, name: string, text: string) => ({
  index,
  id,
  type: 'function',
  function: { name, arguments: text },
})
const part = (index: number, text: string) => ({ index, function: { arguments: text } })

const weather = {
  name: 'weather',
  description: 'The weather of a place.',
  input_schema: { type: 'object' as const, properties: { place: { type: 'string' } } },
}

describe('an answer in one piece', () => {
  test('is a message, with the usage that is charged', async () => {
    const message = await client.messages.create({ ...ask, system: 'Be brief.' })
    expect(message).toMatchObject({
      type: 'message',
      role: 'assistant',
      model: 'm',
      content: [{ type: 'text', text: 'Hello there!' }],
      stop_reason: 'end_turn',
      stop_sequence: null,
      usage: { input_tokens: 5, output_tokens: 3, cache_read_input_tokens: 0 },
    })
    expect(received()).toMatchObject({
      model: 'm',
      max_tokens: 40,
      messages: [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: 'Say hello.' },
      ],
    })
  })

  test('its receipt is of what this client sent and got', async () => {
    const body = JSON.stringify(ask)
    const response = await fetch(`${gateway.origin}/v1/messages`, {
      method: 'POST',
      headers: { 'x-api-key': gateway.apiKey, 'content-type': 'application/json' },
      body,
    })
    const answer = Buffer.from(await response.arrayBuffer())
    const { receipts } = await newEntries()
    const last = receipts.at(-1)
    expect(last?.receipt.requestHash).toBe(`0x${sha256Hex(Buffer.from(body))}`)
    expect(last?.receipt.responseHash).toBe(`0x${sha256Hex(answer)}`)
    const sent = upstream.requests.at(-1)?.body ?? Buffer.alloc(0)
    expect(last?.receipt.work.inputHash).toBe(`0x${sha256Hex(sent)}`)
  })

  test('tokens from a cache stand beside the others, not among them', async () => {
    const usage = { ...usageObject(5, 3), prompt_tokens_details: { cached_tokens: 4 } }
    upstream.become(answerWith(completion('Hi', usage)))
    const message = await client.messages.create(ask)
    expect(message.usage).toMatchObject({ input_tokens: 1, cache_read_input_tokens: 4 })
  })

  test.each([
    ['length', undefined, 'max_tokens', null],
    ['content_filter', undefined, 'refusal', null],
    ['stop', 'END', 'stop_sequence', 'END'],
    ['stop', 7, 'end_turn', null],
  ])('%s with stop_reason %s ends as %s', async (finish, sequence, reason, told) => {
    const whole = completion('Hi')
    const [choice] = whole.choices
    const choices = [{ ...choice, finish_reason: finish, stop_reason: sequence }]
    upstream.become(answerWith({ ...whole, choices }))
    const message = await client.messages.create({ ...ask, stop_sequences: ['END'] })
    expect(message).toMatchObject({ stop_reason: reason, stop_sequence: told })
    expect(received()['stop']).toEqual(['END'])
  })

  test('tools, their calls and their results go both ways', async () => {
    const message = {
      role: 'assistant',
      content: null,
      reasoning_content: 'Which place?',
      tool_calls: [
        call(0, 'call_1', 'weather', '{"place":"Rome"}'),
        call(1, 'call_2', 'weather', 'no JSON'),
      ],
    }
    const choices = [{ index: 0, message, finish_reason: 'tool_calls' }]
    upstream.become(answerWith({ ...completion(''), choices }))
    const answer = await client.messages.create({
      ...ask,
      tools: [weather],
      tool_choice: { type: 'any', disable_parallel_tool_use: true },
      messages: [
        { role: 'user', content: [{ type: 'text', text: 'Rome?' }] },
        {
          role: 'assistant',
          content: [
            { type: 'thinking', thinking: 'hm', signature: 's' },
            { type: 'text', text: 'I look.' },
            { type: 'tool_use', id: 'call_0', name: 'weather', input: { place: 'Rome' } },
          ],
        },
        {
          role: 'user',
          content: [
            {
              type: 'tool_result',
              tool_use_id: 'call_0',
              content: [{ type: 'text', text: 'Sun' }],
            },
            { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'AAAA' } },
          ],
        },
      ],
    })
    expect(answer.stop_reason).toBe('tool_use')
    expect(answer.content).toEqual([
      { type: 'thinking', thinking: 'Which place?', signature: '' },
      { type: 'tool_use', id: 'call_1', name: 'weather', input: { place: 'Rome' } },
      { type: 'tool_use', id: 'call_2', name: 'weather', input: {} },
    ])
    expect(received()).toMatchObject({
      tools: [
        {
          type: 'function',
          function: { name: 'weather', parameters: weather.input_schema },
        },
      ],
      tool_choice: 'required',
      parallel_tool_calls: false,
      messages: [
        { role: 'user', content: [{ type: 'text', text: 'Rome?' }] },
        {
          role: 'assistant',
          content: 'I look.',
          tool_calls: [
            { id: 'call_0', function: { name: 'weather', arguments: '{"place":"Rome"}' } },
          ],
        },
        { role: 'tool', tool_call_id: 'call_0', content: 'Sun' },
        {
          role: 'user',
          content: [{ type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } }],
        },
      ],
    })
  })
})

describe('a stream', () => {
  test('is the events of a message, and the SDK puts it together', async () => {
    const stream = client.messages.stream(ask)
    const kinds: string[] = []
    stream.on('streamEvent', (event) => kinds.push(event.type))
    const message = await stream.finalMessage()
    expect(message.content).toMatchObject([{ type: 'text', text: 'Hello there!' }])
    expect(message.usage).toMatchObject({ input_tokens: 5, output_tokens: 3 })
    expect(message.stop_reason).toBe('end_turn')
    expect(kinds).toEqual([
      'message_start',
      'content_block_start',
      'content_block_delta',
      'content_block_delta',
      'content_block_delta',
      'content_block_stop',
      'message_delta',
      'message_stop',
    ])
  })

  test('its receipt is of exactly the bytes that were sent', async () => {
    const response = await fetch(`${gateway.origin}/v1/messages`, {
      method: 'POST',
      headers: { 'x-api-key': gateway.apiKey },
      body: JSON.stringify({ ...ask, stream: true }),
    })
    const bytes = Buffer.from(await response.arrayBuffer())
    expect(bytes.toString()).not.toContain('[DONE]')
    const { receipts } = await newEntries()
    expect(receipts.at(-1)?.receipt.responseHash).toBe(`0x${sha256Hex(bytes)}`)
  })

  test('thoughts, text and calls written by turns are blocks of their own', async () => {
    upstream.become(
      streamBytes([
        sse(chunk({ role: 'assistant', content: '' })),
        sse(chunk({ reasoning_content: 'hm' })),
        sse(chunk({ content: 'I ' })),
        sse(chunk({ content: 'look.' })),
        sse(chunk({ tool_calls: [call(0, 'a', 'weather', ''), call(1, 'b', 'weather', '')] })),
        sse(chunk({ tool_calls: [part(1, '{"place":')] })),
        sse(chunk({ tool_calls: [part(0, '{"place":"Rome"}')] })),
        sse(chunk({ tool_calls: [part(1, '"Oslo"}')] })),
        sse(chunk({}, 'tool_calls')),
        sse(usageChunk(usageObject(5, 9))),
        sseDone,
      ]),
    )
    const stream = client.messages.stream({ ...ask, tools: [weather] })
    const message = await stream.finalMessage()
    expect(message.content).toMatchObject([
      { type: 'thinking', thinking: 'hm' },
      { type: 'text', text: 'I look.' },
      { type: 'tool_use', id: 'a', name: 'weather', input: { place: 'Rome' } },
      { type: 'tool_use', id: 'b', name: 'weather', input: { place: 'Oslo' } },
    ])
    expect(message).toMatchObject({ stop_reason: 'tool_use', usage: { output_tokens: 9 } })
  })

  test('one that is cut raises in the client', async () => {
    upstream.become(streamBytes([sse(chunk({ content: 'Hel' }))], 'cut'))
    const stream = client.messages.stream(ask)
    await expect(stream.finalMessage()).rejects.toThrow(/cut the stream/)
  })

  test('of a contributor that fails before it says anything is begun anew by the next', async () => {
    const spare = await startScriptedUpstream(answerWell())
    const two = await startGatewayOnLedger({
      upstreams: [
        { id: 'one', baseUrl: upstream.baseUrl, completionPrice: 1_000_000n },
        { id: 'two', baseUrl: spare.baseUrl, completionPrice: 9_000_000n },
      ],
    })
    upstream.become(streamBytes([sse(chunk({ role: 'assistant', content: '' }))], 'cut'))
    const anthropic = new Anthropic({ baseURL: two.origin, apiKey: two.apiKey, maxRetries: 0 })
    const byPrice = { headers: { 'x-vouch-routing': '{"sort":"price"}' } }
    const told = await anthropic.messages.stream(ask, byPrice).finalMessage()
    expect(told.content).toMatchObject([{ type: 'text', text: 'Hello there!' }])
    expect(upstream.requests).toHaveLength(1)
    await two.stop()
    await spare.close()
  })

  test('its abort reaches the contributor', async () => {
    upstream.become(streamBytes([sse(chunk({ content: 'Hel' }))], 'hang'))
    const stream = client.messages.stream(ask)
    stream.on('text', () => stream.abort())
    await expect(stream.finalMessage()).rejects.toThrow()
    const request = await upstream.nextRequest()
    await request.left
  })
})

describe('a refusal', () => {
  const strange = (request: unknown) => client.messages.create(request as typeof ask)

  test.each([
    ['no max_tokens', { ...ask, max_tokens: undefined }, /max_tokens/],
    ['no messages', { ...ask, messages: [] }, /messages/],
    [
      'a block that nobody knows',
      { ...ask, messages: [{ role: 'user', content: [{ type: 'video' }] }] },
      /messages\[0\]\.content\[0\]\.type/,
    ],
    ['a tool of their servers', { ...ask, tools: [{ type: 'bash_20250124' }] }, /tools\[0\]\.type/],
    ['several choices', { ...ask, n: 2 }, /'n'/],
    ['their own servers', { ...ask, mcp_servers: [{}] }, /mcp_servers/],
    ['a wrong temperature', { ...ask, temperature: 7 }, /temperature/],
    ['a role of nobody', { ...ask, messages: [{ role: 'tool', content: 'x' }] }, /role/],
  ])('%s is a 400 that names it', async (_name, request, pattern) => {
    const failure = await strange(request).catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(BadRequestError)
    expect(String(failure)).toMatch(pattern)
    expect(upstream.requests).toHaveLength(0)
  })

  test('has the shape that the SDK reads', async () => {
    const stranger = new Anthropic({ baseURL: gateway.origin, apiKey: 'nobody', maxRetries: 0 })
    const failure = await stranger.messages.create(ask).catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(AuthenticationError)
    expect((failure as AuthenticationError).error).toMatchObject({
      type: 'error',
      error: { type: 'authentication_error', code: 'invalid_api_key' },
    })
    await expect(strange({ ...ask, model: 'none' })).rejects.toBeInstanceOf(NotFoundError)
    upstream.become(answerStatus(500, '{}'))
    await expect(strange(ask)).rejects.toBeInstanceOf(InternalServerError)
    // Longer than anybody waits in the queue, and the last test here: this contributor rests now.
    upstream.become(answerStatus(429, '{}', { 'retry-after': '90' }))
    await expect(strange(ask)).rejects.toBeInstanceOf(RateLimitError)
  })
})
