import { expect, it } from 'vitest'
import { assert } from '../../../src/base/assert.ts'
import { packedLength, packedValues } from '../../../src/base/packed-tensor.ts'
import { circuitProgramOf } from '../../../src/provable/circuit-program-of.ts'
import { evaluate } from '../../../src/provable/evaluate.ts'
import type { FixedPointGraph } from '../../../src/provable/fixed-point-graph.ts'
import { writeCircom } from '../../../src/provable/write-circom.ts'
import { writeNoir } from '../../../src/provable/write-noir.ts'
import {
  assortedModel,
  convolutionModel,
  denseModel,
  edgeInput,
  someInput,
  treeModel,
} from '../../support/circuit-models.ts'
import { programOutput } from '../../support/run-circuit-program.ts'

const models: readonly (readonly [string, FixedPointGraph])[] = [
  ['dense', denseModel([16, 32, 16, 1])],
  ['convolution', convolutionModel()],
  ['trees', treeModel(5, 3)],
  ['assorted', assortedModel()],
]

function texts(graph: FixedPointGraph): readonly string[] {
  const program = circuitProgramOf(graph)
  assert(program.ok, 'the model has a circuit')
  return [writeCircom(program.value), writeNoir(program.value)]
}

it.each(models)('the %s program answers what the graph does, at its edges too', (_, graph) => {
  const program = circuitProgramOf(graph)
  assert(program.ok, 'the model has a circuit')
  const inputs = [edgeInput(graph, 'least'), edgeInput(graph, 'greatest'), someInput(graph, 7)]
  for (const x of inputs) {
    const y = evaluate(graph, x)
    expect(y.ok && [...y.value]).toEqual(programOutput(program.value, x))
  }
})

it.each(models)('names of the %s model do not reach its circuits', (_, graph) => {
  const evil = '"]; } fn main() {} // \n*/ component main = Evil();'
  const renamed: FixedPointGraph = {
    ...graph,
    name: evil,
    inputs: graph.inputs.map((port) => ({ ...port, name: evil })),
    layers: graph.layers.map((layer) => ({ ...layer, name: evil })),
    outputs: graph.outputs.map((port) => ({ ...port, name: evil })),
  }
  expect(texts(renamed)).toEqual(texts(graph))
})

it('a wire takes a bounded length of text', () => {
  const wide = denseModel([300, 200, 1])
  for (const text of texts(wide)) expect(text.length).toBeLessThan(8 * 300 * 200)
})

it('packs seven int32 values to an element, the first lowest, none above 2^224', () => {
  const values = [0, -1, 2 ** 31 - 1, -(2 ** 31), 5, 6, 7, 8]
  const [first, second, ...more] = packedValues(values)
  expect(more).toEqual([])
  expect(first === undefined || first >> 224n).toBe(0n)
  const unpacked = Array.from({ length: 7 }, (_, at) =>
    Number(((first ?? 0n) >> BigInt(32 * at)) & 0xffffffffn),
  )
  expect(unpacked.map((value) => value - 2 ** 31)).toEqual(values.slice(0, 7))
  expect(second).toBe(2n ** 31n + 8n)
  expect(packedLength(values.length)).toBe(2)
})
