/*
 * What a graph answers: exact, because no sum of a checked graph leaves the integers that a double holds (interval-analysis.ts).
 * The engine serves this, and circuits are compared with it.
 */
import { assert } from '../base/assert.ts'
import { err, ok, type Result } from '../base/result.ts'
import { evaluateLayer } from './evaluate-layer.ts'
import { elementsOf, type FixedPointGraph, inputsOf } from './fixed-point-graph.ts'

export type EvaluationRefusal =
  | { readonly reason: 'input_count'; readonly expected: number; readonly given: number }
  /** `index` counts over all inputs behind each other. */
  | { readonly reason: 'input_not_an_integer'; readonly index: number }
  | {
      readonly reason: 'input_out_of_range'
      readonly index: number
      readonly min: number
      readonly max: number
    }

export const inputElements = (graph: FixedPointGraph): number =>
  graph.inputs.reduce((sum, { shape }) => sum + elementsOf(shape), 0)

export const outputElements = (graph: FixedPointGraph): number =>
  graph.outputs.reduce((sum, { shape }) => sum + elementsOf(shape), 0)

/** The output values of a graph that `readFixedPointGraph` or the quantiser gave, for the input values. */
export function evaluate(
  graph: FixedPointGraph,
  input: ArrayLike<number>,
): Result<Float64Array, EvaluationRefusal> {
  const refusal = refusalOf(graph, input)
  if (refusal !== undefined) return err(refusal)
  const tensors = evaluateTensors(graph, input)
  const output = new Float64Array(outputElements(graph))
  let at = 0
  for (const { tensor } of graph.outputs) {
    const values = tensors[tensor]
    assert(values !== undefined, 'An output names a tensor of its graph')
    output.set(values, at)
    at += values.length
  }
  return ok(output)
}

/** Every tensor by its number. The input is not checked. Adding zero turns a caller's −0 into 0. */
export function evaluateTensors(
  graph: FixedPointGraph,
  input: ArrayLike<number>,
): readonly Float64Array[] {
  const tensors: Float64Array[] = []
  let at = 0
  for (const { shape } of graph.inputs) {
    const elements = elementsOf(shape)
    tensors.push(
      Float64Array.from({ length: elements }, (_, element) => (input[at + element] ?? 0) + 0),
    )
    at += elements
  }
  for (const layer of graph.layers) {
    const inputs = inputsOf(layer).map((tensor) => {
      const values = tensors[tensor]
      assert(values !== undefined, 'A layer reads tensors before its own')
      return values
    })
    tensors.push(evaluateLayer(layer, inputs))
  }
  return tensors
}

function refusalOf(
  graph: FixedPointGraph,
  input: ArrayLike<number>,
): EvaluationRefusal | undefined {
  const expected = inputElements(graph)
  if (input.length !== expected) {
    return { reason: 'input_count', expected, given: input.length }
  }
  let index = 0
  for (const { shape, minima, maxima } of graph.inputs) {
    for (let element = 0; element < elementsOf(shape); element += 1) {
      const value = input[index] ?? Number.NaN
      const min = minima[element % minima.length] ?? 0
      const max = maxima[element % maxima.length] ?? 0
      if (!Number.isInteger(value)) return { reason: 'input_not_an_integer', index }
      if (value < min || value > max) return { reason: 'input_out_of_range', index, min, max }
      index += 1
    }
  }
  return undefined
}
