import { assert } from '../base/assert.ts'
import { evaluateLayer } from './evaluate-layer.ts'
import type {
  AddLayer,
  ConvolutionLayer,
  DenseLayer,
  Layer,
  LeakyReluLayer,
  MultiplyLayer,
  ScaleLayer,
  SumPoolLayer,
  TreeEnsembleLayer,
} from './fixed-point-graph.ts'

/** Least and greatest value of each element of one tensor. */
export type Intervals = { readonly minima: Float64Array; readonly maxima: Float64Array }

export type LayerIntervals = {
  readonly output: Intervals
  /**
   * Every sum and product of the layer stays within ± this, before its rescale and whatever the order of its terms; 0 of a layer that
   * only compares and moves.
   */
  readonly magnitude: number
}

type LinearLayer = DenseLayer | ConvolutionLayer | ScaleLayer | AddLayer | SumPoolLayer

/** The intervals of what a layer answers to tensors within theirs. Meaningless where `magnitude` is beyond 2^53. */
export function layerIntervals(layer: Layer, inputs: readonly Intervals[]): LayerIntervals {
  const [first, second] = inputs
  assert(first !== undefined, 'Every layer reads a tensor')
  switch (layer.kind) {
    case 'dense':
    case 'convolution':
    case 'scale':
    case 'add':
    case 'sumPool':
      return linearIntervals(layer, inputs)
    case 'clip':
    case 'maxPool':
    case 'arrange':
      return { output: monotoneIntervals(layer, inputs), magnitude: 0 }
    case 'multiply':
      return productIntervals(layer, first, second ?? first)
    case 'leakyRelu':
      return leakyReluIntervals(layer, first)
    case 'treeEnsemble':
      return treeIntervals(layer)
    case 'argMax': {
      const minima = new Float64Array(layer.rows).fill(layer.labels.reduce(lesserOf))
      const maxima = new Float64Array(layer.rows).fill(layer.labels.reduce(greaterOf))
      return { output: { minima, maxima }, magnitude: 0 }
    }
  }
}

/** A layer that never falls where an input rises takes its least value at the least inputs. */
const monotoneIntervals = (layer: Layer, inputs: readonly Intervals[]): Intervals => ({
  minima: evaluateLayer(
    layer,
    inputs.map(({ minima }) => minima),
  ),
  maxima: evaluateLayer(
    layer,
    inputs.map(({ maxima }) => maxima),
  ),
})

/** Positive coefficients carry the least inputs to the least output, negative ones the greatest. */
function linearIntervals(layer: LinearLayer, inputs: readonly Intervals[]): LayerIntervals {
  const minima = inputs.map((input) => input.minima)
  const maxima = inputs.map((input) => input.maxima)
  const rising = unscaled(layer, (weight) => Math.max(weight, 0), keep)
  const falling = unscaled(layer, (weight) => Math.min(weight, 0), zero)
  const { shift } = layer
  const low = sumOf(evaluateLayer(rising, minima), evaluateLayer(falling, maxima))
  const high = sumOf(evaluateLayer(rising, maxima), evaluateLayer(falling, minima))
  const magnitudes = inputs.map((input) =>
    input.minima.map((min, element) => Math.max(-min, input.maxima[element] ?? 0, 0)),
  )
  // A pool sums before it multiplies: what its sum is times zero must be exact as well.
  const least = layer.kind === 'sumPool' ? 1 : 0
  const absolute = unscaled(layer, (weight) => Math.max(Math.abs(weight), least), Math.abs)
  return {
    output: { minima: rescaled(low, shift), maxima: rescaled(high, shift) },
    magnitude: greatestOf(evaluateLayer(absolute, magnitudes)),
  }
}

const lesserOf = (a: number, b: number): number => Math.min(a, b)
const greaterOf = (a: number, b: number): number => Math.max(a, b)
const keep = (offset: number): number => offset
const zero = (): number => 0

/** The layer with other coefficients and offsets, before its rescale. */
function unscaled(
  layer: LinearLayer,
  weight: (value: number) => number,
  offset: (value: number) => number,
): LinearLayer {
  switch (layer.kind) {
    case 'dense':
    case 'convolution':
      return {
        ...layer,
        weights: layer.weights.map(weight),
        biases: layer.biases.map(offset),
        shift: 0,
      }
    case 'scale':
      return {
        ...layer,
        multipliers: layer.multipliers.map(weight),
        offsets: layer.offsets.map(offset),
        shift: 0,
      }
    case 'add': {
      const [first, second] = layer.multipliers
      const multipliers = [weight(first), weight(second)] as const
      return { ...layer, multipliers, offset: offset(layer.offset), shift: 0 }
    }
    case 'sumPool':
      return {
        ...layer,
        multipliers: layer.multipliers.map(weight),
        offset: offset(layer.offset),
        shift: 0,
      }
  }
}

function productIntervals(
  { inputs, offset, shift }: MultiplyLayer,
  first: Intervals,
  second: Intervals,
): LayerIntervals {
  const isSquare = inputs[0] === inputs[1]
  const minima = new Float64Array(first.minima.length)
  const maxima = new Float64Array(first.minima.length)
  let magnitude = 0
  for (let element = 0; element < minima.length; element += 1) {
    const ends = (of: Intervals): readonly number[] => [
      of.minima[element] ?? 0,
      of.maxima[element] ?? 0,
    ]
    const products = ends(first).flatMap((a) => ends(second).map((b) => a * b))
    const [min = 0, max = 0] = ends(first)
    const least = isSquare ? (min <= 0 && max >= 0 ? 0 : Math.min(min * min, max * max)) : undefined
    minima[element] = (least ?? Math.min(...products)) + offset
    maxima[element] = Math.max(...products) + offset
    const greatest = Math.max(...products.map(Math.abs)) + Math.abs(offset)
    magnitude = Math.max(magnitude, greatest)
  }
  return { output: { minima: rescaled(minima, shift), maxima: rescaled(maxima, shift) }, magnitude }
}

/** Below zero a line, from zero on the value itself: each piece has its extremes at its ends. */
function leakyReluIntervals(layer: LeakyReluLayer, input: Intervals): LayerIntervals {
  const ends = [
    input.minima,
    input.maxima,
    input.maxima.map((max, element) => Math.max(Math.min(max, -1), input.minima[element] ?? 0)),
    input.minima.map((min, element) => Math.min(Math.max(min, 0), input.maxima[element] ?? 0)),
  ]
  const values = ends.map((end) => evaluateLayer(layer, [end]))
  const fold = (choose: (a: number, b: number) => number): Float64Array =>
    values.reduce((chosen, next) =>
      chosen.map((value, element) => choose(value, next[element] ?? value)),
    )
  const slopes = layer.slopes.map(Math.abs)
  const offset = Math.abs(layer.offset)
  const depths = input.minima.map((min) => Math.max(-min, 0))
  return {
    output: { minima: fold(lesserOf), maxima: fold(greaterOf) },
    magnitude: greatestOf(depths) * greatestOf(slopes) + offset,
  }
}

/** Each tree may lead to any of its leaves. */
function treeIntervals({ offsets, trees }: TreeEnsembleLayer): LayerIntervals {
  const minima = Float64Array.from(offsets)
  const maxima = Float64Array.from(offsets)
  const magnitudes = Float64Array.from(offsets, Math.abs)
  for (const { leaves } of trees) {
    for (const target of offsets.keys()) {
      const values = leaves.map((leaf) => leaf[target] ?? 0)
      const min = values.reduce(lesserOf)
      const max = values.reduce(greaterOf)
      minima[target] = (minima[target] ?? 0) + min
      maxima[target] = (maxima[target] ?? 0) + max
      magnitudes[target] = (magnitudes[target] ?? 0) + Math.max(-min, max)
    }
  }
  return { output: { minima, maxima }, magnitude: greatestOf(magnitudes) }
}

const rescaled = (sums: Float64Array, shift: number): Float64Array =>
  sums.map((sum) => Math.floor(sum / 2 ** shift) + 0)

const sumOf = (first: Float64Array, second: Float64Array): Float64Array =>
  first.map((value, element) => value + (second[element] ?? 0))

const greatestOf = (values: Iterable<number>): number => {
  let greatest = 0
  for (const value of values) greatest = Math.max(greatest, value)
  return greatest
}
