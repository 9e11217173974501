import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Interface } from 'ethers'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { toHex } from '../../src/base/hex.ts'
import type { EmbeddedChain } from '../../src/dev/embedded-chain.ts'
import { scalarWord } from '../../src/proofs/field.ts'
import type { Proof } from '../../src/proofs/proof.ts'
import { verifyProof } from '../../src/proofs/verify-proof.ts'
import type { CircuitArtefacts } from '../../src/prover/circuit-artefacts.ts'
import { buildCircuit, prove } from '../../src/prover/prover.ts'
import { expectOk } from '../support/dev-chain.ts'
import { startChain, temporaryFolder } from '../support/embedded-chain.ts'
import { built, temporaryZkPlace, tinyNoir, type ZkPlace } from '../support/tiny-circuits.ts'

let zk: ZkPlace
let artefacts: CircuitArtefacts
let proof: Proof
beforeAll(async () => {
  zk = temporaryZkPlace()
  artefacts = await built(tinyNoir, zk.place)
  const task = { artefacts, inputs: { x: '3', y: 4, product: '12' } }
  proof = expectOk(await prove(task, { place: zk.place }))
})
afterAll(() => zk.remove())

describe('its verifier contract', () => {
  const to = `0x${'be'.repeat(20)}`
  const verifier = new Interface([
    'function verify(bytes proof, bytes32[] publicInputs) view returns (bool)',
  ])
  const folder = temporaryFolder()
  let chain: EmbeddedChain
  beforeAll(async () => {
    chain = await startChain(join(folder.path, 'chain'))
    const code = toHex(readFileSync(join(artefacts.folder, 'verifier.runtime')))
    expectOk(await chain.rpc.call('anvil_setCode', [to, code]))
  })
  afterAll(async () => {
    await chain?.stop()
    folder.remove()
  })

  const verdict = (bytes: string, publicInputs: readonly string[]) =>
    chain.rpc.call('eth_call', [
      { to, data: verifier.encodeFunctionData('verify', [bytes, publicInputs]) },
      'latest',
    ])

  test('takes the proof', async () => {
    expect(await verdict(proof.proof, proof.publicInputs)).toEqual({ ok: true, value: word(1) })
  })

  test('reverts for other public inputs, another proof, and their order', async () => {
    const [first = '', second = ''] = proof.publicInputs
    const changed = `${proof.proof.slice(0, -1)}${proof.proof.endsWith('0') ? '1' : '0'}`
    expect(await verdict(proof.proof, [word(5), second])).toMatchObject({ ok: false })
    expect(await verdict(proof.proof, [second, first])).toMatchObject({ ok: false })
    expect(await verdict(changed, proof.publicInputs)).toMatchObject({ ok: false })
  })

  test('is the code that its source and its creation code give', async () => {
    const creation = toHex(readFileSync(join(artefacts.folder, 'verifier.creation')))
    const runtime = toHex(readFileSync(join(artefacts.folder, 'verifier.runtime')))
    const left = await chain.rpc.call('eth_call', [{ data: creation }, 'latest'])
    expect(left).toEqual({ ok: true, value: runtime })
  })

  test('made with development keys, refuses every chain that is none for development', async () => {
    try {
      expectOk(await chain.rpc.call('anvil_setChainId', [1]))
      expect(await verdict(proof.proof, proof.publicInputs)).toMatchObject({
        ok: false,
        error: { message: expect.stringContaining('dev-insecure') },
      })
    } finally {
      expectOk(await chain.rpc.call('anvil_setChainId', [31_337]))
    }
    expect(await verdict(proof.proof, proof.publicInputs)).toMatchObject({ ok: true })
  })
})

const word = (value: number): string => `0x${value.toString(16).padStart(64, '0')}`

describe('a Noir circuit', () => {
  test('is built to artefacts that say what they are, with a verifier contract', () => {
    expect(artefacts.artefact).toMatchObject({
      name: 'tiny',
      system: 'ultrahonk',
      setup: 'dev-insecure',
      publicInputs: 2,
    })
    expect(artefacts.artefact.constraints).toBeGreaterThan(0)
    expect(Object.keys(artefacts.artefact.files)).toEqual([
      ...['Verifier.sol', 'circuit.json', 'verifier.creation', 'verifier.runtime', 'vk'],
    ])
    // EIP-170.
    expect(artefacts.artefact.files['verifier.runtime']?.bytes).toBeLessThan(24_576)
  })

  test('is proved, and the proof holds for its own public inputs alone', () => {
    expect(proof).toMatchObject({ circuit: 'tiny', publicInputs: [word(4), word(12)] })
    const verificationKey = readFileSync(join(artefacts.folder, 'vk'))
    expect(verifyProof(proof, { verificationKey })).toMatchObject({ ok: true })
    const other = { ...proof, publicInputs: [5n, 12n].map(scalarWord) }
    expect(verifyProof(other, { verificationKey })).toMatchObject({
      error: { reason: 'proof_false' },
    })
  })

  test('has nothing to prove for inputs that do not satisfy it, and does not repeat them', async () => {
    const secret = '618033988749894848'
    const inputs = { x: '1', y: secret, product: secret }
    const refused = await prove({ artefacts, inputs }, { place: zk.place })
    expect(refused).toMatchObject({ ok: false, error: { reason: 'inputs_refused' } })
    expect(JSON.stringify(refused)).not.toContain(secret)
  })

  test('counts the public fields of arrays, structs and what is returned', async () => {
    const main = `struct Pair { a: Field, b: [Field; 3] }
fn main(pair: pub Pair, secret: Field, flag: pub bool) -> pub [Field; 2] {
    assert(flag);
    [pair.a * secret, pair.b[0] + pair.b[2]]
}
`
    const source = { ...tinyNoir, name: 'wide', files: { ...tinyNoir.files, 'src/main.nr': main } }
    const wide = await built(source, zk.place)
    expect(wide.artefact.publicInputs).toBe(4 + 1 + 2)
    const inputs = { pair: { a: 2, b: [3, 4, 5] }, secret: 7, flag: true }
    const made = expectOk(await prove({ artefacts: wide, inputs }, { place: zk.place }))
    expect(made.publicInputs).toEqual([2, 3, 4, 5, 1, 14, 8].map(word))
  })

  test('that the compiler refuses is refused with its words', async () => {
    const files = { ...tinyNoir.files, 'src/main.nr': 'fn main(x: Field) { assert(x == absent); }' }
    const refused = await buildCircuit({ ...tinyNoir, files }, { place: zk.place })
    expect(refused).toMatchObject({ ok: false, error: { reason: 'source_refused' } })
    expect(JSON.stringify(refused)).toContain('absent')
  })
})
