/*
 * A model as an ONNX file means it, brought down to the layers of a fixed-point graph: the same layers, with real numbers where those
 * have integers, and without rescales (`shift` and `scaleBits` are 0). So one evaluator serves both, and what is quantised is one layer
 * at a time.
 */
import { assert } from '../base/assert.ts'
import { evaluateLayer } from './evaluate-layer.ts'
import { elementsOf, inputsOf, type Layer } from './fixed-point-graph.ts'

export type RealGraph = {
  readonly name: string
  readonly inputs: readonly { readonly name: string; readonly shape: readonly number[] }[]
  readonly layers: readonly Layer[]
  readonly outputs: readonly RealOutput[]
}

export type RealOutput = {
  readonly name: string
  readonly shape: readonly number[]
  readonly tensor: number
}

/** Every tensor by its number, in doubles. `input` holds the values of all inputs behind each other. */
export function evaluateReal(
  { inputs, layers }: Pick<RealGraph, 'inputs' | 'layers'>,
  input: ArrayLike<number>,
): readonly Float64Array[] {
  const tensors: Float64Array[] = []
  let at = 0
  for (const { shape } of inputs) {
    const elements = elementsOf(shape)
    tensors.push(Float64Array.from({ length: elements }, (_, element) => input[at + element] ?? 0))
    at += elements
  }
  for (const layer of layers) {
    const read = inputsOf(layer).map((tensor) => {
      const values = tensors[tensor]
      assert(values !== undefined, 'A layer reads tensors before its own')
      return values
    })
    tensors.push(evaluateLayer(layer, read, exactly))
  }
  return tensors
}

const exactly = (sum: number): number => sum
