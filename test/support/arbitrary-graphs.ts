/* Graphs of whole numbers, small enough to prove, of every kind of layer: each follows from a list of kinds and numbers. */
import fc from 'fast-check'
import type { FixedPointGraph, Layer, Tree, Window } from '../../src/provable/fixed-point-graph.ts'
import { analyseIntervals, intervalOf } from '../../src/provable/interval-analysis.ts'
import { tensorElements } from '../../src/provable/layer-elements.ts'
import { readFixedPointGraph } from '../../src/provable/read-fixed-point-graph.ts'
import { windowPlaces } from '../../src/provable/window.ts'
import { seededRandom } from './seeded-random.ts'

export type LayerKind = Layer['kind']

export const layerKinds: readonly LayerKind[] = [
  'dense',
  'convolution',
  'scale',
  'add',
  'multiply',
  'clip',
  'leakyRelu',
  'maxPool',
  'sumPool',
  'arrange',
  'treeEnsemble',
  'argMax',
]

/** A layer to draw: numbers of it follow from the seed, and what it reads. */
export type LayerPlan = { readonly kind: LayerKind; readonly seed: number }

export const anyFixedPointGraph: fc.Arbitrary<FixedPointGraph> = fc
  .record({
    elements: fc.integer({ min: 1, max: 12 }),
    plans: fc.array(
      fc.record({
        kind: fc.constantFrom(...layerKinds),
        seed: fc.integer({ min: 1, max: 2 ** 30 }),
      }),
      { minLength: 1, maxLength: 6 },
    ),
  })
  .map(({ elements, plans }) => graphOf(elements, plans))

/** Integers within the ranges of a graph's inputs, its edges among them. */
export function anyInputOf({ inputs }: FixedPointGraph): fc.Arbitrary<number[]> {
  const elements = inputs.flatMap(({ shape, minima, maxima }) => {
    const length = shape.reduce((product, size) => product * size, 1)
    return Array.from({ length }, (_, element) => {
      const min = minima[element % minima.length] ?? 0
      const max = maxima[element % maxima.length] ?? 0
      return fc.oneof(fc.integer({ min, max }), fc.constantFrom(min, max))
    })
  })
  return fc.tuple(...elements)
}

export const anyGraphAndInput: fc.Arbitrary<{
  readonly graph: FixedPointGraph
  readonly input: readonly number[]
}> = anyFixedPointGraph.chain((graph) => anyInputOf(graph).map((input) => ({ graph, input })))

/** Values stay small enough that any further layer's sums are exact. */
const valueBits = 20

/** One input of `elements` values, the layers that were planned, and the last tensor and one before it for outputs. */
export function graphOf(elements: number, plans: readonly LayerPlan[]): FixedPointGraph {
  let graph: FixedPointGraph = {
    object: 'vouch.fixed-point-graph',
    version: 1,
    name: 'drawn',
    inputs: [{ name: 'x', shape: [elements], scaleBits: 4, minima: [-100], maxima: [120] }],
    layers: [],
    outputs: [],
  }
  for (const plan of plans) {
    const drawn = drawLayer(plan, graph)
    graph = { ...graph, layers: [...graph.layers, withSmallValues(drawn, graph)] }
  }
  const counts = tensorElements(graph)
  const last = counts.length - 1
  const before = plans.reduce((sum, { seed }) => sum + seed, 0) % counts.length
  const outputs = [...new Set([last, before])].map((tensor) => ({
    name: `y${tensor}`,
    shape: [counts[tensor] ?? 1],
    scaleBits: 4,
    tensor,
  }))
  const read = readFixedPointGraph(JSON.parse(JSON.stringify({ ...graph, outputs })))
  if (!read.ok) throw new Error(`${read.error.place} ${read.error.detail}`)
  return read.value
}

/** With a shift that keeps its values within a few bits of those before it. */
function withSmallValues(layer: Layer, graph: FixedPointGraph): Layer {
  if (!('shift' in layer)) return layer
  const intervals = analyseIntervals({
    ...graph,
    layers: [...graph.layers, { ...layer, shift: 0 }],
  })
  const tensor = intervals.ok ? intervals.value.tensors.at(-1) : undefined
  if (tensor === undefined) throw new Error('A drawn layer has sums beyond what is exact')
  const { min, max } = intervalOf(tensor)
  const bits = Math.ceil(Math.log2(Math.max(-min, max, 1)))
  return { ...layer, shift: Math.max(layer.shift, bits - valueBits, 0) }
}

function drawLayer({ kind, seed }: LayerPlan, graph: FixedPointGraph): Layer {
  const draw = seededRandom(seed)
  const elements = tensorElements(graph)
  const input = draw(elements.length)
  const count = elements[input] ?? 1
  const between = (min: number, max: number): number => min + draw(max - min + 1)
  const list = (length: number, min: number, max: number): readonly number[] =>
    Array.from({ length }, () => between(min, max))
  const named = { name: `${kind} ${graph.layers.length}`, scaleBits: 4 }
  const same = elements.flatMap((size, tensor) => (size === count ? [tensor] : []))
  const second = same[draw(same.length)] ?? input
  switch (kind) {
    case 'dense': {
      const columns = dividing(count, draw)
      const rows = count / columns
      const outputs = between(1, 5)
      const weights = list(columns * outputs, -20, 20)
      const biases = list(outputs, -50, 50)
      const shift = between(0, 5)
      return { ...named, kind, input, rows, columns, outputs, weights, biases, shift }
    }
    case 'convolution': {
      const window = drawWindow(count, draw)
      const groups = draw(2) === 0 ? 1 : window.channels
      const outputs = groups * between(1, 3)
      const [height, width] = window.kernel
      const weights = list((outputs * window.channels * height * width) / groups, -20, 20)
      const biases = list(outputs, -50, 50)
      return {
        ...named,
        kind,
        input,
        window,
        groups,
        outputs,
        weights,
        biases,
        shift: between(0, 5),
      }
    }
    case 'scale': {
      const period = between(1, 4)
      const multipliers = list(period, -30, 30)
      const offsets = list(period, -200, 200)
      return { ...named, kind, input, multipliers, offsets, repeat: between(1, 3), shift: draw(5) }
    }
    case 'add': {
      const multipliers = [between(-9, 9), between(-9, 9)] as const
      const inputs = [input, second] as const
      return { ...named, kind, inputs, multipliers, offset: between(-20, 20), shift: draw(4) }
    }
    case 'multiply':
      return { ...named, kind, inputs: [input, second], offset: between(-20, 20), shift: draw(9) }
    case 'clip': {
      const atLeast = draw(4) === 0 ? null : between(-60, 0)
      const atMost = draw(2) === 0 ? null : between(0, 90)
      return { ...named, kind, input, atLeast, atMost }
    }
    case 'leakyRelu': {
      const slopes = list(between(1, 3), -4, 8)
      return { ...named, kind, input, slopes, repeat: between(1, 3), offset: draw(8), shift: 3 }
    }
    case 'maxPool':
      return { ...named, kind, input, window: withoutPadding(drawWindow(count, draw)) }
    case 'sumPool': {
      const window = drawWindow(count, draw)
      const { rows, columns } = windowPlaces(window)
      const multipliers = list(draw(2) === 0 ? 1 : rows * columns, -8, 8)
      return { ...named, kind, input, window, multipliers, offset: between(-9, 9), shift: draw(4) }
    }
    case 'arrange': {
      const inputs = draw(2) === 0 ? [input] : [input, draw(elements.length)]
      const all = inputs.reduce((sum, tensor) => sum + (elements[tensor] ?? 0), 0)
      return { ...named, kind, inputs, indices: list(between(1, 12), -1, all - 1) }
    }
    case 'treeEnsemble': {
      const outputs = between(1, 3)
      const trees = Array.from({ length: between(1, 3) }, () =>
        drawTree({ draw, features: count, outputs }),
      )
      return { ...named, kind, input, outputs, offsets: list(outputs, -50, 50), trees }
    }
    case 'argMax': {
      const size = dividing(count, draw)
      return { ...named, kind, input, rows: count / size, labels: list(size, -9, 9) }
    }
  }
}

type Draw = (below: number) => number

function dividing(count: number, draw: Draw): number {
  const divisors = Array.from({ length: count }, (_, at) => at + 1).filter((at) => count % at === 0)
  return divisors[draw(divisors.length)] ?? 1
}

function drawWindow(count: number, draw: Draw): Window {
  const channels = dividing(count, draw)
  const height = dividing(count / channels, draw)
  const width = count / channels / height
  const kernel = [1 + draw(Math.min(height, 3)), 1 + draw(Math.min(width, 3))] as const
  const roomy = kernel[0] * 2 - 1 <= height && kernel[1] * 2 - 1 <= width
  const dilation = roomy ? 1 + draw(2) : 1
  return {
    channels,
    height,
    width,
    kernel,
    strides: [1 + draw(2), 1 + draw(2)],
    dilations: [dilation, dilation],
    padding: [draw(2), draw(2), draw(2), draw(2)],
  }
}

/** A window of a kernel of one could stand in the padding alone. */
const withoutPadding = (window: Window): Window => ({
  ...window,
  padding: window.padding.map((size, side) =>
    (window.kernel[side % 2] ?? 1) > 1 && window.dilations[0] === 1 ? size : 0,
  ) as unknown as Window['padding'],
})

function drawTree({
  draw,
  features,
  outputs,
}: {
  readonly draw: Draw
  readonly features: number
  readonly outputs: number
}): Tree {
  const depth = draw(4)
  const leaves: (readonly number[])[] = []
  const branches: Tree['branches'][number][] = []
  const grow = (left: number): number => {
    if (left === 0 || draw(5) === 0) {
      leaves.push(Array.from({ length: outputs }, () => draw(400) - 200))
      return -leaves.length
    }
    const at = branches.length
    const branch = { feature: draw(features), threshold: draw(240) - 120, atMost: 0, above: 0 }
    branches.push(branch)
    branch.atMost = grow(left - 1)
    branch.above = grow(left - 1)
    return at
  }
  grow(depth)
  return { branches, leaves }
}
