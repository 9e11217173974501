/*
 * Whatever is sent to the Responses API is refused by the name of a member, or becomes a chat completion that the gateway
 * takes; nothing throws.
 */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { errorAnswer } from '../../src/http/openai-error.ts'
import { parseChatBody } from '../../src/http/openai-schema.ts'
import { responses } from '../../src/http/responses/responses.ts'
import type { Asked } from '../../src/http/surface.ts'

type Counts = { taken: number; refused: number }

/** Reads a body; throws unless it is one or the other. */
function read(body: Buffer, counts: Counts): Asked['request'] | undefined {
  const asked = responses.read(body, {})
  if (asked instanceof Promise) throw new Error('it waits for something')
  if (!asked.ok) {
    counts.refused += 1
    const { status, error } = errorAnswer(asked.error)
    expect(status).toBe(400)
    // A body that is no JSON has no members.
    if (asked.error.reason !== 'invalid_json') expect(error.param).toEqual(expect.any(String))
    expect(JSON.stringify(error).length).toBeLessThan(2_000)
    return undefined
  }
  counts.taken += 1
  const { request } = asked.value
  const chat = parseChatBody(request.forwardedBody)
  if (!chat.ok) throw new Error(JSON.stringify(chat.error))
  expect(chat.value.modelName).toBe(request.modelName)
  expect(chat.value.stream).toBe(request.stream)
  expect(request.choiceCount).toBe(1)
  expect(request.endpoint).toBe('chat/completions')
  return request
}

const word = fc.string({ unit: 'grapheme', maxLength: 6 })
/** Mostly what it should be, sometimes absent or anything else. */
const mostly = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<unknown> =>
  fc.oneof(
    { arbitrary, weight: 60 },
    { arbitrary: fc.constant(null), weight: 2 },
    { arbitrary: fc.jsonValue({ maxDepth: 2 }), weight: 1 },
  )
const object = <T>(members: { [K in keyof T]: fc.Arbitrary<T[K]> }, required: (keyof T)[]) =>
  fc.record(members, { requiredKeys: required })

const part = fc.oneof(
  object({ type: fc.constantFrom('input_text', 'output_text'), text: mostly(word) }, [
    'type',
    'text',
  ]),
  object({ type: fc.constant('refusal'), refusal: word }, ['type', 'refusal']),
  object(
    {
      type: fc.constant('input_image'),
      image_url: mostly(fc.webUrl()),
      detail: mostly(fc.constantFrom('auto', 'low', 'high')),
    },
    ['type', 'image_url'],
  ),
  object({ type: fc.constant('input_file'), file_data: mostly(word), filename: word }, [
    'type',
    'file_data',
  ]),
)
const content = mostly(fc.oneof(word, fc.array(part, { maxLength: 3 })))
const item = fc.oneof(
  {
    weight: 5,
    arbitrary: object(
      { role: mostly(fc.constantFrom('user', 'system', 'developer', 'assistant')), content },
      ['role', 'content'],
    ),
  },
  {
    weight: 2,
    arbitrary: object(
      { type: fc.constant('function_call'), call_id: mostly(word), name: word, arguments: word },
      ['type', 'call_id', 'name', 'arguments'],
    ),
  },
  {
    weight: 2,
    arbitrary: object(
      { type: fc.constant('function_call_output'), call_id: word, output: content },
      ['type', 'call_id', 'output'],
    ),
  },
  {
    weight: 1,
    arbitrary: object({ type: fc.constant('reasoning'), summary: fc.constant([]) }, ['type']),
  },
)
const tool = object(
  {
    type: mostly(fc.constant('function')),
    name: mostly(fc.constantFrom('f', 'g')),
    description: mostly(word),
    parameters: mostly(fc.dictionary(word, fc.jsonValue({ maxDepth: 3 }))),
    strict: mostly(fc.boolean()),
  },
  ['type', 'name'],
)
const choice = fc.oneof(
  fc.constantFrom('auto', 'none', 'required'),
  object({ type: fc.constant('function'), name: fc.constantFrom('f', 'g') }, ['type', 'name']),
)
const format = fc.oneof(
  object({ type: fc.constantFrom('text', 'json_object') }, ['type']),
  object({ type: fc.constant('json_schema'), name: word, schema: fc.object() }, [
    'type',
    'name',
    'schema',
  ]),
)
const request = object(
  {
    model: mostly(fc.constant('m')),
    input: mostly(fc.oneof(word, fc.array(item, { minLength: 1, maxLength: 5 }))),
    instructions: mostly(word),
    tools: mostly(fc.array(tool, { maxLength: 2 })),
    tool_choice: mostly(choice),
    text: mostly(object({ format: mostly(format), verbosity: fc.constantFrom('low', 'high') }, [])),
    reasoning: mostly(
      object({ effort: fc.constantFrom('low', 'none'), summary: fc.constant('auto') }, []),
    ),
    max_output_tokens: mostly(fc.nat(5_000)),
    temperature: mostly(fc.double({ min: 0, max: 2.1, noNaN: true })),
    stream: mostly(fc.boolean()),
    store: mostly(fc.constant(false)),
    metadata: mostly(fc.dictionary(word, word, { maxKeys: 3 })),
    include: mostly(fc.subarray(['message.output_text.logprobs', 'reasoning.encrypted_content'])),
    top_logprobs: mostly(fc.nat(21)),
    attestation: mostly(fc.constant({ mode: 'signed' })),
    stop: mostly(word),
  },
  ['model', 'input'],
)
const bodyOf = (value: unknown): Buffer => Buffer.from(JSON.stringify(value))

describe('a body', () => {
  test('that is nearly a request is taken or refused by name, the same every time', () => {
    const counts: Counts = { taken: 0, refused: 0 }
    fc.assert(
      fc.property(request, (fields) => {
        const body = bodyOf(fields)
        const taken = read(body, counts)
        const again = read(body, { taken: 0, refused: 0 })
        expect(again?.forwardedBody).toEqual(taken?.forwardedBody)
      }),
      { numRuns: 500 },
    )
    expect(counts.taken).toBeGreaterThan(50)
    expect(counts.refused).toBeGreaterThan(50)
  })

  test('that is any object at all', () => {
    const counts: Counts = { taken: 0, refused: 0 }
    const names = fc.constantFrom(
      'model',
      'input',
      'tools',
      'text',
      '__proto__',
      'constructor',
      'toString',
    )
    const anything = fc.dictionary(fc.oneof(names, word), fc.jsonValue(), { maxKeys: 6 })
    fc.assert(fc.property(anything, (fields) => void read(bodyOf(fields), counts)))
    expect(counts.refused).toBeGreaterThan(0)
  })

  test('of any bytes', () => {
    const counts: Counts = { taken: 0, refused: 0 }
    fc.assert(fc.property(fc.uint8Array(), (bytes) => void read(Buffer.from(bytes), counts)))
    expect(counts.refused).toBeGreaterThan(0)
  })

  test('with a byte changed', () => {
    const counts: Counts = { taken: 0, refused: 0 }
    const whole = bodyOf({
      model: 'm',
      instructions: 'Be brief.',
      input: [
        { role: 'user', content: [{ type: 'input_text', text: 'Hi' }] },
        { type: 'function_call', call_id: 'a', name: 'f', arguments: '{}' },
        { type: 'function_call_output', call_id: 'a', output: 'x' },
      ],
      tools: [{ type: 'function', name: 'f', parameters: { type: 'object' } }],
      tool_choice: { type: 'function', name: 'f' },
    })
    fc.assert(
      fc.property(fc.nat(whole.length - 1), fc.nat(255), (at, byte) => {
        const changed = Buffer.from(whole)
        changed[at] = byte
        read(changed, counts)
      }),
      { numRuns: 500 },
    )
    expect(counts.taken).toBeGreaterThan(0)
    expect(counts.refused).toBeGreaterThan(0)
  })
})

describe('a body that is', () => {
  const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth)
  const asking = (members: string): Buffer => Buffer.from(`{"model":"m","input":"Hi",${members}}`)
  const user = { role: 'user', content: 'x' }

  test.each([
    ['deep', asking(`"tools":${nested(5_000)}`), 'invalid_json'],
    // Its translation stands one level deeper than itself.
    [
      'just too deep',
      asking(`"tools":[{"type":"function","name":"f","parameters":{"a":${nested(60)}}}]`),
      'invalid_json',
    ],
    ['doubled', asking('"input":"Ho"'), 'invalid_json'],
    [
      'full of items',
      bodyOf({ model: 'm', input: Array.from({ length: 100_000 }, () => user) }),
      'invalid_json',
    ],
    [
      'full of parts',
      bodyOf({
        model: 'm',
        input: [
          {
            ...user,
            content: Array.from({ length: 100_000 }, () => ({ type: 'input_text', text: 'x' })),
          },
        ],
      }),
      'invalid_json',
    ],
    [
      'full of members',
      bodyOf({
        model: 'm',
        input: 'Hi',
        ...Object.fromEntries(Array.from({ length: 50_000 }, (_, n) => [`x${n}`, n])),
      }),
      'unsupported_parameter',
    ],
    [
      'full of tools',
      bodyOf({
        model: 'm',
        input: 'Hi',
        tools: Array.from({ length: 20_000 }, (_, n) => ({ type: 'function', name: `f${n}` })),
      }),
      undefined,
    ],
    ['of odd text', bodyOf({ model: 'm', input: '\u0000\u2028"\\\ud83d\ude00' }), undefined],
  ])('%s', (_name, body, reason) => {
    const counts: Counts = { taken: 0, refused: 0 }
    read(body, counts)
    const asked = responses.read(body, {})
    if (asked instanceof Promise) throw new Error('it waits for something')
    expect(asked.ok ? undefined : asked.error.reason).toBe(reason)
    expect(counts.taken + counts.refused).toBe(1)
  })
})
