/*
 * However an upstream reports usage, its caller sees what OpenAI would show: one usage chunk at the end when it was asked
 * for, none otherwise, with the figures that are charged.
 */
import { afterAll, describe, expect, test } from 'vitest'
import { type Answer, ask } from '../support/ask.ts'
import {
  answerStatus,
  chunk,
  completion,
  sse,
  sseDone,
  streamBytes,
  usageChunk,
  usageObject,
} from '../support/scripted-upstream.ts'
import { openUpstreamPlace } from '../support/upstream-place.ts'

const { upstream, gateway, newEntries, close } = await openUpstreamPlace((baseUrl) => ({
  upstreams: [
    { id: 'one', baseUrl },
    { id: 'two', baseUrl, offer: { modelName: 'counted' } },
  ],
  // One token for each character, so that a test can see who counted.
  tokenCounters: new Map([['counted', { count: (text: string) => text.length }]]),
}))
afterAll(close)

const role = chunk({ role: 'assistant', content: '' })
const words = ['one ', 'two ', 'three'].map((content) => chunk({ content }))
const finish = chunk({}, 'stop')
const reporting = (event: Record<string, unknown>, usage: unknown) => ({ ...event, usage })
const running = [role, ...words].map((event, tokens) => reporting(event, usageObject(5, tokens)))

type ShownUsage = { readonly prompt_tokens: number; readonly completion_tokens: number }
type Shown = { readonly choices: readonly unknown[]; readonly usage?: ShownUsage | null }

const shown = ({ events }: Answer): Shown[] =>
  events.filter((event) => event !== '[DONE]').map((event) => JSON.parse(event) as Shown)

async function stream(events: readonly unknown[], includeUsage: boolean) {
  upstream.become(streamBytes([...events.map(sse), sseDone]))
  const options = includeUsage ? { stream_options: { include_usage: true } } : {}
  const answer = await ask(gateway, { stream: true, max_tokens: 200, ...options })
  expect(answer).toMatchObject({ status: 200, done: true, content: 'one two three' })
  const { receipts, chargedAmount } = await newEntries()
  return { chunks: shown(answer), receipt: receipts[0], chargedAmount }
}

/** What an engine does, what is charged for it, and who counted. Prompt tokens cost 1, completion tokens 2. */
const engines: [string, readonly unknown[], number, number, string][] = [
  ['at the end', [role, ...words, finish, usageChunk(usageObject(5, 3))], 5, 3, 'reported'],
  ['on the finish chunk', [role, ...words, reporting(finish, usageObject(5, 3))], 5, 3, 'reported'],
  ['on every chunk', [...running, reporting(finish, usageObject(5, 3))], 5, 3, 'reported'],
  [
    'on every chunk and at the end',
    [...running, finish, usageChunk(usageObject(5, 3))],
    5,
    3,
    'reported',
  ],
  [
    'first for the prompt, later for all',
    [usageChunk(usageObject(5, 0)), role, ...words, finish, usageChunk(usageObject(5, 3))],
    5,
    3,
    'reported',
  ],
  [
    'twice at the end',
    [role, ...words, finish, usageChunk(usageObject(5, 1)), usageChunk(usageObject(5, 3))],
    5,
    3,
    'reported',
  ],
  // 10 bytes of prompt and a template of 16 are bounded by 26 tokens, a quarter of which is taken for the truth.
  ['never', [role, ...words, finish], 7, 4, 'counted'],
  ['as null', [role, ...words, reporting(finish, null), usageChunk(null)], 7, 4, 'counted'],
  ['in halves', [role, ...words, finish, usageChunk({ prompt_tokens: 5 })], 7, 4, 'counted'],
  [
    'as text',
    [role, ...words, finish, usageChunk({ prompt_tokens: '5', completion_tokens: '3' })],
    7,
    4,
    'counted',
  ],
  [
    'with fewer tokens than it made',
    [role, ...words, finish, usageChunk(usageObject(5, 1))],
    5,
    1,
    'reported',
  ],
  // 13 bytes cannot be more than 13 tokens and a few markers.
  [
    'with more tokens than bytes',
    [role, ...words, finish, usageChunk(usageObject(5, 180))],
    5,
    4,
    'corrected',
  ],
  [
    'with a prompt that was not sent',
    [role, ...words, finish, usageChunk(usageObject(4000, 3))],
    7,
    3,
    'corrected',
  ],
]

describe.each(engines)(
  'an engine that reports %s',
  (_name, events, prompt, completionTokens, source) => {
    const cost = BigInt(prompt + 2 * completionTokens)

    test('shows one usage chunk, the last, to a caller who asked', async () => {
      const { chunks, receipt, chargedAmount } = await stream(events, true)
      expect(chunks.filter(({ choices }) => choices.length === 0)).toHaveLength(1)
      const last = chunks.at(-1)
      expect(last).toMatchObject({
        id: 'chatcmpl-1',
        model: 'm',
        object: 'chat.completion.chunk',
        choices: [],
        usage: usageObject(prompt, completionTokens),
      })
      expect(chunks.slice(0, -1).filter(({ usage }) => usage != null)).toEqual([])
      expect(receipt?.usage.source).toBe(source)
      expect(chargedAmount).toBe(cost)
    })

    test('shows none to a caller who did not, and costs the same', async () => {
      const { chunks, receipt, chargedAmount } = await stream(events, false)
      expect(chunks.filter(({ choices }) => choices.length === 0)).toEqual([])
      expect(chunks.filter(({ usage }) => usage != null)).toEqual([])
      expect(receipt?.usage.source).toBe(source)
      expect(chargedAmount).toBe(cost)
    })
  },
)

describe('an answer in one piece', () => {
  test.each<[string, unknown, bigint, string]>([
    ['reported', usageObject(5, 3), 11n, 'reported'],
    ['missing', null, 15n, 'counted'],
    ['inflated', usageObject(5, 180), 13n, 'corrected'],
    [
      'cached',
      { ...usageObject(4, 3), prompt_tokens_details: { cached_tokens: 2 } },
      9n,
      'reported',
    ],
    [
      'cached beyond the prompt',
      { ...usageObject(4, 3), prompt_tokens_details: { cached_tokens: 9 } },
      8n,
      'reported',
    ],
    ['negative', usageObject(5, -3), 15n, 'counted'],
    ['beyond 32 bits', usageObject(5, 2 ** 32), 15n, 'counted'],
  ])('with usage that is %s', async (_name, usage, cost, source) => {
    upstream.become(answerStatus(200, JSON.stringify(completion('one two three', usage))))
    const answer = await ask(gateway, { max_tokens: 200 })
    expect(answer).toMatchObject({ status: 200, content: 'one two three' })
    const { receipts, chargedAmount } = await newEntries()
    expect(chargedAmount).toBe(cost)
    expect(receipts[0]?.usage.source).toBe(source)
  })

  test.each([
    ['reasoning_content', { reasoning_content: 'thinking '.repeat(20) }],
    ['reasoning', { reasoning: 'thinking '.repeat(20) }],
    ['refusal', { refusal: 'I will not. '.repeat(20) }],
    ['function_call', { function_call: { name: 'f', arguments: '{"a":1}'.repeat(20) } }],
    [
      'tool_calls',
      { tool_calls: [{ id: 'c', function: { name: 'f', arguments: '1'.repeat(150) } }] },
    ],
  ])('is paid for what it wrote as %s', async (_name, message) => {
    const choice = { index: 0, message: { role: 'assistant', ...message }, finish_reason: 'stop' }
    const body = { ...completion('', usageObject(5, 100)), choices: [choice] }
    upstream.become(answerStatus(200, JSON.stringify(body)))
    await ask(gateway, { max_tokens: 200 })
    const { receipts, chargedAmount } = await newEntries()
    expect(receipts[0]?.usage.source).toBe('reported')
    expect(chargedAmount).toBe(205n)
  })

  test('costs nothing when nothing was written, whatever the report says', async () => {
    upstream.become(answerStatus(200, JSON.stringify(completion('', usageObject(26, 8)))))
    await ask(gateway, { max_tokens: 200 })
    expect((await newEntries()).chargedAmount).toBe(0n)
  })

  test('never costs more than was held for it', async () => {
    // Held: 26 prompt tokens and 1 completion token. The text allows 21 tokens by its bytes.
    upstream.become(
      answerStatus(200, JSON.stringify(completion('one two three', usageObject(26, 21)))),
    )
    await ask(gateway, { max_tokens: 1 })
    expect((await newEntries()).chargedAmount).toBe(28n)
  })
})

describe("with the model's own tokenizer", () => {
  // One token for each character: 10 of the prompt, 13 of the answer, within a tolerance of a quarter and 8.
  test.each<[string, unknown, bigint, string]>([
    ['missing', null, 36n, 'counted'],
    ['a little above the count', usageObject(12, 24), 60n, 'reported'],
    ['far above the count', usageObject(12, 25), 36n, 'corrected'],
    ['of a prompt far above the count', usageObject(60, 13), 36n, 'corrected'],
    ['below the count', usageObject(3, 4), 11n, 'reported'],
  ])('usage that is %s', async (_name, usage, cost, source) => {
    upstream.become(answerStatus(200, JSON.stringify(completion('one two three', usage))))
    await ask(gateway, { model: 'counted', max_tokens: 200 })
    const { receipts, chargedAmount } = await newEntries()
    expect(receipts[0]?.usage.source).toBe(source)
    expect(chargedAmount).toBe(cost)
  })

  test('tool calls and reasoning are counted like text', async () => {
    const message = {
      content: null,
      reasoning_content: 'let me see',
      tool_calls: [{ id: 'c', type: 'function', function: { name: 'add', arguments: '{"a":1}' } }],
    }
    const choice = { index: 0, message, finish_reason: 'tool_calls' }
    const body = { ...completion('', null), choices: [choice] }
    upstream.become(answerStatus(200, JSON.stringify(body)))
    await ask(gateway, { model: 'counted', max_tokens: 200 })
    expect((await newEntries()).receipts[0]?.receipt.work.completionTokens).toBe(20)
  })
})

describe('a prompt with more than texts', () => {
  const tool = { type: 'function', function: { name: 'f', description: 'x'.repeat(400) } }
  const call = { id: 'c', type: 'function', function: { name: 'f', arguments: 'y'.repeat(400) } }
  test.each<[string, Record<string, unknown>]>([
    ['tools', { tools: [tool] }],
    ['functions', { functions: [tool.function] }],
    ['a response format', { response_format: { type: 'json_schema', json_schema: tool } }],
    [
      'earlier calls',
      {
        messages: [
          { role: 'user', content: 'x' },
          { role: 'assistant', content: null, tool_calls: [call] },
          { role: 'tool', tool_call_id: 'c', content: 'done' },
        ],
      },
    ],
  ])(
    '%s: the hold covers what they take, and an honest report is believed',
    async (_name, fields) => {
      for (const model of ['m', 'counted']) {
        upstream.become(answerStatus(200, JSON.stringify(completion('yes', usageObject(700, 3)))))
        await ask(gateway, { model, max_tokens: 200, ...fields })
        const { receipts, chargedAmount } = await newEntries()
        expect(receipts[0]?.usage.source).toBe('reported')
        expect(chargedAmount).toBe(706n)
      }
    },
  )
})
