import OpenAI, { APIError, APIUserAbortError } from 'openai'
import type { ChatCompletionChunk } from 'openai/resources/chat/completions'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type EngineProcess, startEngine } from '../support/engine-process.ts'

let engine: EngineProcess
let client: OpenAI
const model = 'vouch-mini'
const messages = [{ role: 'user' as const, content: 'What is a receipt?' }]
/** Without its end token the model talks until it is stopped, and so hot no two seeds agree. */
const endless = { temperature: 2, top_p: 1, logit_bias: { 3: -100 } }

beforeAll(async () => {
  engine = await startEngine(['--parallel', '1', '--queue', '1'])
  client = new OpenAI({ baseURL: `${engine.url}/v1`, apiKey: 'unused', maxRetries: 0 })
})

afterAll(async () => {
  expect(await engine.stop()).toBe(0)
})

async function chunksOf(
  stream: AsyncIterable<ChatCompletionChunk>,
): Promise<ChatCompletionChunk[]> {
  const chunks: ChatCompletionChunk[] = []
  for await (const chunk of stream) chunks.push(chunk)
  return chunks
}

const textOf = (chunks: readonly ChatCompletionChunk[], index = 0): string =>
  chunks
    .flatMap(({ choices }) => choices)
    .map((choice) => (choice.index === index ? (choice.delta.content ?? '') : ''))
    .join('')

async function refused(request: () => PromiseLike<unknown>): Promise<APIError> {
  try {
    await request()
  } catch (error) {
    if (error instanceof APIError) return error
    throw error
  }
  throw new Error('the request was answered')
}

const health = async (): Promise<{ running: number; waiting: number }> =>
  (await (await fetch(`${engine.url}/health`)).json()) as { running: number; waiting: number }

/** Asks until it is so: each answer takes a turn of the engine's event loop, nothing spins. */
async function untilHealth(expected: { running: number; waiting: number }): Promise<void> {
  for (let asked = 0; asked < 10_000; asked += 1) {
    const { running, waiting } = await health()
    if (running === expected.running && waiting === expected.waiting) return
  }
  throw new Error('the engine never got there')
}

describe('unary', () => {
  test('answers with text, usage and a reason', async () => {
    const completion = await client.chat.completions.create({ model, messages, temperature: 0 })
    const [choice] = completion.choices
    expect(completion).toMatchObject({ object: 'chat.completion', model })
    expect(completion.id).toMatch(/^chatcmpl-/)
    expect(completion.system_fingerprint).toMatch(/^fp_[0-9a-f]{10}$/)
    expect(choice?.message.role).toBe('assistant')
    expect(choice?.message.content?.length).toBeGreaterThan(0)
    expect(choice?.finish_reason).toBe('stop')
    const { usage } = completion
    expect(usage?.total_tokens).toBe((usage?.prompt_tokens ?? 0) + (usage?.completion_tokens ?? 0))
    expect(usage?.completion_tokens).toBeGreaterThan(0)
  })

  test('the token limit ends an answer with length, under either name', async () => {
    for (const limit of [{ max_tokens: 5 }, { max_completion_tokens: 5 }]) {
      const { choices, usage } = await client.chat.completions.create({
        model,
        messages,
        ...endless,
        ...limit,
      })
      expect(choices[0]?.finish_reason).toBe('length')
      expect(usage?.completion_tokens).toBe(5)
    }
  })

  test('the same seed gives the same answer, another seed another', async () => {
    const ask = async (seed: number): Promise<string | null | undefined> => {
      const request = { model, messages, ...endless, max_tokens: 30, seed }
      const { choices } = await client.chat.completions.create(request)
      return choices[0]?.message.content
    }
    const first = await ask(1)
    expect(await ask(1)).toBe(first)
    expect(await ask(2)).not.toBe(first)
  })

  test('n choices are those of n seeds in a row, charged for one prompt', async () => {
    const request = { model, messages, ...endless, max_tokens: 10 }
    const many = await client.chat.completions.create({ ...request, n: 3, seed: 7 })
    expect(many.choices.map(({ index }) => index)).toEqual([0, 1, 2])
    for (const { index, message } of many.choices) {
      const one = await client.chat.completions.create({ ...request, seed: 7 + index })
      expect(message.content).toBe(one.choices[0]?.message.content)
      expect(many.usage?.prompt_tokens).toBe(one.usage?.prompt_tokens)
    }
    expect(many.usage?.completion_tokens).toBe(30)
  })

  test('a stop string ends the answer before it', async () => {
    const request = { model, messages, ...endless, max_tokens: 30, seed: 3 }
    const free = (await client.chat.completions.create(request)).choices[0]?.message.content ?? ''
    const stop = [...free].slice(6, 9).join('')
    const stopped = await client.chat.completions.create({ ...request, stop })
    expect(stopped.choices[0]?.message.content).toBe(free.slice(0, free.indexOf(stop)))
    expect(stopped.choices[0]?.finish_reason).toBe('stop')
  })

  test('logprobs: bytes join to the text, the greedy token is the best alternative', async () => {
    const completion = await client.chat.completions.create({
      model,
      messages,
      temperature: 0,
      max_tokens: 12,
      logprobs: true,
      top_logprobs: 3,
    })
    const [choice] = completion.choices
    const tokens = choice?.logprobs?.content ?? []
    expect(tokens).toHaveLength(completion.usage?.completion_tokens ?? -1)
    const bytes = tokens.flatMap((token) => token.bytes ?? [])
    expect(Buffer.from(bytes).toString()).toBe(choice?.message.content)
    for (const { token, logprob, top_logprobs } of tokens) {
      expect(top_logprobs).toHaveLength(3)
      expect(top_logprobs[0]).toMatchObject({ token, logprob })
      expect(logprob).toBeLessThanOrEqual(0)
    }
  })

  test('a prompt that was read before is reported as cached, and answers the same', async () => {
    const content = 'A gateway forwards, meters and vouches for what an engine said. '.repeat(5)
    const request = { model, messages: [{ role: 'user' as const, content }], ...endless, seed: 1 }
    const first = await client.chat.completions.create({ ...request, max_tokens: 8 })
    const again = await client.chat.completions.create({ ...request, max_tokens: 8 })
    expect(first.usage?.prompt_tokens_details?.cached_tokens).toBe(0)
    expect(again.usage?.prompt_tokens_details?.cached_tokens).toBeGreaterThan(0)
    expect(again.choices).toEqual(first.choices)
  })
})

describe('streamed', () => {
  test('says the same as unary, role first, reason last, no usage unless asked for', async () => {
    const request = { model, messages, temperature: 0.8, seed: 11, max_tokens: 40 }
    const whole = await client.chat.completions.create(request)
    const chunks = await chunksOf(
      await client.chat.completions.create({ ...request, stream: true }),
    )
    expect(textOf(chunks)).toBe(whole.choices[0]?.message.content)
    expect(chunks[0]?.choices[0]?.delta).toEqual({ role: 'assistant', content: '', refusal: null })
    const last = chunks.at(-1)?.choices[0]
    expect(last).toEqual({
      index: 0,
      delta: {},
      logprobs: null,
      finish_reason: whole.choices[0]?.finish_reason,
    })
    expect(chunks.every((chunk) => !('usage' in chunk))).toBe(true)
    expect(new Set(chunks.map(({ id }) => id)).size).toBe(1)
    const middle = chunks.slice(1, -1).flatMap(({ choices }) => choices)
    expect(middle.length).toBeGreaterThan(1)
    expect(middle.every(({ finish_reason }) => finish_reason === null)).toBe(true)
  })

  test('include_usage: one last chunk without choices, null in all others', async () => {
    const request = {
      model,
      messages,
      ...endless,
      max_tokens: 6,
      stream_options: { include_usage: true },
    }
    const chunks = await chunksOf(
      await client.chat.completions.create({ ...request, stream: true }),
    )
    const withUsage = chunks.filter(({ usage }) => usage !== null)
    expect(withUsage).toHaveLength(1)
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage: { completion_tokens: 6 } })
  })

  test('three choices with one place for them arrive one after another', async () => {
    const request = { model, messages, ...endless, max_tokens: 8, seed: 5, n: 3 }
    const whole = await client.chat.completions.create(request)
    const chunks = await chunksOf(
      await client.chat.completions.create({ ...request, stream: true }),
    )
    for (const { index, message } of whole.choices) {
      expect(textOf(chunks, index)).toBe(message.content)
      const own = chunks
        .flatMap(({ choices }) => choices)
        .filter((choice) => choice.index === index)
      expect(own[0]?.delta.role).toBe('assistant')
      expect(own.at(-1)?.finish_reason).toBe('length')
    }
    const order = chunks.flatMap(({ choices }) => choices.slice(0, 1).map(({ index }) => index))
    const texts = order.slice(3)
    expect(texts).toEqual(texts.toSorted())
  })

  test('logprobs come with the text that they are of', async () => {
    const request = { model, messages, temperature: 0, max_tokens: 12, logprobs: true }
    const chunks = await chunksOf(
      await client.chat.completions.create({ ...request, stream: true }),
    )
    for (const { choices } of chunks) {
      const tokens = choices[0]?.logprobs?.content ?? []
      const bytes = tokens.flatMap((token) => token.bytes ?? [])
      expect(Buffer.from(bytes).toString()).toBe(choices[0]?.delta.content ?? '')
    }
    expect(chunks.flatMap(({ choices }) => choices[0]?.logprobs?.content ?? []).length).toBe(12)
  })

  test("the client's own stream reader reads it", async () => {
    const runner = client.chat.completions.stream({ model, messages, ...endless, max_tokens: 9 })
    const final = await runner.finalChatCompletion()
    expect(final.choices[0]?.finish_reason).toBe('length')
    expect(final.choices[0]?.message.content).toBe(await runner.finalContent())
  })
})

describe('a client that leaves', () => {
  /** Seconds of work for any machine, so that the answer is not done before the client has left. */
  const long = { ...endless, max_tokens: 900, n: 8 }

  /** Reads the log lines of what went before, so that the next one is of this test. */
  async function quiet(): Promise<void> {
    const marker = 'x'.repeat(20)
    await refused(() => client.chat.completions.create({ model: marker, messages }))
    for (;;) {
      const line = await engine.nextRequestEnd()
      if (line.code === 'model_not_found') return
    }
  }

  test('in the middle of a stream stops the generation and frees its turn', async () => {
    await quiet()
    const request = { model, messages, ...long, stream: true as const }
    const stream = await client.chat.completions.create(request)
    let seen = 0
    for await (const _ of stream) {
      seen += 1
      if (seen === 24) break
    }
    const line = await engine.nextRequestEnd()
    expect(line).toMatchObject({ outcome: 'client_gone', stream: true })
    expect(line.completionTokens).toBeGreaterThan(0)
    expect(line.completionTokens).toBeLessThan(900)
    await untilHealth({ running: 0, waiting: 0 })
  })

  test('while a unary answer is made, stops it too', async () => {
    await quiet()
    const leaving = new AbortController()
    const request = { model, messages, ...long }
    const answer = client.chat.completions.create(request, { signal: leaving.signal })
    const gone = expect(answer).rejects.toThrow(APIUserAbortError)
    await untilHealth({ running: 1, waiting: 0 })
    leaving.abort()
    await gone
    const line = await engine.nextRequestEnd()
    expect(line).toMatchObject({ outcome: 'client_gone' })
    expect(line.completionTokens ?? 0).toBeLessThan(900)
  })

  test('while waiting gives its place to the next; a full queue answers 429', async () => {
    await quiet()
    const [holding, leaving] = [new AbortController(), new AbortController()]
    const request = { model, messages, ...long, stream: true as const }
    await client.chat.completions.create(request, { signal: holding.signal })
    const waiting = client.chat.completions.create(request, { signal: leaving.signal })
    const gone = expect(waiting).rejects.toThrow(APIUserAbortError)
    await untilHealth({ running: 1, waiting: 1 })
    const full = await refused(() => client.chat.completions.create({ model, messages }))
    expect(full).toMatchObject({ status: 429, code: 'engine_busy', type: 'rate_limit_error' })
    expect(full.headers?.get('retry-after')).toBe('1')
    leaving.abort()
    await gone
    await untilHealth({ running: 1, waiting: 0 })
    const next = client.chat.completions.create({ model, messages, max_tokens: 2 })
    holding.abort()
    expect((await next).choices).toHaveLength(1)
  })
})

describe('errors', () => {
  type Request = Parameters<OpenAI['chat']['completions']['create']>[0]
  const refusedWith = (change: object): Promise<APIError> =>
    refused(() => client.chat.completions.create({ model, messages, ...change } as Request))

  test('are the errors of the OpenAI API', async () => {
    expect(await refusedWith({ temperature: 5 })).toMatchObject({
      status: 400,
      param: 'temperature',
      code: 'decimal_above_max_value',
      type: 'invalid_request_error',
    })
    expect(await refusedWith({ model: 'gpt-9' })).toMatchObject({
      status: 404,
      code: 'model_not_found',
    })
    const tools = [{ type: 'function', function: { name: 'f' } }]
    expect(await refusedWith({ tools })).toMatchObject({ status: 400, param: 'tools' })
  })

  test('a prompt over the context is refused before anything is sent', async () => {
    const long = [{ role: 'user', content: 'word '.repeat(5000) }]
    for (const stream of [false, true]) {
      expect(await refusedWith({ messages: long, stream })).toMatchObject({
        status: 400,
        code: 'context_length_exceeded',
        param: 'messages',
      })
    }
  })
})

test('models are listed and found by name', async () => {
  const listed = await client.models.list()
  expect(listed.data.map(({ id }) => id)).toEqual([model])
  expect(await client.models.retrieve(model)).toEqual(listed.data[0])
  expect(await refused(() => client.models.retrieve('gpt-9'))).toMatchObject({ status: 404 })
})
