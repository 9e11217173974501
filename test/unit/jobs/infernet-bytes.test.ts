import { AbiCoder } from 'ethers'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { chatInput } from '../../../src/client/contract-input.ts'
import type { InfernetContainer } from '../../../src/domain/infernet-container.ts'
import type { Tensor } from '../../../src/domain/tensor-terms.ts'
import { atomic } from '../../../src/domain/units.ts'
import { decimalIntegers, scaledIntegers } from '../../../src/jobs/infernet-decimals.ts'
import { infernetInputBytesMax, infernetModelInput } from '../../../src/jobs/infernet-input.ts'
import { type InfernetAnswerForm, infernetAnswer } from '../../../src/jobs/infernet-output.ts'

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

/** What the model is asked with, or why nothing. */
function inputOf(terms: InfernetContainer, input: Buffer, inputs: readonly Tensor[]): unknown {
  const asked = infernetModelInput(terms, input, inputs)
  return asked.ok ? asked.value : asked.error
}

/** The same as JSON. */
function bodyOf(terms: Partial<InfernetContainer>, input: Buffer): unknown {
  const body = infernetModelInput({ ...container, ...terms }, input, [])
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

  test('are what ChatInput writes, byte for byte, as in contracts of our own', () => {
    const system = 'Be brief.'
    const asked = infernetModelInput({ ...container, system }, encoded(['string'], ['“hi”\n']), [])
    const question = { model: 'qwen3-8b', system, user: '“hi”\n', completionTokensMax: 64 }
    expect(asked).toEqual({ ok: true, value: Buffer.from(chatInput(question)) })
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
    expect(infernetModelInput({ ...container, input: 'chat-json' }, input, [])).toEqual({
      ok: true,
      value: input,
    })
  })

  test('are integers of the model for the digits that the consumer gave', () => {
    const input = encoded(['uint256[]'], [[1_038_004, 558_610, 0, 12]])
    const inputs = [
      { name: 'a', shape: [1, 3], scaleBits: 10 },
      { name: 'b', shape: [], scaleBits: 20 },
    ]
    // 1.038004 × 1024 = 1062.9…, 0.55861 × 1024 = 572.01…, 0.000012 × 2^20 = 12.58…
    expect(inputOf(iris, input, inputs)).toEqual(encoded(['int256[]'], [[1_063, 572, 0, 13]]))
    const own = { ...iris, decimals: undefined }
    expect(inputOf(own, input, inputs)).toEqual(input)
    const words = encoded(['int256[4]'], [[-5, 1, 2, 3]])
    expect(inputOf({ ...own, input: 'tensor-words' }, words, inputs)).toEqual(
      encoded(['int256[]'], [[-5, 1, 2, 3]]),
    )
  })

  test.each([
    ['too few', { decimals: 6 }, [1], 'it has 1 values and not 2'],
    ['too large', {}, [2n ** 31n, 0], 'it has a value that no tensor has'],
    ['too small', {}, [0, -(2n ** 31n) - 1n], 'it has a value that no tensor has'],
    ['too large once scaled', { decimals: 0 }, [2 ** 30, 0], 'it has a value that no tensor has'],
  ])('are refused where their values are %s', (_what, change, values, why) => {
    const inputs = [{ name: 'a', shape: [2], scaleBits: 1 }]
    const input = encoded(['int256[]'], [values])
    const own = { ...iris, decimals: undefined, ...change }
    expect(infernetModelInput(own, input, inputs)).toEqual({ ok: false, error: why })
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
})

describe('the outputs for a consumer', () => {
  const requestHash = Buffer.alloc(32, 7)
  const none = Buffer.alloc(0)
  const text: InfernetAnswerForm = {
    output: 'abi-string',
    envelope: 'pair',
    decimals: undefined,
    outputs: [],
  }
  const numbers: InfernetAnswerForm = { ...text, output: 'tensor' }

  test('are in a pair, as those of a container of its own node are', () => {
    const { input, output } = infernetAnswer(text, { content: Buffer.from('yes'), requestHash })
    expect(input).toEqual(encoded(['bytes', 'bytes'], [requestHash, none]))
    const raw = encoded(['string'], ['yes'])
    expect(output).toEqual(encoded(['bytes', 'bytes'], [raw, none]))
  })

  test('are bare where that is said', () => {
    const plain = { ...text, envelope: 'plain', output: 'text' } as const
    const content = Buffer.from('yes')
    expect(infernetAnswer(plain, { content, requestHash })).toEqual({
      input: requestHash,
      output: content,
    })
  })

  test('are numbers with the digits of the consumer, next to what the receipt is of', () => {
    const outputs = [
      { name: 'a', shape: [1, 2], scaleBits: 10 },
      { name: 'b', shape: [], scaleBits: 0 },
    ]
    const content = encoded(['int256[]'], [[1_024, -1, 3]])
    const form = { ...numbers, decimals: 6, outputs }
    // -1/1024 = -0.0009765625, the nearest with six digits.
    const raw = encoded(['int256[]'], [[1_000_000, -977, 3_000_000]])
    expect(infernetAnswer(form, { content, requestHash }).output).toEqual(
      encoded(['bytes', 'bytes'], [raw, content]),
    )
  })

  test("are the model's own integers where no digits are said", () => {
    const content = encoded(['int256[]'], [[5, -5]])
    const own = { ...numbers, envelope: 'plain' } as const
    expect(infernetAnswer(own, { content, requestHash }).output).toEqual(content)
    const words = { ...own, output: 'tensor-words' } as const
    expect(infernetAnswer(words, { content, requestHash }).output).toEqual(
      encoded(['int256[2]'], [[5, -5]]),
    )
  })
})

describe('numbers of contracts and of models', () => {
  const one = [{ name: 'a', shape: [4], scaleBits: 1 }]
  test('are rounded to the nearest, halves upwards, both ways', () => {
    expect(decimalIntegers([1n, -1n, 3n, -3n], one, 0)).toEqual([1n, 0n, 2n, -1n])
    expect(scaledIntegers([25n, -25n, 24n, -26n], one, 2)).toEqual([1n, 0n, 0n, -1n])
  })

  test('come back as they were where the model has more digits', () => {
    const fine = [{ name: 'a', shape: [1], scaleBits: 30 }]
    fc.assert(
      fc.property(fc.bigInt({ min: -1_999_999n, max: 1_999_999n }), (value) => {
        const integers = scaledIntegers([value], fine, 6)
        expect(decimalIntegers(integers, fine, 6)).toEqual([value])
      }),
    )
  })
})
