/*
 * The Responses API of the `openai` npm client, unmodified, against a whole gateway whose contributors speak chat
 * completions. Other libraries have clients-responses.test.ts.
 */
import OpenAI, { APIError, BadRequestError, NotFoundError } from 'openai'
import type { ResponseStreamEvent } from 'openai/resources/responses/responses'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { sha256Hex } from '../../src/base/sha256.ts'
import { translateRequest } from '../../src/http/responses-request.ts'
import { expectBalancedBooks, followBooks, type NewEntries } from '../support/books.ts'
import { startGatewayOnLedger, type TestGateway } from '../support/gateway-on-ledger.ts'
import {
  answerStatus,
  answerWell,
  chunk,
  completion,
  type Script,
  type ScriptedUpstream,
  sse,
  sseDone,
  startScriptedUpstream,
  streamBytes,
  usageChunk,
  usageObject,
} from '../support/scripted-upstream.ts'

let upstream: ScriptedUpstream
let spare: ScriptedUpstream
let gateway: TestGateway
let openai: OpenAI
let newEntries: () => Promise<NewEntries>

const ask = { model: 'm', input: 'Say hello.' }

beforeAll(async () => {
  upstream = await startScriptedUpstream()
  spare = await startScriptedUpstream()
  gateway = await startGatewayOnLedger({
    upstreams: [
      { id: 'one', baseUrl: upstream.baseUrl },
      {
        id: 'spare',
        baseUrl: spare.baseUrl,
        offer: { modelName: 'both', upstreamModelName: 'both' },
      },
    ],
  })
  openai = new OpenAI({ baseURL: `${gateway.origin}/v1`, apiKey: gateway.apiKey, maxRetries: 0 })
  newEntries = followBooks(gateway)
})

beforeEach(() => {
  upstream.become(answerWell())
  spare.become(answerWell())
  gateway.pool.readmit('one')
})

afterAll(async () => {
  await expectBalancedBooks(gateway)
  await gateway.stop()
  await spare.close()
  await upstream.close()
})

const answerWith = (message: Record<string, unknown>, finish = 'stop'): Script => {
  const whole = completion('', usageObject(9, 12))
  const choices = [{ ...whole.choices[0], message, finish_reason: finish }]
  return answerStatus(200, JSON.stringify({ ...whole, choices }))
}

const role = sse(chunk({ role: 'assistant', content: '' }))
const streamOf = (...events: Record<string, unknown>[]): Script =>
  streamBytes([role, ...events.map(sse), sse(usageChunk(usageObject(9, 12))), sseDone])

const received = (): Record<string, unknown> => upstream.requests[0]?.json ?? {}

const weather = {
  type: 'function' as const,
  name: 'weather',
  description: 'The weather of a place.',
  parameters: { type: 'object', properties: { place: { type: 'string' } } },
  strict: true,
}
const person = {
  type: 'json_schema' as const,
  name: 'person',
  strict: true,
  schema: { type: 'object', properties: { name: { type: 'string' } } },
}

async function eventsOf(
  fields: Partial<OpenAI.Responses.ResponseCreateParamsStreaming> = {},
): Promise<ResponseStreamEvent[]> {
  const stream = await openai.responses.create({ ...ask, ...fields, stream: true })
  const events: ResponseStreamEvent[] = []
  for await (const event of stream) events.push(event)
  return events
}

async function refusalOf(promise: PromiseLike<unknown>): Promise<APIError> {
  const error = await Promise.resolve(promise).then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (!(error instanceof APIError)) throw new Error('the SDK raised no APIError', { cause: error })
  return error
}

describe('an answer in one piece', () => {
  test('is a response, with the usage that is charged', async () => {
    const { data, response } = await openai.responses
      .create({ ...ask, instructions: 'Be brief.', metadata: { a: 'b' }, max_output_tokens: 40 })
      .withResponse()
    expect(data.output_text).toBe('Hello there!')
    expect(data).toMatchObject({
      object: 'response',
      status: 'completed',
      model: 'm',
      instructions: 'Be brief.',
      metadata: { a: 'b' },
      max_output_tokens: 40,
      store: false,
      error: null,
      incomplete_details: null,
      output: [{ type: 'message', role: 'assistant', status: 'completed' }],
      usage: {
        input_tokens: 5,
        input_tokens_details: { cached_tokens: 0 },
        output_tokens: 3,
        output_tokens_details: { reasoning_tokens: 0 },
        total_tokens: 8,
      },
    })
    expect(data.id).toBe(`resp_${response.headers.get('x-request-id')?.replace('req_', '')}`)
    expect(Math.abs(data.created_at - Date.now() / 1000)).toBeLessThan(600)
    expect(received()).toEqual({
      model: 'm',
      max_tokens: 40,
      messages: [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: 'Say hello.' },
      ],
    })
    const { receipts } = await newEntries()
    expect(receipts.map(({ receipt }) => receipt.cost)).toEqual(['11'])
    expect(receipts[0]?.receipt.receiptId).toBe(response.headers.get('x-vouch-receipt'))
  })

  test.each([
    ['length', 'incomplete', { reason: 'max_output_tokens' }],
    ['content_filter', 'incomplete', { reason: 'content_filter' }],
    ['stop', 'completed', null],
    ['constructor', 'completed', null],
  ])('finish_reason %s is %s', async (finish, status, incomplete_details) => {
    upstream.become(answerWith({ role: 'assistant', content: 'Half' }, finish))
    const response = await openai.responses.create(ask)
    expect(response).toMatchObject({ status, incomplete_details, output: [{ status }] })
  })

  test('thoughts, text, a refusal and calls are items in this order', async () => {
    upstream.become(
      answerWith(
        {
          role: 'assistant',
          reasoning_content: 'Which place?',
          content: 'Let me see.',
          refusal: 'Not that.',
          tool_calls: [
            {
              id: 'call_1',
              type: 'function',
              function: { name: 'weather', arguments: '{"place":"Zürich"}' },
            },
            { type: 'function', function: { name: 'weather', arguments: '{}' } },
          ],
        },
        'tool_calls',
      ),
    )
    const { output, id } = await openai.responses.create({ ...ask, tools: [weather] })
    expect(output).toEqual([
      {
        id: expect.stringMatching(/^rs_/),
        type: 'reasoning',
        status: 'completed',
        summary: [],
        content: [{ type: 'reasoning_text', text: 'Which place?' }],
      },
      {
        id: expect.stringMatching(/^msg_/),
        type: 'message',
        status: 'completed',
        role: 'assistant',
        content: [
          { type: 'output_text', text: 'Let me see.', annotations: [], logprobs: [] },
          { type: 'refusal', refusal: 'Not that.' },
        ],
      },
      {
        id: expect.stringMatching(/^fc_/),
        type: 'function_call',
        status: 'completed',
        call_id: 'call_1',
        name: 'weather',
        arguments: '{"place":"Zürich"}',
      },
      expect.objectContaining({
        type: 'function_call',
        // The engine named none.
        call_id: `call_${id.slice('resp_'.length)}_3`,
      }),
    ])
  })

  test('log-probabilities that were asked for come with the text', async () => {
    const entry = { token: 'Hi', logprob: -0.25, bytes: [72, 105] }
    const logprobs = { content: [{ ...entry, top_logprobs: [entry] }] }
    const whole = completion('Hi')
    const choices = [{ ...whole.choices[0], logprobs }]
    upstream.become(answerStatus(200, JSON.stringify({ ...whole, choices })))
    const response = await openai.responses.create({
      ...ask,
      include: ['message.output_text.logprobs'],
      top_logprobs: 1,
    })
    expect(received()).toMatchObject({ logprobs: true, top_logprobs: 1 })
    expect(response.output).toMatchObject([{ content: [{ logprobs: logprobs.content }] }])
  })

  test('an answer that says nothing is an empty message', async () => {
    upstream.become(answerWith({ role: 'assistant', content: null }))
    const response = await openai.responses.create(ask)
    expect(response.output).toMatchObject([{ type: 'message', content: [{ text: '' }] }])
    const { chargedAmount } = await newEntries()
    expect(chargedAmount).toBeGreaterThan(0n)
  })

  test('an object that follows a schema, parsed by the client', async () => {
    upstream.become(answerWell(['{"name":', '"Zoë"}']))
    const response = await openai.responses.parse({ ...ask, text: { format: person } })
    expect(JSON.parse(response.output_text)).toEqual({ name: 'Zoë' })
    expect(received()['response_format']).toEqual({
      type: 'json_schema',
      json_schema: { name: 'person', strict: true, schema: person.schema },
    })
    expect(response.text?.format).toEqual(person)
  })

  test('what was answered goes back as it came, with the answers of the tools', async () => {
    upstream.become(
      answerWith(
        {
          role: 'assistant',
          content: 'Let me see.',
          reasoning: 'Hm.',
          tool_calls: [
            { id: 'call_1', type: 'function', function: { name: 'weather', arguments: '{}' } },
          ],
        },
        'tool_calls',
      ),
    )
    const first = await openai.responses.create({ ...ask, tools: [weather] })
    const input: OpenAI.Responses.ResponseInput = [
      { role: 'user', content: ask.input },
      ...first.output.filter((item) => item.type !== 'program_output'),
      { type: 'function_call_output', call_id: 'call_1', output: 'Sunny.' },
    ] as OpenAI.Responses.ResponseInput
    upstream.become(answerWell(['Sunny', '.']))
    const second = await openai.responses.create({ model: 'm', input, tools: [weather] })
    expect(second.output_text).toBe('Sunny.')
    expect(received()['messages']).toEqual([
      { role: 'user', content: 'Say hello.' },
      {
        role: 'assistant',
        content: 'Let me see.',
        tool_calls: [
          { id: 'call_1', type: 'function', function: { name: 'weather', arguments: '{}' } },
        ],
      },
      { role: 'tool', tool_call_id: 'call_1', content: 'Sunny.' },
    ])
  })
})

describe('a stream', () => {
  test('tells its text event by event', async () => {
    const events = await eventsOf()
    expect(events.map(({ type }) => type)).toEqual([
      'response.created',
      'response.in_progress',
      'response.output_item.added',
      'response.content_part.added',
      'response.output_text.delta',
      'response.output_text.delta',
      'response.output_text.delta',
      'response.output_text.done',
      'response.content_part.done',
      'response.output_item.done',
      'response.completed',
    ])
    expect(events.map(({ sequence_number }) => sequence_number)).toEqual(events.map((_, n) => n))
    expect(events.at(-1)).toMatchObject({
      response: { status: 'completed', usage: { input_tokens: 5, output_tokens: 3 } },
    })
    expect(received()['stream_options']).toEqual({ include_usage: true })
    const { receipts } = await newEntries()
    expect(receipts.at(-1)?.receipt.cost).toBe('11')
  })

  test('bytes: each event has its name, and [DONE] does not follow', async () => {
    const text = await (await post({ ...ask, stream: true })).text()
    const blocks = text.split('\n\n').filter((block) => block !== '')
    expect(blocks.length).toBeGreaterThan(8)
    for (const block of blocks) {
      const [name, data, ...more] = block.split('\n')
      expect(more).toEqual([])
      const { type } = JSON.parse(data?.slice('data: '.length) ?? '') as { type: string }
      expect(name).toBe(`event: ${type}`)
    }
    expect(text).not.toContain('[DONE]')
  })

  test('of everything at once is what its client puts together', async () => {
    const part = (index: number, text: string) =>
      chunk({ tool_calls: [{ index, function: { arguments: text } }] })
    const begin = (index: number, name: string) =>
      chunk({
        tool_calls: [
          { index, id: `call_${index}`, type: 'function', function: { name, arguments: '' } },
        ],
      })
    upstream.become(
      streamOf(
        chunk({ reasoning_content: 'Which ' }),
        chunk({ reasoning_content: 'place?' }),
        chunk({ content: 'Let me' }),
        chunk({ content: ' see.' }),
        begin(0, 'weather'),
        begin(1, 'time'),
        part(0, '{"place":'),
        part(1, '{"zone":'),
        part(0, '"Zürich"}'),
        part(1, '"CET"}'),
        chunk({}, 'tool_calls'),
      ),
    )
    const stream = openai.responses.stream({ ...ask, tools: [weather] })
    const response = await stream.finalResponse()
    expect(response.output).toMatchObject([
      { type: 'reasoning', content: [{ type: 'reasoning_text', text: 'Which place?' }] },
      { type: 'message', content: [{ type: 'output_text', text: 'Let me see.' }] },
      {
        type: 'function_call',
        call_id: 'call_0',
        name: 'weather',
        arguments: '{"place":"Zürich"}',
      },
      { type: 'function_call', call_id: 'call_1', name: 'time', arguments: '{"zone":"CET"}' },
    ])
    expect(response).toMatchObject({ status: 'completed', output_text: 'Let me see.' })
  })

  test('of a refusal, and of one that was cut', async () => {
    upstream.become(streamOf(chunk({ refusal: 'I will' }), chunk({ refusal: ' not.' }, 'length')))
    const events = await eventsOf()
    expect(events.map(({ type }) => type)).toContain('response.refusal.delta')
    expect(events.at(-1)).toMatchObject({
      type: 'response.incomplete',
      response: {
        status: 'incomplete',
        incomplete_details: { reason: 'max_output_tokens' },
        output: [{ status: 'incomplete', content: [{ type: 'refusal', refusal: 'I will not.' }] }],
      },
    })
  })

  test('of an object that follows a schema, parsed by the client', async () => {
    upstream.become(answerWell(['{"name":', '"Zoë"}']))
    const stream = openai.responses.stream({ ...ask, text: { format: person } })
    const response = await stream.finalResponse()
    expect(JSON.parse(response.output_text)).toEqual({ name: 'Zoë' })
  })

  test('ends as incomplete where the money does', async () => {
    const poor = await startGatewayOnLedger({
      upstreams: [{ id: 'one', baseUrl: upstream.baseUrl }],
      balance: 1_400n,
    })
    const words = Array.from({ length: 400 }, () => 'four ')
    upstream.become(answerWell(words))
    const client = new OpenAI({ baseURL: `${poor.origin}/v1`, apiKey: poor.apiKey, maxRetries: 0 })
    const response = await client.responses.stream(ask).finalResponse()
    expect(response).toMatchObject({
      status: 'incomplete',
      incomplete_details: { reason: 'max_output_tokens' },
    })
    expect(response.output_text.length).toBeGreaterThan(0)
    const { receipts } = await expectBalancedBooks(poor)
    expect(receipts[0]?.receipt.work.status).toBe(3)
    expect(response.usage?.output_tokens).toBe(receipts[0]?.receipt.work.completionTokens)
    await poor.stop()
  })
})

describe('a contributor that fails', () => {
  test('before it said anything has told nothing: the next one begins at the beginning', async () => {
    const place = await startGatewayOnLedger({
      upstreams: [
        { id: 'one', baseUrl: upstream.baseUrl, completionPrice: 1_000_000n },
        { id: 'two', baseUrl: spare.baseUrl, completionPrice: 9_000_000n },
      ],
    })
    upstream.become(streamBytes([role, sse(chunk({ content: '' }))], 'cut'))
    const body = JSON.stringify({ ...ask, stream: true, routing: { sort: 'price' } })
    // So much is told of the request itself that it must not count as an answer.
    const long = JSON.stringify({ ...JSON.parse(body), instructions: 'x'.repeat(400_000) })
    for (const sent of [body, long]) {
      place.pool.readmit('one')
      const answer = await post(sent, place)
      const text = await answer.text()
      expect(text.match(/^event: .*$/gm)?.slice(0, 3)).toEqual([
        'event: response.created',
        'event: response.in_progress',
        'event: response.output_item.added',
      ])
      expect(text.match(/response\.created"/g)).toHaveLength(1)
      expect(text).toContain('"sequence_number":0}')
      expect(answer.headers.get('x-vouch-contributor')).toBe('two')
    }
    expect(upstream.requests).toHaveLength(2)
    await place.stop()
  })

  test.each([
    ['cut', 'upstream_stream_interrupted', 'cut' as const],
    ['ended', 'upstream_stream_interrupted', 'end' as const],
  ])('in the middle (%s): the client raises', async (_name, code, ending) => {
    upstream.become(streamBytes([role, sse(chunk({ content: 'Half' }))], ending))
    await newEntries()
    const error = await refusalOf(eventsOf())
    expect(error).toMatchObject({ code, message: expect.stringContaining('cut the stream') })
    const { chargedAmount } = await newEntries()
    expect(chargedAmount).toBe(0n)
    const raised = await refusalOf(openai.responses.stream(ask).finalResponse())
    expect(raised.code).toBe(code)
  })

  test('in the middle: first the error, then what there was of the answer', async () => {
    upstream.become(streamBytes([role, sse(chunk({ content: 'Half' }))], 'cut'))
    const response = await post({ ...ask, stream: true })
    const told = (await response.text())
      .split('\n\n')
      .filter((block) => block !== '')
      .map((block) => JSON.parse(block.split('\ndata: ')[1] ?? '') as Record<string, unknown>)
    expect(told.map((event) => event['sequence_number'])).toEqual(told.map((_, n) => n))
    expect(told.slice(-2)).toMatchObject([
      {
        type: 'error',
        code: 'upstream_stream_interrupted',
        param: null,
        error: { code: 'upstream_stream_interrupted', type: 'api_error' },
      },
      {
        type: 'response.failed',
        response: {
          status: 'failed',
          error: { code: 'server_error' },
          output: [{ status: 'incomplete', content: [{ text: 'Half' }] }],
        },
      },
    ])
    // As everywhere, the error itself is no part of what the receipt is of.
    const { receipts } = await newEntries()
    expect(receipts.at(-1)?.receipt.work.status).toBe(2)
  })
})

const post = (
  fields: string | Record<string, unknown>,
  { origin, apiKey }: Pick<TestGateway, 'origin' | 'apiKey'> = gateway,
): Promise<Response> =>
  fetch(`${origin}/v1/responses`, {
    method: 'POST',
    headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
    body: typeof fields === 'string' ? fields : JSON.stringify(fields),
  })

describe('receipts', () => {
  test.each([{ stream: false }, { stream: true }])(
    'are of what this client sent and got, %o',
    async ({ stream }) => {
      const fields = { ...ask, stream, tools: [weather], routing: { sort: 'price' } }
      const body = JSON.stringify(fields)
      const answer = Buffer.from(await (await post(body)).arrayBuffer())
      const { receipts } = await newEntries()
      const receipt = receipts.at(-1)?.receipt
      expect(receipt?.requestHash).toBe(`0x${sha256Hex(Buffer.from(body))}`)
      expect(receipt?.responseHash).toBe(`0x${sha256Hex(answer)}`)
      const sent = upstream.requests.at(-1)?.body ?? Buffer.alloc(0)
      expect(receipt?.work.inputHash).toBe(`0x${sha256Hex(sent)}`)
      // What the contributor got is the translation, and what the gateway adds for one that does not sign.
      const translated = translateRequest(fields)
      if (!translated.ok) throw new Error('refused')
      const { routing: _, ...chat } = translated.value.chat
      expect(JSON.parse(sent.toString())).toEqual({
        ...JSON.parse(JSON.stringify(chat)),
        max_tokens: 1024,
      })
    },
  )
})

describe('what is not offered', () => {
  test('is refused by the name that this API has for it', async () => {
    const error = await refusalOf(
      openai.responses.create({ ...ask, previous_response_id: 'resp_1' }),
    )
    expect(error).toBeInstanceOf(BadRequestError)
    expect(error).toMatchObject({
      status: 400,
      code: 'unsupported_parameter',
      param: 'previous_response_id',
    })
    const hosted = await refusalOf(
      openai.responses.create({ ...ask, tools: [{ type: 'web_search' }] }),
    )
    expect(hosted).toMatchObject({ code: 'unsupported_parameter', param: 'tools[0].type' })
    const bound = await refusalOf(openai.responses.create({ ...ask, max_output_tokens: 99_999 }))
    expect(bound).toMatchObject({ code: 'invalid_value', param: 'max_output_tokens' })
    expect(upstream.requests).toHaveLength(0)
  })

  test('stored responses are at no address', async () => {
    const { responses } = openai
    const asked = [
      responses.retrieve('resp_1'),
      responses.delete('resp_1'),
      responses.cancel('resp_1'),
      responses.inputItems.list('resp_1'),
    ]
    for (const one of asked) {
      const error = await refusalOf(one)
      expect(error).toBeInstanceOf(NotFoundError)
      expect(error.code).toBe('unknown_url')
    }
  })

  test('nothing of a prompt or an answer is logged', async () => {
    upstream.become(answerWell(['SECRET-ANSWER']))
    await openai.responses.create({
      model: 'm',
      input: 'SECRET-PROMPT',
      instructions: 'SECRET-RULE',
    })
    await refusalOf(openai.responses.create({ model: 'm', input: 'SECRET-PROMPT', store: true }))
    await newEntries()
    expect(gateway.log.length).toBeGreaterThan(0)
    expect(gateway.logText()).not.toContain('SECRET')
  })
})
