/*
 * Whatever runs beside it, a request is answered as if it were alone: requests of every kind at once at an engine that lets
 * them share passes, and one after another at one that gives each answer passes of its own.
 */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createEngine, type Engine } from '../../../src/engine/engine.ts'
import { type EngineServer, startEngineServer } from '../../../src/engine/engine-server.ts'
import type { LanguageModel } from '../../../src/engine/load-model.ts'
import { loadBuiltInModel } from '../../support/built-in-model.ts'

let model: LanguageModel
let together: { readonly engine: Engine; readonly server: EngineServer }
let alone: typeof together
/** Rows of the widest pass of the engine whose answers share passes. */
let widest = 0

beforeAll(async () => {
  model = await loadBuiltInModel()
  const decoder: LanguageModel['decoder'] = {
    ...model.decoder,
    forward: (input, states) => {
      widest = Math.max(widest, input.past.rows)
      return model.decoder.forward(input, states)
    },
  }
  together = await start({ ...model, decoder }, 16)
  alone = await start(model, 1)
})
afterAll(() => Promise.all([together.server.stop(), alone.server.stop()]))

async function start(served: LanguageModel, batchRowsMax: number): Promise<typeof together> {
  const engine = createEngine({
    model: served,
    workSigner: undefined,
    slotsMax: 16,
    batchRowsMax,
    waitingMax: 64,
    prefixCacheBytesMax: 2 ** 24,
    nowMs: Date.now,
  })
  const place = { host: '127.0.0.1', port: 0, secret: undefined, onRequestEnd: () => undefined }
  return { engine, server: await startEngineServer(engine, place) }
}

type Request = readonly [path: string, fields: Readonly<Record<string, unknown>>]

const long = 'A gateway meters what a contributor answers and keeps the receipt. '.repeat(9)
const chat = (content: string) => ({ messages: [{ role: 'user', content }] })
const logprobs = { logprobs: true, top_logprobs: 4 }
const requests: readonly Request[] = [
  ['chat/completions', { ...chat('What is a receipt?'), ...logprobs, temperature: 0 }],
  ['chat/completions', { ...chat(`${long} Why?`), ...logprobs, seed: 4, max_tokens: 20 }],
  ['chat/completions', { ...chat(`${long} How?`), ...logprobs, seed: 5, max_tokens: 20 }],
  [
    'chat/completions',
    { ...chat('Hello'), ...logprobs, seed: 6, n: 5, max_tokens: 20, temperature: 1.2 },
  ],
  [
    'chat/completions',
    { ...chat('Tell me a story.'), seed: 7, stop: [' a', 'the'], n: 2, max_tokens: 40 },
  ],
  ['completions', { prompt: ['Once upon', 'A receipt'], n: 2, seed: 8, logprobs: 3 }],
  ['completions', { prompt: long, seed: 9, max_tokens: 20, frequency_penalty: 1 }],
  ['embeddings', { input: ['What is a receipt?', long] }],
]

/** What was answered, without what is another's for each request: its id and time, and what was cached. */
async function ask({ server }: typeof together, [path, fields]: Request): Promise<unknown> {
  const response = await fetch(`${server.url}/v1/${path}`, {
    method: 'POST',
    body: JSON.stringify({ model: model.name, ...fields }),
  })
  expect(response.status).toBe(200)
  const { choices, data } = (await response.json()) as Readonly<Record<string, unknown>>
  expect(choices ?? data).toBeDefined()
  return choices ?? data
}

type StreamedChoice = {
  readonly index: number
  readonly delta: { readonly content?: string }
  readonly logprobs: null | { readonly content: readonly unknown[] }
  readonly finish_reason: string | null
}

/** A streamed chat put together to the choices of one in one piece. */
async function askStreamed({ server }: typeof together, [path, fields]: Request): Promise<unknown> {
  const response = await fetch(`${server.url}/v1/${path}`, {
    method: 'POST',
    body: JSON.stringify({ model: model.name, ...fields, stream: true }),
  })
  const events = (await response.text()).split('\n\n').slice(0, -2)
  const parts = events.flatMap(
    (event) => (JSON.parse(event.slice('data: '.length)) as { choices: StreamedChoice[] }).choices,
  )
  const count = Math.max(...parts.map(({ index }) => index)) + 1
  return Array.from({ length: count }, (_, index) => {
    const own = parts.filter((part) => part.index === index)
    const tokens = own.flatMap((part) => part.logprobs?.content ?? [])
    return {
      index,
      message: {
        role: 'assistant',
        content: own.map(({ delta }) => delta.content ?? '').join(''),
        refusal: null,
        annotations: [],
      },
      logprobs: fields['logprobs'] === true ? { content: tokens, refusal: null } : null,
      finish_reason: own.at(-1)?.finish_reason,
    }
  })
}

test('requests of all kinds at once are answered bit for bit as each alone', async () => {
  const expected: unknown[] = []
  for (const request of requests) expected.push(await ask(alone, request))
  const found = await Promise.all(requests.map((request) => ask(together, request)))
  expect(found).toEqual(expected)
  expect(widest).toBeGreaterThan(8)
  expect(together.engine.turns.counts()).toMatchObject({ running: 0, waiting: 0 })
  expect(together.engine.batch.rows()).toBe(0)
})

test('a stream says what an answer in one piece says, to the last log-probability', async () => {
  const chats = requests.filter(([path]) => path === 'chat/completions')
  const expected: unknown[] = []
  for (const request of chats) expected.push(await ask(alone, request))
  expect(await Promise.all(chats.map((request) => askStreamed(together, request)))).toEqual(
    expected,
  )
})

test('where a row of several would lose bits, each answer has passes of its own', async () => {
  const limits = { slotsMax: 4, batchRowsMax: 4, waitingMax: 4, prefixCacheBytesMax: 0 }
  const parts = { ...limits, workSigner: undefined, nowMs: Date.now }
  expect(createEngine({ ...parts, model }).batchRowsMax).toBe(4)
  expect(createEngine({ ...parts, model: { ...model, isBatchExact: false } }).batchRowsMax).toBe(1)
})
