/*
 * Every path that takes JSON, with bodies in which anything was put in the place of anything: each is answered or refused
 * with a 4xx in its API's own shape. A 5xx would be a bug of ours: the upstream answers whatever it is asked.
 */
import fc from 'fast-check'
import { afterAll, expect, test } from 'vitest'
import {
  answerJson,
  embeddingList,
  offeredAt,
  streamTexts,
  textChoice,
  textCompletion,
} from '../support/endpoint-answers.ts'
import {
  answerStatus,
  chunk,
  completion,
  type Script,
  sse,
  sseDone,
  streamBytes,
  usageObject,
} from '../support/scripted-upstream.ts'
import { openUpstreamPlace } from '../support/upstream-place.ts'

const everything = offeredAt(
  ...(['chat/completions', 'completions', 'embeddings'] as const),
  ...(['moderations', 'images/generations', 'audio/speech'] as const),
)
const { upstream, gateway, newEntries, close } = await openUpstreamPlace((baseUrl) => ({
  upstreams: [{ id: 'one', baseUrl, offer: everything }],
}))
afterAll(close)

type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json }

const user = { role: 'user', content: 'hello' }
const schema = { type: 'object', properties: { a: { type: 'string' } }, required: ['a'] }
const called = { name: 'f', description: 'd', parameters: schema }

/** A body that each path takes, with much of what it may say. */
const bodies: Readonly<Record<string, Json>> = {
  '/v1/chat/completions': {
    model: 'm',
    messages: [
      { role: 'system', content: 's' },
      user,
      { role: 'user', content: [{ type: 'text', text: 'x' }] },
    ],
    max_tokens: 5,
    n: 1,
    stream: false,
    stop: ['x'],
    tools: [{ type: 'function', function: called }],
    response_format: { type: 'json_schema', json_schema: { name: 'n', schema } },
    routing: { order: ['one'], max_price: { completion: '9' } },
  },
  '/v1/responses': {
    model: 'm',
    instructions: 'be brief',
    input: [
      {
        role: 'user',
        content: [
          { type: 'input_text', text: 'hello' },
          { type: 'input_image', image_url: 'data:,' },
        ],
      },
      { type: 'function_call', call_id: 'c', name: 'f', arguments: '{}' },
      { type: 'function_call_output', call_id: 'c', output: 'done' },
    ],
    max_output_tokens: 50,
    stream: false,
    store: false,
    tools: [{ type: 'function', ...called, strict: true }],
    tool_choice: { type: 'function', name: 'f' },
    text: { format: { type: 'json_schema', name: 'n', schema } },
    reasoning: { effort: 'low' },
    metadata: { a: 'b' },
  },
  '/v1/messages': {
    model: 'm',
    max_tokens: 50,
    system: [{ type: 'text', text: 's', cache_control: { type: 'ephemeral' } }],
    messages: [
      { role: 'user', content: [{ type: 'text', text: 'hello' }] },
      { role: 'assistant', content: [{ type: 'tool_use', id: 't', name: 'f', input: { a: 'x' } }] },
      { role: 'user', content: [{ type: 'tool_result', tool_use_id: 't', content: 'done' }] },
    ],
    stream: false,
    stop_sequences: ['x'],
    tools: [{ name: 'f', description: 'd', input_schema: schema }],
    tool_choice: { type: 'auto' },
    temperature: 0.5,
  },
  '/v1/completions': {
    model: 'm',
    prompt: ['a', 'b'],
    max_tokens: 5,
    n: 2,
    stream: false,
    echo: false,
  },
  '/v1/embeddings': { model: 'm', input: ['a', 'b'], encoding_format: 'float', dimensions: 2 },
  '/v1/moderations': { model: 'm', input: ['a', 'b'] },
  '/v1/images/generations': { model: 'm', prompt: 'a cat', n: 2, size: '256x256' },
  '/v1/audio/speech': { model: 'm', input: 'hello', voice: 'alloy', speed: 1 },
}

const countOf = (value: unknown): number =>
  Array.isArray(value) && value.some((item) => typeof item !== 'number') ? value.length : 1
const numberOf = (value: unknown): number => (typeof value === 'number' ? value : 1)

/** As many answers as were asked for, whatever it is that was asked. */
const answerAnything: Script = (request, response) => {
  const { json, path } = request
  const n = numberOf(json['n'])
  const answered: Readonly<Record<string, () => Script>> = {
    '/v1/completions': () => {
      const count = countOf(json['prompt']) * n
      const usage = usageObject(1, count)
      const texts = Array.from({ length: count }, (_, index) => [index, 'x'] as const)
      if (json['stream'] === true) return streamTexts(texts, usage)
      return answerJson(
        textCompletion(
          texts.map(([index, text]) => textChoice(index, text)),
          usage,
        ),
      )
    },
    '/v1/embeddings': () =>
      answerJson(embeddingList(Array.from({ length: countOf(json['input']) }, () => [0.5, 1]))),
    '/v1/moderations': () => {
      const isParts = Array.isArray(json['input']) && typeof json['input'][0] === 'object'
      const count = isParts ? 1 : countOf(json['input'])
      return answerJson({ results: Array.from({ length: count }, () => ({ flagged: false })) })
    },
    '/v1/images/generations': () =>
      answerJson({ data: Array.from({ length: n }, () => ({ b64_json: 'AAAA' })) }),
    '/v1/audio/speech': () => answerStatus(200, 'sound', { 'content-type': 'audio/mpeg' }),
    '/v1/chat/completions': () => {
      const indexes = Array.from({ length: n }, (_, index) => index)
      if (json['stream'] !== true) {
        const whole = completion('x')
        const choices = indexes.map((index) => ({ ...whole.choices[0], index }))
        return answerStatus(200, JSON.stringify({ ...whole, choices }))
      }
      const events = indexes.flatMap((index) => [
        chunk({ content: 'x' }, null, index),
        chunk({}, 'stop', index),
      ])
      return streamBytes([...events.map(sse), sseDone])
    },
  }
  return answered[path]?.()(request, response)
}

/** Every place in a value, the whole included. */
function placesIn(
  value: Json,
  path: readonly (string | number)[] = [],
): (readonly (string | number)[])[] {
  if (typeof value !== 'object' || value === null) return [path]
  return [
    path,
    ...Object.entries(value).flatMap(([name, inner]) => placesIn(inner, [...path, name])),
  ]
}

/** The same value with something else at that place; without the place where it is undefined. */
function changed(
  value: Json,
  path: readonly (string | number)[],
  put: Json | undefined,
): Json | undefined {
  const [name, ...rest] = path
  if (name === undefined || typeof value !== 'object' || value === null) return put
  const entries = Object.entries(value).flatMap(([key, inner]): [string, Json][] => {
    if (key !== String(name)) return [[key, inner]]
    const next = changed(inner, rest, put)
    return next === undefined ? [] : [[key, next]]
  })
  return Array.isArray(value) ? entries.map(([, inner]) => inner) : Object.fromEntries(entries)
}

const anyPut = fc.oneof(
  fc.constant(undefined),
  fc.constantFrom<Json[]>(null, true, false, 0, -1, 1, 2, 2 ** 53, 1.5, '', 'x', 'm', 'one'),
  fc.constantFrom<Json[]>([], {}, [[]], [null], [{}], ['x'], [1, 2], { type: 'x' }, [user]),
  fc.constantFrom<Json[]>({ type: 'text', text: 'x' }, { type: 'image_url' }, 'x'.repeat(5_000)),
  fc.jsonValue({ maxDepth: 3 }) as fc.Arbitrary<Json>,
)
const anyChange = fc.record({ place: fc.nat(10_000), put: anyPut })
const anyAsked = fc.record({
  path: fc.constantFrom(...Object.keys(bodies)),
  changes: fc.array(anyChange, { minLength: 1, maxLength: 3 }),
  stream: fc.boolean(),
})

async function post(path: string, body: string) {
  const response = await fetch(`${gateway.origin}${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${gateway.apiKey}`, 'content-type': 'application/json' },
    body,
  })
  return { status: response.status, text: await response.text() }
}

test('whatever is put in the place of whatever, a body is answered or refused as the caller’s own mistake', async () => {
  upstream.become(answerAnything)
  const counts = new Map(Object.keys(bodies).map((path) => [path, { answered: 0, refused: 0 }]))
  let answered = 0
  await fc.assert(
    fc.asyncProperty(anyAsked, async ({ path, changes, stream }) => {
      const original = bodies[path] as { readonly [name: string]: Json }
      const base: Json = 'stream' in original ? { ...original, stream } : original
      const body = changes.reduce<Json>((value, { place, put }) => {
        const places = placesIn(value)
        return changed(value, places[place % places.length] ?? [], put) ?? null
      }, base)
      const { status, text } = await post(path, JSON.stringify(body))
      expect(status, `${path} ${JSON.stringify(body)}: ${text}`).toBeLessThan(500)
      const count = counts.get(path)
      if (count === undefined) return
      if (status === 200) {
        count.answered += 1
        answered += 1
        expect(text).not.toContain('"error":{')
        return
      }
      count.refused += 1
      const { error } = JSON.parse(text) as { error: { message: string; type: string } }
      expect(error.message).toMatch(/^[A-Z'].*\.$/s)
      expect(error.type).toMatch(/_error$|^insufficient_quota$/)
    }),
    { numRuns: 1_600, seed: 20_261_122 },
  )
  expect((await newEntries()).receipts).toHaveLength(answered)
  for (const [path, count] of counts) {
    expect(count.answered, path).toBeGreaterThan(8)
    expect(count.refused, path).toBeGreaterThan(8)
  }
})
