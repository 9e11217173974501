import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { scalarModulus, scalarWord } from '../../src/proofs/field.ts'
import type { Proof } from '../../src/proofs/proof.ts'
import { evaluate } from '../../src/provable/evaluate.ts'
import { writeEzkl } from '../../src/provable/write-ezkl.ts'
import type { CircuitArtefacts } from '../../src/prover/circuit-artefacts.ts'
import type { CircuitSource } from '../../src/prover/circuit-source.ts'
import { buildCircuit, checkProof, prove } from '../../src/prover/prover.ts'
import { denseModel, someInput } from '../support/circuit-models.ts'
import { expectOk } from '../support/dev-chain.ts'
import { built, temporaryZkPlace, type ZkPlace } from '../support/tiny-circuits.ts'

const graph = denseModel([2, 2])
const x = someInput(graph, 1)
const y = expectOk(evaluate(graph, x))

function ezklSource(): CircuitSource {
  const { compiled, settings } = expectOk(writeEzkl(graph))
  return {
    name: 'tiny',
    system: 'ezkl',
    files: { 'model.compiled': compiled, 'settings.json': settings },
    entry: 'model.compiled',
  }
}

let zk: ZkPlace
let artefacts: CircuitArtefacts
let proof: Proof
beforeAll(async () => {
  zk = temporaryZkPlace()
  artefacts = await built(ezklSource(), zk.place)
  proof = expectOk(await prove({ artefacts, inputs: { input_data: [x] } }, { place: zk.place }))
})
afterAll(() => zk.remove())

const checked = (other: Partial<Proof>) =>
  checkProof({ artefacts, proof: { ...proof, ...other } }, { place: zk.place })

describe('a circuit of ezkl', () => {
  test('is proved about what the model answers', async () => {
    expect(proof.publicInputs).toEqual([...x, ...y].map((value) => scalarWord(fieldOf(value))))
    expect(proof).toMatchObject({ system: 'ezkl', setup: 'dev-insecure' })
    expect(await checked({})).toEqual({ ok: true, value: true })
  })

  test('has no proof of another answer', async () => {
    const [first, ...rest] = proof.publicInputs
    const other = scalarWord(BigInt(first ?? 0) ^ 1n)
    expect(await checked({ publicInputs: [other, ...rest] })).toMatchObject({
      error: { reason: 'proof_false' },
    })
  })

  test('has no proof with another byte', async () => {
    const at = proof.proof.length - 100
    const digit = proof.proof[at] === '0' ? '1' : '0'
    const other = `${proof.proof.slice(0, at)}${digit}${proof.proof.slice(at + 1)}`
    expect(await checked({ proof: other as Proof['proof'] })).toMatchObject({
      error: { reason: 'proof_false' },
    })
  })

  test('has nothing to prove for a tensor of another shape', async () => {
    const refused = await prove({ artefacts, inputs: { input_data: [] } }, { place: zk.place })
    expect(refused).toMatchObject({ ok: false, error: { reason: 'inputs_refused' } })
  })

  test('is refused where it is none', async () => {
    const { files, ...source } = ezklSource()
    const damaged = { ...files, 'model.compiled': Uint8Array.of(1, 2, 3) }
    expect(await buildCircuit({ ...source, files: damaged }, { place: zk.place })).toMatchObject({
      ok: false,
    })
    const unsettled = { ...files, 'settings.json': '{}' }
    expect(await buildCircuit({ ...source, files: unsettled }, { place: zk.place })).toMatchObject({
      error: { reason: 'source_refused' },
    })
  })
})

/** A negative number stands as the field's modulus less its amount. */
function fieldOf(value: number): bigint {
  return value < 0 ? scalarModulus + BigInt(value) : BigInt(value)
}
