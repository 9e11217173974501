/*
 * The argument that the mask of sumcheck has the value that it is said to have: an inner product over a subgroup of 256 elements
 * of the mask's coefficients with the powers of the challenges, as a running sum that starts at zero and ends at that value.
 */
import { bn254 } from '@noble/curves/bn254.js'
import type { UltraHonkChallenges } from './ultrahonk-challenges.ts'
import { type UltraHonkProof, univariateLength } from './ultrahonk-proof.ts'

const { Fr } = bn254.fields

const subgroupSize = 256
const subgroupBits = 8

/** Of order 256: 5 generates the field's units, and 28 is how often 2 divides their number. */
export const subgroupGenerator: bigint = Fr.pow(5n, (Fr.ORDER - 1n) >> BigInt(subgroupBits))
const generatorInverse = Fr.inv(subgroupGenerator)

/** Whether openings at r agree with the claimed value. False also where r is in the subgroup, which no honest proof meets. */
export function libraHolds(proof: UltraHonkProof, { r, point }: UltraHonkChallenges): boolean {
  const vanishing = Fr.sub(Fr.pow(r, BigInt(subgroupSize)), 1n)
  if (vanishing === 0n) return false
  const weights = lagrangeAt(r, vanishing)
  const factors = coefficientFactors(point)
  const factorAtR = factors.reduce(
    (sum, factor, at) => Fr.add(sum, Fr.mul(factor, weights[at] ?? 0n)),
    0n,
  )
  const [maskAtR, sumAtNext, sumAtR, quotientAtR] = proof.libra.openings
  const starts = Fr.mul(weights[0] ?? 0n, sumAtR)
  const step = Fr.sub(Fr.sub(sumAtNext, sumAtR), Fr.mul(maskAtR, factorAtR))
  const steps = Fr.mul(Fr.sub(r, generatorInverse), step)
  const ends = Fr.mul(weights[subgroupSize - 1] ?? 0n, Fr.sub(sumAtR, proof.libra.claimed))
  return Fr.add(Fr.add(starts, steps), ends) === Fr.mul(vanishing, quotientAtR)
}

/** The constant term, then for each round the powers of its challenge. What is left of the subgroup is zero. */
function coefficientFactors(point: readonly bigint[]): readonly bigint[] {
  const factors = [1n]
  for (const coordinate of point) {
    let power = 1n
    for (let degree = 0; degree < univariateLength; degree += 1) {
      factors.push(power)
      power = Fr.mul(power, coordinate)
    }
  }
  return factors
}

/** Lᵢ(r) = (r^256 − 1) / (256·(r·g⁻ⁱ − 1)) for every element of the subgroup. */
function lagrangeAt(r: bigint, vanishing: bigint): readonly bigint[] {
  const scale = Fr.div(vanishing, BigInt(subgroupSize))
  let scaled = r
  const divisors = Array.from({ length: subgroupSize }, () => {
    const divisor = Fr.sub(scaled, 1n)
    scaled = Fr.mul(scaled, generatorInverse)
    return divisor
  })
  return Fr.invertBatch(divisors).map((inverse) => Fr.mul(inverse, scale))
}
