import { expect, test } from 'vitest'
import { fromHex, toHex } from '../../../src/base/hex.ts'
import { keccak256 } from '../../../src/chain/keccak.ts'
import { bytes32 } from '../../../src/domain/units.ts'
import { scalarModulus, scalarOf, wordsOf } from '../../../src/proofs/field.ts'
import type { Proof } from '../../../src/proofs/proof.ts'
import { readUltraHonkKey, type UltraHonkKey } from '../../../src/proofs/ultrahonk-key.ts'
import { verifyProof } from '../../../src/proofs/verify-proof.ts'
import { proofFixture, ultraHonkFixtures } from '../../support/proof-fixtures.ts'

const reasonOf = (proof: Proof): string => {
  const verified = verifyProof(proof)
  return verified.ok ? 'true' : verified.error.reason
}

const keyOf = (proof: Proof): UltraHonkKey => {
  const read = readUltraHonkKey(fromHex(proof.verificationKey ?? '0x'))
  if (!read.ok) throw new Error(read.error.detail)
  return read.value
}

const word = (value: bigint) => bytes32(`0x${value.toString(16).padStart(64, '0')}`)

/** The proof with another word at `index`; what `change` leaves as it is, is no mutant. */
function withProofWord(proof: Proof, index: number, change: (word: bigint) => bigint): Proof {
  const bytes = Buffer.from(fromHex(proof.proof))
  const [before = 0n] = wordsOf(bytes.subarray(index * 32, index * 32 + 32))
  bytes.write(word(change(before)).slice(2), index * 32, 'hex')
  return { ...proof, proof: toHex(bytes) }
}

const proofWords = ({ proof }: Proof): number => (proof.length - 2) / 64

test.each(ultraHonkFixtures)('a real proof of %s holds', (name) => {
  expect(reasonOf(proofFixture(name))).toBe('true')
})

test('between them, the circuits use every gate, so that no relation is zero in all of them', () => {
  const keys = ultraHonkFixtures.map((name) => keyOf(proofFixture(name)))
  const unused = keys[0]?.commitments
    .map((_, at) => at)
    .filter((at) => keys.every(({ commitments }) => commitments[at]?.is0() !== false))
  expect(unused).toEqual([])
  expect(new Set(keys.map(({ rounds }) => rounds)).size).toBeGreaterThan(3)
})

test('each word of a proof is bound', () => {
  const proof = proofFixture('product')
  const reasons = Array.from({ length: proofWords(proof) }, (_, index) =>
    reasonOf(withProofWord(proof, index, (before) => before ^ 1n)),
  )
  expect(reasons).toHaveLength(142)
  expect(reasons.filter((reason) => reason === 'true')).toEqual([])
  expect(new Set(reasons)).toEqual(new Set(['proof_malformed', 'proof_false']))
})

test('a field element has one spelling', () => {
  const proof = proofFixture('product')
  const lifted = Array.from({ length: proofWords(proof) }, (_, index) =>
    reasonOf(withProofWord(proof, index, (before) => (before + scalarModulus) % 2n ** 256n)),
  )
  expect(lifted.filter((reason) => reason === 'true')).toEqual([])
})

test.each(ultraHonkFixtures)('of %s no part can be taken from elsewhere', (name) => {
  const proof = proofFixture(name)
  const { rounds } = keyOf(proof)
  const openings = 8 + 18 + 2 + 1 + 9 * rounds
  const folds = openings + 42 + 1 + 4
  const ends = proofWords(proof)
  const parts = {
    pairingPoints: 0,
    total: 28,
    firstUnivariate: 29,
    lastUnivariate: openings - 1,
    maskOpening: openings,
    gateOpening: openings + 22,
    claimed: openings + 42,
    foldOpening: folds + 2 * (rounds - 1),
    libraOpening: ends - 8,
  }
  for (const [part, index] of Object.entries(parts)) {
    const reason = reasonOf(withProofWord(proof, index, (before) => before ^ 2n))
    expect(`${part} ${reason}`).toBe(`${part} proof_false`)
  }
  // A true point in the place of another one: the last two commitments, and a fold.
  for (const index of [folds, ends - 4, ends - 2]) {
    const x = withProofWord(proof, index, () => 1n)
    expect(reasonOf(withProofWord(x, index + 1, () => 2n))).toBe('proof_false')
  }
})

test.each(ultraHonkFixtures)('each public input of %s is bound, and their number', (name) => {
  const proof = proofFixture(name)
  const { publicInputs } = proof
  expect(publicInputs.length).toBeGreaterThan(0)
  for (const [index, input] of publicInputs.entries()) {
    const changed = word((BigInt(input) + 1n) % scalarModulus)
    expect(reasonOf({ ...proof, publicInputs: publicInputs.with(index, changed) })).toBe(
      'proof_false',
    )
  }
  const more = [...publicInputs, word(0n)]
  expect(reasonOf({ ...proof, publicInputs: more })).toBe('public_inputs_malformed')
  const fewer = publicInputs.slice(1)
  expect(reasonOf({ ...proof, publicInputs: fewer })).toBe('public_inputs_malformed')
  const lifted = bytes32(word(BigInt(publicInputs[0] ?? 0) + scalarModulus))
  expect(scalarOf(lifted)).toBeUndefined()
  expect(reasonOf({ ...proof, publicInputs: publicInputs.with(0, lifted) })).toBe(
    'public_inputs_malformed',
  )
})

test('a proof of one circuit is none of another, and no other length is one', () => {
  const [product, poseidon2] = [proofFixture('product'), proofFixture('poseidon2')]
  expect(reasonOf({ ...product, proof: poseidon2.proof })).toBe('proof_malformed')
  expect(reasonOf({ ...product, proof: '0x' })).toBe('proof_malformed')
  expect(reasonOf({ ...product, proof: `${product.proof}00` })).toBe('proof_malformed')
  const other = withKeyWord(product, 3 + 2 * 19, 3 + 2 * 15)
  expect(reasonOf(other)).toBe('proof_false')
})

/** With the commitment at word `from` in the place of that at word `to`, and the hash of that key. */
function withKeyWord(proof: Proof, to: number, from: number): Proof {
  const key = Buffer.from(fromHex(proof.verificationKey ?? '0x'))
  key.copyWithin(to * 32, from * 32, from * 32 + 64)
  return { ...proof, verificationKey: toHex(key), vkHash: keccak256(key) }
}

test('the setup is not the prover’s to choose', () => {
  const proof = proofFixture('product')
  expect(reasonOf({ ...proof, setup: word(1n) })).toBe('proof_false')
})

test('what is no key is refused before anything is computed', () => {
  const proof = proofFixture('product')
  const key = Buffer.from(fromHex(proof.verificationKey ?? '0x'))
  const changed = (index: number, value: bigint) => {
    const other = Buffer.from(key)
    other.write(word(value).slice(2), index * 32, 'hex')
    return readUltraHonkKey(other)
  }
  for (const rounds of [0n, 1n, 26n, 2n ** 200n]) expect(changed(0, rounds).ok).toBe(false)
  for (const inputs of [0n, 7n, 2n ** 6n, 2n ** 255n]) expect(changed(1, inputs).ok).toBe(false)
  expect(changed(2, 4n).ok).toBe(false)
  expect(changed(3, 1n).ok).toBe(false)
  expect(readUltraHonkKey(key.subarray(32)).ok).toBe(false)
  expect(readUltraHonkKey(new Uint8Array()).ok).toBe(false)
  expect(changed(0, 5n).ok).toBe(true)
})
