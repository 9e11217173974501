import { copyFileSync, cpSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { scalarWord } from '../../src/proofs/field.ts'
import { verifyProof } from '../../src/proofs/verify-proof.ts'
import { openArtefacts } from '../../src/prover/artefacts-folder.ts'
import type { CircuitArtefacts } from '../../src/prover/circuit-artefacts.ts'
import { buildCircuit, prove } from '../../src/prover/prover.ts'
import type { ProverPlace } from '../../src/prover/prover-place.ts'
import { expectOk } from '../support/dev-chain.ts'
import { built, temporaryZkPlace, tinyCircom, type ZkPlace } from '../support/tiny-circuits.ts'

let zk: ZkPlace
let place: ProverPlace
let artefacts: CircuitArtefacts
beforeAll(async () => {
  zk = temporaryZkPlace()
  place = zk.place
  artefacts = await built(tinyCircom, place)
})
afterAll(() => zk.remove())

const word = (value: number): string => `0x${value.toString(16).padStart(64, '0')}`

describe('a circom circuit', () => {
  test('is built to artefacts that say what they are', () => {
    expect(artefacts.artefact).toMatchObject({
      object: 'vouch.circuit',
      name: 'tiny',
      system: 'groth16',
      setup: 'dev-insecure',
      compiler: { circom2: '0.2.23' },
      // 32 bits, and the product.
      constraints: 33,
      publicInputs: 2,
    })
    expect(Object.keys(artefacts.artefact.files)).toEqual([
      ...['circuit.r1cs', 'circuit.sym', 'circuit.wasm', 'pk', 'vk'],
    ])
  })

  test('is proved, and the proof holds for its own public inputs alone', async () => {
    const stages: string[] = []
    const proof = expectOk(
      await prove(
        { artefacts, inputs: { x: '3', y: 4 } },
        { place, onProgress: ({ stage }) => stages.push(stage) },
      ),
    )
    expect(stages).toEqual(['witness', 'proving', 'verifying'])
    // Outputs come before public inputs.
    expect(proof).toMatchObject({
      object: 'vouch.proof',
      circuit: 'tiny',
      setup: 'dev-insecure',
      publicInputs: [word(12), word(4)],
    })
    const verificationKey = readFileSync(join(artefacts.folder, 'vk'))
    expect(verifyProof(proof, { verificationKey })).toMatchObject({ ok: true })
    const other = { ...proof, publicInputs: [13n, 4n].map(scalarWord) }
    expect(verifyProof(other, { verificationKey })).toMatchObject({
      error: { reason: 'proof_false' },
    })
  })

  test('has nothing to prove for inputs that do not satisfy it, and does not repeat them', async () => {
    const secret = '618033988749894848'
    const refused = await prove({ artefacts, inputs: { x: '1', y: secret } }, { place })
    expect(refused).toMatchObject({ ok: false, error: { reason: 'inputs_refused' } })
    expect(JSON.stringify(refused)).not.toContain(secret)
  })

  test('is not built twice from the same source, and built anew from another', async () => {
    const stages: string[] = []
    const options = { place, onProgress: ({ stage }: { stage: string }) => stages.push(stage) }
    const again = expectOk(await buildCircuit(tinyCircom, options))
    expect(again).toEqual(artefacts)
    expect(stages).toEqual([])
    const other = expectOk(await buildCircuit({ ...tinyCircom, circomOptimization: 1 }, options))
    expect(other.folder).not.toBe(artefacts.folder)
    expect(stages).toContain('compiling')
  })

  test('gives the same keys wherever it is built', async () => {
    const elsewhere = temporaryZkPlace()
    try {
      const again = await built(tinyCircom, elsewhere.place)
      expect(again.artefact).toEqual(artefacts.artefact)
    } finally {
      elsewhere.remove()
    }
  })

  test('that the compiler refuses is refused with its words', async () => {
    const files = {
      'tiny.circom':
        'pragma circom 2.1.6;\ntemplate Tiny() { signal input x; x <== y; }\ncomponent main = Tiny();\n',
    }
    const refused = await buildCircuit({ ...tinyCircom, files }, { place })
    expect(refused).toMatchObject({ ok: false, error: { reason: 'source_refused' } })
    expect(JSON.stringify(refused)).toContain('tiny.circom')
  })

  test('that states nothing is refused', async () => {
    const source = 'template T() { signal input x; x * x === 4; }\ncomponent main = T();\n'
    const files = { 'tiny.circom': `pragma circom 2.1.6;\n${source}` }
    expect(await buildCircuit({ ...tinyCircom, files }, { place })).toMatchObject({
      error: { reason: 'source_refused', message: expect.stringContaining('states nothing') },
    })
  })
})

describe('artefacts that were changed', () => {
  const changed = (change: (folder: string) => void): string => {
    const folder = join(place.zkHome, `changed-${changes++}`)
    cpSync(artefacts.folder, folder, { recursive: true })
    change(folder)
    return folder
  }
  let changes = 0
  const proved = async (folder: string) =>
    prove({ artefacts: expectOk(await openArtefacts(folder)), inputs: { x: '3', y: 4 } }, { place })

  test('are refused: a flipped bit of the proving key', async () => {
    const folder = changed((at) => {
      const key = readFileSync(join(at, 'pk'))
      key[key.length - 200] = (key[key.length - 200] ?? 0) ^ 1
      writeFileSync(join(at, 'pk'), key)
    })
    expect(await proved(folder)).toMatchObject({
      error: { reason: 'artefacts_damaged', message: expect.stringContaining('pk') },
    })
  })

  test('are refused: a file that is missing', async () => {
    const folder = changed((at) => {
      const path = join(at, 'artefact.json')
      const artefact = JSON.parse(readFileSync(path, 'utf8'))
      artefact.files.more = { bytes: 1, sha256: artefact.vkHash }
      writeFileSync(path, JSON.stringify(artefact))
    })
    expect(await proved(folder)).toMatchObject({ error: { reason: 'artefacts_damaged' } })
  })

  test('give no proof where artefact.json was changed with them: the proof does not hold', async () => {
    const other = expectOk(await buildCircuit({ ...tinyCircom, name: 'other' }, { place }))
    const wider = {
      ...tinyCircom,
      files: {
        'tiny.circom': (tinyCircom.files['tiny.circom'] as string).replaceAll(
          'x * y',
          '(x + y) * y',
        ),
      },
    }
    const foreign = expectOk(await buildCircuit(wider, { place }))
    expect(foreign.artefact.vkHash).not.toBe(other.artefact.vkHash)
    const folder = changed((at) => {
      // The key of another circuit of the same shape, and the hash that goes with it.
      copyFileSync(join(foreign.folder, 'pk'), join(at, 'pk'))
      const path = join(at, 'artefact.json')
      const artefact = JSON.parse(readFileSync(path, 'utf8'))
      artefact.files.pk = foreign.artefact.files['pk']
      expect(statSync(join(at, 'pk')).size).toBe(artefact.files.pk.bytes)
      writeFileSync(path, JSON.stringify(artefact))
    })
    expect(await proved(folder)).toMatchObject({ ok: false, error: { reason: 'proof_false' } })
  })
})
