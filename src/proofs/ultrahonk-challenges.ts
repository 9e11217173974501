/*
 * What the verifier would have asked the prover: each challenge is a hash of all that was sent before it, so that nothing sent
 * can depend on what it is asked. Every link is keccak256 over the link before and the new words, modulo r; a challenge is its
 * lower 127 bits, and where two are asked at once its upper bits are the other.
 */
import { keccak256Hex } from '../chain/keccak.ts'
import { scalarModulus } from './field.ts'
import type { UltraHonkKey } from './ultrahonk-key.ts'
import type { Commitment, UltraHonkProof } from './ultrahonk-proof.ts'

export type UltraHonkChallenges = {
  readonly eta: bigint
  readonly beta: bigint
  readonly gamma: bigint
  /** Batches the relations. */
  readonly alpha: bigint
  /** Its powers weigh the rows. */
  readonly gate: bigint
  readonly libra: bigint
  /** The row that is opened, one coordinate for each round. */
  readonly point: readonly bigint[]
  /** Batches the openings. */
  readonly rho: bigint
  /** Where the folds are opened. */
  readonly r: bigint
  readonly nu: bigint
  readonly z: bigint
}

const lowerBits = 127n
const lowerMask = (1n << lowerBits) - 1n

const lower = (link: bigint): bigint => link & lowerMask

export function challengesOf(
  key: UltraHonkKey,
  publicInputs: readonly bigint[],
  proof: UltraHonkProof,
): UltraHonkChallenges {
  const { witnesses, libra } = proof
  const first = [key.transcriptHash, ...publicInputs, ...proof.pairingPoints]
  const { left, right, output } = witnesses
  const etaLink = hashOf([...first, ...wordsIn([proof.masking, left, right, output])])
  const { lookupCount, lookupTag, fourth } = witnesses
  const betaLink = hashOf([etaLink, ...wordsIn([lookupCount, lookupTag, fourth])])
  const { lookupInverse, copyProduct } = witnesses
  const alphaLink = hashOf([betaLink, ...wordsIn([lookupInverse, copyProduct])])
  const gateLink = hashOf([alphaLink])
  const libraLink = hashOf([gateLink, ...libra.mask.words, libra.total])
  const pointLinks = linksOf(libraLink, proof.univariates)
  const { runningSum, quotient } = libra
  const rhoLink = hashOf([
    pointLinks.at(-1) ?? libraLink,
    ...proof.openings,
    libra.claimed,
    ...wordsIn([runningSum, quotient]),
  ])
  const rLink = hashOf([rhoLink, ...wordsIn(proof.folds)])
  const nuLink = hashOf([rLink, ...proof.foldOpenings, ...libra.openings])
  const zLink = hashOf([nuLink, ...proof.shplonkQuotient.words])
  return {
    eta: lower(etaLink),
    beta: lower(betaLink),
    gamma: betaLink >> lowerBits,
    alpha: lower(alphaLink),
    gate: lower(gateLink),
    libra: lower(libraLink),
    point: pointLinks.map(lower),
    rho: lower(rhoLink),
    r: lower(rLink),
    nu: lower(nuLink),
    z: lower(zLink),
  }
}

const wordsIn = (commitments: readonly Commitment[]): readonly bigint[] =>
  commitments.flatMap(({ words }) => words)

function linksOf(start: bigint, messages: readonly (readonly bigint[])[]): readonly bigint[] {
  let link = start
  return messages.map((message) => {
    link = hashOf([link, ...message])
    return link
  })
}

export const hashOf = (words: readonly bigint[]): bigint =>
  BigInt(keccak256Hex(words.map(wordDigits).join(''))) % scalarModulus

const wordDigits = (word: bigint): string => word.toString(16).padStart(64, '0')
