import { describe, expect, test } from 'vitest'
import { readEmbeddings } from '../../../src/upstream/embeddings-answer.ts'
import { base64Of, embeddingList } from '../../support/endpoint-answers.ts'

const read = (
  answer: unknown,
  asked: { readonly count?: number; readonly form?: 'float' | 'base64' } = {},
) =>
  readEmbeddings(Buffer.from(JSON.stringify(answer)), {
    choiceCount: asked.count ?? 1,
    contentType: 'application/json',
    unit: 'vector',
    expected: { perChoiceMax: 1, perChoiceLikely: 1, form: asked.form ?? 'float' },
  })

const told = (answer: unknown, form: 'float' | 'base64') =>
  JSON.parse(read(answer, { form })?.bytes.toString() ?? 'null')

describe('the form that the client asked for, whichever the engine answers', () => {
  const values = [0.5, -0.25, 3]

  test.each([
    ['numbers as numbers', values, 'float', values],
    ['base64 as numbers', base64Of(values), 'float', values],
    ['numbers as base64', values, 'base64', base64Of(values)],
    ['base64 as base64', base64Of(values), 'base64', base64Of(values)],
  ] as const)('%s', (_name, engine, form, client) => {
    expect(told(embeddingList([engine]), form).data).toEqual([
      { object: 'embedding', index: 0, embedding: client },
    ])
  })

  test('numbers beyond 32 bits stay as they are written, and are hashed in 32 bits', () => {
    const answer = read(embeddingList([[0.1]]))
    expect(JSON.parse(String(answer?.bytes)).data[0].embedding).toEqual([0.1])
    expect(answer?.delivered[0]?.readFloatLE()).toBe(Math.fround(0.1))
  })

  test('a negative zero keeps its sign', () => {
    const answer = read(embeddingList([base64Of([-0, 1])]))
    expect(answer?.bytes.toString()).toContain('"embedding":[-0,1]')
  })

  test('what else the engine says goes through', () => {
    expect(told({ ...embeddingList([values]), id: 'emb-1' }, 'float')).toMatchObject({
      object: 'list',
      id: 'emb-1',
      model: 'm',
      usage: { prompt_tokens: 4 },
    })
  })
})

describe('what is counted', () => {
  test('vectors, and the tokens of the prompt where the engine says', () => {
    expect(read(embeddingList([[1], [2]]), { count: 2 })).toMatchObject({
      units: 2,
      usage: { promptTokens: 4, completionTokens: 2 },
    })
    expect(read(embeddingList([[1]], null))?.usage).toBeUndefined()
    expect(read(embeddingList([[1]], { prompt_tokens: -1 }))?.usage).toBeUndefined()
  })

  test('in the order of their index', () => {
    const list = embeddingList([[1], [2]])
    const data = (list['data'] as { index: number }[]).map((entry) => ({
      ...entry,
      index: 1 - entry.index,
    }))
    const answer = read({ ...list, data }, { count: 2 })
    expect(answer?.delivered.map((floats) => floats.readFloatLE())).toEqual([2, 1])
    expect(
      JSON.parse(String(answer?.bytes)).data.map((entry: { index: number }) => entry.index),
    ).toEqual([0, 1])
  })
})

describe('what is no answer', () => {
  const entry = { object: 'embedding', index: 0, embedding: [1] }
  const list = (...data: unknown[]) => ({ object: 'list', data })

  test.each([
    ['no list', 7, 1],
    ['no data', {}, 1],
    ['no vector', list(), 1],
    ['fewer than inputs', list(entry), 2],
    ['more than inputs', list(entry, { ...entry, index: 1 }), 1],
    ['an index twice', list(entry, entry), 2],
    ['an index beyond', list(entry, { ...entry, index: 2 }), 2],
    ['a negative index', list({ ...entry, index: -1 }), 1],
    ['half an index', list({ ...entry, index: 0.5 }), 1],
    ['lengths that differ', list(entry, { ...entry, index: 1, embedding: [1, 2] }), 2],
    ['an empty vector', list({ ...entry, embedding: [] }), 1],
    ['no embedding', list({ index: 0 }), 1],
    ['a vector of texts', list({ ...entry, embedding: ['1'] }), 1],
    ['null for not a number', list({ ...entry, embedding: [Number.NaN] }), 1],
    ['what 32 bits do not hold', list({ ...entry, embedding: [1e39] }), 1],
    ['NaN in base64', list({ ...entry, embedding: base64Of([Number.NaN]) }), 1],
    ['infinity in base64', list({ ...entry, embedding: base64Of([Number.POSITIVE_INFINITY]) }), 1],
    ['base64 of odd length', list({ ...entry, embedding: 'AACAP' }), 1],
    ['base64 of three bytes', list({ ...entry, embedding: 'AACA' }), 1],
    ['base64 that is none', list({ ...entry, embedding: 'AACA$w==' }), 1],
    ['empty base64', list({ ...entry, embedding: '' }), 1],
    ['a null', list(null), 1],
  ])('%s', (_name, answer, count) => {
    expect(read(answer, { count })).toBeUndefined()
  })

  test('a body that is no JSON, or is nested beyond reason', () => {
    const asked = { choiceCount: 1, contentType: '', unit: 'vector', expected: undefined } as const
    expect(readEmbeddings(Buffer.from('{"data":'), asked)).toBeUndefined()
    const deep = `{"data":[{"embedding":[1]}],"x":${'['.repeat(70_000)}${']'.repeat(70_000)}}`
    expect(readEmbeddings(Buffer.from(deep), asked)).toBeUndefined()
  })
})
