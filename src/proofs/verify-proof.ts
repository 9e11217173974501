/*
 * One door to the verification of every proof system. Pure and without I/O, in Node and in a browser; it holds the thread for
 * some tens of milliseconds, so that a gateway asks for it in another one.
 */
import { fromHex } from '../base/hex.ts'
import { keccak256 } from '../chain/keccak.ts'
import { scalarOf } from './field.ts'
import { devInsecure, type Proof } from './proof.ts'
import { type ProofVerdict, refuse } from './proof-refusal.ts'
import { setupPointOf } from './setup-point.ts'
import { readUltraHonkKey } from './ultrahonk-key.ts'
import { isDevelopmentKey, readGroth16Key, verifyGroth16 } from './verify-groth16.ts'
import { verifyUltraHonk } from './verify-ultrahonk.ts'

export type ProofSurroundings = {
  /** Bytes of the key, where the proof does not carry it. */
  readonly verificationKey?: Uint8Array | undefined
}

/**
 * Whether the proof holds for its public inputs under the key that it names. Which key the statement needs, and what its public
 * inputs must be, is the caller's to know: a true proof of something else is true too.
 */
export function verifyProof(proof: Proof, surroundings: ProofSurroundings = {}): ProofVerdict {
  const key = surroundings.verificationKey ?? keyWithin(proof)
  if (key === undefined) {
    return refuse('verification_key_missing', `the bytes of the key ${proof.vkHash} are needed`)
  }
  const keyHash = keccak256(key)
  if (keyHash !== proof.vkHash) {
    return refuse(
      'verification_key_mismatch',
      `the key has the hash ${keyHash}, not ${proof.vkHash}`,
    )
  }
  const publicInputs = proof.publicInputs.map(scalarOf)
  if (!publicInputs.every((input) => input !== undefined)) {
    return refuse('public_inputs_malformed', 'a public input is not below the field’s modulus')
  }
  switch (proof.system) {
    case 'groth16': {
      const read = readGroth16Key(key)
      if (!read.ok) return read
      if (proof.setup !== devInsecure && isDevelopmentKey(read.value)) {
        return refuse(
          'verification_key_forgeable',
          `the key is dev-insecure, and the proof says that it is of ${proof.setup}`,
        )
      }
      return verifyGroth16(read.value, publicInputs, fromHex(proof.proof))
    }
    case 'ultrahonk': {
      const read = readUltraHonkKey(key)
      if (!read.ok) return read
      const setupPoint = setupPointOf(proof.setup)
      return verifyUltraHonk({ key: read.value, publicInputs, setupPoint }, fromHex(proof.proof))
    }
    case 'ezkl':
      return refuse(
        'system_not_verifiable_here',
        'an ezkl proof is judged by the contract that ezkl writes, or by its engine: neither is here',
      )
  }
}

const keyWithin = ({ verificationKey }: Proof): Uint8Array | undefined =>
  verificationKey === undefined ? undefined : fromHex(verificationKey)
