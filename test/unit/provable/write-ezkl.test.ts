import { expect, it } from 'vitest'
import { assert } from '../../../src/base/assert.ts'
import { comparisonBase, ezklPlanOf } from '../../../src/provable/ezkl-plan.ts'
import type { DenseLayer, FixedPointGraph } from '../../../src/provable/fixed-point-graph.ts'
import { writeEzkl } from '../../../src/provable/write-ezkl.ts'
import { convolutionModel, denseModel, modelOf, treeModel } from '../../support/circuit-models.ts'

const dense = (shift: number, weight: number): DenseLayer => ({
  kind: 'dense',
  name: 'sum',
  scaleBits: 0,
  input: 0,
  rows: 1,
  columns: 1,
  outputs: 1,
  weights: [weight],
  biases: [0],
  shift,
})

const wide = (shift: number, weight: number): FixedPointGraph =>
  modelOf(1, { minima: [-(2 ** 31)], maxima: [2 ** 31 - 1] }, [dense(shift, weight)])

it('plans a dense model as sums, floors and ReLUs, whose digits hold every value', () => {
  const plan = ezklPlanOf(denseModel([4, 6, 2]))
  assert(plan.ok, 'a dense model has a plan')
  expect(plan.value.operations.map(({ kind }) => kind)).toEqual([
    ...['dense', 'shift', 'relu', 'dense', 'shift'],
  ])
  expect(plan.value).toMatchObject({ rows: 1, inputs: 4, outputs: 2 })
  expect(comparisonBase ** plan.value.digits).toBeGreaterThanOrEqual(2 ** 31)
})

it('lifts a sum where digits of its shift would not reach it', () => {
  const plan = ezklPlanOf(wide(4, 7))
  assert(plan.ok, 'a sum of 34 bits has a plan')
  const [sum, shift] = plan.value.operations
  assert(sum?.kind === 'dense' && shift?.kind === 'shift', 'a sum and its shift')
  expect(sum.lift).toBeGreaterThan(0)
  expect(shift.bits).toBe(4 + sum.lift)
  expect(shift.bits * (shift.digits - 1)).toBeLessThan(32)
  expect(shift.bits * shift.digits).toBeGreaterThanOrEqual(34 + sum.lift)
})

it.each([
  ['a convolution', convolutionModel(), 'is convolution'],
  ['trees', treeModel(2, 2), 'is treeEnsemble'],
  ['a sum of 36 bits', wide(5, 31), 'sums 36 bits'],
])('refuses %s by name and reason', (_, graph, detail) => {
  const plan = ezklPlanOf(graph)
  assert(!plan.ok, 'the model is refused')
  expect(plan.error.detail).toContain(detail)
  expect(writeEzkl(graph)).toEqual(plan)
})

it('writes the same bytes for the same model, and other bytes for another weight', () => {
  const written = (graph: FixedPointGraph) => {
    const circuit = writeEzkl(graph)
    assert(circuit.ok, 'a dense model has a circuit')
    return circuit.value
  }
  expect(written(denseModel([4, 6, 2]))).toEqual(written(denseModel([4, 6, 2])))
  const other = written(denseModel([4, 6, 2], 9))
  expect(Buffer.from(other.compiled).equals(written(denseModel([4, 6, 2])).compiled)).toBe(false)
  expect(JSON.parse(other.settings)).toMatchObject({
    run_args: {
      param_visibility: 'Fixed',
      input_visibility: 'Public',
      output_visibility: 'Public',
    },
    model_instance_shapes: [
      [1, 4],
      [1, 2],
    ],
  })
})
