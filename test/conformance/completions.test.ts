/*
 * `POST /v1/completions` through a whole gateway: the `openai` client, unmodified, and the bytes themselves.
 */
import OpenAI from 'openai'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { keccak256Utf8 } from '../../src/chain/keccak.ts'
import { type Answer, askPath } from '../support/ask.ts'
import { followBooks, type NewEntries } from '../support/books.ts'
import {
  answerJson,
  offeredAt,
  streamTexts,
  textChoice,
  textCompletion,
} from '../support/endpoint-answers.ts'
import { startGatewayOnLedger, type TestGateway } from '../support/gateway-on-ledger.ts'
import {
  answerStatus,
  type ScriptedUpstream,
  startScriptedUpstream,
  usageObject,
} from '../support/scripted-upstream.ts'

let upstream: ScriptedUpstream
let other: ScriptedUpstream
let gateway: TestGateway
let openai: OpenAI
let newEntries: () => Promise<NewEntries>

beforeAll(async () => {
  upstream = await startScriptedUpstream()
  other = await startScriptedUpstream()
  const completions = offeredAt('chat/completions', 'completions')
  gateway = await startGatewayOnLedger({
    upstreams: [
      { id: 'one', baseUrl: upstream.baseUrl, offer: completions },
      { id: 'two', baseUrl: other.baseUrl, offer: { ...completions, modelName: 'two' } },
      { id: 'three', baseUrl: other.baseUrl, offer: { modelName: 'chat-only' } },
      {
        id: 'four',
        baseUrl: upstream.baseUrl,
        offer: { ...offeredAt('completions'), modelName: 'both', upstreamModelName: 'org/both' },
      },
    ],
  })
  openai = new OpenAI({ baseURL: `${gateway.origin}/v1`, apiKey: gateway.apiKey, maxRetries: 0 })
  newEntries = followBooks(gateway)
})

afterAll(async () => {
  await gateway.stop()
  await upstream.close()
  await other.close()
})

const ask = (fields: Readonly<Record<string, unknown>>): Promise<Answer> =>
  askPath(gateway, '/v1/completions', { model: 'm', prompt: 'Once', ...fields })

describe('one prompt', () => {
  test('an answer, its receipt and its exact price', async () => {
    upstream.become(answerJson(textCompletion([textChoice(0, ' upon a time')], usageObject(1, 4))))
    const { data, response } = await openai.completions
      .create({ model: 'm', prompt: 'Once', max_tokens: 8 })
      .withResponse()
    expect(data.choices[0]?.text).toBe(' upon a time')
    const { receipts } = await newEntries()
    expect(receipts).toHaveLength(1)
    const [{ receipt, usage } = expect.fail('no receipt')] = receipts
    expect(receipt).toMatchObject({ receiptId: response.headers.get('x-vouch-receipt'), cost: '9' })
    expect(receipt.work.contentHash).toBe(keccak256Utf8(' upon a time'))
    expect(usage.source).toBe('reported')
    expect(upstream.requests[0]).toMatchObject({ path: '/v1/completions' })
  })

  test('streamed, with and without usage', async () => {
    upstream.become(
      streamTexts(
        [
          [0, ' upon'],
          [0, ' a'],
        ],
        usageObject(1, 2),
      ),
    )
    const stream = await openai.completions.create({
      model: 'm',
      prompt: 'Once',
      stream: true,
      stream_options: { include_usage: true },
    })
    const texts: string[] = []
    let usage: unknown
    for await (const chunk of stream) {
      texts.push(chunk.choices[0]?.text ?? '')
      usage = chunk.usage ?? usage
    }
    expect(texts.join('')).toBe(' upon a')
    expect(usage).toMatchObject({ completion_tokens: 2 })
    const silent = await ask({ stream: true })
    expect(silent.done).toBe(true)
    expect(silent.text).not.toContain('"usage"')
    expect(upstream.requests[1]?.json['stream_options']).toEqual({ include_usage: true })
    const { receipts } = await newEntries()
    expect(receipts.map(({ receipt }) => receipt.cost)).toEqual(['5', '5'])
  })

  test('without a bound the usual sixteen tokens are asked for and held', async () => {
    upstream.become(answerJson(textCompletion([textChoice(0, 'x')], usageObject(1, 1))))
    await ask({})
    expect(upstream.requests[0]?.json).toMatchObject({ max_tokens: 16 })
    await newEntries()
  })

  test('the name of the model is mapped', async () => {
    upstream.become(answerJson(textCompletion([textChoice(0, 'x')], usageObject(1, 1))))
    expect((await ask({ model: 'both', max_tokens: 1 })).status).toBe(200)
    expect(upstream.requests[0]?.json).toEqual({ model: 'org/both', prompt: 'Once', max_tokens: 1 })
    await newEntries()
  })
})

describe('several', () => {
  test('each prompt has its choices, and all together one content hash', async () => {
    const choices = [0, 1, 2, 3].map((index) => textChoice(index, `t${index}`))
    upstream.become(answerJson(textCompletion(choices, usageObject(4, 8))))
    const { data } = await openai.completions
      .create({ model: 'm', prompt: ['a', 'b'], n: 2, max_tokens: 2 })
      .withResponse()
    expect(data.choices.map(({ text }) => text)).toEqual(['t0', 't1', 't2', 't3'])
    const { receipts } = await newEntries()
    expect(receipts[0]?.receipt).toMatchObject({ cost: '20', work: { completionTokens: 8 } })
  })

  test('a choice nobody asked for, or one that is missing, is no answer', async () => {
    const prompt = ['a', 'b']
    const three = [0, 1, 2].map((index) => textChoice(index, 'x'))
    for (const choices of [three, [textChoice(0, 'x'), textChoice(0, 'y')]]) {
      upstream.become(answerJson(textCompletion(choices, usageObject(2, 2))))
      expect((await ask({ prompt, max_tokens: 4 })).status).toBe(502)
    }
    upstream.become(streamTexts([[2, 'x']]))
    expect((await ask({ prompt, stream: true })).error).toMatchObject({
      code: 'upstream_bad_response',
    })
    expect((await newEntries()).chargedAmount).toBe(0n)
  })

  test('token ids are prompts too', async () => {
    upstream.become(answerJson(textCompletion([textChoice(0, 'x')], usageObject(3, 1))))
    expect((await ask({ prompt: [9, 17, 4], max_tokens: 1 })).status).toBe(200)
    const choices = [textChoice(0, 'x'), textChoice(1, 'y')]
    upstream.become(answerJson(textCompletion(choices, usageObject(3, 2))))
    expect((await ask({ prompt: [[9, 17], [4]], max_tokens: 1 })).status).toBe(200)
    const { receipts } = await newEntries()
    expect(receipts.map(({ receipt }) => receipt.cost)).toEqual(['5', '7'])
  })
})

describe('echo', () => {
  test('what the answer repeats is not paid for again, whatever the engine says', async () => {
    const prompt = 'p'.repeat(1000)
    upstream.become(
      answerJson(textCompletion([textChoice(0, `${prompt}xy`)], usageObject(250, 500))),
    )
    await ask({ prompt, echo: true, max_tokens: 1_000 })
    const { receipts } = await newEntries()
    // Two bytes are at most two tokens, and eight that leave no text; the engine's 500 are not believed.
    expect(receipts[0]?.usage.source).toBe('corrected')
    expect(receipts[0]?.receipt.work.completionTokens).toBe(1)
  })

  test('an engine that repeats nothing is paid for what it wrote', async () => {
    const prompt = 'p'.repeat(1000)
    const answer = textCompletion([textChoice(0, 'w'.repeat(800))], usageObject(250, 200))
    upstream.become(answerJson(answer))
    for (const asked of [{ prompt }, { prompt: [prompt] }]) {
      await ask({ ...asked, echo: true, max_tokens: 1_000 })
      const { receipts } = await newEntries()
      expect(receipts[0]).toMatchObject({
        usage: { source: 'reported' },
        receipt: { work: { completionTokens: 200 } },
      })
    }
  })

  test('of several prompts each choice repeats its own', async () => {
    const [short, long] = ['s'.repeat(100), 'l'.repeat(900)]
    const choices = [textChoice(0, short), textChoice(1, `${short}x`)]
    const more = [textChoice(2, `${long}xy`), textChoice(3, `${long}é`)]
    upstream.become(answerJson(textCompletion([...choices, ...more], usageObject(250, 500))))
    await ask({ prompt: [short, long], n: 2, echo: true, max_tokens: 1_000 })
    const { receipts } = await newEntries()
    // Five bytes.
    expect(receipts[0]?.receipt.work.completionTokens).toBe(2)
  })

  test('and a stream that repeats its prompt is not cut for it', async () => {
    const prompt = 'p'.repeat(1000)
    upstream.become(
      streamTexts(
        [
          [0, prompt],
          [0, 'x'],
        ],
        usageObject(250, 1),
      ),
    )
    const answer = await ask({ prompt, echo: true, max_tokens: 5, stream: true })
    expect(answer.done).toBe(true)
    const { receipts } = await newEntries()
    expect(receipts[0]).toMatchObject({
      usage: { source: 'reported' },
      receipt: { cost: '252', work: { status: 0 } },
    })
  })
})

describe('refused before money is held', () => {
  test.each([
    ['no prompt', { prompt: undefined }, 'prompt', 'missing_required_parameter'],
    ['an object', { prompt: {} }, 'prompt', 'invalid_type'],
    ['no prompts', { prompt: [] }, 'prompt', 'invalid_value'],
    ['a prompt among token ids', { prompt: [1, 'a'] }, 'prompt', 'invalid_type'],
    ['token ids among prompts', { prompt: ['a', 1] }, 'prompt[1]', 'invalid_type'],
    ['a token id that is none', { prompt: [[1, -1], [2]] }, 'prompt[0]', 'invalid_type'],
    ['too many', { prompt: Array(129).fill('x') }, 'prompt', 'invalid_value'],
    ['no tokens', { max_tokens: 0 }, 'max_tokens', 'invalid_value'],
    ['more than the model has', { max_tokens: 1025 }, 'max_tokens', 'invalid_value'],
    ['fewer candidates than choices', { n: 2, best_of: 1 }, 'best_of', 'invalid_value'],
    ['candidates of a stream', { best_of: 2, stream: true }, 'best_of', 'invalid_value'],
    ['a temperature', { temperature: 3 }, 'temperature', 'invalid_value'],
    ['an echo', { echo: 'yes' }, 'echo', 'invalid_type'],
  ])('%s', async (_name, fields, param, code) => {
    upstream.become(answerStatus(500, '{}'))
    const { status, error } = await ask(fields)
    expect(status).toBe(400)
    expect(error).toMatchObject({ param, code, type: 'invalid_request_error' })
    expect(upstream.requests).toHaveLength(0)
    expect((await newEntries()).receipts).toEqual([])
  })

  test('a model that is not offered here says where it is', async () => {
    const { status, error } = await ask({ model: 'chat-only' })
    expect(status).toBe(404)
    expect(error).toMatchObject({ code: 'endpoint_not_offered', param: 'model' })
    expect(error?.['message']).toContain('/v1/chat/completions')
    expect((await ask({ model: 'nowhere' })).error).toMatchObject({ code: 'model_not_found' })
  })
})

test('an answer of another contributor comes in place of one that failed', async () => {
  const usage = usageObject(1, 1)
  const both = await startGatewayOnLedger({
    upstreams: [
      { id: 'one', baseUrl: upstream.baseUrl, offer: offeredAt('completions') },
      { id: 'two', baseUrl: other.baseUrl, offer: offeredAt('completions') },
    ],
  })
  upstream.become(answerStatus(500, '{"error":{"message":"sk-secret"}}'))
  other.become(answerJson(textCompletion([textChoice(0, 'x')], usage)))
  const answers: string[] = []
  for (let round = 0; round < 4; round += 1) {
    const answer = await askPath(both, '/v1/completions', { model: 'm', prompt: 'a' })
    expect(answer.status).toBe(200)
    answers.push(String(answer.headers.get('x-vouch-contributor')))
  }
  expect(new Set(answers)).toEqual(new Set(['two']))
  await both.stop()
})

test('a stream ends where the money does, each choice with its reason', async () => {
  const poor = await startGatewayOnLedger({
    upstreams: [{ id: 'one', baseUrl: upstream.baseUrl, offer: offeredAt('completions') }],
    balance: 2_100n,
  })
  upstream.become(
    streamTexts([
      [0, 'a'.repeat(100)],
      [1, 'b'.repeat(100)],
      [0, 'c'.repeat(5_000)],
    ]),
  )
  const answer = await askPath(poor, '/v1/completions', {
    model: 'm',
    prompt: ['x', 'y'],
    max_tokens: 1_000,
    stream: true,
  })
  expect(answer.done).toBe(true)
  const endings = answer.events.slice(-3, -1).map((event) => JSON.parse(event))
  expect(endings).toMatchObject([
    { object: 'text_completion', choices: [{ index: 0, text: '', finish_reason: 'length' }] },
    { object: 'text_completion', choices: [{ index: 1, text: '', finish_reason: 'length' }] },
  ])
  expect(answer.text).not.toContain('ccc')
  const { receipts, channel } = await poor.books()
  expect(receipts[0]?.receipt.work.status).toBe(3)
  expect(channel.heldAmount).toBe(0n)
  await poor.stop()
})
