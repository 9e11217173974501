/*
 * Public inputs of the proof that a model gives `outputs` for `inputs`. The values are the integers of the tensors' wire form
 * (base/wire-tensor.ts): whoever has the bytes that a receipt's hashes are of, has what the proof must be about.
 *
 *   packed   v + 2^31 as 32 bits, seven to a field element, the first value lowest; the inputs' elements, then the outputs'
 *   ezkl     one field element for each value, inputs then outputs; negative v is r − |v|
 */
import type { Bytes32 } from '../domain/units.ts'
import { scalarModulus, scalarWord } from './field.ts'

const smallest = -(2 ** 31)
const valuesInElement = 7
const valueBits = 32n

/** One tensor's field elements; its last one is filled up with zero bits. */
export function packTensor(values: Int32Array): readonly Bytes32[] {
  const elements: Bytes32[] = []
  for (let start = 0; start < values.length; start += valuesInElement) {
    const packed = values
      .subarray(start, start + valuesInElement)
      .reduceRight<bigint>((sum, value) => (sum << valueBits) | BigInt(value - smallest), 0n)
    elements.push(scalarWord(packed))
  }
  return elements
}

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
