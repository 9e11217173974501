/*
 * The verifier in TypeScript against the contract that barretenberg writes for the same key: both take a fresh proof, and both
 * refuse each of its words changed, every field element in another spelling, every point put out, and every public input
 * changed. The circuits use every gate between them.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { AbiCoder } from 'ethers'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { toHex } from '../../src/base/hex.ts'
import { keccak256Utf8 } from '../../src/chain/keccak.ts'
import type { EmbeddedChain } from '../../src/dev/embedded-chain.ts'
import { scalarModulus, wordsOf } from '../../src/proofs/field.ts'
import type { Proof } from '../../src/proofs/proof.ts'
import { readUltraHonkKey, type UltraHonkKey } from '../../src/proofs/ultrahonk-key.ts'
import { verifyProof } from '../../src/proofs/verify-proof.ts'
import { prove } from '../../src/prover/prover.ts'
import { expectOk } from '../support/dev-chain.ts'
import { startChain, temporaryFolder } from '../support/embedded-chain.ts'
import { type ProofCircuit, proofCircuits } from '../support/proof-circuits.ts'
import { proofFixture } from '../support/proof-fixtures.ts'
import { built, temporaryZkPlace } from '../support/tiny-circuits.ts'

const zk = temporaryZkPlace()
const folder = temporaryFolder()
let chain: EmbeddedChain
beforeAll(async () => {
  chain = await startChain(folder.path)
})
afterAll(async () => {
  await chain?.stop()
  folder.remove()
  zk.remove()
})

type Made = {
  readonly proof: Proof
  readonly verificationKey: Buffer
  readonly key: UltraHonkKey
  readonly code: string
}

async function made({ source, inputs }: ProofCircuit): Promise<Made> {
  const artefacts = await built(source, zk.place)
  const read = (name: string) => readFileSync(join(artefacts.folder, name))
  const verificationKey = read('vk')
  return {
    proof: expectOk(await prove({ artefacts, inputs }, { place: zk.place })),
    verificationKey,
    key: expectOk(readUltraHonkKey(verificationKey)),
    code: toHex(read('verifier.runtime')),
  }
}

const selector = keccak256Utf8('verify(bytes,bytes32[])').slice(0, 10)
const verifierAt = `0x${'be'.repeat(20)}`

/** What the contract answers; a revert is a refusal, too. */
async function contractTakes({ proof, publicInputs }: Proof): Promise<boolean> {
  const data = AbiCoder.defaultAbiCoder().encode(['bytes', 'bytes32[]'], [proof, publicInputs])
  const call = { to: verifierAt, data: selector + data.slice(2) }
  const answer = await chain.rpc.call('eth_call', [call, 'latest'])
  return answer.ok && BigInt(String(answer.value)) === 1n
}

type Mutant = { readonly what: string; readonly proof: Proof }

/** Nothing, where the change would leave the proof as it was. */
function withWords(original: Proof, at: number, words: readonly bigint[]): readonly Mutant[] {
  const bytes = Buffer.from(original.proof.slice(2), 'hex')
  for (const [index, word] of words.entries()) {
    if (word >= 2n ** 256n) return []
    bytes.write(word.toString(16).padStart(64, '0'), (at + index) * 32, 'hex')
  }
  const proof = toHex(bytes)
  const what = `words ${at}: ${words.join(' ')}`
  return proof === original.proof ? [] : [{ what, proof: { ...original, proof } }]
}

function mutantsOf(original: Proof): readonly Mutant[] {
  const words = wordsOf(Buffer.from(original.proof.slice(2), 'hex'))
  const { publicInputs } = original
  return [
    ...words.flatMap((word, at) => withWords(original, at, [word ^ 1n])),
    ...words.flatMap((word, at) => withWords(original, at, [word + scalarModulus])),
    ...words.flatMap((_, at) => (at % 2 === 0 ? withWords(original, at, [0n, 0n]) : [])),
    ...publicInputs.map((input, index) => {
      const changed = `${input.slice(0, -1)}${input.endsWith('1') ? '2' : '1'}` as typeof input
      const proof = { ...original, publicInputs: publicInputs.with(index, changed) }
      return { what: `public input ${index}`, proof }
    }),
  ]
}

async function compare(circuit: ProofCircuit): Promise<Made> {
  const one = await made(circuit)
  const { proof, verificationKey } = one
  await chain.rpc.call('anvil_setCode', [verifierAt, one.code])
  expect(await contractTakes(proof)).toBe(true)
  expect(verifyProof(proof, { verificationKey }).ok).toBe(true)
  const mutants = mutantsOf(proof)
  expect(mutants.length).toBeGreaterThan(3 * 142)
  for (const mutant of mutants) {
    const taken = {
      contract: await contractTakes(mutant.proof),
      here: verifyProof(mutant.proof, { verificationKey }).ok,
    }
    expect({ ...taken, what: mutant.what }).toEqual({
      ...{ contract: false, here: false, what: mutant.what },
    })
  }
  return one
}

const compared = proofCircuits.filter(({ source }) =>
  ['poseidon2', 'grumpkin', 'secp256k1'].includes(source.name),
)
const keys: UltraHonkKey[] = []

test.each(compared)(
  'contract and TypeScript take and refuse the same: $source.name',
  async (circuit) => {
    const { proof, key } = await compare(circuit)
    keys.push(key)
    // Keys do not depend on chance: a fixture with another one is of another circuit or prover.
    expect(proofFixture(circuit.source.name).vkHash).toBe(proof.vkHash)
  },
)

test('no gate is left out by all of them', () => {
  expect(keys).toHaveLength(3)
  const unused = keys[0]?.commitments.filter((_, at) =>
    keys.every(({ commitments }) => commitments[at]?.is0() !== false),
  )
  expect(unused).toEqual([])
})
