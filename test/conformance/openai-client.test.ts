/*
 * The `openai` npm client, unmodified, against a whole gateway: whatever works against OpenAI's API works here after a
 * change of base URL and key.
 */
import OpenAI, {
  APIError,
  APIUserAbortError,
  AuthenticationError,
  BadRequestError,
  InternalServerError,
  NotFoundError,
  RateLimitError,
} from 'openai'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { addApiKey } from '../support/api-keys.ts'
import { expectBalancedBooks } from '../support/books.ts'
import { startGatewayOnLedger, type TestGateway } from '../support/gateway-on-ledger.ts'
import {
  answerStatus,
  answerWell,
  chunk,
  completion,
  roleEvent,
  type Script,
  sse,
  sseDone,
  startSse,
  streamBytes,
  usageChunk,
  usageObject,
} from '../support/scripted-upstream.ts'
import { openUpstreamPlace } from '../support/upstream-place.ts'

const messages = [{ role: 'user' as const, content: 'Say hello.' }]

const { upstream, gateway, newEntries, close } = await openUpstreamPlace((baseUrl) => ({
  upstreams: [
    { id: 'one', baseUrl, apiKey: 'sk-upstream' },
    { id: 'two', baseUrl, offer: { modelName: 'org/family/model-7b' } },
  ],
}))
afterAll(close)
const openai = clientFor(gateway)

beforeEach(() => upstream.become(answerWell()))

function clientFor({ origin, apiKey }: TestGateway, options: { maxRetries?: number } = {}): OpenAI {
  return new OpenAI({ baseURL: `${origin}/v1`, apiKey, maxRetries: options.maxRetries ?? 0 })
}

async function refusalOf(promise: PromiseLike<unknown>): Promise<APIError> {
  const error = await Promise.resolve(promise).then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (!(error instanceof APIError)) throw new Error('the SDK raised no APIError', { cause: error })
  return error
}

describe('unary', () => {
  test('an answer, its receipt and its exact price', async () => {
    const { data, response } = await openai.chat.completions
      .create({ model: 'm', messages })
      .withResponse()
    expect(data.choices[0]?.message.content).toBe('Hello there!')
    expect(data.usage).toEqual(usageObject(5, 3))
    const { receipts } = await newEntries()
    expect(receipts).toHaveLength(1)
    // 5 prompt tokens at 1 and 3 completion tokens at 2 atomic units each.
    expect(receipts[0]?.receipt.cost).toBe('11')
    expect(receipts[0]?.receipt.receiptId).toBe(response.headers.get('x-vouch-receipt'))
    expect(response.headers.get('x-request-id')).toMatch(/^req_[0-9a-f]{24}$/)
    expect(upstream.requests[0]?.headers.authorization).toBe('Bearer sk-upstream')
  })

  test('n choices arrive as they were given, and are priced together', async () => {
    const choices = ['a', 'b', 'c'].map((content, index) => ({
      index,
      message: { role: 'assistant', content },
      finish_reason: 'stop',
      logprobs: null,
    }))
    upstream.become(
      answerStatus(200, JSON.stringify({ ...completion('', usageObject(5, 3)), choices })),
    )
    const answer = await openai.chat.completions.create({ model: 'm', messages, n: 3 })
    expect(answer.choices.map(({ message }) => message.content)).toEqual(['a', 'b', 'c'])
    const { receipts } = await newEntries()
    expect(receipts[0]?.receipt.cost).toBe('11')
  })

  test('tool calls, log-probabilities and fields we do not know pass untouched', async () => {
    const tool_calls = [
      {
        id: 'call_1',
        type: 'function',
        function: { name: 'weather', arguments: '{"city":"Zürich"}' },
      },
    ]
    const logprobs = { content: [{ token: 'a', logprob: -0.25, bytes: [97], top_logprobs: [] }] }
    const body = {
      ...completion('', usageObject(9, 12)),
      system_fingerprint: 'fp',
      made_up: { deep: [1, 'two', null] },
      choices: [
        {
          index: 0,
          message: { role: 'assistant', content: null, tool_calls },
          finish_reason: 'tool_calls',
          logprobs,
        },
      ],
    }
    upstream.become(answerStatus(200, JSON.stringify(body)))
    const asked = {
      model: 'm',
      messages,
      tools: [{ type: 'function' as const, function: { name: 'weather', parameters: {} } }],
      seed: 7,
      stop: ['\n'],
      temperature: 0.5,
      top_p: 0.9,
      logprobs: true,
      max_tokens: 50,
      made_up: 'kept',
    }
    const answer = await openai.chat.completions.create(asked)
    expect(answer).toEqual(body)
    expect(upstream.requests[0]?.json).toEqual(asked)
    await newEntries()
  })

  test('a missing completion bound is filled in for the upstream, as far as the hold goes', async () => {
    await openai.chat.completions.create({ model: 'm', messages })
    expect(upstream.requests[0]?.json).toEqual({ model: 'm', messages, max_tokens: 1024 })
  })
})

describe('streamed', () => {
  test('token by token; no usage chunk for a caller who did not ask', async () => {
    const stream = await openai.chat.completions.create({ model: 'm', messages, stream: true })
    let text = ''
    for await (const { choices } of stream) {
      expect(choices).toHaveLength(1)
      text += choices[0]?.delta.content ?? ''
    }
    expect(text).toBe('Hello there!')
    // We asked, to meter.
    expect(upstream.requests[0]?.json['stream_options']).toEqual({ include_usage: true })
    const { receipts } = await newEntries()
    expect(receipts[0]?.receipt.cost).toBe('11')
    expect(receipts[0]?.usage.source).toBe('reported')
  })

  test('exactly one usage chunk, the last one, for a caller who asked', async () => {
    const stream = await openai.chat.completions.create({
      model: 'm',
      messages,
      stream: true,
      stream_options: { include_usage: true },
    })
    const chunks = await Array.fromAsync(stream)
    expect(chunks.filter(({ choices }) => choices.length === 0)).toHaveLength(1)
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage: usageObject(5, 3) })
    expect(chunks.slice(0, -1).every(({ usage }) => usage == null)).toBe(true)
    await newEntries()
  })

  test('the stream helper assembles tool calls from their parts', async () => {
    const part = (fields: Record<string, unknown>) => sse(chunk({ tool_calls: [fields] }))
    upstream.become(
      streamBytes([
        sse(chunk({ role: 'assistant', content: null })),
        part({
          index: 0,
          id: 'call_1',
          type: 'function',
          function: { name: 'add', arguments: '' },
        }),
        part({ index: 0, function: { arguments: '{"a":1,' } }),
        part({
          index: 1,
          id: 'call_2',
          type: 'function',
          function: { name: 'sub', arguments: '' },
        }),
        part({ index: 1, function: { arguments: '{}' } }),
        part({ index: 0, function: { arguments: '"b":2}' } }),
        sse(chunk({}, 'tool_calls')),
        sse(usageChunk(usageObject(20, 18))),
        sseDone,
      ]),
    )
    const final = await openai.chat.completions
      .stream({ model: 'm', messages, stream_options: { include_usage: true } })
      .finalChatCompletion()
    const calls = final.choices[0]?.message.tool_calls
    expect(calls?.map((call) => call.type === 'function' && call.function)).toMatchObject([
      { name: 'add', arguments: '{"a":1,"b":2}' },
      { name: 'sub', arguments: '{}' },
    ])
    const { receipts } = await newEntries()
    expect(receipts[0]?.receipt.cost).toBe(String(20 + 2 * 18))
  })

  test('n choices interleave', async () => {
    upstream.become(
      streamBytes([
        sse(chunk({ role: 'assistant', content: 'a' }, null, 0)),
        sse(chunk({ role: 'assistant', content: 'b' }, null, 1)),
        sse(chunk({ content: 'A' }, null, 0)),
        sse(chunk({}, 'stop', 1)),
        sse(chunk({}, 'stop', 0)),
        sseDone,
      ]),
    )
    const stream = openai.chat.completions.stream({ model: 'm', messages, n: 2 })
    const { choices } = await stream.finalChatCompletion()
    expect(choices.map(({ message }) => message.content)).toEqual(['aA', 'b'])
    await newEntries()
  })
})

describe('a client that leaves', () => {
  const speakAndHang: Script = (_request, response) => {
    startSse(response)
    response.write(roleEvent)
    for (const word of ['one ', 'two ', 'three ']) response.write(sse(chunk({ content: word })))
  }

  test('mid-stream: the upstream sees it at once, and what was delivered is paid', async () => {
    upstream.become(speakAndHang)
    const stream = await openai.chat.completions.create({ model: 'm', messages, stream: true })
    let text = ''
    for await (const { choices } of stream) {
      text += choices[0]?.delta.content ?? ''
      if (text === 'one two three ') break
    }
    await (await upstream.nextRequest()).left
    const { receipts, log } = await newEntries()
    expect(receipts).toHaveLength(1)
    expect(receipts[0]?.receipt.work).toMatchObject({ status: 1, completionTokens: 4 })
    expect(receipts[0]?.usage.source).toBe('counted')
    expect(log).toMatchObject([{ outcome: 'client_gone' }])
  })

  test('before the first token: the upstream sees it, nothing is paid', async () => {
    upstream.become((_request, response) => {
      startSse(response)
      response.write(roleEvent)
    })
    const abort = new AbortController()
    const asked = openai.chat.completions.create(
      { model: 'm', messages, stream: true },
      { signal: abort.signal },
    )
    const request = await upstream.nextRequest()
    abort.abort()
    await expect(asked).rejects.toThrow(APIUserAbortError)
    await request.left
    const { chargedAmount, receipts, log } = await newEntries()
    expect(chargedAmount).toBe(0n)
    expect(receipts).toEqual([])
    expect(log).toMatchObject([{ outcome: 'client_gone' }])
  })

  test('of a unary call before the headers: the upstream sees it, nothing is paid', async () => {
    upstream.become(() => {})
    const abort = new AbortController()
    const asked = openai.chat.completions.create({ model: 'm', messages }, { signal: abort.signal })
    const request = await upstream.nextRequest()
    abort.abort()
    await expect(asked).rejects.toThrow(APIUserAbortError)
    await request.left
    const { receipts, log } = await newEntries()
    expect(receipts).toEqual([])
    expect(log).toMatchObject([{ outcome: 'client_gone' }])
    // Nobody else is asked for a caller who left.
    expect(upstream.requests).toHaveLength(1)
  })

  test('of a unary call in the middle of its body', async () => {
    upstream.become((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' })
      response.write(JSON.stringify(completion('never ends')).slice(0, 50))
    })
    const abort = new AbortController()
    const asked = openai.chat.completions.create({ model: 'm', messages }, { signal: abort.signal })
    const request = await upstream.nextRequest()
    abort.abort()
    await expect(asked).rejects.toThrow(APIUserAbortError)
    await request.left
    expect((await newEntries()).receipts).toEqual([])
  })
})

describe('models', () => {
  test('list and retrieve, ids with slashes included', async () => {
    const listed = await openai.models.list()
    expect(listed.data.map(({ id }) => id)).toEqual(['m', 'org/family/model-7b'])
    for (const id of ['m', 'org/family/model-7b']) {
      const model = await openai.models.retrieve(id)
      expect(model).toMatchObject({ id, object: 'model', owned_by: 'vouch' })
    }
  })

  test('an unknown one is a NotFoundError, wherever it is named', async () => {
    for (const asked of [
      openai.models.retrieve('none/such'),
      openai.chat.completions.create({ model: 'none/such', messages }),
    ]) {
      const error = await refusalOf(asked)
      expect(error).toBeInstanceOf(NotFoundError)
      expect(error).toMatchObject({ code: 'model_not_found', param: 'model' })
    }
    expect(upstream.requests).toHaveLength(0)
  })
})

describe('errors become the classes that the SDK knows', () => {
  test('a wrong, a missing and a revoked key: AuthenticationError', async () => {
    const wrong = new OpenAI({ baseURL: `${gateway.origin}/v1`, apiKey: 'sk-vouch-wrong' })
    const key = await addApiKey(gateway)
    const revoked = new OpenAI({ baseURL: `${gateway.origin}/v1`, apiKey: key.secret })
    await revoked.models.list()
    await key.revoke()
    for (const client of [wrong, revoked]) {
      const error = await refusalOf(client.chat.completions.create({ model: 'm', messages }))
      expect(error).toBeInstanceOf(AuthenticationError)
      expect(error).toMatchObject({ code: 'invalid_api_key', type: 'invalid_request_error' })
      expect(await refusalOf(client.models.list())).toBeInstanceOf(AuthenticationError)
    }
    expect(upstream.requests).toHaveLength(0)
  })

  test('a bad parameter: BadRequestError that names it', async () => {
    const error = await refusalOf(openai.chat.completions.create({ model: 'm', messages, n: 99 }))
    expect(error).toBeInstanceOf(BadRequestError)
    expect(error).toMatchObject({ param: 'n', code: 'invalid_value' })
    expect(error.requestID).toMatch(/^req_/)
  })

  test('an empty tranche: 402 insufficient_quota, which the SDK does not retry', async () => {
    const poor = await startGatewayOnLedger({
      upstreams: [{ id: 'one', baseUrl: upstream.baseUrl }],
      balance: 100n,
    })
    const error = await refusalOf(
      clientFor(poor, { maxRetries: 5 }).chat.completions.create({ model: 'm', messages }),
    )
    expect(error).toMatchObject({
      status: 402,
      code: 'insufficient_quota',
      type: 'insufficient_quota',
    })
    expect(error.headers?.get('x-should-retry')).toBe('false')
    expect(poor.log).toMatchObject([{ outcome: 'refused', reason: 'insufficient_balance' }])
    await expectBalancedBooks(poor)
    await poor.stop()
    expect(upstream.requests).toHaveLength(0)
  })

  test('an upstream at its limit: RateLimitError with its Retry-After', async () => {
    upstream.become(answerStatus(429, '{"error":{"message":"slow"}}', { 'retry-after': '7' }))
    const error = await refusalOf(openai.chat.completions.create({ model: 'm', messages }))
    expect(error).toBeInstanceOf(RateLimitError)
    expect(error).toMatchObject({ code: 'capacity_exhausted' })
    expect(error.headers?.get('retry-after')).toBe('7')
    await newEntries()
  })

  test('the SDK retries an upstream at its limit and pays for the answer alone', async () => {
    let failures = 2
    upstream.become((request, response) => {
      failures -= 1
      const script = failures >= 0 ? answerStatus(429, '', { 'retry-after': '0' }) : answerWell()
      return script(request, response)
    })
    const patient = clientFor(gateway, { maxRetries: 2 })
    const answer = await patient.chat.completions.create({ model: 'm', messages })
    expect(answer.choices[0]?.message.content).toBe('Hello there!')
    expect((await newEntries()).receipts).toHaveLength(1)
  })

  test('an upstream whose credentials ran out: InternalServerError, not retried', async () => {
    upstream.become(answerStatus(401, '{"error":{"message":"bad key sk-upstream"}}'))
    const patient = clientFor(gateway, { maxRetries: 5 })
    const error = await refusalOf(patient.chat.completions.create({ model: 'm', messages }))
    expect(error).toBeInstanceOf(InternalServerError)
    expect(error).toMatchObject({ status: 502, code: 'upstream_credentials_exhausted' })
    expect(upstream.requests).toHaveLength(1)
    await newEntries()
  })

  test('a stream that breaks off raises, and is not charged', async () => {
    upstream.become(streamBytes([sse(chunk({ role: 'assistant', content: 'half' }))], 'cut'))
    const stream = await openai.chat.completions.create({ model: 'm', messages, stream: true })
    const error = await refusalOf(Array.fromAsync(stream))
    expect(error).toMatchObject({ code: 'upstream_stream_interrupted' })
    const { chargedAmount } = await newEntries()
    expect(chargedAmount).toBe(0n)
  })
})
