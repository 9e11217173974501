import { expect, it } from 'vitest'
import { assert } from '../../../src/base/assert.ts'
import { chooseSystem } from '../../../src/provable/choose-system.ts'
import { type ProofCost, predictCosts } from '../../../src/provable/predict-costs.ts'
import {
  assortedModel,
  convolutionModel,
  denseModel,
  treeModel,
} from '../../support/circuit-models.ts'

const costs = (graph: Parameters<typeof predictCosts>[0]): readonly ProofCost[] => {
  const predicted = predictCosts(graph)
  assert(predicted.ok, 'the model has circuits')
  return predicted.value
}

/** As bench/model-circuits.ts measured them: rows of the constraint system, gates of bb. */
const measured = [
  { name: '4-6-2', graph: denseModel([4, 6, 2]), rows: 267, gates: 2907 },
  { name: '16-32-16-1', graph: denseModel([16, 32, 16, 1]), rows: 1641, gates: 4056 },
  { name: '64-64-32-1', graph: denseModel([64, 64, 32, 1]), rows: 3995, gates: 6457 },
  { name: 'convolution', graph: convolutionModel(), rows: 9360, gates: 11_615 },
  { name: 'trees', graph: treeModel(20, 4), rows: 5496, gates: 4181 },
]

it.each(measured)('tells rows of $name exactly and gates to a tenth', ({ graph, rows, gates }) => {
  const [groth16, ultrahonk] = costs(graph)
  expect(groth16?.constraints).toBe(rows)
  expect(Math.abs((ultrahonk?.constraints ?? 0) / gates - 1)).toBeLessThan(0.1)
})

it('tells what ezkl costs where the writer here takes the model, and nothing where not', () => {
  expect(costs(denseModel([4, 6, 2])).map(({ system }) => system)).toContain('ezkl')
  for (const graph of [convolutionModel(), treeModel(2, 2), assortedModel()]) {
    expect(costs(graph).map(({ system }) => system)).toEqual(['groth16', 'ultrahonk'])
  }
})

it('chooses the cheapest verification among the quick, and among all where none is quick', () => {
  const cost = (system: ProofCost['system'], changes: Partial<ProofCost>): ProofCost => ({
    system,
    constraints: 1000,
    publicInputs: 2,
    buildCpuS: 1,
    proveCpuS: 1,
    memoryBytes: 1,
    proofBytes: 1,
    verifyGas: 100,
    ...changes,
  })
  const cheap = cost('groth16', { verifyGas: 10 })
  const dear = cost('ultrahonk', {})
  expect(chooseSystem([dear, cheap])?.chosen).toBe(cheap)
  const slow = cost('groth16', { verifyGas: 10, proveCpuS: 11 })
  expect(chooseSystem([slow, dear])?.chosen).toBe(dear)
  expect(chooseSystem([slow])?.chosen).toBe(slow)
  expect(chooseSystem([cost('groth16', { constraints: 2 ** 18 + 1 })])).toBeUndefined()
  expect(chooseSystem(costs(denseModel([16, 32, 16, 1])))?.because).toMatch(/^groth16: of groth16/)
})
