/*
 * What circom writes, read without a prover: constraint systems (.r1cs), witnesses (.wtns) and names of signals (.sym).
 * Formats: iden3's "r1cs" version 1 and "wtns" version 2, both little-endian and made of numbered sections.
 */
import { assert } from '../../src/base/assert.ts'

/** Σ coefficient · wire, as two lists of one length. Wire 0 is the constant 1. */
export type LinearForm = {
  readonly wires: readonly number[]
  readonly coefficients: readonly bigint[]
}

/** ⟨a, witness⟩ · ⟨b, witness⟩ = ⟨c, witness⟩ modulo the prime. */
export type Constraint = {
  readonly a: LinearForm
  readonly b: LinearForm
  readonly c: LinearForm
}

/** Wires stand in this order: the constant 1, public outputs, public inputs, private inputs, all others. */
export type ConstraintSystem = {
  readonly prime: bigint
  readonly wireCount: number
  readonly publicOutputCount: number
  readonly publicInputCount: number
  readonly privateInputCount: number
  readonly constraints: readonly Constraint[]
}

export function readConstraintSystem(bytes: Uint8Array): ConstraintSystem {
  const sections = sectionsOf(bytes, { magic: 'r1cs', version: 1 })
  const header = sectionOf(sections, 1)
  const width = header.uint32()
  const prime = header.field(width)
  const wireCount = header.uint32()
  const publicOutputCount = header.uint32()
  const publicInputCount = header.uint32()
  const privateInputCount = header.uint32()
  header.skip(8)
  const constraintCount = header.uint32()
  const rows = sectionOf(sections, 2)
  const readForm = (): LinearForm => {
    const wires: number[] = []
    const coefficients: bigint[] = []
    for (let left = rows.uint32(); left > 0; left--) {
      wires.push(rows.uint32())
      coefficients.push(rows.field(width))
    }
    return { wires, coefficients }
  }
  const constraints = Array.from({ length: constraintCount }, () => ({
    a: readForm(),
    b: readForm(),
    c: readForm(),
  }))
  return {
    prime,
    wireCount,
    publicOutputCount,
    publicInputCount,
    privateInputCount,
    constraints,
  }
}

/** One value for each wire, the constant 1 first. */
export function readWitness(bytes: Uint8Array): bigint[] {
  const sections = sectionsOf(bytes, { magic: 'wtns', version: 2 })
  const header = sectionOf(sections, 1)
  const width = header.uint32()
  header.skip(width)
  const count = header.uint32()
  const values = sectionOf(sections, 2)
  return Array.from({ length: count }, () => values.field(width))
}

/** The same file with other values: what a prover is given to prove a mutant. */
export function replaceWitness(file: Uint8Array, witness: readonly bigint[]): Uint8Array {
  const copy = Uint8Array.from(file)
  const sections = sectionsOf(copy, { magic: 'wtns', version: 2 })
  const width = sectionOf(sections, 1).uint32()
  const values = sectionOf(sections, 2)
  for (const value of witness) values.writeField(value, width)
  return copy
}

/** The names of each wire, as `main.total`: several signals may be one wire, and one that was optimised away is none. */
export function readSignalNames(sym: string): ReadonlyMap<number, readonly string[]> {
  const names = new Map<number, string[]>()
  for (const line of sym.split('\n')) {
    const [, wire, , name] = line.split(',')
    if (name === undefined || wire === '-1') continue
    const known = names.get(Number(wire))
    if (known === undefined) names.set(Number(wire), [name])
    else known.push(name)
  }
  return names
}

class FileSection {
  readonly #view: DataView
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  uint32(): number {
    const value = this.#view.getUint32(this.#at, true)
    this.#at += 4
    return value
  }

  length(): number {
    const value = this.#view.getBigUint64(this.#at, true)
    this.#at += 8
    return Number(value)
  }

  field(width: number): bigint {
    let value = 0n
    for (let at = this.#at + width - 8; at >= this.#at; at -= 8) {
      value = (value << 64n) | this.#view.getBigUint64(at, true)
    }
    this.#at += width
    return value
  }

  writeField(value: bigint, width: number): void {
    for (let at = 0; at < width; at += 8) {
      this.#view.setBigUint64(this.#at + at, BigInt.asUintN(64, value >> BigInt(8 * at)), true)
    }
    this.#at += width
  }

  skip(bytes: number): void {
    this.#at += bytes
  }
}

function sectionsOf(
  bytes: Uint8Array,
  { magic, version }: { readonly magic: string; readonly version: number },
): ReadonlyMap<number, Uint8Array> {
  assert(new TextDecoder().decode(bytes.subarray(0, 4)) === magic, `the file is a ${magic}`)
  const header = new FileSection(bytes.subarray(4))
  assert(header.uint32() === version, `the ${magic} is of version ${version}`)
  const sections = new Map<number, Uint8Array>()
  let at = 12
  for (let left = header.uint32(); left > 0; left--) {
    const head = new FileSection(bytes.subarray(at))
    const kind = head.uint32()
    const end = at + 12 + head.length()
    sections.set(kind, bytes.subarray(at + 12, end))
    at = end
  }
  return sections
}

function sectionOf(sections: ReadonlyMap<number, Uint8Array>, kind: number): FileSection {
  const bytes = sections.get(kind)
  assert(bytes !== undefined, `the file has section ${kind}`)
  return new FileSection(bytes)
}
