/*
 * The Responses API of the `openai` npm client, unmodified, against a whole gateway whose contributors speak chat
 * completions: what it is answered. What goes wrong has responses-faults.test.ts, other libraries clients-responses.test.ts.
 */
import type OpenAI from 'openai'
import type { ResponseStreamEvent } from 'openai/resources/responses/responses'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { expectBalancedBooks } from '../support/books.ts'
import { startGatewayOnLedger } from '../support/gateway-on-ledger.ts'
import {
  answerMessage,
  ask,
  clientOf,
  post,
  type ResponsesPlace,
  startResponsesPlace,
  streamOf,
  weather,
} from '../support/responses-place.ts'
import { answerStatus, answerWell, chunk, completion } from '../support/scripted-upstream.ts'

let place: ResponsesPlace

beforeAll(async () => {
  place = await startResponsesPlace()
})

beforeEach(() => place.upstream.become(answerWell()))

afterAll(() => place.close())

const received = (): Record<string, unknown> => place.upstream.requests[0]?.json ?? {}

const person = {
  type: 'json_schema' as const,
  name: 'person',
  strict: true,
  schema: { type: 'object', properties: { name: { type: 'string' } } },
}

async function eventsOf(
  fields: Partial<OpenAI.Responses.ResponseCreateParamsStreaming> = {},
): Promise<ResponseStreamEvent[]> {
  const stream = await place.openai.responses.create({ ...ask, ...fields, stream: true })
  const events: ResponseStreamEvent[] = []
  for await (const event of stream) events.push(event)
  return events
}

describe('an answer in one piece', () => {
  test('is a response, with the usage that is charged', async () => {
    const { data, response } = await place.openai.responses
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
    const { receipts } = await place.newEntries()
    expect(receipts.map(({ receipt }) => receipt.cost)).toEqual(['11'])
    expect(receipts[0]?.receipt.receiptId).toBe(response.headers.get('x-vouch-receipt'))
  })

  test.each([
    ['length', 'incomplete', { reason: 'max_output_tokens' }],
    ['content_filter', 'incomplete', { reason: 'content_filter' }],
    ['stop', 'completed', null],
    ['constructor', 'completed', null],
  ])('finish_reason %s is %s', async (finish, status, incomplete_details) => {
    place.upstream.become(answerMessage({ role: 'assistant', content: 'Half' }, finish))
    const response = await place.openai.responses.create(ask)
    expect(response).toMatchObject({ status, incomplete_details, output: [{ status }] })
  })

  test('thoughts, text, a refusal and calls are items in this order', async () => {
    place.upstream.become(
      answerMessage(
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
    const { output, id } = await place.openai.responses.create({ ...ask, tools: [weather] })
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
    place.upstream.become(answerStatus(200, JSON.stringify({ ...whole, choices })))
    const response = await place.openai.responses.create({
      ...ask,
      include: ['message.output_text.logprobs'],
      top_logprobs: 1,
    })
    expect(received()).toMatchObject({ logprobs: true, top_logprobs: 1 })
    expect(response.output).toMatchObject([{ content: [{ logprobs: logprobs.content }] }])
  })

  test('an answer that says nothing is an empty message', async () => {
    place.upstream.become(answerMessage({ role: 'assistant', content: null }))
    const response = await place.openai.responses.create(ask)
    expect(response.output).toMatchObject([{ type: 'message', content: [{ text: '' }] }])
    const { chargedAmount } = await place.newEntries()
    expect(chargedAmount).toBeGreaterThan(0n)
  })

  test('an object that follows a schema, parsed by the client', async () => {
    place.upstream.become(answerWell(['{"name":', '"Zoë"}']))
    const response = await place.openai.responses.parse({ ...ask, text: { format: person } })
    expect(JSON.parse(response.output_text)).toEqual({ name: 'Zoë' })
    expect(received()['response_format']).toEqual({
      type: 'json_schema',
      json_schema: { name: 'person', strict: true, schema: person.schema },
    })
    expect(response.text?.format).toEqual(person)
  })

  test('what was answered goes back as it came, with the answers of the tools', async () => {
    place.upstream.become(
      answerMessage(
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
    const first = await place.openai.responses.create({ ...ask, tools: [weather] })
    const input: OpenAI.Responses.ResponseInput = [
      { role: 'user', content: ask.input },
      ...first.output.filter((item) => item.type !== 'program_output'),
      { type: 'function_call_output', call_id: 'call_1', output: 'Sunny.' },
    ] as OpenAI.Responses.ResponseInput
    place.upstream.become(answerWell(['Sunny', '.']))
    const second = await place.openai.responses.create({ model: 'm', input, tools: [weather] })
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
    const { receipts } = await place.newEntries()
    expect(receipts.at(-1)?.receipt.cost).toBe('11')
  })

  test('bytes: each event has its name, and [DONE] does not follow', async () => {
    const text = await (await post(place.gateway, { ...ask, stream: true })).text()
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
    place.upstream.become(
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
    const stream = place.openai.responses.stream({ ...ask, tools: [weather] })
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
    place.upstream.become(
      streamOf(chunk({ refusal: 'I will' }), chunk({ refusal: ' not.' }, 'length')),
    )
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
    place.upstream.become(answerWell(['{"name":', '"Zoë"}']))
    const stream = place.openai.responses.stream({ ...ask, text: { format: person } })
    const response = await stream.finalResponse()
    expect(JSON.parse(response.output_text)).toEqual({ name: 'Zoë' })
  })

  test('ends as incomplete where the money does', async () => {
    const poor = await startGatewayOnLedger({
      upstreams: [{ id: 'one', baseUrl: place.upstream.baseUrl }],
      balance: 1_400n,
    })
    const words = Array.from({ length: 400 }, () => 'four ')
    place.upstream.become(answerWell(words))
    const client = clientOf(poor)
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
