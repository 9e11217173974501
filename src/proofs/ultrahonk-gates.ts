/* The relations of the gates that compute more than a sum of products; see ultrahonk-relations.ts. */
import type { Row } from './ultrahonk-entities.ts'

/** Points (right, output) and (leftNext, fourthNext) give (rightNext, outputNext): their sum or difference, or the first doubled. */
export function ellipticRelations(row: Row): readonly bigint[] {
  const { right: x1, output: y1, leftNext: x2, fourthNext: y2, rightNext: x3, outputNext: y3 } = row
  const { ellipticGate: gate, byLeft: sign, byProduct: isDoubling } = row
  const run = x2 - x1
  const sumX = (x1 + x2 + x3) * run * run - y1 * y1 - y2 * y2 + 2n * sign * y1 * y2
  const sumY = (y1 + y3) * run + (x3 - x1) * (sign * y2 - y1)
  // x₁⁴ is (y₁² + 17)·x₁ on the curve, which keeps the degree of the relation.
  const doubleX = 4n * y1 * y1 * (2n * x1 + x3) - 9n * x1 * (y1 * y1 + 17n)
  const doubleY = 3n * x1 * x1 * (x1 - x3) - 2n * y1 * (y1 + y3)
  const either = (sum: bigint, double: bigint) => (1n - isDoubling) * sum + isDoubling * double
  return [gate * either(sumX, doubleX), gate * either(sumY, doubleY)]
}

/**
 * A record of memory is index (left), time or second value (right) and value (output) folded by `eta`, and for what can be
 * written whether it was. Records are sorted by index and time: of one index, what is read is what was written last.
 */
export function memoryRelations(row: Row, eta: bigint): readonly bigint[] {
  const gate = row.memoryGate
  const folded = (index: bigint, time: bigint, value: bigint) =>
    eta * (index + eta * (time + eta * value))
  const record = folded(row.left, row.right, row.output) + row.constant
  const recordFault = record - row.fourth
  const isSortedTable = row.byLeft * row.byRight
  const isSortedMemory = row.byOutput
  const indexStep = row.leftNext - row.left
  const isSameIndex = 1n - indexStep
  const indexFault = indexStep * (indexStep - 1n)
  const access = row.fourth - record
  const accessNext = row.fourthNext - folded(row.leftNext, row.rightNext, row.outputNext)
  const timeFault = isSameIndex * (row.rightNext - row.right) - row.output
  return [
    gate *
      (isSortedTable * recordFault +
        row.byLeft * row.byFourth * timeFault +
        row.byLeft * row.byProduct * recordFault +
        isSortedMemory * access * (access - 1n)),
    gate * isSortedTable * isSameIndex * (row.fourthNext - row.fourth),
    gate * isSortedTable * indexFault,
    gate * isSortedMemory * isSameIndex * (row.outputNext - row.output) * (1n - accessNext),
    gate * isSortedMemory * indexFault,
    gate * isSortedMemory * accessNext * (accessNext - 1n),
  ]
}

const limb = 1n << 68n
const smallLimb = 1n << 14n

/** Limbs of a product of two numbers beyond the field, and limbs put together of pieces of 14 bits. */
export function foreignFieldRelations(row: Row): readonly bigint[] {
  const { left, right, output, fourth, leftNext, rightNext, outputNext, fourthNext } = row
  const crossed = left * rightNext + leftNext * right
  const low = crossed * limb + leftNext * rightNext
  const products =
    row.byOutput * (low - output - fourth) +
    row.byFourth * ((left * fourth + right * output - outputNext) * limb + crossed - fourthNext) +
    row.byProduct * (low + fourth - outputNext - fourthNext)
  const joined = (pieces: readonly bigint[]) =>
    pieces.reduceRight((sum, piece) => sum * smallLimb + piece, 0n)
  const sums =
    row.byFourth * (joined([left, right, output, leftNext, rightNext]) - fourth) +
    row.byProduct * (joined([output, fourth, leftNext, rightNext, outputNext]) - fourthNext)
  return [row.foreignFieldGate * (row.byRight * products + row.byOutput * sums)]
}

const externalMatrix = [
  [5n, 7n, 1n, 3n],
  [4n, 6n, 1n, 1n],
  [1n, 3n, 5n, 7n],
  [1n, 1n, 4n, 6n],
] as const

const nextWires = (row: Row) => [row.leftNext, row.rightNext, row.outputNext, row.fourthNext]

/** A full round of Poseidon2: its constants are the selectors of the wires. */
export function externalRoundRelations(row: Row): readonly bigint[] {
  const states = [
    (row.left + row.byLeft) ** 5n,
    (row.right + row.byRight) ** 5n,
    (row.output + row.byOutput) ** 5n,
    (row.fourth + row.byFourth) ** 5n,
  ]
  const next = nextWires(row)
  return externalMatrix.map((factors, at) => {
    const mixed = factors.reduce((sum, factor, from) => sum + factor * (states[from] ?? 0n), 0n)
    return row.externalRoundGate * (mixed - (next[at] ?? 0n))
  })
}

/** The diagonal, less one, of the matrix of the partial rounds over BN254: a parameter of Poseidon2 for four words. */
const internalDiagonal = [
  0x10dc6e9c006ea38b04b1e03b4bd9490c0d03f98929ca1d7fb56821fd19d3b6e7n,
  0x0c28145b6a44df3e0149b3d0a30b3bb599df9756d4dd9b84a86b38cfb45a740bn,
  0x00544b8338791518b2c7645a50392798b21f75bb60e3596170067d00141cac15n,
  0x222c01175718386f2e2e82eb122789e352e105a3b8fa852613bc534433ee428bn,
] as const

export function internalRoundRelations(row: Row): readonly bigint[] {
  const states = [(row.left + row.byLeft) ** 5n, row.right, row.output, row.fourth]
  const total = states.reduce((sum, state) => sum + state, 0n)
  const next = nextWires(row)
  return internalDiagonal.map((factor, at) => {
    const mixed = factor * (states[at] ?? 0n) + total
    return row.internalRoundGate * (mixed - (next[at] ?? 0n))
  })
}
