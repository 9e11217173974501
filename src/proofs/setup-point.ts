/*
 * [τ]₂ of the setups that UltraHonk proofs are made with. It is in no key and in no proof: a verifier that took it from the
 * prover would believe a prover that chose its own τ.
 */
import { assert } from '../base/assert.ts'
import { type G2Point, g2PointOf } from './curve-points.ts'
import { devInsecure, type ProofSetup } from './proof.ts'

/** Of Aztec's Ignition ceremony (2019, 176 people), as barretenberg and the contracts that it writes have it. */
const ignition: readonly bigint[] = [
  0x260e01b251f6f1c7e7ff4e580791dee8ea51d87a358e038b4efe30fac09383c1n,
  0x0118c4d5b837bcc2bc89b5b398b5974e9f5944073b32078b7e231fec938883b0n,
  0x04fc6369f7110fe3d25156c1bb9a72859cf2a04641f99ba4ee413c80da6a5fe4n,
  0x22febda3c0c0632a56475b4214e5615e11e6dd3f96e6cea2854a87d4dacc5e55n,
]

/** Of the τ that everybody knows (prover/tau/dev-tau.ts). */
const development: readonly bigint[] = [
  0x2ee3d49c91a13fc713a58a8c5e47b97e6e842ec0f2c6833d4536acd0547cfd10n,
  0x160027a013d6b0245ee6becb9d6ffa4175608d1382b0487022afdae5f7e85251n,
  0x177e6a7e554f56780af59894bd528ea688949be7ff021fbb7ccec4cc29a9d3a6n,
  0x1da48e1e11b02562703bd48a1b1802a29a3fe471ce94af1e0ecb743a072950a6n,
]

function pointOf(words: readonly bigint[]): G2Point {
  const point = g2PointOf(words)
  assert(point !== undefined, 'a setup has a point')
  return point
}

/** Of a proof that says that it is of another ceremony than Ignition, none: it is refused as false. */
export const setupPointOf = (setup: ProofSetup): G2Point =>
  pointOf(setup === devInsecure ? development : ignition)
