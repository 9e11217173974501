/*
 * A rank-1 constraint system as circom writes it: each constraint is A·B = C of three linear combinations of wires. Wire 0 is the
 * constant one; outputs come next, then public inputs, then the rest. All coefficients are below the field's modulus.
 */
import { err, ok, type Result } from '../../base/result.ts'
import { scalarModulus } from '../../proofs/field.ts'
import { readSections } from '../section-file.ts'

export type R1cs = {
  readonly wires: number
  /** Outputs and public inputs together, without the constant one. */
  readonly publicWires: number
  readonly constraints: number
  /** Calls `onTerm` for each term, constraint by constraint. */
  readonly eachTerm: (onTerm: (term: R1csTerm) => void) => void
}

type R1csTerm = {
  readonly constraint: number
  readonly matrix: 'a' | 'b' | 'c'
  readonly wire: number
  readonly coefficient: bigint
}

const headerSection = 1
const constraintsSection = 2
const fieldBytes = 32
const matrices = ['a', 'b', 'c'] as const

export function readR1cs(bytes: Uint8Array): Result<R1cs, string> {
  const read = readSections(bytes, 'r1cs')
  if (!read.ok) return read
  const header = read.value.get(headerSection)
  const body = read.value.get(constraintsSection)
  if (header === undefined || body === undefined) return err('an r1cs file without its sections')
  if (header.readUInt32LE(0) !== fieldBytes || readField(header, 4) !== scalarModulus) {
    return err('a circuit of another curve than BN254')
  }
  const [wires = 0, outputs = 0, publicInputs = 0] = [0, 1, 2].map((at) =>
    header.readUInt32LE(4 + fieldBytes + 4 * at),
  )
  // Between lie the number of private inputs (u32) and that of labels (u64).
  const constraints = header.readUInt32LE(4 + fieldBytes + 24)
  return ok({
    wires,
    publicWires: outputs + publicInputs,
    constraints,
    eachTerm: (onTerm) => {
      let at = 0
      for (let constraint = 0; constraint < constraints; constraint += 1) {
        for (const matrix of matrices) {
          const terms = body.readUInt32LE(at)
          at += 4
          for (let term = 0; term < terms; term += 1) {
            const wire = body.readUInt32LE(at)
            onTerm({ constraint, matrix, wire, coefficient: readField(body, at + 4) })
            at += 4 + fieldBytes
          }
        }
      }
    },
  })
}

export const readField = (bytes: Buffer, at: number): bigint =>
  bytes.readBigUInt64LE(at) |
  (bytes.readBigUInt64LE(at + 8) << 64n) |
  (bytes.readBigUInt64LE(at + 16) << 128n) |
  (bytes.readBigUInt64LE(at + 24) << 192n)
