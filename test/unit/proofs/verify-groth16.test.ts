import { bn254 } from '@noble/curves/bn254.js'
import { expect, test } from 'vitest'
import { toHex } from '../../../src/base/hex.ts'
import { keccak256 } from '../../../src/chain/keccak.ts'
import { bytes32 } from '../../../src/domain/units.ts'
import { coordinateModulus, scalarModulus } from '../../../src/proofs/field.ts'
import { devInsecure, type Proof } from '../../../src/proofs/proof.ts'
import { readGroth16Key, verifyGroth16 } from '../../../src/proofs/verify-groth16.ts'
import { verifyProof } from '../../../src/proofs/verify-proof.ts'
import { proofFixture } from '../../support/proof-fixtures.ts'
import {
  g1Words,
  g2Words,
  inputWords,
  type Secrets,
  simulatedKey,
  simulatedProof,
} from '../../support/simulated-groth16.ts'

const secrets: Secrets = { alpha: 3n, beta: 5n, gamma: 7n, delta: 11n, inputs: [13n, 17n, 19n] }
const publicInputs = [23n, scalarModulus - 2n]
const keyBytes = simulatedKey(secrets)
const proofBytes = simulatedProof(secrets, publicInputs, { a: 29n, b: 31n })

const verdict = (key: Uint8Array, inputs: readonly bigint[], proof: Uint8Array) => {
  const read = readGroth16Key(key)
  if (!read.ok) return read.error.reason
  const verified = verifyGroth16(read.value, inputs, proof)
  return verified.ok ? 'true' : verified.error.reason
}

const withWord = (bytes: Buffer, index: number, value: bigint): Buffer => {
  const changed = Buffer.from(bytes)
  changed.write(value.toString(16).padStart(64, '0'), index * 32, 'hex')
  return changed
}
const wordAt = (bytes: Buffer, index: number) =>
  BigInt(toHex(bytes.subarray(index * 32, index * 32 + 32)))

test('a proof holds for its own public inputs and key', () => {
  expect(verdict(keyBytes, publicInputs, proofBytes)).toBe('true')
  const none: Secrets = { ...secrets, inputs: [13n, 1n] }
  expect(verdict(simulatedKey(none), [0n], simulatedProof(none, [0n], { a: 2n, b: 3n }))).toBe(
    'true',
  )
})

test('each public input is bound, and so is their number', () => {
  for (const index of publicInputs.keys()) {
    const changed = publicInputs.with(index, ((publicInputs[index] ?? 0n) + 1n) % scalarModulus)
    expect(verdict(keyBytes, changed, proofBytes)).toBe('proof_false')
  }
  expect(verdict(keyBytes, publicInputs.toReversed(), proofBytes)).toBe('proof_false')
  expect(verdict(keyBytes, publicInputs.slice(1), proofBytes)).toBe('public_inputs_malformed')
  expect(verdict(keyBytes, [...publicInputs, 0n], proofBytes)).toBe('public_inputs_malformed')
})

test('every word of a proof is bound', () => {
  for (let index = 0; index < 8; index += 1) {
    const other = withWord(proofBytes, index, wordAt(proofBytes, index) ^ 1n)
    expect(verdict(keyBytes, publicInputs, other)).toBe('proof_malformed')
    // The same point in a spelling of its own, which a contract's precompile refuses too.
    const lifted = withWord(proofBytes, index, wordAt(proofBytes, index) + coordinateModulus)
    expect(verdict(keyBytes, publicInputs, lifted)).toBe('proof_malformed')
  }
})

test('points that are on the curve and others are no proof', () => {
  const parts = [g1Words(29n), g2Words(31n), toHex(proofBytes.subarray(192)).slice(2)]
  const forged = [
    parts.with(0, g1Words(30n)),
    parts.with(1, g2Words(32n)),
    parts.with(2, g1Words(37n)),
  ]
  for (const proof of forged) {
    expect(verdict(keyBytes, publicInputs, Buffer.from(proof.join(''), 'hex'))).toBe('proof_false')
  }
})

test('infinity, a point off the curve, one outside of the group, and another length are refused', () => {
  for (const at of [0, 2, 6]) {
    const length = at === 2 ? 4 : 2
    const blank = Buffer.from(proofBytes)
    blank.fill(0, at * 32, (at + length) * 32)
    expect(verdict(keyBytes, publicInputs, blank)).toBe('proof_malformed')
  }
  const outside = Buffer.from(proofBytes)
  outside.write(outsideOfGroup(), 64, 'hex')
  expect(verdict(keyBytes, publicInputs, outside)).toBe('proof_malformed')
  expect(verdict(keyBytes, publicInputs, proofBytes.subarray(32))).toBe('proof_malformed')
  expect(verdict(keyBytes, publicInputs, Buffer.alloc(0))).toBe('proof_malformed')
})

/** A point of the twisted curve whose order is not the group's: the first x whose y² has a root and that fails the order. */
function outsideOfGroup(): string {
  const { Fp2 } = bn254.fields
  const b = Fp2.div(Fp2.create({ c0: 3n, c1: 0n }), Fp2.create({ c0: 9n, c1: 1n }))
  for (let c0 = 1n; c0 < 50n; c0 += 1n) {
    const x = Fp2.create({ c0, c1: 0n })
    const squared = Fp2.add(Fp2.mul(Fp2.sqr(x), x), b)
    const y = rootOf(squared)
    if (y === undefined) continue
    if (bn254.G2.Point.fromAffine({ x, y }).isTorsionFree()) continue
    return [x.c1, x.c0, y.c1, y.c0].map((word) => word.toString(16).padStart(64, '0')).join('')
  }
  throw new Error('no such point among the first')
}

type Fp2 = ReturnType<typeof bn254.fields.Fp2.create>

function rootOf(squared: Fp2): Fp2 | undefined {
  try {
    return bn254.fields.Fp2.sqrt(squared)
  } catch {
    return undefined
  }
}

test('a key is refused that has no second phase, no points, or another length', () => {
  expect(verdict(simulatedKey({ ...secrets, delta: 7n }), publicInputs, proofBytes)).toBe(
    'verification_key_forgeable',
  )
  for (const at of [0, 2, 6, 10, 14, 18]) {
    const length = at === 0 || at >= 14 ? 2 : 4
    const blank = Buffer.from(keyBytes)
    blank.fill(0, at * 32, (at + length) * 32)
    expect(verdict(blank, publicInputs, proofBytes)).toBe('verification_key_malformed')
  }
  expect(verdict(keyBytes.subarray(0, -32), publicInputs, proofBytes)).toBe(
    'verification_key_malformed',
  )
  expect(verdict(keyBytes.subarray(0, 14 * 32), [], proofBytes)).toBe('verification_key_malformed')
})

test('a key is refused that has one point, or its negation, in two places', () => {
  const related: readonly Partial<Secrets>[] = [
    { gamma: secrets.beta },
    { delta: secrets.beta },
    { inputs: [13n, 17n, 17n] },
    { inputs: [13n, 17n, scalarModulus - 13n] },
  ]
  for (const change of related) {
    const other = { ...secrets, ...change }
    const proof = simulatedProof(other, publicInputs, { a: 29n, b: 31n })
    expect(verdict(simulatedKey(other), publicInputs, proof)).toBe('verification_key_forgeable')
  }
})

test('another key of the same shape refuses the proof', () => {
  for (const other of [{ alpha: 4n }, { beta: 6n }, { gamma: 8n }, { delta: 12n }]) {
    expect(verdict(simulatedKey({ ...secrets, ...other }), publicInputs, proofBytes)).toBe(
      'proof_false',
    )
  }
})

test('a proof of snarkjs holds for its public inputs alone, also for one that nothing computes with', () => {
  const proof = proofFixture('squares')
  expect(proof.publicInputs.map(BigInt)).toEqual([25n, 7n])
  expect(verifyProof(proof)).toMatchObject({ ok: true })
  for (const [index, input] of proof.publicInputs.entries()) {
    const [other] = inputWords([BigInt(input) + 1n])
    const changed = { ...proof, publicInputs: proof.publicInputs.with(index, other ?? input) }
    expect(verifyProof(changed)).toMatchObject({ error: { reason: 'proof_false' } })
  }
})

test('a key of the τ that everybody knows passes for no ceremony’s', () => {
  const proof = proofFixture('squares')
  expect(proof.setup).toBe(devInsecure)
  const renamed = { ...proof, setup: bytes32(`0x${'5e'.repeat(32)}`) }
  expect(verifyProof(renamed)).toMatchObject({ error: { reason: 'verification_key_forgeable' } })
})

const document: Proof = {
  object: 'vouch.proof',
  system: 'groth16',
  circuit: 'simulated',
  vkHash: keccak256(keyBytes),
  setup: devInsecure,
  publicInputs: inputWords(publicInputs),
  proof: toHex(proofBytes),
}

test('a document is verified with a key given or carried, held to the hash', () => {
  const reasonOf = (...asked: Parameters<typeof verifyProof>) => {
    const verified = verifyProof(...asked)
    return verified.ok ? 'true' : verified.error.reason
  }
  expect(reasonOf(document)).toBe('verification_key_missing')
  expect(reasonOf(document, { verificationKey: keyBytes })).toBe('true')
  expect(reasonOf({ ...document, verificationKey: toHex(keyBytes) })).toBe('true')
  const other = simulatedKey({ ...secrets, alpha: 4n })
  expect(reasonOf(document, { verificationKey: other })).toBe('verification_key_mismatch')
  expect(reasonOf({ ...document, verificationKey: toHex(other) })).toBe('verification_key_mismatch')
})
