/*
 * The verifier contracts of the metering circuits on a real chain, with the proofs of test/fixtures/proofs/metering.json: keys do
 * not depend on chance, so that proofs made once hold for contracts that are built anew.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { AbiCoder, id } from 'ethers'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Hex } from '../../src/base/hex.ts'
import { keccak256 } from '../../src/chain/keccak.ts'
import type { EmbeddedChain } from '../../src/dev/embedded-chain.ts'
import { scalarWord } from '../../src/proofs/field.ts'
import { type Proof, readProof } from '../../src/proofs/proof.ts'
import { readUsageProof } from '../../src/proofs/usage-proof.ts'
import { verifyProof } from '../../src/proofs/verify-proof.ts'
import type { CircuitArtefacts } from '../../src/prover/circuit-artefacts.ts'
import { noirSource } from '../../src/prover/noir-source.ts'
import { defaultProverPlace } from '../../src/prover/prover-place.ts'
import { expectOk } from '../support/dev-chain.ts'
import { startChain, temporaryFolder } from '../support/embedded-chain.ts'
import { built } from '../support/tiny-circuits.ts'

const fixtureFile = new URL('../fixtures/proofs/metering.json', import.meta.url)
const fixture = JSON.parse(readFileSync(fixtureFile, 'utf8')) as {
  readonly usage: unknown
  readonly membership: unknown
}
const [first, second] = expectOk(readUsageProof(fixture.usage)).segments.map(({ proof }) => proof)
const membership = expectOk(readProof(fixture.membership))
if (first === undefined || second === undefined) throw new Error('the fixture has two segments')

const usageAt = `0x${'a1'.repeat(20)}`
const membershipAt = `0x${'a2'.repeat(20)}`
/** Keys of two circuits, on any machine; those that `npm run zk:dev` or a run before made are taken. */
const buildTimeoutMs = 900_000
const folder = temporaryFolder()
let chain: EmbeddedChain
beforeAll(async () => {
  chain = await startChain(folder.path)
  await deploy(
    await built(noirSource('usage-batch', { RECEIPTS: 1 }), defaultProverPlace),
    first,
    usageAt,
  )
  await deploy(await built(noirSource('membership'), defaultProverPlace), membership, membershipAt)
}, buildTimeoutMs)
afterAll(async () => {
  await chain?.stop()
  folder.remove()
})

async function deploy(
  { folder: at, artefact }: CircuitArtefacts,
  proof: Proof,
  place: string,
): Promise<void> {
  // Another key is of another circuit: scripts/generate-metering-proofs.ts makes the fixture anew.
  expect(proof.vkHash).toBe(artefact.vkHash)
  const code = readFileSync(join(at, 'verifier.runtime')).toString('hex')
  await chain.rpc.call('anvil_setCode', [place, `0x${code}`])
}

const selector = id('verify(bytes,bytes32[])').slice(0, 10)

function callOf(at: string, { proof, publicInputs }: Proof): { to: string; data: string } {
  const data = AbiCoder.defaultAbiCoder().encode(['bytes', 'bytes32[]'], [proof, publicInputs])
  return { to: at, data: selector + data.slice(2) }
}

async function takes(at: string, proof: Proof): Promise<boolean> {
  const answer = await chain.rpc.call('eth_call', [callOf(at, proof), 'latest'])
  return answer.ok && BigInt(String(answer.value)) === 1n
}

test('contracts take the proofs, for a million gas each', async () => {
  for (const [at, proof] of [
    [usageAt, first],
    [usageAt, second],
    [membershipAt, membership],
  ] as const) {
    expect(await takes(at, proof)).toBe(true)
    const gas = await chain.rpc.call('eth_estimateGas', [callOf(at, proof)])
    expect(Number(gas.ok ? gas.value : 0)).toBeGreaterThan(900_000)
    expect(Number(gas.ok ? gas.value : 0)).toBeLessThan(1_000_000)
  }
})

test.each([
  ['usage', usageAt, first],
  ['membership', membershipAt, membership],
])('no public input of %s can be another', async (_, at, proof) => {
  for (const [index, input] of proof.publicInputs.entries()) {
    const other = scalarWord(BigInt(input) + 1n)
    const changed = { ...proof, publicInputs: proof.publicInputs.with(index, other) }
    expect({ index, taken: await takes(at, changed) }).toEqual({ index, taken: false })
  }
  expect(proof.publicInputs.length).toBeGreaterThan(18)
})

test('a proof is worth nothing for another statement, or for another circuit', async () => {
  expect(await takes(usageAt, { ...first, proof: second.proof })).toBe(false)
  expect(await takes(usageAt, membership)).toBe(false)
  expect(await takes(membershipAt, first)).toBe(false)
  const padded = { ...membership, publicInputs: first.publicInputs }
  expect(await takes(usageAt, padded)).toBe(false)
})

test('a key of zeros, or of another circuit, verifies nothing', () => {
  const keyBytes = (first.verificationKey ?? '0x').length / 2 - 1
  const zeros = new Uint8Array(keyBytes)
  const named: Proof = { ...first, vkHash: keccak256(zeros) }
  expect(verifyProof(named, { verificationKey: zeros }).ok).toBe(false)
  expect(verifyProof(first, { verificationKey: zeros })).toMatchObject({
    error: { reason: 'verification_key_mismatch' },
  })
  const other = Buffer.from((membership.verificationKey as Hex).slice(2), 'hex')
  const foreign: Proof = { ...first, vkHash: membership.vkHash }
  expect(verifyProof(foreign, { verificationKey: other }).ok).toBe(false)
})
