import { bn254 } from '@noble/curves/bn254.js'
import { scalarModulus, scalarWord } from '../../src/proofs/field.ts'

/*
 * Groth16 keys whose secrets are known, and proofs made from the secrets without a circuit. They hold by the same equation as a
 * prover's own: so a verifier can be held to keys of any size, with no prover on the machine.
 */
const { Fr } = bn254.fields

const word = (value: bigint) => value.toString(16).padStart(64, '0')

/** Two words, as EIP-196 has them. */
export const g1Words = (scalar: bigint): string => {
  const { x, y } = bn254.G1.Point.BASE.multiply(scalar).toAffine()
  return word(x) + word(y)
}

/** Four words, imaginary parts first. */
export const g2Words = (scalar: bigint): string => {
  const { x, y } = bn254.G2.Point.BASE.multiply(scalar).toAffine()
  return word(x.c1) + word(x.c0) + word(y.c1) + word(y.c0)
}

export type Secrets = {
  readonly alpha: bigint
  readonly beta: bigint
  readonly gamma: bigint
  readonly delta: bigint
  /** One for the constant, one for each public input. */
  readonly inputs: readonly bigint[]
}

export const simulatedKey = ({ alpha, beta, gamma, delta, inputs }: Secrets): Buffer =>
  Buffer.from(
    [
      g1Words(alpha),
      ...[beta, gamma, delta].map(g2Words),
      ...inputs.map((scalar) => g1Words(scalar)),
    ].join(''),
    'hex',
  )

/** `a` and `b` are what a prover would blind its proof with. */
export function simulatedProof(
  secrets: Secrets,
  publicInputs: readonly bigint[],
  { a, b }: { readonly a: bigint; readonly b: bigint },
): Buffer {
  const inputs = publicInputs.reduce(
    (sum, input, at) => Fr.add(sum, Fr.mul(input, secrets.inputs[at + 1] ?? 0n)),
    secrets.inputs[0] ?? 0n,
  )
  const owed = Fr.mul(a, b) - Fr.mul(secrets.alpha, secrets.beta) - Fr.mul(inputs, secrets.gamma)
  const c = Fr.div(Fr.create(owed), secrets.delta)
  return Buffer.from(g1Words(a) + g2Words(b) + g1Words(c), 'hex')
}

export const inputWords = (publicInputs: readonly bigint[]) =>
  publicInputs.map((input) => scalarWord(input % scalarModulus))
