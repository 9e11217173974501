/*
 * What a zkey of Groth16 holds, as snarkjs and rapidsnark read it. Numbers are little-endian; points are affine in Montgomery's
 * form; section 1 is the kind (u32 1), 2 the header, 3 the points of public inputs, 4 the coefficients of A and B, 5 … 9 the
 * points of A, B₁, B₂, C and H, 10 the contributions.
 */
import { err, ok, type Result } from '../../base/result.ts'
import { coordinateModulus, scalarModulus } from '../../proofs/field.ts'
import { readSections } from '../section-file.ts'
import { type R1cs, readField } from './read-r1cs.ts'

type Header = {
  readonly wires: number
  readonly publicWires: number
  readonly domainSize: number
  /** Three points each, as they follow one another here. */
  readonly alphaBetaDelta1: Uint8Array
  readonly betaGammaDelta2: Uint8Array
}

const fieldBytes = 32
const g1Bytes = 64
const g2Bytes = 128

export function zkeyHeader(header: Header): Buffer {
  const { alphaBetaDelta1: ones, betaGammaDelta2: twos } = header
  const one = (at: number) => ones.subarray(at * g1Bytes, (at + 1) * g1Bytes)
  const two = (at: number) => twos.subarray(at * g2Bytes, (at + 1) * g2Bytes)
  const moduli = [coordinateModulus, scalarModulus].flatMap((modulus) => [
    uint32(fieldBytes),
    fieldElement(modulus),
  ])
  const counts = [header.wires, header.publicWires, header.domainSize].map(uint32)
  return Buffer.concat([...moduli, ...counts, one(0), one(1), two(0), two(1), one(2), two(2)])
}

const termBytes = 12 + fieldBytes
/** Twice in Montgomery's form: a product with a plain witness is then in Montgomery's form. */
const montgomeryTwice = 2n ** 512n % scalarModulus

/** The terms of A and B, those of each public wire's own row included. */
export function* zkeyCoefficients(r1cs: R1cs): Generator<Buffer> {
  const { constraints, publicWires } = r1cs
  let terms = publicWires + 1
  r1cs.eachTerm(({ matrix }) => {
    if (matrix !== 'c') terms += 1
  })
  const bytes = Buffer.alloc(4 + terms * termBytes)
  let at = bytes.writeUInt32LE(terms)
  const write = (matrix: 0 | 1, row: number, wire: number, coefficient: bigint): void => {
    bytes.writeUInt32LE(matrix, at)
    bytes.writeUInt32LE(row, at + 4)
    bytes.writeUInt32LE(wire, at + 8)
    fieldElement((coefficient * montgomeryTwice) % scalarModulus).copy(bytes, at + 12)
    at += termBytes
  }
  r1cs.eachTerm(({ constraint, matrix, wire, coefficient }) => {
    if (matrix !== 'c') write(matrix === 'a' ? 0 : 1, constraint, wire, coefficient)
  })
  for (let wire = 0; wire <= publicWires; wire += 1) write(0, constraints + wire, wire, 1n)
  yield bytes
}

const montgomeryInverse = ((): bigint => {
  // 2^256 to the power p − 2.
  let result = 1n
  let square = 2n ** 256n % coordinateModulus
  for (let rest = coordinateModulus - 2n; rest > 0n; rest >>= 1n) {
    if (rest & 1n) result = (result * square) % coordinateModulus
    square = (square * square) % coordinateModulus
  }
  return result
})()

/** The verification key in EIP-197's order: α, β, γ, δ, then the points of the public inputs; 32 bytes big-endian each word. */
export function verificationKeyOf(zkey: Uint8Array): Result<Buffer, string> {
  const read = readSections(zkey, 'zkey')
  if (!read.ok) return read
  const header = read.value.get(2)
  const inputs = read.value.get(3)
  if (header === undefined || inputs === undefined) return err('a zkey without its sections')
  const start = 2 * (4 + fieldBytes) + 12
  // α₁ β₁ β₂ γ₂ δ₁ δ₂ follow one another.
  const at = { alpha1: start, beta2: start + 2 * g1Bytes }
  const gamma2 = at.beta2 + g2Bytes
  const delta2 = gamma2 + g2Bytes + g1Bytes
  const words = (bytes: Buffer, from: number, order: readonly number[]) =>
    order.map((word) =>
      word32((readField(bytes, from + word * fieldBytes) * montgomeryInverse) % coordinateModulus),
    )
  const g1Order = [0, 1]
  // EIP-197 has the imaginary part first.
  const g2Order = [1, 0, 3, 2]
  const pointsOfInputs = Array.from({ length: inputs.length / g1Bytes }, (_, point) =>
    words(inputs, point * g1Bytes, g1Order),
  )
  return ok(
    Buffer.concat([
      ...words(header, at.alpha1, g1Order),
      ...words(header, at.beta2, g2Order),
      ...words(header, gamma2, g2Order),
      ...words(header, delta2, g2Order),
      ...pointsOfInputs.flat(),
    ]),
  )
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value)
  return bytes
}

function fieldElement(value: bigint): Buffer {
  const bytes = Buffer.alloc(fieldBytes)
  for (let word = 0; word < 4; word += 1) {
    bytes.writeBigUInt64LE(BigInt.asUintN(64, value >> BigInt(64 * word)), 8 * word)
  }
  return bytes
}

const word32 = (value: bigint): Buffer => fieldElement(value).reverse()
