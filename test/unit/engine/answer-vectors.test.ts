/*
 * Vectors of the real model behind a real server, and the signed Work of them.
 */
import OpenAI from 'openai'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { decodeWork } from '../../../src/attestation/check-work.ts'
import { deliveredHash } from '../../../src/attestation/content-hash.ts'
import { embeddingInputsMax } from '../../../src/base/limits.ts'
import { randomPrivateKey } from '../../../src/chain/private-key.ts'
import { receiptDomain } from '../../../src/chain/receipt-typed-data.ts'
import { openWorkSigner } from '../../../src/contributor/sign-work.ts'
import { address } from '../../../src/domain/units.ts'
import { createEngine } from '../../../src/engine/engine.ts'
import { type EngineServer, startEngineServer } from '../../../src/engine/engine-server.ts'
import type { LanguageModel } from '../../../src/engine/load-model.ts'
import { readTextEmbedding } from '../../../src/engine/text-embedding.ts'
import { loadBuiltInModel } from '../../support/built-in-model.ts'
import { memoryJobs } from '../../support/memory-jobs.ts'

const account = address(`0x${'0a'.repeat(20)}`)
let model: LanguageModel
let server: EngineServer
let client: OpenAI
let jobs = 0

beforeAll(async () => {
  model = await loadBuiltInModel()
  const workSigner = openWorkSigner({
    privateKey: randomPrivateKey(),
    contributor: account,
    modelId: model.modelId,
    domain: receiptDomain({ chainId: 1, verifyingContract: account }),
    jobs: memoryJobs(),
  })
  const engine = createEngine({
    model,
    workSigner,
    slotsMax: 4,
    batchRowsMax: 4,
    waitingMax: 0,
    prefixCacheBytesMax: 0,
    nowMs: Date.now,
  })
  const place = { host: '127.0.0.1', port: 0, secret: undefined, onRequestEnd: () => undefined }
  server = await startEngineServer(engine, place)
  client = new OpenAI({ apiKey: 'none', baseURL: `${server.url}/v1`, maxRetries: 0 })
})

afterAll(() => server.stop())

type Answer = {
  readonly data: readonly {
    readonly object: string
    readonly index: number
    readonly embedding: readonly number[]
  }[]
  readonly model: string
  readonly usage: { readonly prompt_tokens: number; readonly total_tokens: number }
  readonly error: { readonly code: string; readonly param: string }
}

async function ask(fields: Readonly<Record<string, unknown>>) {
  jobs += 1
  const response = await fetch(`${server.url}/v1/embeddings`, {
    method: 'POST',
    headers: {
      'x-vouch-job': `0x${jobs.toString(16).padStart(64, '0')}`,
      'x-vouch-gateway': account,
      'x-vouch-model': model.modelId,
    },
    body: JSON.stringify({ model: model.name, ...fields }),
  })
  const json = (await response.json()) as Answer
  const work = decodeWork(response.headers.get('x-vouch-work') ?? '')?.work
  return { status: response.status, json, work }
}

async function vectorOf(input: string, fields: object = {}): Promise<readonly number[]> {
  const { json } = await ask({ input, ...fields })
  return json.data[0]?.embedding ?? expect.fail('no vector came')
}

const lengthOf = (vector: readonly number[]): number => Math.hypot(...vector)
const cosine = (one: readonly number[], other: readonly number[]): number =>
  one.reduce((sum, value, at) => sum + value * (other[at] ?? Number.NaN), 0)
const question = 'What is a receipt?'

describe('a vector', () => {
  test('is the one that the fitting script computes, at length one', async () => {
    const vector = await vectorOf(question)
    expect(vector).toHaveLength(128)
    expect(lengthOf(vector)).toBeCloseTo(1, 6)
    // models/vouch-mini/training/embed.py, through onnxruntime of Python.
    const expected = [-0.087948, -0.36825, 0.186964, 0.171767, 0.006071, -0.158213]
    for (const [at, value] of expected.entries()) expect(vector[at]).toBeCloseTo(value, 4)
  })

  test('is near to that of the same question in other words', async () => {
    const [asked, same, other] = await Promise.all(
      [question, 'Explain to me what receipts are.', 'Which contracts are on the chain?'].map(
        (input) => vectorOf(input),
      ),
    )
    if (!asked || !same || !other) throw new Error('three were asked for')
    expect(cosine(asked, same)).toBeGreaterThan(0.4)
    expect(cosine(asked, other)).toBeLessThan(cosine(asked, same) - 0.2)
  })

  test('has the same bits whatever else runs, and however long its text is', async () => {
    const long = 'A gateway meters what a contributor answers. '.repeat(12)
    for (const input of [question, long]) {
      const alone = await vectorOf(input)
      const story = { model: model.name, prompt: 'Once upon', max_tokens: 60 }
      const [, together] = await Promise.all([client.completions.create(story), vectorOf(input)])
      expect(together).toEqual(alone)
    }
  })

  test('shortened is its beginning, at length one again', async () => {
    const [whole, short] = [await vectorOf(question), await vectorOf(question, { dimensions: 64 })]
    expect(short).toHaveLength(64)
    expect(lengthOf(short)).toBeCloseTo(1, 6)
    const part = whole.slice(0, 64)
    for (const [at, value] of short.entries()) {
      expect(value).toBeCloseTo((part[at] ?? Number.NaN) / lengthOf(part), 6)
    }
  })
})

describe('POST /v1/embeddings', () => {
  test('answers several inputs in order, texts as their token ids', async () => {
    const texts = [question, 'Hello there', '<|end|>']
    const { json } = await ask({ input: texts })
    expect(json).toMatchObject({ object: 'list', model: model.name })
    expect(json.data.map(({ object, index }) => [object, index])).toEqual([
      ['embedding', 0],
      ['embedding', 1],
      ['embedding', 2],
    ])
    const ids = texts.map((text) => model.tokenizer.encodeContent(text))
    const count = ids.flat().length
    expect(json.usage).toEqual({ prompt_tokens: count, total_tokens: count })
    expect((await ask({ input: ids })).json).toEqual(json)
    const alone = await Promise.all(texts.map((text) => vectorOf(text)))
    expect(json.data.map(({ embedding }) => embedding)).toEqual(alone)
    expect((await ask({ input: ids[0] })).json.data[0]?.embedding).toEqual(alone[0])
  })

  test('is read by the official client, which asks for base64, to the last bit', async () => {
    const input = [question, 'Hello there']
    const { data } = await client.embeddings.create({ model: model.name, input })
    const floats = await client.embeddings.create({
      model: model.name,
      input,
      encoding_format: 'float',
    })
    expect(data.map(({ embedding }) => [...embedding])).toEqual(
      floats.data.map(({ embedding }) => [...embedding].map(Math.fround)),
    )
    expect(floats.data.map(({ embedding }) => embedding.map(Math.fround))).toEqual(
      floats.data.map(({ embedding }) => embedding),
    )
  })

  test('signs the floats, and their number as what it made', async () => {
    for (const encoding_format of ['float', 'base64']) {
      const { json, work } = await ask({ input: [question, 'Hello'], encoding_format })
      const bytes = json.data.map(({ embedding }) =>
        typeof embedding === 'string'
          ? Buffer.from(embedding, 'base64')
          : Buffer.from(Float32Array.from(embedding).buffer),
      )
      expect(work).toMatchObject({
        contentHash: deliveredHash(bytes),
        promptTokens: json.usage.prompt_tokens,
        cachedPromptTokens: 0,
        completionTokens: 2,
      })
    }
  })

  test.each([
    [{}, 'missing_required_parameter', 'input'],
    [{ input: [] }, 'empty_array', 'input'],
    [{ input: '' }, 'invalid_value', 'input'],
    [{ input: ['a', ''] }, 'invalid_value', 'input[1]'],
    [{ input: 7 }, 'invalid_type', 'input'],
    [{ input: [5, 2048] }, 'invalid_value', 'input'],
    [{ input: Array(embeddingInputsMax + 1).fill('a') }, 'array_above_max_length', 'input'],
    [{ input: 'a', dimensions: 0 }, 'integer_below_min_value', 'dimensions'],
    [{ input: 'a', dimensions: 129 }, 'integer_above_max_value', 'dimensions'],
    [{ input: 'a', encoding_format: 'hex' }, 'invalid_value', 'encoding_format'],
    [{ input: ['a', 'b c '.repeat(1024)] }, 'context_length_exceeded', 'input[1]'],
    [{ input: [Array(1023).fill(5)] }, 'context_length_exceeded', 'input[0]'],
  ])('refuses %j', async (fields, code, param) => {
    const { status, json } = await ask(fields)
    expect(status).toBe(400)
    expect(json.error).toMatchObject({ code, param })
  })
})

test('a table of another size is refused', () => {
  const config = model.config.embedding ?? expect.fail('the model makes vectors')
  const read = (bytes: number) => readTextEmbedding(Buffer.alloc(bytes), config, model.tokenizer)
  expect(read(128 * 769 * 2).ok).toBe(true)
  for (const bytes of [0, 128 * 769, 128 * 769 * 2 + 2, 128 * 768 * 2]) {
    expect(read(bytes)).toMatchObject({ ok: false })
  }
})
