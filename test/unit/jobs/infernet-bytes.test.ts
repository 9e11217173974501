import { AbiCoder } from 'ethers'
import { describe, expect, test } from 'vitest'
import type { Tensor } from '../../../src/domain/tensor-terms.ts'
import { atomic } from '../../../src/domain/units.ts'
import type { InfernetContainer } from '../../../src/jobs/infernet-container.ts'
import {
  decimalText,
  infernetEndpoint,
  infernetInputBytesMax,
  infernetRequestBody,
} from '../../../src/jobs/infernet-input.ts'
import { infernetAnswer } from '../../../src/jobs/infernet-output.ts'

const abi = AbiCoder.defaultAbiCoder()
const encoded = (types: readonly string[], values: readonly unknown[]): Buffer =>
  Buffer.from(abi.encode(types, values).slice(2), 'hex')

const container: InfernetContainer = {
  name: 'gpt4',
  modelName: 'qwen3-8b',
  input: 'abi-string',
  output: 'abi-string',
  envelope: 'pair',
  system: undefined,
  completionTokensMax: 64,
  decimals: undefined,
  answerPrice: atomic(0n),
}
const iris: InfernetContainer = { ...container, input: 'tensor', output: 'tensor', decimals: 6 }

/** The body as JSON, or why there is none. */
function bodyOf(terms: Partial<InfernetContainer>, input: Buffer): unknown {
  const body = infernetRequestBody({ ...container, ...terms }, input)
  return body.ok ? JSON.parse(body.value.toString()) : body.error
}

describe('the inputs of a consumer', () => {
  const sampled = { max_tokens: 64, temperature: 0, seed: 0 }
  const asked = (content: string) => ({
    model: 'qwen3-8b',
    messages: [{ role: 'user', content }],
    ...sampled,
  })

  test('are a message, whatever it says', () => {
    const prompt = 'Is it "safe"?\n\\"}], ok é'
    expect(bodyOf({}, encoded(['string'], [prompt]))).toEqual(asked(prompt))
    expect(bodyOf({ input: 'text' }, Buffer.from(prompt))).toEqual(asked(prompt))
  })

  test('come behind what the operator says first', () => {
    const body = bodyOf({ input: 'text', system: 'Be brief.' }, Buffer.from('hi'))
    const messages = [
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'hi' },
    ]
    expect(body).toEqual({ model: 'qwen3-8b', messages, ...sampled })
  })

  test('are passed on as they are where they are a body', () => {
    const input = Buffer.from('{ "model":"qwen3-8b", "messages":[], "max_completion_tokens": 64 }')
    expect(infernetRequestBody({ ...container, input: 'chat-json' }, input)).toEqual({
      ok: true,
      value: input,
    })
  })

  test('are numbers with the digits that the consumer gave them', () => {
    const input = encoded(['uint256[]'], [[1_038_004, 558_610, 0, 12]])
    const model = 'qwen3-8b'
    expect(bodyOf(iris, input)).toEqual({ model, input: [1.038004, 0.55861, 0, 0.000012] })
    expect(bodyOf({ ...iris, decimals: undefined }, input)).toEqual({
      model,
      input_integers: [1_038_004, 558_610, 0, 12],
    })
    const words = encoded(['int256[2]'], [[-5, 1]])
    const bare = { ...iris, input: 'tensor-words', decimals: undefined } as const
    expect(bodyOf(bare, words)).toEqual({ model, input_integers: [-5, 1] })
  })

  test.each([
    [-1n, 6, '-0.000001'],
    [0n, 6, '0.000000'],
    [-1_500_000n, 6, '-1.500000'],
    [2n ** 200n, 0, String(2n ** 200n)],
  ])('write %s with %i decimals as %s', (value, decimals, text) => {
    expect(decimalText(value, decimals)).toBe(text)
    expect(typeof JSON.parse(text)).toBe('number')
  })

  const json = (body: unknown) => Buffer.from(JSON.stringify(body))
  test.each([
    ['nothing', 'text', Buffer.alloc(0), 'it is empty'],
    ['no UTF-8', 'text', Buffer.from([0xff]), 'its text is not UTF-8'],
    ['too much', 'text', Buffer.alloc(infernetInputBytesMax + 1, 'a'), 'it has more than'],
    ['bare text', 'abi-string', Buffer.from('hi'), 'it is no abi.encode(string)'],
    ['an empty string', 'abi-string', encoded(['string'], ['']), 'its text is empty'],
    ['bytes', 'abi-string', encoded(['bytes'], ['0xff']), 'its text is not UTF-8'],
    ['a text', 'tensor', encoded(['string'], ['hi']), 'it is no abi.encode(int256[])'],
    ['half a word', 'tensor-words', Buffer.alloc(16), 'it is no row of int256'],
    ['a list', 'chat-json', json([]), 'it is no JSON object'],
    ['no JSON', 'chat-json', Buffer.from('{'), 'it is no JSON object'],
    ['another model', 'chat-json', json({ model: 'other' }), 'its model is not qwen3-8b'],
    [
      'no bound',
      'chat-json',
      json({ model: 'qwen3-8b' }),
      'its max_completion_tokens is not given',
    ],
    ['too long', 'chat-json', json({ model: 'qwen3-8b', max_tokens: 65 }), 'or over 64'],
    [
      'two bounds, one too long',
      'chat-json',
      json({ model: 'qwen3-8b', max_tokens: 65, max_completion_tokens: 1 }),
      'or over 64',
    ],
  ] as const)('are refused where they are %s (%s)', (_what, input, bytes, why) => {
    expect(bodyOf({ input }, bytes)).toContain(why)
  })

  test('say where they are asked', () => {
    expect(infernetEndpoint(container)).toBe('chat/completions')
    expect(infernetEndpoint(iris)).toBe('inference')
  })
})

describe('the outputs for a consumer', () => {
  const requestHash = Buffer.alloc(32, 7)
  const answer = (content: Buffer, outputs: readonly Tensor[] = []) => ({
    content,
    requestHash,
    outputs,
  })
  const none = Buffer.alloc(0)

  test('are in a pair, as those of a container of its own node are', () => {
    const { input, output } = infernetAnswer(container, answer(Buffer.from('yes')))
    expect(input).toEqual(encoded(['bytes', 'bytes'], [requestHash, none]))
    const raw = encoded(['string'], ['yes'])
    expect(output).toEqual(encoded(['bytes', 'bytes'], [raw, none]))
  })

  test('are bare where that is said', () => {
    const plain = { ...container, envelope: 'plain', output: 'text' } as const
    const bare = infernetAnswer(plain, answer(Buffer.from('yes')))
    expect(bare).toEqual({ input: requestHash, output: Buffer.from('yes') })
  })

  test('are numbers with the digits of the consumer, next to what the receipt is of', () => {
    const outputs = [
      { name: 'a', shape: [1, 2], scaleBits: 10 },
      { name: 'b', shape: [], scaleBits: 0 },
    ]
    const content = encoded(['int256[]'], [[1_024, -1, 3]])
    const { output } = infernetAnswer(iris, answer(content, outputs))
    // -1/1024 = -0.0009765625, the nearest with six digits.
    const raw = encoded(['int256[]'], [[1_000_000, -977, 3_000_000]])
    expect(output).toEqual(encoded(['bytes', 'bytes'], [raw, content]))
  })

  test('are rounded to the nearest, halves upwards', () => {
    const outputs = [{ name: 'a', shape: [4], scaleBits: 1 }]
    const content = encoded(['int256[]'], [[1, -1, 3, -3]])
    const whole = { ...iris, decimals: 0, envelope: 'plain', output: 'tensor-words' } as const
    expect(infernetAnswer(whole, answer(content, outputs)).output).toEqual(
      encoded(['int256[4]'], [[1, 0, 2, -1]]),
    )
  })

  test("are the model's own integers where no digits are said", () => {
    const content = encoded(['int256[]'], [[5, -5]])
    const own = { ...iris, decimals: undefined, envelope: 'plain' } as const
    expect(infernetAnswer(own, answer(content)).output).toEqual(content)
  })
})
