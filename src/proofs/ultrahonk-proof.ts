/*
 * The words of an UltraHonk proof, in the order in which its prover sent them. They are read against the number of rounds, and
 * nothing may be left over: a word that nobody reads could be anything.
 */
import { ok, type Result } from '../base/result.ts'
import { type G1Point, g1PointOf, g1PointOrZero, zeroPoint } from './curve-points.ts'
import { scalarModulus, wordBytes, wordsOf } from './field.ts'
import { type ProofRefusal, refuse } from './proof-refusal.ts'
import { entityCount, type Witness } from './ultrahonk-entities.ts'
import { pairingPointWords } from './ultrahonk-key.ts'

/** A point with the words that the transcript absorbs. */
export type Commitment = { readonly words: readonly bigint[]; readonly point: G1Point }

/** Each univariate is sent by its values at 0 … 8: one more than the degree of the relations, masked. */
export const univariateLength = 9

export type UltraHonkProof = {
  /** x and y of two points, each coordinate in two limbs; all zero where no recursion left any. */
  readonly pairingPoints: readonly bigint[]
  /** Hides the openings of everything else. */
  readonly masking: Commitment
  readonly witnesses: Readonly<Record<Witness, Commitment>>
  /** Libra: the polynomial that masks the univariates, its running sum, and the quotient of the argument about both. */
  readonly libra: {
    readonly mask: Commitment
    readonly runningSum: Commitment
    readonly quotient: Commitment
    readonly total: bigint
    /** The mask's value at the challenges of sumcheck. */
    readonly claimed: bigint
    /** mask(r), runningSum(g·r), runningSum(r), quotient(r). */
    readonly openings: readonly [bigint, bigint, bigint, bigint]
  }
  /** One for each round. */
  readonly univariates: readonly (readonly bigint[])[]
  /** Of the masking polynomial, then of each entity. */
  readonly openings: readonly bigint[]
  /** Gemini: commitments to the folds but the first, and each fold at −r^(2^i). */
  readonly folds: readonly Commitment[]
  readonly foldOpenings: readonly bigint[]
  readonly shplonkQuotient: Commitment
  readonly kzgQuotient: Commitment
}

const fixedWords = pairingPointWords + 2 * 12 + 2 + (entityCount + 1) + 4 + 2 * 2 - 2
const wordsInRound = univariateLength + 2 + 1

const ultraHonkProofBytes = (rounds: number): number =>
  (fixedWords + rounds * wordsInRound) * wordBytes

export function readUltraHonkProof(
  bytes: Uint8Array,
  rounds: number,
): Result<UltraHonkProof, ProofRefusal> {
  const expected = ultraHonkProofBytes(rounds)
  if (bytes.length !== expected) {
    return refuse('proof_malformed', `a proof has ${expected} bytes, this ${bytes.length}`)
  }
  const reader = wordReader(wordsOf(bytes))
  const proof = readInOrder(reader, rounds)
  const fault = reader.fault()
  return fault === undefined ? ok(proof) : refuse('proof_malformed', fault)
}

type WordReader = {
  readonly scalar: () => bigint
  readonly scalars: (count: number) => readonly bigint[]
  readonly commitment: () => Commitment
  readonly limbs: () => readonly bigint[]
  readonly fault: () => string | undefined
}

function readInOrder(
  { scalar, scalars, commitment, limbs }: WordReader,
  rounds: number,
): UltraHonkProof {
  const pairingPoints = limbs()
  const masking = commitment()
  const [left, right, output] = [commitment(), commitment(), commitment()]
  const [lookupCount, lookupTag, fourth] = [commitment(), commitment(), commitment()]
  const [lookupInverse, copyProduct] = [commitment(), commitment()]
  const [mask, total] = [commitment(), scalar()]
  const univariates = Array.from({ length: rounds }, () => scalars(univariateLength))
  const openings = scalars(1 + entityCount)
  const claimed = scalar()
  const [runningSum, quotient] = [commitment(), commitment()]
  const folds = Array.from({ length: rounds - 1 }, commitment)
  const foldOpenings = scalars(rounds)
  const libraOpenings = [scalar(), scalar(), scalar(), scalar()] as const
  return {
    pairingPoints,
    masking,
    witnesses: {
      left,
      right,
      output,
      fourth,
      copyProduct,
      lookupInverse,
      lookupCount,
      lookupTag,
    },
    libra: { mask, runningSum, quotient, total, claimed, openings: libraOpenings },
    univariates,
    openings,
    folds,
    foldOpenings,
    shplonkQuotient: commitment(),
    kzgQuotient: commitment(),
  }
}

const lowLimbBits = 136n
const highLimbBits = 120n

/** Goes on after a fault with values that mean nothing; the caller asks for the first one at the end. */
function wordReader(words: readonly bigint[]): WordReader {
  let at = 0
  let fault: string | undefined
  const next = (): bigint => {
    const word = words[at] ?? 0n
    at += 1
    return word
  }
  const note = (isFine: boolean, what: string) => {
    if (!isFine) fault ??= `word ${at - 1} is ${what}`
  }
  const scalar = () => {
    const word = next()
    note(word < scalarModulus, 'no element of the field')
    return word
  }
  const scalars = (count: number) => Array.from({ length: count }, scalar)
  return {
    scalar,
    scalars,
    commitment: () => {
      const pair = [next(), next()]
      const point = g1PointOrZero(pair)
      note(point !== undefined, 'of no point')
      return { words: pair, point: point ?? zeroPoint }
    },
    limbs: () =>
      Array.from({ length: pairingPointWords }, (_, limb) => {
        const word = next()
        note(word < 1n << (limb % 2 === 0 ? lowLimbBits : highLimbBits), 'no limb')
        return word
      }),
    fault: () => fault,
  }
}

/** A point for a pairing point's limbs: low and high of x, then of y. */
export function pairingPointOf(limbs: readonly bigint[]): Commitment | undefined {
  const [xLow = 0n, xHigh = 0n, yLow = 0n, yHigh = 0n] = limbs
  const words = [xLow | (xHigh << lowLimbBits), yLow | (yHigh << lowLimbBits)]
  const point = g1PointOf(words)
  return point === undefined ? undefined : { words, point }
}
