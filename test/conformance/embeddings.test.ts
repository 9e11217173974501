/*
 * `POST /v1/embeddings` through a whole gateway: the `openai` client, which asks for base64 where its caller says nothing.
 */
import OpenAI from 'openai'
import { afterAll, describe, expect, test } from 'vitest'
import { deliveredHash } from '../../src/attestation/content-hash.ts'
import { keccak256 } from '../../src/chain/keccak.ts'
import { type Answer, askPath } from '../support/ask.ts'
import { answerJson, base64Of, embeddingList, offeredAt } from '../support/endpoint-answers.ts'
import { answerStatus } from '../support/scripted-upstream.ts'
import { openUpstreamPlace } from '../support/upstream-place.ts'

const { upstream, gateway, newEntries, close } = await openUpstreamPlace((baseUrl) => ({
  upstreams: [
    { id: 'one', baseUrl, offer: offeredAt('embeddings'), completionPrice: 0n },
    {
      id: 'two',
      baseUrl,
      offer: { ...offeredAt('embeddings'), modelName: 'dear', contextTokensMax: 100 },
      completionPrice: 3_000_000n,
    },
  ],
}))
afterAll(close)
const openai = new OpenAI({
  baseURL: `${gateway.origin}/v1`,
  apiKey: gateway.apiKey,
  maxRetries: 0,
})

const ask = (fields: Readonly<Record<string, unknown>>): Promise<Answer> =>
  askPath(gateway, '/v1/embeddings', { model: 'm', input: 'text', ...fields })

const vector = [0.5, -1, 2 ** -149]
const floatsOf = (values: readonly number[]): Buffer => Buffer.from(base64Of(values), 'base64')

describe('through the client', () => {
  test.each([
    ['numbers', vector],
    ['base64', base64Of(vector)],
  ])('an engine that answers %s', async (_name, written) => {
    upstream.become(answerJson(embeddingList([written])))
    const answer = await openai.embeddings.create({ model: 'm', input: 'text' })
    expect([...(answer.data[0]?.embedding ?? [])]).toEqual(vector)
    // The client asked for base64 by itself, and the engine was told so.
    expect(upstream.requests[0]?.json['encoding_format']).toBe('base64')
    const { receipts } = await newEntries()
    const [{ receipt, usage } = expect.fail('no receipt')] = receipts
    expect(receipt.work.contentHash).toBe(keccak256(floatsOf(vector)))
    expect(receipt.cost).toBe('4')
    expect(receipt.work).toMatchObject({ promptTokens: 4, completionTokens: 1 })
    expect(usage.source).toBe('reported')
  })

  test('several inputs, in the order of their index', async () => {
    const list = embeddingList([base64Of([1]), base64Of([2])])
    const reversed = [...(list['data'] as unknown[])].reverse()
    upstream.become(answerJson({ ...list, data: reversed }))
    const { data } = await openai.embeddings.create({
      model: 'm',
      input: ['a', 'b'],
      dimensions: 1,
      encoding_format: 'float',
    })
    expect(data.map(({ embedding }) => embedding)).toEqual([[1], [2]])
    expect(upstream.requests[0]?.json).toEqual({
      model: 'm',
      input: ['a', 'b'],
      dimensions: 1,
      encoding_format: 'float',
    })
    const [{ receipt } = expect.fail('no receipt')] = (await newEntries()).receipts
    expect(receipt.work.contentHash).toBe(deliveredHash([floatsOf([1]), floatsOf([2])]))
    expect(receipt.work.completionTokens).toBe(2)
  })
})

describe('money', () => {
  test('a price for each vector is charged beside the tokens', async () => {
    upstream.become(answerJson(embeddingList([[1], [2]])))
    await ask({ model: 'dear', input: ['ab', 'cd'] })
    expect((await newEntries()).receipts[0]?.receipt.cost).toBe('10')
  })

  test('more prompt tokens than the prompts can have are not believed, fewer are', async () => {
    for (const [told, cost, source] of [
      [1e9, '6', 'corrected'],
      [undefined, '6', 'counted'],
      [24, '24', 'reported'],
      [0, '0', 'reported'],
    ] as const) {
      upstream.become(answerJson(embeddingList([[1]], { prompt_tokens: told })))
      await ask({ input: 'abcdefgh' })
      const { receipts } = await newEntries()
      expect(receipts[0]).toMatchObject({ receipt: { cost }, usage: { source } })
    }
  })

  test('each input has a context of its own', async () => {
    const input = Array.from({ length: 3 }, () => 'x'.repeat(5_000))
    upstream.become(answerJson(embeddingList([[1], [2], [3]], { prompt_tokens: 290 })))
    expect((await ask({ model: 'dear', input })).status).toBe(200)
    expect((await newEntries()).receipts[0]?.receipt.cost).toBe('299')
    // One that can fit nowhere is refused before anybody is asked; many short ones that together are longer are not.
    upstream.become(answerStatus(500, '{}'))
    const tooLong = await ask({ model: 'dear', input: ['a', 'x'.repeat(100 * 128 + 128)] })
    expect(tooLong.error).toMatchObject({ code: 'context_length_exceeded', param: 'input' })
    expect(upstream.requests).toHaveLength(0)
    expect((await newEntries()).receipts).toEqual([])
  })
})

describe('answers that are none', () => {
  test.each([
    ['another number of vectors', embeddingList([[1], [2]])],
    ['not a number', embeddingList([[null]])],
    ['texts', embeddingList([['0.5']])],
    ['base64 of odd length', embeddingList(['AAA'])],
    ['a chat completion', { choices: [{ message: { content: 'x' } }] }],
  ])('%s', async (_name, answer) => {
    upstream.become(answerJson(answer))
    const { status, error } = await ask({})
    expect(status).toBe(502)
    expect(error).toMatchObject({ code: 'upstream_bad_response' })
    expect((await newEntries()).chargedAmount).toBe(0n)
  })

  test('JSON under another content type', async () => {
    upstream.become(answerJson(embeddingList([[1]]), { 'content-type': 'text/html' }))
    expect((await ask({})).status).toBe(502)
    expect((await newEntries()).chargedAmount).toBe(0n)
  })
})

describe('refused before money is held', () => {
  test.each([
    ['no input', { input: undefined }, 'input', 'missing_required_parameter'],
    ['an empty text', { input: '' }, 'input', 'invalid_value'],
    ['an empty text among others', { input: ['a', ''] }, 'input[1]', 'invalid_value'],
    ['an empty list', { input: [] }, 'input', 'invalid_value'],
    ['an object', { input: [{ text: 'a' }] }, 'input', 'invalid_type'],
    ['too many', { input: Array(2049).fill('x') }, 'input', 'invalid_value'],
    ['another encoding', { encoding_format: 'hex' }, 'encoding_format', 'invalid_value'],
    ['half a dimension', { dimensions: 1.5 }, 'dimensions', 'invalid_value'],
    ['no dimension', { dimensions: 0 }, 'dimensions', 'invalid_value'],
    ['a model that is a number', { model: 1 }, 'model', 'invalid_type'],
  ])('%s', async (_name, fields, param, code) => {
    upstream.become(answerStatus(500, '{}'))
    const { status, error } = await ask(fields)
    expect(status).toBe(400)
    expect(error).toMatchObject({ param, code })
    expect(upstream.requests).toHaveLength(0)
    expect((await newEntries()).receipts).toEqual([])
  })
})
