import { assert } from '../base/assert.ts'
import type {
  ArgMaxLayer,
  ArrangeLayer,
  ConvolutionLayer,
  DenseLayer,
  Layer,
  MaxPoolLayer,
  SumPoolLayer,
  Tree,
  TreeEnsembleLayer,
  Window,
} from './fixed-point-graph.ts'
import { layerElements } from './layer-elements.ts'
import { windowPositions } from './window.ts'

type Values = Float64Array

/** What becomes of a sum: a real graph has none taken away. */
export type Rescale = (sum: number, shift: number) => number

/** The output of a layer for the tensors that it reads. All sums stay within the integers of a double. */
export function evaluateLayer(
  layer: Layer,
  inputs: readonly Values[],
  rescale: Rescale = rescaled,
): Values {
  const [first, second] = inputs
  assert(first !== undefined, 'Every layer reads a tensor')
  switch (layer.kind) {
    case 'dense':
      return dense(layer, first, rescale)
    case 'convolution':
      return convolution(layer, first, rescale)
    case 'scale': {
      const { multipliers, offsets, shift } = layer
      const period = periodOf(layer.repeat, multipliers.length)
      return first.map((value, element) => {
        const at = period(element)
        return rescale(value * (multipliers[at] ?? 0) + (offsets[at] ?? 0), shift)
      })
    }
    case 'add': {
      const [ofFirst, ofSecond] = layer.multipliers
      return first.map((value, element) =>
        rescale(value * ofFirst + (second?.[element] ?? 0) * ofSecond + layer.offset, layer.shift),
      )
    }
    case 'multiply':
      return first.map((value, element) =>
        rescale(value * (second?.[element] ?? 0) + layer.offset, layer.shift),
      )
    case 'clip': {
      const atLeast = layer.atLeast ?? Number.NEGATIVE_INFINITY
      const atMost = layer.atMost ?? Number.POSITIVE_INFINITY
      return first.map((value) => Math.min(Math.max(value, atLeast), atMost))
    }
    case 'leakyRelu': {
      const period = periodOf(layer.repeat, layer.slopes.length)
      return first.map((value, element) => {
        if (value >= 0) return value
        return rescale(value * (layer.slopes[period(element)] ?? 0) + layer.offset, layer.shift)
      })
    }
    case 'maxPool':
      return maxPool(layer, first)
    case 'sumPool':
      return sumPool(layer, first, rescale)
    case 'arrange':
      return arrange(layer, inputs)
    case 'treeEnsemble':
      return treeEnsemble(layer, first)
    case 'argMax':
      return argMax(layer, first)
  }
}

/** Exact: to divide by a power of two changes the exponent of a double alone. Adding zero turns −0 into 0. */
const rescaled: Rescale = (sum, shift) => Math.floor(sum / 2 ** shift) + 0

/** Which parameter belongs to an element. */
const periodOf =
  (repeat: number, count: number) =>
  (element: number): number =>
    Math.floor(element / repeat) % count

function dense(
  { rows, columns, outputs, weights, biases, shift }: DenseLayer,
  x: Values,
  rescale: Rescale,
): Values {
  const y = new Float64Array(rows * outputs)
  for (let row = 0; row < rows; row += 1) {
    for (let output = 0; output < outputs; output += 1) {
      let sum = biases[output] ?? 0
      for (let column = 0; column < columns; column += 1) {
        sum += (weights[output * columns + column] ?? 0) * (x[row * columns + column] ?? 0)
      }
      y[row * outputs + output] = rescale(sum, shift)
    }
  }
  return y
}

/**
 * Place by place in the innermost loop, which is what engines run fast: each weight by all the values that it meets. Values in the
 * padding are read from one behind each channel, which is zero.
 */
function convolution(layer: ConvolutionLayer, x: Values, rescale: Rescale): Values {
  const { window, groups, outputs, weights, biases, shift } = layer
  const y = new Float64Array(layerElements(layer, () => x.length))
  const covered = coveredByKernel(window)
  const places = y.length / outputs
  const channelsRead = window.channels / groups
  const channels = paddedChannels(window, x)
  for (let output = 0; output < outputs; output += 1) {
    const sums = y.subarray(output * places, (output + 1) * places).fill(biases[output] ?? 0)
    const firstChannel = Math.floor((output * groups) / outputs) * channelsRead
    for (let term = 0; term < channelsRead * covered.length; term += 1) {
      const weight = weights[output * channelsRead * covered.length + term] ?? 0
      const channel = firstChannel + Math.floor(term / covered.length)
      addProducts(sums, weight, channels[channel] ?? x, covered[term % covered.length])
    }
    for (let place = 0; place < places; place += 1) sums[place] = rescale(sums[place] ?? 0, shift)
  }
  return y
}

function addProducts(
  sums: Values,
  weight: number,
  values: Values,
  covered: Int32Array | undefined,
): void {
  if (weight === 0 || covered === undefined) return
  for (let place = 0; place < sums.length; place += 1) {
    sums[place] = (sums[place] ?? 0) + weight * (values[covered[place] ?? 0] ?? 0)
  }
}

/** Of each position in the kernel: what it covers at each place, the padding as one position behind the channel. */
function coveredByKernel(window: Window): readonly Int32Array[] {
  const positions = windowPositions(window)
  const area = window.kernel[0] * window.kernel[1]
  const behind = window.height * window.width
  return Array.from({ length: area }, (_, kernel) =>
    Int32Array.from({ length: positions.length / area }, (_, place) => {
      const position = positions[place * area + kernel] ?? -1
      return position < 0 ? behind : position
    }),
  )
}

function paddedChannels({ channels, height, width }: Window, x: Values): readonly Values[] {
  const plane = height * width
  return Array.from({ length: channels }, (_, channel) => {
    const values = new Float64Array(plane + 1)
    values.set(x.subarray(channel * plane, (channel + 1) * plane))
    return values
  })
}

function maxPool({ window }: MaxPoolLayer, x: Values): Values {
  return overWindows(window, x, greatestOf)
}

function sumPool(
  { window, multipliers, offset, shift }: SumPoolLayer,
  x: Values,
  rescale: Rescale,
): Values {
  return overWindows(window, x, (values, place) => {
    const sum = values.reduce((total, value) => total + value, 0)
    return rescale(sum * (multipliers[place % multipliers.length] ?? 0) + offset, shift)
  })
}

function overWindows(
  window: Window,
  x: Values,
  fold: (values: readonly number[], place: number) => number,
): Values {
  const positions = windowPositions(window)
  const area = window.kernel[0] * window.kernel[1]
  const plane = window.height * window.width
  const places = positions.length / area
  const y = new Float64Array(window.channels * places)
  const values: number[] = []
  for (let channel = 0; channel < window.channels; channel += 1) {
    for (let place = 0; place < places; place += 1) {
      values.length = 0
      for (const position of positions.subarray(place * area, (place + 1) * area)) {
        if (position >= 0) values.push(x[channel * plane + position] ?? 0)
      }
      y[channel * places + place] = fold(values, place)
    }
  }
  return y
}

function arrange({ indices }: ArrangeLayer, inputs: readonly Values[]): Values {
  const all = new Float64Array(inputs.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const values of inputs) {
    all.set(values, at)
    at += values.length
  }
  return Float64Array.from(indices, (index) => (index < 0 ? 0 : (all[index] ?? 0)))
}

function treeEnsemble({ offsets, trees }: TreeEnsembleLayer, x: Values): Values {
  const y = Float64Array.from(offsets)
  for (const tree of trees) {
    leafOf(tree, x).forEach((value, target) => {
      y[target] = (y[target] ?? 0) + value
    })
  }
  return y
}

function leafOf({ branches, leaves }: Tree, x: Values): readonly number[] {
  let at = branches.length === 0 ? -1 : 0
  while (at >= 0) {
    const branch = branches[at]
    assert(branch !== undefined, 'A branch leads to a node of its tree')
    const isAtMost = (x[branch.feature] ?? 0) <= branch.threshold
    at = isAtMost ? branch.atMost : branch.above
  }
  const leaf = leaves[-1 - at]
  assert(leaf !== undefined, 'A branch leads to a node of its tree')
  return leaf
}

/** A spread of a long list would not fit the stack. */
const greatestOf = (values: readonly number[] | Values): number => {
  let greatest = Number.NEGATIVE_INFINITY
  for (const value of values) greatest = Math.max(greatest, value)
  return greatest
}

function argMax({ rows, labels }: ArgMaxLayer, x: Values): Values {
  const y = new Float64Array(rows)
  for (let row = 0; row < rows; row += 1) {
    const values = x.subarray(row * labels.length, (row + 1) * labels.length)
    y[row] = labels[values.indexOf(greatestOf(values))] ?? 0
  }
  return y
}
