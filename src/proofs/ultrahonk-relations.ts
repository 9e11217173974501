/*
 * What must hold between the values of a row, as polynomials that are zero where it does. Arithmetic is that of the integers:
 * a value is reduced once, where the relations are summed up, so that each reads as in the papers.
 *
 *   copies    the grand product of PLONK (eprint 2019/953) · lookups  logarithmic derivatives (eprint 2022/1530)
 *   memory    sorted records, one field element each        · points   on Grumpkin, y² = x³ − 17
 *   foreign   products of four limbs of 68 bits             · rounds   of Poseidon2 over four words (eprint 2023/323)
 *
 * The order of the relations is the protocol's: the powers of α go by it.
 */
import { scalarModulus } from './field.ts'
import type { Row } from './ultrahonk-entities.ts'
import {
  ellipticRelations,
  externalRoundRelations,
  foreignFieldRelations,
  internalRoundRelations,
  memoryRelations,
} from './ultrahonk-gates.ts'

export type RelationChallenges = {
  /** Folds the members of a memory record. */
  readonly eta: bigint
  /** Fold a wire with its place, and the columns of a table. */
  readonly beta: bigint
  readonly gamma: bigint
  /** What the copies of the public inputs leave over of the grand product. */
  readonly publicInputsQuotient: bigint
}

/**
 * The sum of all relations in `row`, each with its power of `alpha`. `rowWeight` is the weight of the row among all rows; the
 * relation that sums over all rows has none, because only its total must be zero.
 */
export function sumOfRelations(
  row: Row,
  challenges: RelationChallenges,
  weights: { readonly alpha: bigint; readonly rowWeight: bigint },
): bigint {
  const relations = [
    ...copyRelations(row, challenges),
    ...lookupRelations(row, challenges),
    ...arithmeticRelations(row),
    ...rangeRelations(row),
    ...ellipticRelations(row),
    ...memoryRelations(row, challenges.eta),
    ...foreignFieldRelations(row),
    ...externalRoundRelations(row),
    ...internalRoundRelations(row),
  ]
  let power = 1n
  let sum = 0n
  for (const [at, relation] of relations.entries()) {
    const weight = at === lookupTotalAt ? 1n : weights.rowWeight
    sum = (sum + (relation % scalarModulus) * ((weight * power) % scalarModulus)) % scalarModulus
    power = (power * weights.alpha) % scalarModulus
  }
  return (sum + scalarModulus) % scalarModulus
}

/** Position of the relation that adds up over all rows. */
const lookupTotalAt = 4

function copyRelations(row: Row, challenges: RelationChallenges): readonly bigint[] {
  const { beta, gamma, publicInputsQuotient } = challenges
  const factor = (wire: bigint, place: bigint) => (wire + place * beta + gamma) % scalarModulus
  const before =
    factor(row.left, row.place1) *
    factor(row.right, row.place2) *
    factor(row.output, row.place3) *
    factor(row.fourth, row.place4)
  const after =
    factor(row.left, row.copy1) *
    factor(row.right, row.copy2) *
    factor(row.output, row.copy3) *
    factor(row.fourth, row.copy4)
  return [
    (row.copyProduct + row.firstRow) * before -
      (row.copyProductNext + row.lastRow * publicInputsQuotient) * after,
    row.lastRow * row.copyProductNext,
    row.firstRow * row.copyProduct,
  ]
}

/** A step of a longer lookup is the difference of two rows, weighed by the selectors that the lookup does not need. */
function lookupRelations(row: Row, { beta, gamma }: RelationChallenges): readonly bigint[] {
  const folded = (columns: readonly [bigint, bigint, bigint, bigint]) =>
    (columns[0] + gamma + beta * (columns[1] + beta * (columns[2] + beta * columns[3]))) %
    scalarModulus
  const written = folded([row.table1, row.table2, row.table3, row.table4])
  const read = folded([
    row.left + row.byRight * row.leftNext,
    row.right + row.byProduct * row.rightNext,
    row.output + row.constant * row.outputNext,
    row.byOutput,
  ])
  const isEither = row.lookupTag + row.lookupGate - row.lookupTag * row.lookupGate
  return [
    read * written * row.lookupInverse - isEither,
    row.lookupGate * row.lookupInverse * written - row.lookupCount * row.lookupInverse * read,
    row.lookupTag * (row.lookupTag - 1n),
  ]
}

const minusHalf = (scalarModulus - 1n) / 2n

/**
 * The gate's selector is 1 for a product and a sum of all four wires, 2 for the same with the next row's fourth wire (of the
 * product a half), 3 for a sum without product, and beside it a second one.
 */
function arithmeticRelations(row: Row): readonly bigint[] {
  const gate = row.arithmeticGate
  const sum =
    (gate - 3n) * row.byProduct * row.left * row.right * minusHalf +
    row.byLeft * row.left +
    row.byRight * row.right +
    row.byOutput * row.output +
    row.byFourth * row.fourth +
    row.constant +
    (gate - 1n) * row.fourthNext
  const second = row.left + row.fourth - row.leftNext + row.byProduct
  return [gate * sum, gate * (gate - 1n) * (gate - 2n) * second]
}

/** Neighbours differ by 0, 1, 2 or 3. */
function rangeRelations(row: Row): readonly bigint[] {
  const steps = [
    row.right - row.left,
    row.output - row.right,
    row.fourth - row.output,
    row.leftNext - row.fourth,
  ]
  return steps.map((step) => row.rangeGate * step * (step - 1n) * (step - 2n) * (step - 3n))
}
