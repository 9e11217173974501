import { expect, test } from 'vitest'
import { bytes32 } from '../../../src/domain/units.ts'
import { scalarModulus } from '../../../src/proofs/field.ts'
import {
  inferencePublicInputs,
  packTensor,
  readInferenceInputs,
} from '../../../src/proofs/inference-inputs.ts'

const word = (value: bigint) => `0x${value.toString(16).padStart(64, '0')}`
const ints = (...values: number[]) => Int32Array.from(values)

test('seven values are one element, the first lowest, each offset by 2^31', () => {
  expect(packTensor(ints(-(2 ** 31)))).toEqual([word(0n)])
  expect(packTensor(ints(0, 1))).toEqual([word(0x8000_0001_8000_0000n)])
  const [only] = packTensor(ints(1, 2, 3, 4, 5, 6, 2 ** 31 - 1))
  expect(only).toBe(`0x00000000ffffffff${'6 5 4 3 2 1'.replaceAll(/(\d) ?/g, '8000000$1')}`)
})

test('a tensor ends its last element, so that no value moves into the other tensor', () => {
  const split = inferencePublicInputs('packed', { inputs: ints(1, 2), outputs: ints(3) })
  const other = inferencePublicInputs('packed', { inputs: ints(1), outputs: ints(2, 3) })
  expect(split).toEqual([...packTensor(ints(1, 2)), ...packTensor(ints(3))])
  expect(split).not.toEqual(other)
  expect(packTensor(ints(...Array.from({ length: 15 }, (_, at) => at)))).toHaveLength(3)
})

test('ezkl has an element for each value, negative ones from the modulus down', () => {
  expect(inferencePublicInputs('ezkl', { inputs: ints(5, -5), outputs: ints(0) })).toEqual([
    word(5n),
    word(scalarModulus - 5n),
    word(0n),
  ])
})

const extremes = ints(-(2 ** 31), 2 ** 31 - 1, 0, -1, 1, 7, -8, 9)

test.each(['packed', 'ezkl'] as const)(
  'what is read of %s public inputs is what went in',
  (kind) => {
    const tensors = { inputs: extremes, outputs: ints(-3) }
    const words = inferencePublicInputs(kind, tensors)
    expect(readInferenceInputs(kind, words, { inputs: 8, outputs: 1 })).toEqual(tensors)
    expect(readInferenceInputs(kind, words, { inputs: 1, outputs: 1 })).toBeUndefined()
    expect(readInferenceInputs(kind, words.slice(1), { inputs: 8, outputs: 1 })).toBeUndefined()
  },
)

test('other lengths and bits that no value has are no tensors', () => {
  const words = inferencePublicInputs('packed', { inputs: ints(1, 2), outputs: ints(3) })
  expect(readInferenceInputs('packed', words, { inputs: 1, outputs: 1 })).toBeUndefined()
  expect(readInferenceInputs('packed', words, { inputs: 3, outputs: 1 })?.inputs).toEqual(
    ints(1, 2, -(2 ** 31)),
  )
  const beyond = [word(2n ** 224n), word(0n)]
  const lengths = { inputs: 7, outputs: 7 }
  expect(readInferenceInputs('packed', beyond.map(bytes32), lengths)).toBeUndefined()
  const large = [word(2n ** 31n), word(0n)].map(bytes32)
  expect(readInferenceInputs('ezkl', large, { inputs: 1, outputs: 1 })).toBeUndefined()
})
