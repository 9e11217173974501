/*
 * Sumcheck (Lund, Fortnow, Karloff, Nisan 1992) over all rows of a circuit: the relations, weighed by row, add up to zero. In
 * each round the prover sends a univariate whose values at 0 and 1 add up to what is claimed, and the claim becomes its value at
 * the challenge; after the last one it is the value in one random row, which the openings tell. The univariates are masked
 * (Libra, eprint 2019/317), so that they tell nothing of the rows.
 */
import { bn254 } from '@noble/curves/bn254.js'
import type { UltraHonkChallenges } from './ultrahonk-challenges.ts'
import { rowOf } from './ultrahonk-entities.ts'
import { publicInputsRow } from './ultrahonk-key.ts'
import { type UltraHonkProof, univariateLength } from './ultrahonk-proof.ts'
import { sumOfRelations } from './ultrahonk-relations.ts'

const { Fr } = bn254.fields

/** Whether the openings in the last row are what the rounds claim. That they are true openings is checked apart. */
export function sumcheckHolds(
  publicInputs: readonly bigint[],
  proof: UltraHonkProof,
  challenges: UltraHonkChallenges,
): boolean {
  const { point, libra } = challenges
  let claim = Fr.mul(libra, proof.libra.total)
  let rowWeight = 1n
  let gate = challenges.gate
  for (const [round, univariate] of proof.univariates.entries()) {
    const [atZero = 0n, atOne = 0n] = univariate
    if (Fr.add(atZero, atOne) !== claim) return false
    const coordinate = point[round] ?? 0n
    claim = valueAt(univariate, coordinate)
    rowWeight = Fr.mul(rowWeight, Fr.add(1n, Fr.mul(coordinate, Fr.sub(gate, 1n))))
    gate = Fr.sqr(gate)
  }
  const publicInputsQuotient = quotientOf([...publicInputs, ...proof.pairingPoints], challenges)
  if (publicInputsQuotient === undefined) return false
  const relations = sumOfRelations(
    rowOf(proof.openings.slice(1)),
    { ...challenges, publicInputsQuotient },
    { alpha: challenges.alpha, rowWeight },
  )
  const expected = Fr.add(
    Fr.mul(relations, enabledWeight(point)),
    Fr.mul(proof.libra.claimed, libra),
  )
  return expected === claim
}

/** The first rows blind the witness and obey nothing: four of them, which are those with all coordinates zero but the first two. */
const blindedCoordinates = 2

const enabledWeight = (point: readonly bigint[]): bigint =>
  Fr.sub(
    1n,
    point
      .slice(blindedCoordinates)
      .reduce((product, coordinate) => Fr.mul(product, Fr.sub(1n, coordinate)), 1n),
  )

/** What makes the place of a wire unlike every other: rows go up to 2^28. */
const wirePlaces = 1n << 28n

/**
 * Public inputs are copied to places that no row has, so that the product of all copies is not one but this quotient, which
 * only these inputs give.
 */
function quotientOf(
  inputs: readonly bigint[],
  { beta, gamma }: UltraHonkChallenges,
): bigint | undefined {
  const start = BigInt(publicInputsRow)
  let numerator = 1n
  let denominator = 1n
  for (const [at, input] of inputs.entries()) {
    const row = start + BigInt(at)
    const own = Fr.create(gamma + input)
    numerator = Fr.mul(numerator, Fr.add(own, Fr.mul(beta, wirePlaces + row)))
    denominator = Fr.mul(denominator, Fr.sub(own, Fr.mul(beta, row + 1n)))
  }
  return denominator === 0n ? undefined : Fr.div(numerator, denominator)
}

/** 1 / ∏ (i − j) over all other j: the constant part of the Lagrange polynomial that is one at i. */
const lagrangeFactors: readonly bigint[] = Array.from({ length: univariateLength }, (_, i) =>
  Fr.inv(
    Array.from({ length: univariateLength }, (_, j) => Fr.create(BigInt(i - j)))
      .filter((difference) => difference !== 0n)
      .reduce((product, difference) => Fr.mul(product, difference), 1n),
  ),
)

/** The univariate of these values at 0, 1, 2, … at `point`, by products from both sides instead of quotients. */
function valueAt(values: readonly bigint[], point: bigint): bigint {
  const distances = values.map((_, at) => Fr.sub(point, BigInt(at)))
  let before = 1n
  const products = distances.map((distance) => {
    const product = before
    before = Fr.mul(before, distance)
    return product
  })
  let behind = 1n
  let sum = 0n
  for (let at = values.length - 1; at >= 0; at -= 1) {
    const basis = Fr.mul(Fr.mul(products[at] ?? 0n, behind), lagrangeFactors[at] ?? 0n)
    sum = Fr.add(sum, Fr.mul(values[at] ?? 0n, basis))
    behind = Fr.mul(behind, distances[at] ?? 0n)
  }
  return sum
}
