/*
 * Every client library that asks OpenAI's Responses API, most of them by default, unmodified, against a whole gateway
 * whose contributors speak chat completions.
 */
import { createOpenAI } from '@ai-sdk/openai'
import { Agent, Runner, tool } from '@openai/agents-core'
import { OpenAIProvider } from '@openai/agents-openai'
import { generateText } from 'ai'
import OpenAI from 'openai'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import {
  answerWell,
  chunk,
  completion,
  type Script,
  sse,
  sseDone,
  streamBytes,
  usageChunk,
  usageObject,
} from '../support/scripted-upstream.ts'
import { openUpstreamPlace } from '../support/upstream-place.ts'
import { agentsResponses } from './clients/agents-chat.ts'
import { aiSdkResponses } from './clients/ai-sdk-chat.ts'
import {
  type ChatClient,
  onePixel as image,
  type Manner,
  tapBodies,
  tools,
} from './clients/chat-client.ts'
import { langchainResponses } from './clients/langchain-chat.ts'
import { openaiResponses } from './clients/openai-responses.ts'
import { useBothTools } from './clients/use-both-tools.ts'

const libraries = [openaiResponses, aiSdkResponses, langchainResponses, agentsResponses]
const ways = [{ streamed: false }, { streamed: true }]

const { upstream, gateway, newEntries, close } = await openUpstreamPlace()
afterAll(close)

beforeEach(() => upstream.become(answerWell()))

describe.each(libraries)('$name', ({ name, connect }) => {
  let client: ChatClient
  let bodies: string[]

  beforeEach(() => {
    const tapped = tapBodies()
    bodies = tapped.bodies
    client = connect(gateway, tapped.tap)
  })

  const question = { model: 'm', text: 'Say hello.', maxTokens: 50 }
  const inPieces = (pieces: string[]): Manner => ({ onText: (piece) => pieces.push(piece) })
  const expectResponsesAsked = (times: number) => {
    expect(bodies.map((body) => 'input' in JSON.parse(body))).toEqual(Array(times).fill(true))
    expect(upstream.requests.map(({ path }) => path)).toEqual(
      Array(times).fill('/v1/chat/completions'),
    )
  }

  test.each(ways)('an answer with its usage, %o', async ({ streamed }) => {
    const pieces: string[] = []
    const told = await client.ask(question, streamed ? inPieces(pieces) : {})
    expect(told).toEqual({ text: 'Hello there!', usage: { promptTokens: 5, completionTokens: 3 } })
    expect(pieces).toEqual(streamed ? ['Hello', ' there', '!'] : [])
    expectResponsesAsked(1)
    expect(upstream.requests[0]?.json).toMatchObject({
      messages: [{ role: 'user', content: 'Say hello.' }],
      max_tokens: 50,
    })
    const { receipts } = await newEntries()
    expect(receipts.map(({ receipt }) => receipt.cost)).toEqual(['11'])
  })

  test.each(ways)('two tools at once, called, run and answered, %o', async ({ streamed }) => {
    upstream.become(useBothTools)
    const pieces: string[] = []
    const { text, calls } = await client.askWithTools(question, streamed ? inPieces(pieces) : {})
    expect(calls).toEqual([
      { name: 'add', input: { a: 1, b: 2 } },
      { name: 'weather', input: { city: 'Zürich' } },
    ])
    expect(text).toBe('3, Sunny in Zürich.')
    expect(pieces.join('')).toBe(streamed ? text : '')
    expectResponsesAsked(2)
    expect(upstream.requests[1]?.json['messages']).toMatchObject([
      { role: 'user', content: 'Say hello.' },
      { role: 'assistant', tool_calls: [{ id: 'call_a' }, { id: 'call_b' }] },
      { role: 'tool', tool_call_id: 'call_a', content: '3' },
      { role: 'tool', tool_call_id: 'call_b', content: 'Sunny in Zürich' },
    ])
    expect((await newEntries()).receipts).toHaveLength(2)
  })

  // LangChain's parser of streamed objects takes texts; of this API's events it makes blocks, whoever sends them.
  const parsed = ways.filter(({ streamed }) => !streamed || name !== langchainResponses.name)

  test.each(parsed)('an object that follows a schema, %o', async ({ streamed }) => {
    upstream.become(answerWell(['{"name":"Zoë', '",', '"age":36}']))
    const person = await client.askForPerson(question, streamed ? inPieces([]) : {})
    expect(person).toEqual({ name: 'Zoë', age: 36 })
    expect(upstream.requests[0]?.json['response_format']).toMatchObject({
      type: 'json_schema',
      json_schema: { schema: { required: ['name', 'age'] } },
    })
    await newEntries()
  })

  test('a picture', async () => {
    await client.ask({ ...question, image })
    expect(upstream.requests[0]?.json['messages']).toMatchObject([
      {
        content: [
          { type: 'text', text: 'Say hello.' },
          { type: 'image_url', image_url: { url: image } },
        ],
      },
    ])
    await newEntries()
  })

  test('thoughts before the answer are no part of its text', async () => {
    upstream.become(
      streamBytes([
        ...['Let me ', 'think.'].map((thought) => sse(chunk({ reasoning_content: thought }))),
        ...['Hello', ' there!'].map((content) => sse(chunk({ content }))),
        sse(chunk({}, 'stop')),
        sse(usageChunk(usageObject(5, 3))),
        sseDone,
      ]),
    )
    const told = await client.ask(question, inPieces([]))
    expect(told.text).toBe('Hello there!')
    await newEntries()
  })
})

test('the AI SDK refers to what it takes for stored, and is told what to do instead', async () => {
  const { origin, apiKey } = gateway
  const model = createOpenAI({ baseURL: `${origin}/v1`, apiKey })('m')
  const first = { role: 'user' as const, content: 'Say hello.' }
  const { responseMessages } = await generateText({ model, messages: [first] })
  const messages = [first, ...responseMessages, { role: 'user' as const, content: 'Again.' }]
  const refused = await generateText({ model, messages }).catch((error: unknown) => error)
  expect(refused).toMatchObject({
    statusCode: 400,
    message: expect.stringContaining('store: false'),
    data: { error: { code: 'unsupported_parameter', param: 'input[1].type' } },
  })
  const providerOptions = { openai: { store: false } }
  const { text } = await generateText({ model, messages, providerOptions })
  expect(text).toBe('Hello there!')
  expect(upstream.requests.at(-1)?.json['messages']).toMatchObject([
    { role: 'user', content: 'Say hello.' },
    { role: 'assistant', content: 'Hello there!' },
    { role: 'user', content: 'Again.' },
  ])
  await newEntries()
})

describe('an agent that hands over to another', () => {
  const called = (name: string, written: string): Script => {
    const call = { id: `call_${name}`, type: 'function', function: { name, arguments: written } }
    return (request, response) => {
      if (request.json['stream'] === true) {
        return streamBytes([
          sse(chunk({ tool_calls: [{ index: 0, ...call }] })),
          sse(chunk({}, 'tool_calls')),
          sse(usageChunk(usageObject(30, 20))),
          sseDone,
        ])(request, response)
      }
      const whole = completion('', usageObject(30, 20))
      const message = { role: 'assistant', content: null, tool_calls: [call] }
      const choices = [{ ...whole.choices[0], message, finish_reason: 'tool_calls' }]
      response.writeHead(200, { 'content-type': 'application/json' })
      response.end(JSON.stringify({ ...whole, choices }))
    }
  }
  const turns = [
    called('add', '{"a":1,"b":2}'),
    called('transfer_to_Forecaster', '{}'),
    called('weather', '{"city":"Zürich"}'),
    answerWell(['3, and ', 'sunny.']),
  ]

  test.each(ways)('each with its own tool, %o', async ({ streamed }) => {
    const run: string[] = []
    const toolOf = (name: keyof typeof tools) =>
      tool({
        name,
        description: tools[name].description,
        parameters: tools[name].parameters,
        strict: true,
        execute: (input: unknown) => {
          run.push(name)
          return tools[name].run(input)
        },
      })
    const forecaster = new Agent({ name: 'Forecaster', model: 'm', tools: [toolOf('weather')] })
    const asker = new Agent({
      name: 'Asker',
      model: 'm',
      instructions: 'Add, then hand over.',
      tools: [toolOf('add')],
      handoffs: [forecaster],
    })
    const left = [...turns]
    upstream.become((request, response) => left.shift()?.(request, response))
    const openAIClient = new OpenAI({ baseURL: `${gateway.origin}/v1`, apiKey: gateway.apiKey })
    const modelProvider = new OpenAIProvider({ openAIClient })
    const runner = new Runner({ modelProvider, tracingDisabled: true })
    let finalOutput: unknown
    let lastAgent: string | undefined
    if (streamed) {
      const result = await runner.run(asker, 'What is 1 + 2, and the weather?', { stream: true })
      for await (const _ of result) {
        // To its end.
      }
      finalOutput = result.finalOutput
      lastAgent = result.lastAgent?.name
    } else {
      const result = await runner.run(asker, 'What is 1 + 2, and the weather?')
      finalOutput = result.finalOutput
      lastAgent = result.lastAgent?.name
    }
    expect(finalOutput).toBe('3, and sunny.')
    expect(lastAgent).toBe('Forecaster')
    expect(run).toEqual(['add', 'weather'])
    expect(upstream.requests).toHaveLength(4)
    // The second agent's instructions are none, and the whole conversation went along.
    const messages = upstream.requests[3]?.json['messages'] as { role: string }[]
    expect(messages.map(({ role }) => role)).toEqual([
      'user',
      ...['assistant', 'tool', 'assistant', 'tool', 'assistant', 'tool'],
    ])
    expect((await newEntries()).receipts).toHaveLength(4)
  })
})
