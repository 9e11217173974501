/*
 * Groth16 over BN254 (eprint 2016/260, with the pairing equation of EIP-197's precompile):
 *
 *   e(−A, B) · e(α, β) · e(IC₀ + Σ inputᵢ·ICᵢ₊₁, γ) · e(C, δ) = 1
 *
 * Written from the paper on @noble/curves (MIT): no line of a prover's GPL code is in what clients run.
 */
import { ok, type Result } from '../base/result.ts'
import {
  type G1Point,
  type G2Point,
  g1PointOf,
  g2PointOf,
  type PairingTerm,
  pairingIsOne,
} from './curve-points.ts'
import { wordBytes, wordsOf } from './field.ts'
import { type ProofRefusal, type ProofVerdict, refuse } from './proof-refusal.ts'

export type Groth16Key = {
  readonly alpha: G1Point
  readonly beta: G2Point
  readonly gamma: G2Point
  readonly delta: G2Point
  /** One more than the circuit has public inputs. */
  readonly inputPoints: readonly G1Point[]
}

const proofBytes = 8 * wordBytes
const fixedKeyBytes = 14 * wordBytes
const inputPointBytes = 2 * wordBytes

/**
 * α (2 words) β (4) γ (4) δ (4) IC₀ … ICₙ (2 each), in EIP-197's order. A key whose γ is δ is refused as well as what is no key:
 * it is what a setup without a second phase leaves behind, and whoever sees it can prove anything. So is a key with the same
 * point for two places or none for an input: that input would not be bound.
 */
export function readGroth16Key(bytes: Uint8Array): Result<Groth16Key, ProofRefusal> {
  const malformed = (detail: string) => refuse('verification_key_malformed', detail)
  const inputs = (bytes.length - fixedKeyBytes) / inputPointBytes
  if (!Number.isInteger(inputs) || inputs < 1) return malformed('its length is that of no key')
  const words = wordsOf(bytes)
  const alpha = g1PointOf(words.slice(0, 2))
  const beta = g2PointOf(words.slice(2, 6))
  const gamma = g2PointOf(words.slice(6, 10))
  const delta = g2PointOf(words.slice(10, 14))
  if (!alpha || !beta || !gamma || !delta) return malformed('α, β, γ or δ is no point')
  const inputPoints = Array.from({ length: inputs }, (_, input) =>
    g1PointOf(words.slice(14 + 2 * input, 16 + 2 * input)),
  )
  if (!inputPoints.every((point) => point !== undefined)) {
    return malformed('a point of a public input is none')
  }
  if (gamma.equals(delta)) {
    return refuse('verification_key_forgeable', 'γ is δ: nobody made the second phase of its setup')
  }
  if (beta.equals(gamma) || beta.equals(delta) || haveSameX(inputPoints)) {
    return refuse('verification_key_forgeable', 'a point of it stands in two places')
  }
  return ok({ alpha, beta, gamma, delta, inputPoints })
}

/** A point and its negation can be traded for each other as well as a point for itself. */
const haveSameX = (points: readonly G1Point[]): boolean =>
  new Set(points.map((point) => point.x)).size < points.length

/** Whether the key is of the τ, α and β that everybody knows (prover/tau/dev-tau.ts): every circuit's has the same α. */
export const isDevelopmentKey = ({ alpha }: Groth16Key): boolean => alpha.x === developmentAlphaX

/** As DevelopmentSetup.sol has it. */
const developmentAlphaX = 0x174224cdfa913e8b30fd2eef7032b9902c9b38f0665ada0001f3827688234f68n

/** `publicInputs` are below the field's modulus: what is not is refused where words are read. */
export function verifyGroth16(
  key: Groth16Key,
  publicInputs: readonly bigint[],
  proof: Uint8Array,
): ProofVerdict {
  const [constant, ...inputPoints] = key.inputPoints
  if (constant === undefined || inputPoints.length !== publicInputs.length) {
    return refuse(
      'public_inputs_malformed',
      `the key takes ${inputPoints.length} public inputs, there are ${publicInputs.length}`,
    )
  }
  if (proof.length !== proofBytes) {
    return refuse('proof_malformed', `a proof has ${proofBytes} bytes, this ${proof.length}`)
  }
  const words = wordsOf(proof)
  const a = g1PointOf(words.slice(0, 2))
  const b = g2PointOf(words.slice(2, 6))
  const c = g1PointOf(words.slice(6, 8))
  if (!a || !b || !c) return refuse('proof_malformed', 'A, B or C is no point')
  const inputs = inputPoints.reduce(
    (sum, point, at) => sum.add(point.multiplyUnsafe(publicInputs[at] ?? 0n)),
    constant,
  )
  const terms: readonly PairingTerm[] = [
    { g1: a.negate(), g2: b },
    { g1: key.alpha, g2: key.beta },
    { g1: inputs, g2: key.gamma },
    { g1: c, g2: key.delta },
  ]
  return pairingIsOne(terms)
    ? ok(undefined)
    : refuse('proof_false', 'the pairing does not hold: not a proof of these public inputs')
}
