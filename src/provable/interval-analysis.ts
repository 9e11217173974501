/*
 * Between which values every tensor of a graph stays, for every input within its ranges: proof that the evaluator is exact, and how
 * wide the range checks of a circuit must be. Each element has an interval of its own; those of a layer follow from those that it
 * reads, as if these had nothing to do with each other, so that they are safe and may be wider than what happens.
 */
import { assert } from '../base/assert.ts'
import { err, ok, type Result } from '../base/result.ts'
import { elementsOf, type FixedPointGraph, type InputPort, inputsOf } from './fixed-point-graph.ts'
import type { GraphFault } from './graph-fault.ts'
import { type Intervals, layerIntervals } from './layer-intervals.ts'
import { exactIntegerMax, int32Max, int32Min } from './limits.ts'

export type Interval = { readonly min: number; readonly max: number }

export type GraphIntervals = {
  /** By the tensor's number. */
  readonly tensors: readonly Intervals[]
  /** By the layer's place: every sum of the layer stays within ± this before its rescale. */
  readonly magnitudes: readonly number[]
}

/** Refuses a graph with a sum beyond what a double holds exactly, or with an output that can leave int32. */
export function analyseIntervals(graph: FixedPointGraph): Result<GraphIntervals, GraphFault> {
  const tensors = graph.inputs.map(inputIntervals)
  const magnitudes: number[] = []
  for (const [index, layer] of graph.layers.entries()) {
    const inputs = inputsOf(layer).map((tensor) => {
      const intervals = tensors[tensor]
      assert(intervals !== undefined, 'A layer reads tensors before its own')
      return intervals
    })
    const { output, magnitude } = layerIntervals(layer, inputs)
    if (!(Math.max(magnitude, magnitudeOf(output)) <= exactIntegerMax)) {
      const detail = `of ${layer.name} can leave the integers up to 2^53, which are exact`
      return err({ place: `layers[${index}]`, detail })
    }
    tensors.push(output)
    magnitudes.push(magnitude)
  }
  return outsideInt32(graph, tensors) ?? ok({ tensors, magnitudes })
}

function outsideInt32(
  graph: FixedPointGraph,
  tensors: readonly Intervals[],
): Result<never, GraphFault> | undefined {
  for (const [index, { tensor, name }] of graph.outputs.entries()) {
    const intervals = tensors[tensor]
    assert(intervals !== undefined, 'An output names a tensor of its graph')
    const { min, max } = intervalOf(intervals)
    if (min < int32Min || max > int32Max) {
      const detail = `${name} can be from ${min} to ${max}, which is no int32`
      return err({ place: `outputs[${index}]`, detail })
    }
  }
  return undefined
}

/** What holds for all elements. */
export function intervalOf({ minima, maxima }: Intervals): Interval {
  let min = Number.POSITIVE_INFINITY
  let max = Number.NEGATIVE_INFINITY
  for (const value of minima) min = Math.min(min, value)
  for (const value of maxima) max = Math.max(max, value)
  return { min, max }
}

function magnitudeOf(intervals: Intervals): number {
  const { min, max } = intervalOf(intervals)
  return Math.max(-min, max)
}

function inputIntervals({ shape, minima, maxima }: InputPort): Intervals {
  const length = elementsOf(shape)
  return {
    minima: Float64Array.from({ length }, (_, element) => minima[element % minima.length] ?? 0),
    maxima: Float64Array.from({ length }, (_, element) => maxima[element % maxima.length] ?? 0),
  }
}
