/*
 * Public inputs of the proof that a model gives `outputs` for `inputs`. The values are the integers of the tensors' wire form
 * (base/wire-tensor.ts): whoever has the bytes that a receipt's hashes are of, has what the proof must be about, and the other
 * way around.
 *
 *   packed   seven values to a field element (base/packed-tensor.ts); the inputs' elements, then the outputs'
 *   ezkl     one field element for each value, inputs then outputs; negative v is r − |v|
 */
import { packedValues, valueBits, valueOffset, valuesInElement } from '../base/packed-tensor.ts'
import { int32Max } from '../base/wire-tensor.ts'
import type { Bytes32 } from '../domain/units.ts'
import { scalarModulus, scalarWord } from './field.ts'

const valueMask = (1n << BigInt(valueBits)) - 1n

/** One tensor's field elements. */
export const packTensor = (values: Int32Array): readonly Bytes32[] =>
  packedValues(values).map(scalarWord)

/** How the public inputs of a model's circuit are made of its tensors. */
export type InputsKind = 'packed' | 'ezkl'

export type InferenceTensors = { readonly inputs: Int32Array; readonly outputs: Int32Array }

/** What a proof that the model gives `outputs` for `inputs` must have as its public inputs. */
export function inferencePublicInputs(
  kind: InputsKind,
  { inputs, outputs }: InferenceTensors,
): readonly Bytes32[] {
  return kind === 'packed'
    ? [...packTensor(inputs), ...packTensor(outputs)]
    : Array.from([...inputs, ...outputs], unpackedElement)
}

const unpackedElement = (value: number): Bytes32 =>
  scalarWord(value < 0 ? scalarModulus + BigInt(value) : BigInt(value))

export type TensorLengths = { readonly inputs: number; readonly outputs: number }

/** The tensors that public inputs are of; undefined where they are of none with so many values. */
export function readInferenceInputs(
  kind: InputsKind,
  publicInputs: readonly Bytes32[],
  lengths: TensorLengths,
): InferenceTensors | undefined {
  const perElement = kind === 'packed' ? valuesInElement : 1
  const elementsOf = (length: number) => Math.ceil(length / perElement)
  const split = elementsOf(lengths.inputs)
  if (publicInputs.length !== split + elementsOf(lengths.outputs)) return undefined
  const read = kind === 'packed' ? unpack : readUnpacked
  const tensors = {
    inputs: read(publicInputs.slice(0, split), lengths.inputs),
    outputs: read(publicInputs.slice(split), lengths.outputs),
  }
  // Bits that no value has, or a value beyond 32 bits, are no tensor's.
  const same = inferencePublicInputs(kind, tensors)
  return same.every((word, at) => word === publicInputs[at]) ? tensors : undefined
}

const unpack = (words: readonly Bytes32[], length: number): Int32Array =>
  Int32Array.from({ length }, (_, at) => {
    const word = BigInt(words[Math.floor(at / valuesInElement)] ?? 0)
    const shift = BigInt(valueBits * (at % valuesInElement))
    return Number((word >> shift) & valueMask) - valueOffset
  })

const readUnpacked = (words: readonly Bytes32[]): Int32Array =>
  Int32Array.from(words, (word) => {
    const element = BigInt(word)
    return Number(element <= BigInt(int32Max) ? element : element - scalarModulus)
  })
