import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { assert } from '../../src/base/assert.ts'
import { evaluate } from '../../src/provable/evaluate.ts'
import { writeEzkl } from '../../src/provable/write-ezkl.ts'
import type { CircuitArtefacts } from '../../src/prover/circuit-artefacts.ts'
import { prove } from '../../src/prover/prover.ts'
import { denseModel, edgeInput, someInput } from '../support/circuit-models.ts'
import { expectOk } from '../support/dev-chain.ts'
import { built, temporaryZkPlace, type ZkPlace } from '../support/tiny-circuits.ts'

const order = 21888242871839275222246405745257275088548364400416034343698204186575808495617n
const graph = denseModel([4, 6, 2])
const source = (seed?: number) => {
  const circuit = writeEzkl(denseModel([4, 6, 2], seed))
  assert(circuit.ok, 'a dense model has a circuit')
  const { compiled, settings } = circuit.value
  return {
    name: 'dense',
    system: 'ezkl',
    entry: 'model.compiled',
    files: { 'model.compiled': compiled, 'settings.json': settings },
  } as const
}

let zk: ZkPlace
let artefacts: CircuitArtefacts
beforeAll(async () => {
  zk = temporaryZkPlace()
  artefacts = await built(source(), zk.place)
})
afterAll(() => zk.remove())

describe("ezkl's circuit of a dense model, written without ezkl", () => {
  test.each([
    ['least', edgeInput(graph, 'least')],
    ['seeded', someInput(graph, 3)],
  ])('proves what the model answers at the %s input', async (_, x) => {
    const y = evaluate(graph, x)
    assert(y.ok, 'the model answers')
    const proof = expectOk(
      await prove({ artefacts, inputs: { input_data: [[...x]] } }, { place: zk.place }),
    )
    const values = proof.publicInputs.map((word) => {
      const value = BigInt(word)
      return Number(value > order / 2n ? value - order : value)
    })
    expect(values).toEqual([...x, ...y.value])
  })

  test('has another key for other weights', async () => {
    const other = await built(source(9), zk.place)
    expect(other.artefact.vkHash).not.toBe(artefacts.artefact.vkHash)
  })
})
