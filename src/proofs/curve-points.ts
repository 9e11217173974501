/*
 * Points of BN254 out of words, as EIP-196 and EIP-197 write them: checked to lie on the curve and, of G2, in the group of prime
 * order. The point at infinity is no word pair here: each place that could take one would have to say why it is harmless.
 */
import { bn254 } from '@noble/curves/bn254.js'
import { coordinateModulus } from './field.ts'

export type G1Point = typeof bn254.G1.Point.BASE
export type G2Point = typeof bn254.G2.Point.BASE

/** Undefined for what is no point other than that at infinity. Four words, imaginary parts first. */
export function g2PointOf(words: readonly bigint[]): G2Point | undefined {
  const [xImaginary, xReal, yImaginary, yReal, more] = words
  if (xImaginary === undefined || xReal === undefined || more !== undefined) return undefined
  if (yImaginary === undefined || yReal === undefined) return undefined
  if (!words.every(isCoordinate) || words.every(isZero)) return undefined
  const { Fp2 } = bn254.fields
  return validated(() =>
    bn254.G2.Point.fromAffine({
      x: Fp2.create({ c0: xReal, c1: xImaginary }),
      y: Fp2.create({ c0: yReal, c1: yImaginary }),
    }),
  )
}

/** The same of G1: two words. Its curve has prime order, so that every point of it is in the group. */
export function g1PointOf(words: readonly bigint[]): G1Point | undefined {
  const [x, y, more] = words
  if (x === undefined || y === undefined || more !== undefined) return undefined
  if (!words.every(isCoordinate) || words.every(isZero)) return undefined
  return validated(() => bn254.G1.Point.fromAffine({ x, y }))
}

/** The same where two zeros, the point at infinity, commit to a polynomial that is zero. */
export const g1PointOrZero = (words: readonly bigint[]): G1Point | undefined =>
  words.length === 2 && words.every(isZero) ? zeroPoint : g1PointOf(words)

export const zeroPoint: G1Point = bn254.G1.Point.ZERO

const isCoordinate = (word: bigint): boolean => word < coordinateModulus
const isZero = (word: bigint): boolean => word === 0n

function validated<P extends { readonly assertValidity: () => void }>(
  pointOf: () => P,
): P | undefined {
  try {
    const point = pointOf()
    point.assertValidity()
    return point
  } catch {
    // The only way that noble says "no point".
    return undefined
  }
}

export type PairingTerm = { readonly g1: G1Point; readonly g2: G2Point }

/** Whether ∏ e(g1, g2) is one. A term with the point at infinity is one by itself, and noble takes none. */
export function pairingIsOne(terms: readonly PairingTerm[]): boolean {
  const { Fp12 } = bn254.fields
  const present = terms.filter(({ g1 }) => !g1.is0())
  return Fp12.eql(bn254.pairingBatch([...present]), Fp12.ONE)
}
