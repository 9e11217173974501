import { expect, it } from 'vitest'
import { circuitProgramOf } from '../../../src/provable/circuit-program-of.ts'
import { evaluate } from '../../../src/provable/evaluate.ts'
import type { FixedPointGraph, Layer } from '../../../src/provable/fixed-point-graph.ts'
import { programOutput } from '../../support/run-circuit-program.ts'

const graphOf = (layers: readonly Layer[], outputs: number): FixedPointGraph => ({
  object: 'vouch.fixed-point-graph',
  version: 1,
  name: 'small',
  inputs: [{ name: 'x', shape: [4], scaleBits: 0, minima: [-100], maxima: [100] }],
  layers,
  outputs: [{ name: 'y', shape: [outputs], scaleBits: 0, tensor: layers.length }],
})

const at = { name: 'layer', scaleBits: 0 }
const tree: Layer = {
  ...at,
  kind: 'treeEnsemble',
  input: 0,
  outputs: 2,
  offsets: [3, -4],
  trees: [
    {
      branches: [
        { feature: 0, threshold: -5, atMost: 1, above: 2 },
        { feature: 1, threshold: 0, atMost: -1, above: -2 },
        { feature: 2, threshold: 500, atMost: -3, above: -4 },
      ],
      leaves: [
        [1, 2],
        [3, 4],
        [5, 6],
        [7, 8],
      ],
    },
    { branches: [], leaves: [[10, 20]] },
  ],
}

const models: Readonly<Record<string, { outputs: number; layers: readonly Layer[] }>> = {
  'a dense layer and a relu': {
    outputs: 6,
    layers: [
      {
        ...at,
        kind: 'dense',
        input: 0,
        rows: 2,
        columns: 2,
        outputs: 3,
        weights: [1, -2, 3, 4, -5, 6],
        biases: [7, -8, 9],
        shift: 2,
      },
      { ...at, kind: 'clip', input: 1, atLeast: 0, atMost: null },
    ],
  },
  'a leaky relu': {
    outputs: 4,
    layers: [
      { ...at, kind: 'leakyRelu', input: 0, slopes: [3, 5], repeat: 2, offset: 1, shift: 3 },
    ],
  },
  'a clip': { outputs: 4, layers: [{ ...at, kind: 'clip', input: 0, atLeast: -7, atMost: 40 }] },
  'a square': {
    outputs: 4,
    layers: [{ ...at, kind: 'multiply', inputs: [0, 0], offset: 5, shift: 4 }],
  },
  trees: { outputs: 2, layers: [tree] },
  'the greatest of each row': {
    outputs: 2,
    layers: [{ ...at, kind: 'argMax', input: 0, rows: 2, labels: [11, 22] }],
  },
}

it.each(Object.entries(models))(
  'a program of %s answers as the graph does',
  (_, { layers, outputs }) => {
    const graph = graphOf(layers, outputs)
    const program = circuitProgramOf(graph)
    for (const x of [
      [0, 0, 0, 0],
      [-5, 0, 1, -1],
      [100, -100, 99, -99],
      [-6, 1, 100, 100],
      [7, 7, -8, -8],
    ]) {
      const expected = evaluate(graph, x)
      expect(program.ok && programOutput(program.value, x)).toEqual(
        expected.ok && [...expected.value],
      )
    }
  },
)
