/*
 * The made-up streams of relay.property.test.ts, asked for by OpenAI's Responses API and Anthropic's Messages API, with the
 * official clients as judges: a whole one is put together to what was said, any other raises, and none hangs. Its bytes are
 * those of its receipt.
 */
import Anthropic, { APIError as AnthropicError } from '@anthropic-ai/sdk'
import fc from 'fast-check'
import OpenAI, { APIError } from 'openai'
import { afterAll, expect, test } from 'vitest'
import {
  anyMadeUpStream,
  expectedOf,
  type MadeUpStream,
  scriptOf,
} from '../support/made-up-streams.ts'
import { openUpstreamPlace } from '../support/upstream-place.ts'

const { upstream, gateway, newEntries, close } = await openUpstreamPlace()
afterAll(close)

/** What was said as text, thoughts and calls aside. */
const textOf = ({ events }: MadeUpStream): string =>
  events
    .flatMap(({ chunk }) => (chunk?.['choices'] ?? []) as { delta: { content?: string } }[])
    .map(({ delta }) => delta.content ?? '')
    .join('')

async function askForResponse(): Promise<string> {
  const { origin, apiKey } = gateway
  const openai = new OpenAI({ baseURL: `${origin}/v1`, apiKey, maxRetries: 0 })
  const response = await openai.responses
    .stream({ model: 'm', input: 'Say hello.', store: false })
    .finalResponse()
  return response.output_text
}

async function askForMessage(): Promise<string> {
  const { origin, apiKey } = gateway
  const anthropic = new Anthropic({ baseURL: origin, apiKey, maxRetries: 0 })
  const message = await anthropic.messages
    .stream({ model: 'm', max_tokens: 50, messages: [{ role: 'user', content: 'Say hello.' }] })
    .finalMessage()
  return message.content.map((block) => (block.type === 'text' ? block.text : '')).join('')
}

const callsTool = ({ events }: MadeUpStream): boolean =>
  events.some(({ text }) => text.includes('tool_calls'))

type Outcome = 'refused' | 'broken off' | 'whole'

async function judge(
  ask: () => Promise<string>,
  raises: typeof APIError | typeof AnthropicError,
  madeUp: MadeUpStream,
): Promise<Outcome> {
  upstream.become(scriptOf(madeUp))
  gateway.pool.readmit('one')
  const { isWhole, begun } = expectedOf(madeUp)
  const told = await ask().then(
    (text) => ({ text }),
    (error: unknown) => ({ error }),
  )
  const { receipts, chargedAmount } = await newEntries()
  if (isWhole) {
    expect(told).toEqual({ text: textOf(madeUp) })
    expect(receipts).toHaveLength(1)
    return 'whole'
  }
  if (!('error' in told)) throw new Error(`took ${JSON.stringify(told.text)} for a whole answer`)
  expect(told.error).toBeInstanceOf(raises)
  expect(String(told.error)).not.toMatch(/SECRET/)
  expect(chargedAmount).toBe(0n)
  expect(receipts).toHaveLength(begun ? 1 : 0)
  return begun ? 'broken off' : 'refused'
}

test.each([
  ['openai', { ask: askForResponse, raises: APIError, streams: anyMadeUpStream(1) }],
  [
    '@anthropic-ai/sdk',
    {
      ask: askForMessage,
      raises: AnthropicError,
      // It raises for arguments that are no JSON, whoever sends them; most of those made up are none.
      streams: anyMadeUpStream(1).filter((madeUp) => !callsTool(madeUp)),
    },
  ],
] as const)(
  '%s puts together what is whole, and raises for what is not',
  async (_name, { ask, raises, streams }) => {
    const outcomes: Record<Outcome, number> = { refused: 0, 'broken off': 0, whole: 0 }
    await fc.assert(
      fc.asyncProperty(streams, async (madeUp) => {
        outcomes[await judge(ask, raises, madeUp)] += 1
      }),
      { numRuns: 200, seed: 20_261_122 },
    )
    for (const [outcome, count] of Object.entries(outcomes)) {
      expect(count, outcome).toBeGreaterThan(20)
    }
  },
)
