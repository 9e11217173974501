/*
 * That the openings are those of the committed polynomials. Gemini (eprint 2022/420) turns the one opening of many multilinear
 * polynomials in a row into openings of univariate folds at ±r^(2^i); Shplonk (eprint 2020/081) turns those, and the ones of the
 * Libra argument, into one of one polynomial at z; KZG leaves two points to be paired:
 *
 *   e(P₀, [1]₂) · e(P₁, [τ]₂) = 1
 */
import { pippenger } from '@noble/curves/abstract/curve.js'
import { bn254 } from '@noble/curves/bn254.js'
import type { G1Point } from './curve-points.ts'
import type { UltraHonkChallenges } from './ultrahonk-challenges.ts'
import { committedCount, inOrder, precomputedCount, shiftedCount } from './ultrahonk-entities.ts'
import type { UltraHonkKey } from './ultrahonk-key.ts'
import { subgroupGenerator } from './ultrahonk-libra.ts'
import type { UltraHonkProof } from './ultrahonk-proof.ts'

const { Fr } = bn254.fields

export type PairingPoints = { readonly first: G1Point; readonly second: G1Point }

type Term = { readonly point: G1Point; readonly scalar: bigint }

/** Undefined where a challenge hits a point that has no quotient, which no honest proof comes upon. */
export function openingPoints(
  key: UltraHonkKey,
  proof: UltraHonkProof,
  challenges: UltraHonkChallenges,
): PairingPoints | undefined {
  const places = placesOf(challenges)
  const quotients = quotientsOf(challenges, places)
  if (quotients === undefined) return undefined
  const batch = batchOf(key, proof, { challenges, quotients })
  const foldValues = foldValuesOf(batch.value, proof, { challenges, places, quotients })
  const folds = foldTermsOf(proof, foldValues, { nu: challenges.nu, quotients })
  const libra = libraTermsOf(proof, { challenges, quotients })
  const constant = Fr.add(folds.constant, libra.constant)
  const first = sumOf([
    { point: proof.shplonkQuotient.point, scalar: 1n },
    ...batch.terms,
    ...folds.terms,
    ...libra.terms,
    { point: bn254.G1.Point.BASE, scalar: constant },
    { point: proof.kzgQuotient.point, scalar: challenges.z },
  ])
  return { first, second: proof.kzgQuotient.point.negate() }
}

const sumOf = (terms: readonly Term[]): G1Point =>
  pippenger(
    bn254.G1.Point,
    terms.map(({ point }) => point),
    terms.map(({ scalar }) => scalar),
  )

/** r, r², r⁴, …: the i-th fold is opened at plus and minus the i-th. */
function placesOf({ r, point }: UltraHonkChallenges): readonly bigint[] {
  let place = r
  return point.map(() => {
    const current = place
    place = Fr.sqr(place)
    return current
  })
}

/** Everything that is divided by, divided by at once. */
type Quotients = {
  /** 1 / (z − r^(2^i)) and 1 / (z + r^(2^i)). */
  readonly plus: readonly bigint[]
  readonly minus: readonly bigint[]
  /** 1 / (r^(2^i)·(1 − uᵢ) + uᵢ). */
  readonly folding: readonly bigint[]
  readonly r: bigint
  /** 1 / (z − g·r) and 1 / (z − 1). */
  readonly shifted: bigint
  readonly one: bigint
}

function quotientsOf(
  { point, r, z }: UltraHonkChallenges,
  places: readonly bigint[],
): Quotients | undefined {
  const count = places.length
  const divisors = [
    ...places.map((place) => Fr.sub(z, place)),
    ...places.map((place) => Fr.add(z, place)),
    ...places.map((place, at) => foldingDivisor(place, point[at] ?? 0n)),
    r,
    Fr.sub(z, Fr.mul(subgroupGenerator, r)),
    Fr.sub(z, 1n),
  ]
  if (divisors.includes(0n)) return undefined
  const inverses = Fr.invertBatch(divisors)
  const [ofR = 0n, shifted = 0n, one = 0n] = inverses.slice(3 * count)
  return {
    plus: inverses.slice(0, count),
    minus: inverses.slice(count, 2 * count),
    folding: inverses.slice(2 * count, 3 * count),
    r: ofR,
    shifted,
    one,
  }
}

const foldingDivisor = (place: bigint, coordinate: bigint): bigint =>
  Fr.add(Fr.mul(place, Fr.sub(1n, coordinate)), coordinate)

type Asked = { readonly challenges: UltraHonkChallenges; readonly quotients: Quotients }

/** All polynomials with powers of ρ, and the value of that sum; what is opened in the next row too counts twice. */
function batchOf(key: UltraHonkKey, proof: UltraHonkProof, { challenges, quotients }: Asked) {
  const { rho, nu } = challenges
  const plus = quotients.plus[0] ?? 0n
  const minus = Fr.mul(nu, quotients.minus[0] ?? 0n)
  const inRow = Fr.neg(Fr.add(plus, minus))
  const inNextRow = Fr.neg(Fr.mul(quotients.r, Fr.sub(plus, minus)))
  const commitments = [
    proof.masking.point,
    ...key.commitments,
    ...inOrder(proof.witnesses).map(({ point }) => point),
  ]
  const powers = powersOf(rho, proof.openings.length)
  const value = proof.openings.reduce(
    (sum, opening, at) => Fr.add(sum, Fr.mul(opening, powers[at] ?? 0n)),
    0n,
  )
  const shiftedFrom = 1 + precomputedCount
  const terms = commitments.map((point, at): Term => {
    const own = Fr.mul(inRow, powers[at] ?? 0n)
    const shift = at - shiftedFrom
    if (shift < 0 || shift >= shiftedCount) return { point, scalar: own }
    const next = Fr.mul(inNextRow, powers[1 + committedCount + shift] ?? 0n)
    return { point, scalar: Fr.add(own, next) }
  })
  return { value, terms }
}

function powersOf(base: bigint, count: number): readonly bigint[] {
  let power = 1n
  return Array.from({ length: count }, () => {
    const current = power
    power = Fr.mul(power, base)
    return current
  })
}

/** The value of each fold at plus its place, from the last one, which is the batch's value, backwards. */
function foldValuesOf(
  batchValue: bigint,
  proof: UltraHonkProof,
  { challenges, places, quotients }: Asked & { readonly places: readonly bigint[] },
): readonly bigint[] {
  const values: bigint[] = []
  let value = batchValue
  for (let at = places.length - 1; at >= 0; at -= 1) {
    const place = places[at] ?? 0n
    const coordinate = challenges.point[at] ?? 0n
    const atMinus = proof.foldOpenings[at] ?? 0n
    const weight = Fr.sub(Fr.mul(place, Fr.sub(1n, coordinate)), coordinate)
    const numerator = Fr.sub(Fr.mul(Fr.mul(place, value), 2n), Fr.mul(atMinus, weight))
    value = Fr.mul(numerator, quotients.folding[at] ?? 0n)
    values.unshift(value)
  }
  return values
}

type Claims = { readonly terms: readonly Term[]; readonly constant: bigint }

/** Of the first fold only its values: its commitment is the batch itself. */
function foldTermsOf(
  proof: UltraHonkProof,
  values: readonly bigint[],
  { nu, quotients }: { readonly nu: bigint; readonly quotients: Quotients },
): Claims {
  const weights = powersOf(nu, 2 * values.length)
  const terms: Term[] = []
  let constant = 0n
  for (const [at, value] of values.entries()) {
    const plus = Fr.mul(weights[2 * at] ?? 0n, quotients.plus[at] ?? 0n)
    const minus = Fr.mul(weights[2 * at + 1] ?? 0n, quotients.minus[at] ?? 0n)
    constant = Fr.add(constant, Fr.mul(plus, value))
    constant = Fr.add(constant, Fr.mul(minus, proof.foldOpenings[at] ?? 0n))
    const fold = proof.folds[at - 1]
    if (fold !== undefined) terms.push({ point: fold.point, scalar: Fr.neg(Fr.add(plus, minus)) })
  }
  return { terms, constant }
}

/** Mask at r; running sum at g·r, r and, where it must be zero, at 1; quotient at r. */
function libraTermsOf(proof: UltraHonkProof, { challenges, quotients }: Asked): Claims {
  const { mask, runningSum, quotient, openings } = proof.libra
  const [maskAtR, sumAtNext, sumAtR, quotientAtR] = openings
  const atR = quotients.plus[0] ?? 0n
  const claims = [
    { point: mask.point, divided: atR, value: maskAtR },
    { point: runningSum.point, divided: quotients.shifted, value: sumAtNext },
    { point: runningSum.point, divided: atR, value: sumAtR },
    { point: runningSum.point, divided: quotients.one, value: 0n },
    { point: quotient.point, divided: atR, value: quotientAtR },
  ]
  const weights = powersOf(challenges.nu, 2 * challenges.point.length + claims.length)
  const offset = 2 * challenges.point.length
  let constant = 0n
  const terms = claims.map(({ point, divided, value }, at): Term => {
    const weight = Fr.mul(weights[offset + at] ?? 0n, divided)
    constant = Fr.add(constant, Fr.mul(weight, value))
    return { point, scalar: Fr.neg(weight) }
  })
  return { terms, constant }
}
