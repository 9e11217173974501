/*
 * Every client library that people use, unmodified, against a whole gateway: what it asks reaches the upstream as it was
 * asked, and what the upstream answers reaches it as it was answered.
 */
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { answerWell } from '../support/scripted-upstream.ts'
import { openUpstreamPlace } from '../support/upstream-place.ts'
import { agentsChat } from './clients/agents-chat.ts'
import { aiSdkCompatible, aiSdkOpenai } from './clients/ai-sdk-chat.ts'
import {
  type ChatClient,
  onePixel as image,
  type Manner,
  tapBodies,
} from './clients/chat-client.ts'
import { langchainChat } from './clients/langchain-chat.ts'
import { openaiChat } from './clients/openai-chat.ts'
import { useBothTools } from './clients/use-both-tools.ts'

const libraries = [openaiChat, aiSdkOpenai, aiSdkCompatible, langchainChat, agentsChat]

const { upstream, gateway, newEntries, close } = await openUpstreamPlace()
afterAll(close)

beforeEach(() => upstream.become(answerWell()))

describe.each(libraries)('$name', ({ connect }) => {
  let client: ChatClient
  let bodies: string[]

  beforeEach(() => {
    const tapped = tapBodies()
    bodies = tapped.bodies
    client = connect(gateway, tapped.tap)
  })

  const question = { model: 'm', text: 'Say hello.', maxTokens: 50 }
  const inPieces = (pieces: string[]): Manner => ({ onText: (piece) => pieces.push(piece) })

  /** Byte for byte: both sides ask for usage and bound the answer, so the gateway has nothing to add. */
  const expectUntouched = () => {
    expect(bodies.length).toBeGreaterThan(0)
    expect(upstream.requests.map(({ body }) => body.toString())).toEqual(bodies)
  }

  test('an answer in one piece, with its usage', async () => {
    const told = await client.ask(question)
    expect(told).toEqual({ text: 'Hello there!', usage: { promptTokens: 5, completionTokens: 3 } })
    expectUntouched()
    const { receipts } = await newEntries()
    expect(receipts.map(({ receipt }) => receipt.cost)).toEqual(['11'])
  })

  test('a stream, piece by piece, whose usage is told and counted once', async () => {
    const pieces: string[] = []
    const told = await client.ask(question, inPieces(pieces))
    expect(pieces).toEqual(['Hello', ' there', '!'])
    expect(told).toEqual({ text: 'Hello there!', usage: { promptTokens: 5, completionTokens: 3 } })
    expectUntouched()
    const { receipts } = await newEntries()
    expect(receipts.map(({ receipt }) => receipt.cost)).toEqual(['11'])
  })

  test.each([{ streamed: false }, { streamed: true }])(
    'two tools at once, called, run and answered, %o',
    async ({ streamed }) => {
      upstream.become(useBothTools)
      const pieces: string[] = []
      const { text, calls } = await client.askWithTools(question, streamed ? inPieces(pieces) : {})
      expect(calls).toEqual([
        { name: 'add', input: { a: 1, b: 2 } },
        { name: 'weather', input: { city: 'Zürich' } },
      ])
      expect(text).toBe('3, Sunny in Zürich.')
      expect(pieces.join('')).toBe(streamed ? text : '')
      expectUntouched()
      expect((await newEntries()).receipts).toHaveLength(2)
    },
  )

  test.each([{ streamed: false }, { streamed: true }])(
    'an object that follows a schema, %o',
    async ({ streamed }) => {
      upstream.become(answerWell(['{"name":"Zoë', '",', '"age":36}']))
      const person = await client.askForPerson(question, streamed ? inPieces([]) : {})
      expect(person).toEqual({ name: 'Zoë', age: 36 })
      expect(upstream.requests[0]?.json['response_format']).toMatchObject({
        type: 'json_schema',
        json_schema: { schema: { required: ['name', 'age'] } },
      })
      expectUntouched()
      await newEntries()
    },
  )

  test('a picture and members that nobody knows, untouched', async () => {
    const extra = { made_up: 'kept: "ü" \u2028' }
    await client.ask({ ...question, image, extra })
    const [request] = upstream.requests
    expect(JSON.stringify(request?.json['messages'])).toContain(image)
    expect(JSON.stringify(request?.json)).toContain(JSON.stringify(extra).slice(1, -1))
    expectUntouched()
    await newEntries()
  })
})
