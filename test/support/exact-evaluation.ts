/*
 * What a graph answers, computed again with bigint from the definitions in src/provable/fixed-point-graph.ts, element by element and
 * without a line of the evaluator: slow, and nothing can be inexact.
 */
import type { FixedPointGraph, Layer, Tree, Window } from '../../src/provable/fixed-point-graph.ts'

type Tensor = readonly bigint[]

/** Every tensor by its number. */
export function evaluateExactly(
  { inputs, layers }: FixedPointGraph,
  input: readonly number[],
): readonly Tensor[] {
  const tensors: Tensor[] = []
  let at = 0
  for (const { shape } of inputs) {
    const length = shape.reduce((product, size) => product * size, 1)
    tensors.push(input.slice(at, at + length).map(BigInt))
    at += length
  }
  for (const layer of layers) tensors.push(answerOf(layer, tensors))
  return tensors
}

const floorShift = (sum: bigint, shift: number): bigint => sum >> BigInt(shift)
const sumOf = (values: readonly bigint[]): bigint => values.reduce((sum, value) => sum + value, 0n)
const mostOf = (values: readonly bigint[]): bigint =>
  values.reduce((most, value) => (value > most ? value : most))
const big = (value: number | undefined): bigint => BigInt(value ?? 0)
const counted = <T>(length: number, at: (index: number) => T): T[] =>
  Array.from({ length }, (_, index) => at(index))

function answerOf(layer: Layer, tensors: readonly Tensor[]): Tensor {
  const read = (tensor: number): Tensor => tensors[tensor] ?? []
  switch (layer.kind) {
    case 'dense': {
      const x = read(layer.input)
      return counted(layer.rows * layer.outputs, (element) => {
        const row = Math.floor(element / layer.outputs)
        const output = element % layer.outputs
        const terms = counted(
          layer.columns,
          (i) =>
            big(layer.weights[output * layer.columns + i]) * (x[row * layer.columns + i] ?? 0n),
        )
        return floorShift(sumOf(terms) + big(layer.biases[output]), layer.shift)
      })
    }
    case 'convolution': {
      const { window, groups, outputs } = layer
      const perGroup = window.channels / groups
      const area = window.kernel[0] * window.kernel[1]
      return counted(outputs, (output) => {
        const group = Math.floor((output * groups) / outputs)
        return overPlaces(window, (valuesAt) => {
          const terms = counted(perGroup * area, (term) => {
            const channel = group * perGroup + Math.floor(term / area)
            const value = valuesAt(read(layer.input), channel)[term % area] ?? 0n
            return big(layer.weights[output * perGroup * area + term]) * value
          })
          return floorShift(sumOf(terms) + big(layer.biases[output]), layer.shift)
        })
      }).flat()
    }
    case 'scale':
      return read(layer.input).map((value, element) => {
        const at = Math.floor(element / layer.repeat) % layer.multipliers.length
        return floorShift(value * big(layer.multipliers[at]) + big(layer.offsets[at]), layer.shift)
      })
    case 'add': {
      const [first, second] = layer.inputs
      const [a, b] = layer.multipliers
      return read(first).map((value, element) => {
        const sum = value * big(a) + (read(second)[element] ?? 0n) * big(b)
        return floorShift(sum + big(layer.offset), layer.shift)
      })
    }
    case 'multiply':
      return read(layer.inputs[0]).map((value, element) => {
        const product = value * (read(layer.inputs[1])[element] ?? 0n)
        return floorShift(product + big(layer.offset), layer.shift)
      })
    case 'clip':
      return read(layer.input).map((value) => {
        const raised =
          layer.atLeast !== null && value < big(layer.atLeast) ? big(layer.atLeast) : value
        return layer.atMost !== null && raised > big(layer.atMost) ? big(layer.atMost) : raised
      })
    case 'leakyRelu':
      return read(layer.input).map((value, element) => {
        const slope = big(layer.slopes[Math.floor(element / layer.repeat) % layer.slopes.length])
        return value >= 0n ? value : floorShift(value * slope + big(layer.offset), layer.shift)
      })
    case 'maxPool':
      return counted(layer.window.channels, (channel) =>
        overPlaces(layer.window, (valuesAt) =>
          mostOf(valuesAt(read(layer.input), channel).filter((value) => value !== undefined)),
        ),
      ).flat()
    case 'sumPool':
      return counted(layer.window.channels, (channel) =>
        overPlaces(layer.window, (valuesAt, place) => {
          const sum = sumOf(valuesAt(read(layer.input), channel).map((value) => value ?? 0n))
          const multiplier = big(layer.multipliers[place % layer.multipliers.length])
          return floorShift(sum * multiplier + big(layer.offset), layer.shift)
        }),
      ).flat()
    case 'arrange': {
      const all = layer.inputs.flatMap(read)
      return layer.indices.map((index) => (index < 0 ? 0n : (all[index] ?? 0n)))
    }
    case 'treeEnsemble': {
      const leaves = layer.trees.map((tree) => leafOf(tree, read(layer.input)))
      return layer.offsets.map(
        (offset, target) => big(offset) + sumOf(leaves.map((leaf) => big(leaf[target]))),
      )
    }
    case 'argMax':
      return counted(layer.rows, (row) => {
        const size = layer.labels.length
        const values = read(layer.input).slice(row * size, (row + 1) * size)
        return big(layer.labels[values.indexOf(mostOf(values))])
      })
  }
}

/** Undefined is a place in the padding. */
type ValuesAt = (x: Tensor, channel: number) => readonly (bigint | undefined)[]

function overPlaces(
  { height, width, kernel, strides, dilations, padding }: Window,
  answer: (valuesAt: ValuesAt, place: number) => bigint,
): readonly bigint[] {
  const [top, left, bottom, right] = padding
  const answers: bigint[] = []
  const lastRow = height + bottom - (kernel[0] - 1) * dilations[0]
  const lastColumn = width + right - (kernel[1] - 1) * dilations[1]
  for (let row = -top; row < lastRow; row += strides[0]) {
    for (let column = -left; column < lastColumn; column += strides[1]) {
      const valuesAt: ValuesAt = (x, channel) =>
        counted(kernel[0] * kernel[1], (k) => {
          const y = row + Math.floor(k / kernel[1]) * dilations[0]
          const z = column + (k % kernel[1]) * dilations[1]
          const isInside = y >= 0 && y < height && z >= 0 && z < width
          return isInside ? x[(channel * height + y) * width + z] : undefined
        })
      answers.push(answer(valuesAt, answers.length))
    }
  }
  return answers
}

function leafOf({ branches, leaves }: Tree, x: Tensor): readonly number[] {
  let at = branches.length === 0 ? -1 : 0
  while (at >= 0) {
    const branch = branches[at]
    if (branch === undefined) throw new Error('A branch leads nowhere')
    at = (x[branch.feature] ?? 0n) <= BigInt(branch.threshold) ? branch.atMost : branch.above
  }
  return leaves[-1 - at] ?? []
}
