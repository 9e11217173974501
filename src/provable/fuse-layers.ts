/*
 * Fewer layers for the same numbers: each layer that rounds costs accuracy in fixed point and constraints in a circuit. A scale is
 * worked into the weights before or behind it, and what no output needs is left out.
 */
import type { ConvolutionLayer, DenseLayer, Layer, ScaleLayer } from './fixed-point-graph.ts'
import { inputsOf } from './fixed-point-graph.ts'
import { layerNumbers } from './layer-costs.ts'
import { tensorElements } from './layer-elements.ts'
import { fusedNumbersMax, tensorElementsMax } from './limits.ts'
import type { RealGraph } from './real-graph.ts'

export function fuseLayers(graph: RealGraph): RealGraph {
  let fused = pruned(graph)
  let numbers = 0
  for (let next = fusedOnce(fused); next !== undefined; next = fusedOnce(fused)) {
    fused = next
    numbers += next.layers.reduce((sum, layer) => sum + layerNumbers(layer), 0)
    // A file may have been made to be fused for ever; what is left unfused is as right.
    if (numbers > fusedNumbersMax) break
  }
  return fused
}

/** Without layers that no output reads. */
function pruned(graph: RealGraph): RealGraph {
  const needed = new Set(graph.outputs.map(({ tensor }) => tensor))
  const first = graph.inputs.length
  for (const [index, layer] of [...graph.layers.entries()].reverse()) {
    if (needed.has(first + index)) for (const tensor of inputsOf(layer)) needed.add(tensor)
  }
  return graph.layers.reduceRight(
    (rest, _, index) => (needed.has(first + index) ? rest : without(rest, index, first)),
    graph,
  )
}

/** Without one layer, whose readers read `instead`. */
function without(graph: RealGraph, index: number, instead: number): RealGraph {
  const removed = graph.inputs.length + index
  const renumbered = (tensor: number): number => {
    if (tensor === removed) return instead
    return tensor > removed ? tensor - 1 : tensor
  }
  return {
    ...graph,
    layers: graph.layers.toSpliced(index, 1).map((layer) => withInputs(layer, renumbered)),
    outputs: graph.outputs.map((output) => ({ ...output, tensor: renumbered(output.tensor) })),
  }
}

function withInputs(layer: Layer, renumbered: (tensor: number) => number): Layer {
  switch (layer.kind) {
    case 'add':
    case 'multiply': {
      const [first, second] = layer.inputs
      return { ...layer, inputs: [renumbered(first), renumbered(second)] }
    }
    case 'arrange':
      return { ...layer, inputs: layer.inputs.map(renumbered) }
    default:
      return { ...layer, input: renumbered(layer.input) }
  }
}

/** Undefined where no two neighbours can be one. */
function fusedOnce(graph: RealGraph): RealGraph | undefined {
  const elements = tensorElements(graph)
  const uses = usesOf(graph)
  // From the end: a long chain of scales then becomes one before it is worked into a matrix.
  for (const [index, layer] of [...graph.layers.entries()].reverse()) {
    const [input, ...others] = inputsOf(layer)
    const before = (input ?? 0) - graph.inputs.length
    const producer = graph.layers[before]
    if (producer === undefined || others.length > 0 || uses.get(input ?? 0) !== 1) continue
    const both = fusedPair(producer, layer, elements[input ?? 0] ?? 0)
    if (both === undefined) continue
    const replaced = { ...graph, layers: graph.layers.with(index, both) }
    return without(replaced, before, inputsOf(producer)[0] ?? 0)
  }
  return undefined
}

function usesOf({ layers, outputs }: RealGraph): ReadonlyMap<number, number> {
  const uses = new Map<number, number>()
  const read = [...layers.flatMap(inputsOf), ...outputs.map(({ tensor }) => tensor)]
  for (const tensor of read) uses.set(tensor, (uses.get(tensor) ?? 0) + 1)
  return uses
}

/** One layer in the place of two; `elements` is what passes between them. The first one reads one tensor. */
function fusedPair(first: Layer, second: Layer, elements: number): Layer | undefined {
  if (first.kind === 'arrange' && second.kind === 'arrange' && first.inputs.length === 1) {
    const indices = second.indices.map((index) => (index < 0 ? -1 : (first.indices[index] ?? -1)))
    return { ...second, inputs: first.inputs, indices }
  }
  if (second.kind === 'scale') {
    if (first.kind === 'dense') return scaledDense(first, second, elements)
    if (first.kind === 'convolution') return scaledConvolution(first, second, elements)
    if (first.kind === 'scale') return scaledTwice(first, second, elements)
  }
  if (first.kind === 'scale' && second.kind === 'dense') return denseOfScaled(first, second)
  return undefined
}

type Line = { readonly multiplier: number; readonly offset: number }

const lineAt = ({ multipliers, offsets, repeat }: ScaleLayer, element: number): Line => {
  const at = Math.floor(element / repeat) % multipliers.length
  return { multiplier: multipliers[at] ?? 0, offset: offsets[at] ?? 0 }
}

/** The line of each of `count` groups, where every element of a group has the same; undefined where one has another. */
function groupLines(
  scale: ScaleLayer,
  elements: number,
  { count, groupOf }: { readonly count: number; readonly groupOf: (element: number) => number },
): readonly Line[] | undefined {
  const lines = new Array<Line | undefined>(count).fill(undefined)
  for (let element = 0; element < elements; element += 1) {
    const group = groupOf(element)
    const line = lineAt(scale, element)
    const known = lines[group]
    const isSame =
      known === undefined || (known.multiplier === line.multiplier && known.offset === line.offset)
    if (!isSame) return undefined
    lines[group] = line
  }
  return lines.map((line) => line ?? { multiplier: 1, offset: 0 })
}

function scaledDense(
  dense: DenseLayer,
  scale: ScaleLayer,
  elements: number,
): DenseLayer | undefined {
  const { outputs } = dense
  const groups = { count: outputs, groupOf: (element: number) => element % outputs }
  const lines = groupLines(scale, elements, groups)
  return lines === undefined ? undefined : withLines(dense, lines)
}

function scaledConvolution(
  layer: ConvolutionLayer,
  scale: ScaleLayer,
  elements: number,
): ConvolutionLayer | undefined {
  const places = elements / layer.outputs
  const groupOf = (element: number): number => Math.floor(element / places)
  const lines = groupLines(scale, elements, { count: layer.outputs, groupOf })
  return lines === undefined ? undefined : withLines(layer, lines)
}

/** Rows of weights times a number each, plus another. */
function withLines<T extends DenseLayer | ConvolutionLayer>(layer: T, lines: readonly Line[]): T {
  const width = layer.weights.length / layer.outputs
  const weights = layer.weights.map(
    (weight, at) => weight * (lines[Math.floor(at / width)]?.multiplier ?? 1),
  )
  const biases = layer.biases.map(
    (bias, output) => bias * (lines[output]?.multiplier ?? 1) + (lines[output]?.offset ?? 0),
  )
  return { ...layer, weights, biases }
}

function scaledTwice(first: ScaleLayer, second: ScaleLayer, elements: number): ScaleLayer {
  const isAlike =
    first.repeat === second.repeat && first.multipliers.length === second.multipliers.length
  const repeat = isAlike ? first.repeat : 1
  const count = isAlike ? first.multipliers.length : elements
  const lines = Array.from({ length: count }, (_, at) => {
    const before = lineAt(first, at * repeat)
    const behind = lineAt(second, at * repeat)
    return {
      multiplier: before.multiplier * behind.multiplier,
      offset: before.offset * behind.multiplier + behind.offset,
    }
  })
  return {
    ...second,
    input: first.input,
    repeat,
    multipliers: lines.map(({ multiplier }) => multiplier),
    offsets: lines.map(({ offset }) => offset),
  }
}

/** W (m x + o) + b = (W m) x + (W o + b), where every row of the input has the same m and o. */
function denseOfScaled(scale: ScaleLayer, dense: DenseLayer): DenseLayer | undefined {
  const { rows, columns, outputs } = dense
  if (rows * columns > tensorElementsMax) return undefined
  const groups = { count: columns, groupOf: (element: number) => element % columns }
  const lines = groupLines(scale, rows * columns, groups)
  if (lines === undefined) return undefined
  const weights = dense.weights.map((weight, at) => weight * (lines[at % columns]?.multiplier ?? 1))
  const biases = Array.from({ length: outputs }, (_, output) =>
    lines.reduce(
      (sum, { offset }, column) => sum + offset * (dense.weights[output * columns + column] ?? 0),
      dense.biases[output] ?? 0,
    ),
  )
  return { ...dense, input: scale.input, weights, biases }
}
