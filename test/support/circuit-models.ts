import {
  elementsOf,
  type FixedPointGraph,
  type Layer,
} from '../../src/provable/fixed-point-graph.ts'
import { layerElements } from '../../src/provable/layer-elements.ts'
import { seededRandom } from './seeded-random.ts'

/* Fixed models of which the circuits are counted, mutated and priced: the numbers follow from one seed. */

const at = { name: 'layer', scaleBits: 0 }

type Bounds = { readonly minima: readonly number[]; readonly maxima: readonly number[] }

/** One input of one axis, and as output what the last layer gives. */
export function modelOf(
  inputs: number,
  { minima, maxima }: Bounds,
  layers: readonly Layer[],
): FixedPointGraph {
  const elements = [inputs]
  for (const layer of layers) elements.push(layerElements(layer, (tensor) => elements[tensor] ?? 0))
  return {
    object: 'vouch.fixed-point-graph',
    version: 1,
    name: 'model',
    inputs: [{ name: 'x', shape: [inputs], scaleBits: 0, minima, maxima }],
    layers,
    outputs: [{ name: 'y', shape: [elements.at(-1) ?? 0], scaleBits: 0, tensor: layers.length }],
  }
}

const int16: Bounds = { minima: [-(2 ** 15)], maxima: [2 ** 15 - 1] }
const int8: Bounds = { minima: [-128], maxima: [127] }

const relu = (input: number): Layer => ({ ...at, kind: 'clip', input, atLeast: 0, atMost: null })

/** Dense layers of these widths with ReLUs between them: int8 weights, int16 inputs. */
export function denseModel(widths: readonly number[], seed = 1): FixedPointGraph {
  const many = numbers(seed)
  const layers: Layer[] = []
  widths.slice(1).forEach((outputs, index) => {
    const columns = widths[index] ?? 0
    const isLast = index === widths.length - 2
    layers.push({
      ...at,
      kind: 'dense',
      input: layers.length,
      rows: 1,
      columns,
      outputs,
      weights: many(columns * outputs, 127),
      biases: many(outputs, 1000),
      shift: isLast ? 5 : 8,
    })
    if (!isLast) layers.push(relu(layers.length))
  })
  return modelOf(widths[0] ?? 0, int16, layers)
}

/** 8 × 8 pixels of a byte: two convolutions, a maximum and an average between them, three outputs. */
export function convolutionModel(): FixedPointGraph {
  const many = numbers(2)
  const over = (channels: number, size: number, kernel: number, isPool: boolean) => ({
    channels,
    height: size,
    width: size,
    kernel: [kernel, kernel] as const,
    strides: isPool ? ([kernel, kernel] as const) : ([1, 1] as const),
    dilations: [1, 1] as const,
    padding: isPool ? ([0, 0, 0, 0] as const) : ([1, 1, 1, 1] as const),
  })
  const convolved = { ...at, kind: 'convolution', groups: 1, outputs: 4 } as const
  return modelOf(64, int8, [
    {
      ...convolved,
      input: 0,
      window: over(1, 8, 3, false),
      weights: many(36, 127),
      biases: many(4, 999),
      shift: 6,
    },
    relu(1),
    { ...at, kind: 'maxPool', input: 2, window: over(4, 8, 2, true) },
    {
      ...convolved,
      input: 3,
      window: over(4, 4, 3, false),
      weights: many(144, 127),
      biases: many(4, 999),
      shift: 8,
    },
    relu(4),
    {
      ...at,
      kind: 'sumPool',
      input: 5,
      window: over(4, 4, 2, true),
      multipliers: [1],
      offset: 2,
      shift: 2,
    },
    {
      ...at,
      kind: 'dense',
      input: 6,
      rows: 1,
      columns: 16,
      outputs: 3,
      weights: many(48, 127),
      biases: many(3, 999),
      shift: 4,
    },
  ])
}

/** Full trees over int16 features, all of which are read when there are branches enough; one target. */
export function treeModel(trees: number, depth: number, features = 16): FixedPointGraph {
  const many = numbers(3)
  const branches = 2 ** depth - 1
  const child = (node: number): number => (node < branches ? node : -1 - (node - branches))
  return modelOf(features, int16, [
    {
      ...at,
      kind: 'treeEnsemble',
      input: 0,
      outputs: 1,
      offsets: [5],
      trees: Array.from({ length: trees }, (_, tree) => ({
        branches: many(branches, 20_000).map((threshold, node) => ({
          feature: (tree * branches + node) % features,
          threshold,
          atMost: child(2 * node + 1),
          above: child(2 * node + 2),
        })),
        leaves: many(branches + 1, 5000).map((leaf) => [leaf]),
      })),
    },
  ])
}

/** One of each layer that the others do not have, over six inputs whose bounds are no powers of two. */
export function assortedModel(): FixedPointGraph {
  const bounds = { minima: [-100, -99, 0, -5, -4, 7], maxima: [100, 100, 3, 5, 4, 7] }
  return modelOf(6, bounds, [
    { ...at, kind: 'leakyRelu', input: 0, slopes: [3, 5], repeat: 3, offset: 1, shift: 3 },
    { ...at, kind: 'multiply', inputs: [0, 1], offset: 5, shift: 4 },
    { ...at, kind: 'clip', input: 2, atLeast: -7, atMost: 400 },
    { ...at, kind: 'arrange', inputs: [3, 0], indices: [5, 0, -1, 11, 3, 2] },
    { ...at, kind: 'add', inputs: [4, 1], multipliers: [3, -2], offset: 1, shift: 1 },
    {
      ...at,
      kind: 'scale',
      input: 5,
      multipliers: [2, -3, 4],
      offsets: [1, 2, 3],
      repeat: 2,
      shift: 1,
    },
    { ...at, kind: 'argMax', input: 6, rows: 2, labels: [7, -8, 9] },
  ])
}

/** Input values within the model's bounds, which the seed chooses. */
export function someInput({ inputs }: FixedPointGraph, seed: number): readonly number[] {
  const random = seededRandom(seed * 0x9e3779b1)
  return inputs.flatMap(({ shape, minima, maxima }) =>
    Array.from({ length: elementsOf(shape) }, (_, element) => {
      const least = minima[element % minima.length] ?? 0
      const greatest = maxima[element % maxima.length] ?? 0
      return least + random(greatest - least + 1)
    }),
  )
}

/** Each value at one end of its bounds. */
export const edgeInput = (
  { inputs }: FixedPointGraph,
  end: 'least' | 'greatest',
): readonly number[] =>
  inputs.flatMap(({ shape, minima, maxima }) => {
    const ends = end === 'least' ? minima : maxima
    return Array.from(
      { length: elementsOf(shape) },
      (_, element) => ends[element % ends.length] ?? 0,
    )
  })

const numbers = (seed: number) => {
  const random = seededRandom(seed * 0x9e3779b1)
  return (count: number, magnitude: number): number[] =>
    Array.from({ length: count }, () => random(2 * magnitude + 1) - magnitude)
}
