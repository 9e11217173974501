import { expect, test } from 'vitest'
import { evaluate } from '../../../src/provable/evaluate.ts'
import type { FixedPointGraph, Layer } from '../../../src/provable/fixed-point-graph.ts'
import { readFixedPointGraph } from '../../../src/provable/read-fixed-point-graph.ts'

type Given = { readonly shape: readonly number[]; readonly layers: readonly Layer[] }

/** A graph whose output is its last layer. */
function graphOf({ shape, layers }: Given, outputShape: readonly number[]): FixedPointGraph {
  const graph = readFixedPointGraph({
    object: 'vouch.fixed-point-graph',
    version: 1,
    name: 'test',
    inputs: [{ name: 'x', shape, scaleBits: 0, minima: [-1000], maxima: [1000] }],
    layers,
    outputs: [{ name: 'y', shape: outputShape, scaleBits: 0, tensor: layers.length }],
  })
  if (!graph.ok) throw new Error(`${graph.error.place} ${graph.error.detail}`)
  return graph.value
}

function answered(graph: FixedPointGraph, input: readonly number[]): readonly number[] {
  const answer = evaluate(graph, input)
  if (!answer.ok) throw new Error(answer.error.reason)
  return [...answer.value]
}

const named = { name: 'layer', scaleBits: 0 }
const overAll = {
  kernel: [2, 2],
  strides: [1, 1],
  dilations: [1, 1],
  padding: [0, 0, 0, 0],
} as const
const square = { ...overAll, channels: 1, height: 3, width: 3 }

test('a dense layer sums rows of weights and rounds down, below zero too', () => {
  const layer: Layer = {
    ...named,
    kind: 'dense',
    input: 0,
    rows: 2,
    columns: 2,
    outputs: 2,
    weights: [1, 2, -3, 4],
    biases: [1, 0],
    shift: 1,
  }
  const graph = graphOf({ shape: [2, 2], layers: [layer] }, [2, 2])
  // Sums before the shift: 1+1+4 = 6, −3+8 = 5, 1−1+0 = 0, 3+0 = 3; then of [−1, −1]: …
  expect(answered(graph, [1, 2, -1, 0])).toEqual([3, 2, 0, 1])
  expect(answered(graph, [-1, -1, 1, 0])).toEqual([-1, -1, 1, -2])
})

test('a convolution slides over its channels, with padding that is zero', () => {
  const window = { ...square, channels: 2, height: 2, width: 2, padding: [1, 0, 0, 0] as const }
  const layer: Layer = {
    ...named,
    kind: 'convolution',
    input: 0,
    window,
    groups: 1,
    outputs: 1,
    weights: [1, 2, 3, 4, 10, 0, 0, -1],
    biases: [100],
    shift: 0,
  }
  const graph = graphOf({ shape: [2, 2, 2], layers: [layer] }, [1, 2, 1])
  // First place: the upper half of the window is padding: 3·1 + 4·2 + (−1)·6; second: 1+4+9+16 + 10·5 − 8.
  expect(answered(graph, [1, 2, 3, 4, 5, 6, 7, 8])).toEqual([100 + 11 - 6, 100 + 30 + 50 - 8])
})

test('groups of a convolution read their own channels alone', () => {
  const window = { ...overAll, channels: 2, height: 1, width: 1, kernel: [1, 1] as const }
  const layer: Layer = {
    ...named,
    kind: 'convolution',
    input: 0,
    window,
    groups: 2,
    outputs: 4,
    weights: [1, 2, 3, 4],
    biases: [0, 0, 0, 0],
    shift: 0,
  }
  const graph = graphOf({ shape: [2, 1, 1], layers: [layer] }, [4, 1, 1])
  expect(answered(graph, [10, 100])).toEqual([10, 20, 300, 400])
})

test('pools take the greatest and the sum of what is inside', () => {
  const values = [1, 2, 3, 4, 5, 6, 7, 8, -9]
  const padded = { ...square, strides: [2, 2], padding: [1, 1, 0, 0] } as const
  const maxPool: Layer = { ...named, kind: 'maxPool', input: 0, window: padded }
  const most = graphOf({ shape: [1, 3, 3], layers: [maxPool] }, [1, 2, 2])
  expect(answered(most, values)).toEqual([1, 3, 7, 8])
  expect(answered(most, [-1, 0, 0, 0, 0, 0, 0, 0, 0])).toEqual([-1, 0, 0, 0])
  const sumPool: Layer = {
    ...named,
    kind: 'sumPool',
    input: 0,
    window: padded,
    multipliers: [4, 2, 2, 1],
    offset: 2,
    shift: 2,
  }
  const mean = graphOf({ shape: [1, 3, 3], layers: [sumPool] }, [1, 2, 2])
  expect(answered(mean, values)).toEqual([1, 3, 6, 3])
})

test('layers of one element each: scale, add, multiply, clip, leaky ReLU', () => {
  const layers: readonly Layer[] = [
    {
      ...named,
      kind: 'scale',
      input: 0,
      multipliers: [3, -1],
      offsets: [1, 0],
      repeat: 2,
      shift: 1,
    },
    { ...named, kind: 'add', inputs: [0, 1], multipliers: [2, -1], offset: 3, shift: 2 },
    { ...named, kind: 'multiply', inputs: [0, 1], offset: 1, shift: 1 },
    { ...named, kind: 'clip', input: 3, atLeast: -5, atMost: 40 },
    { ...named, kind: 'leakyRelu', input: 1, slopes: [1], repeat: 1, offset: 2, shift: 2 },
    { ...named, kind: 'arrange', inputs: [1, 2, 3, 4, 5], indices: [...Array(20).keys(), -1] },
  ]
  const graph = graphOf({ shape: [4], layers }, [21])
  const scaled = [8, -7, -4, 3]
  const added = [1, 0, 5, -3]
  const multiplied = [20, 18, -16, -9]
  const clipped = [20, 18, -5, -5]
  const leaky = [8, -2, -1, 3]
  expect(answered(graph, [5, -5, 8, -6])).toEqual(
    [scaled, added, multiplied, clipped, leaky, 0].flat(),
  )
})

test('trees compare whole numbers, and the first greatest wins', () => {
  const layers: readonly Layer[] = [
    {
      ...named,
      kind: 'treeEnsemble',
      input: 0,
      outputs: 2,
      offsets: [1, 1],
      trees: [
        {
          branches: [
            { feature: 1, threshold: 3, atMost: 1, above: -1 },
            { feature: 0, threshold: -2, atMost: -2, above: -3 },
          ],
          leaves: [
            [100, 0],
            [0, 20],
            [7, 7],
          ],
        },
        { branches: [], leaves: [[0, 1]] },
      ],
    },
    { ...named, kind: 'argMax', input: 1, rows: 1, labels: [50, 60] },
    { ...named, kind: 'arrange', inputs: [1, 2], indices: [0, 1, 2] },
  ]
  const graph = graphOf({ shape: [2], layers }, [3])
  expect(answered(graph, [0, 4])).toEqual([101, 2, 50])
  expect(answered(graph, [-2, 3])).toEqual([1, 22, 60])
  expect(answered(graph, [-1, 3])).toEqual([8, 9, 60])
})

test('an input that the graph was not made for is refused', () => {
  const layer: Layer = { ...named, kind: 'clip', input: 0, atLeast: 0, atMost: null }
  const graph = graphOf({ shape: [2], layers: [layer] }, [2])
  expect(evaluate(graph, [1])).toEqual({
    ok: false,
    error: { reason: 'input_count', expected: 2, given: 1 },
  })
  expect(evaluate(graph, [1, 0.5])).toEqual({
    ok: false,
    error: { reason: 'input_not_an_integer', index: 1 },
  })
  expect(evaluate(graph, [1, Number.NaN])).toMatchObject({
    error: { reason: 'input_not_an_integer' },
  })
  expect(evaluate(graph, [-1001, 0])).toEqual({
    ok: false,
    error: { reason: 'input_out_of_range', index: 0, min: -1000, max: 1000 },
  })
  expect(Object.is(answered(graph, [-0, -5])[0], 0)).toBe(true)
})
