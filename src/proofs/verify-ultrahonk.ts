/*
 * UltraHonk over BN254 with a keccak transcript and zero knowledge, as barretenberg 5 proves it for contracts (`-t evm`). Written
 * from the protocol; what the contract that `bb write_solidity_verifier` writes accepts and refuses is what it is held to
 * (test/unit/proofs/verify-ultrahonk.test.ts, test/zk).
 */
import { bn254 } from '@noble/curves/bn254.js'
import { ok } from '../base/result.ts'
import { type G2Point, pairingIsOne } from './curve-points.ts'
import { type ProofVerdict, refuse } from './proof-refusal.ts'
import { challengesOf, hashOf } from './ultrahonk-challenges.ts'
import type { UltraHonkKey } from './ultrahonk-key.ts'
import { libraHolds } from './ultrahonk-libra.ts'
import { openingPoints, type PairingPoints } from './ultrahonk-opening.ts'
import { pairingPointOf, readUltraHonkProof, type UltraHonkProof } from './ultrahonk-proof.ts'
import { sumcheckHolds } from './ultrahonk-sumcheck.ts'

export type UltraHonkStatement = {
  readonly key: UltraHonkKey
  /** Below the field's modulus. */
  readonly publicInputs: readonly bigint[]
  /** [τ]₂ of the setup that the proof was made with. */
  readonly setupPoint: G2Point
}

export function verifyUltraHonk(
  { key, publicInputs, setupPoint }: UltraHonkStatement,
  proofBytes: Uint8Array,
): ProofVerdict {
  if (publicInputs.length !== key.publicInputs) {
    return refuse(
      'public_inputs_malformed',
      `the key takes ${key.publicInputs} public inputs, there are ${publicInputs.length}`,
    )
  }
  const read = readUltraHonkProof(proofBytes, key.rounds)
  if (!read.ok) return read
  const proof = read.value
  const challenges = challengesOf(key, publicInputs, proof)
  if (!sumcheckHolds(publicInputs, proof, challenges)) {
    return refuse('proof_false', 'sumcheck does not hold: not a proof of these public inputs')
  }
  if (!libraHolds(proof, challenges)) {
    return refuse('proof_false', 'the mask of sumcheck is not what it is said to be')
  }
  const opened = openingPoints(key, proof, challenges)
  if (opened === undefined) return refuse('proof_false', 'a challenge has no quotient')
  const points = withPairingPoints(opened, proof)
  if (points === undefined) return refuse('proof_malformed', 'its pairing points are none')
  return pairingIsOne([
    { g1: points.first, g2: bn254.G2.Point.BASE },
    { g1: points.second, g2: setupPoint },
  ])
    ? ok(undefined)
    : refuse('proof_false', 'the openings are not those of what was committed to')
}

/** What a recursion within the circuit left to be paired is paired here, at a random distance of what this proof leaves. */
function withPairingPoints(
  opened: PairingPoints,
  { pairingPoints }: UltraHonkProof,
): PairingPoints | undefined {
  if (pairingPoints.every((limb) => limb === 0n)) return opened
  const first = pairingPointOf(pairingPoints.slice(0, 4))
  const second = pairingPointOf(pairingPoints.slice(4))
  if (first === undefined || second === undefined) return undefined
  const words = [opened.first, opened.second].flatMap((point) => {
    const { x, y } = point.toAffine()
    return [x, y]
  })
  const distance = hashOf([...first.words, ...second.words, ...words])
  return {
    first: opened.first.multiplyUnsafe(distance).add(first.point),
    second: opened.second.multiplyUnsafe(distance).add(second.point),
  }
}
