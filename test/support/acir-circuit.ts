/*
 * A Noir circuit as the compiler leaves it (ACIR), read as rows a · b = c, so that what asks a circom circuit for signals that a
 * prover may choose (mutate-witness.ts, determine-witness.ts) asks a Noir circuit too. Sums with products become rows; a range
 * check of n bits becomes n wires that are bits, and their sum. Calls of unconstrained functions are no constraint and are left
 * out: that is the point, for what they answer must be pinned by the rest. Any other opcode is refused.
 */
import { assert } from '../../src/base/assert.ts'
import type { Constraint, ConstraintSystem, LinearForm } from './circom-files.ts'
import { type Packed, readMessagePack } from './message-pack.ts'

const prime = 21888242871839275222246405745257275088548364400416034343698204186575808495617n

export type AcirCircuit = {
  readonly system: ConstraintSystem
  /** Opcodes by kind. */
  readonly opcodes: Readonly<Record<string, number>>
  /** In the order of the system's wires, from the map that the runtime gives. */
  readonly witnessOf: (map: ReadonlyMap<number, string>) => readonly bigint[]
}

/** `program`: what a compiled contract's bytecode unpacks to, in Noir's compact MessagePack form. */
export function readAcir(program: Uint8Array): AcirCircuit {
  assert(program[0] === 3, 'the program is in the compact MessagePack form')
  const [functions] = listOf(readMessagePack(program.subarray(1)))
  const [main] = listOf(functions)
  const [, opcodes, , publicInputs] = listOf(main)
  const publics = listOf(publicInputs).map(Number)
  const reading: Reading = { wires: new Map(), rows: [], ranges: [], products: [], next: 1 }
  for (const witness of publics) wireOf(reading, witness)
  const counts: Record<string, number> = {}
  for (const opcode of listOf(opcodes)) {
    const [[kind = '', content] = []] = Object.entries(opcode as Record<string, Packed>)
    const name = kind === 'BlackBoxFuncCall' ? (Object.keys(content as object)[0] ?? '') : kind
    counts[name] = (counts[name] ?? 0) + 1
    addOpcode(reading, name, content ?? null)
  }
  const { rows, next } = reading
  return {
    system: {
      prime,
      wireCount: next,
      publicOutputCount: 0,
      publicInputCount: publics.length,
      privateInputCount: 0,
      constraints: rows,
    },
    opcodes: counts,
    witnessOf: (map) => filledWitness(reading, map),
  }
}

type Reading = {
  /** Wires by the compiler's number of the witness. */
  readonly wires: Map<number, number>
  readonly rows: Constraint[]
  /** Bits of a wire: its number, and those of its bits. */
  readonly ranges: { readonly wire: number; readonly bits: readonly number[] }[]
  readonly products: { readonly wire: number; readonly a: number; readonly b: number }[]
  next: number
}

function addOpcode(reading: Reading, name: string, content: Packed): void {
  if (name === 'BrilligCall') return
  if (name === 'AssertZero') {
    addSum(reading, content)
    return
  }
  assert(name === 'RANGE', `no opcode but sums and ranges: ${name}`)
  const [input, bits] = listOf((content as { readonly RANGE: Packed }).RANGE)
  addRange(reading, Number((input as { readonly Witness: Packed }).Witness), Number(bits))
}

/** Σ q·a·b + Σ q·a + constant = 0. Products beyond the first get wires of their own. */
function addSum(reading: Reading, content: Packed): void {
  const [products, terms, constant] = listOf(content)
  const linear = listOf(terms).map((term) => {
    const [factor, witness] = listOf(term)
    return [wireOf(reading, Number(witness)), fieldOf(factor ?? null)] as const
  })
  const sum = [...linear, [0, fieldOf(constant ?? null)] as const]
  const [first, ...others] = listOf(products).map((product) => {
    const [factor, left, right] = listOf(product)
    return {
      factor: fieldOf(factor ?? null),
      a: wireOf(reading, Number(left)),
      b: wireOf(reading, Number(right)),
    }
  })
  for (const { factor, a, b } of others) {
    const wire = newWire(reading)
    reading.products.push({ wire, a, b })
    reading.rows.push({ a: form([[a, 1n]]), b: form([[b, 1n]]), c: form([[wire, 1n]]) })
    sum.push([wire, factor])
  }
  const negated = sum.map(([wire, factor]) => [wire, (prime - factor) % prime] as const)
  reading.rows.push({
    a: form(first === undefined ? [] : [[first.a, first.factor]]),
    b: form(first === undefined ? [] : [[first.b, 1n]]),
    c: form(negated),
  })
}

function addRange(reading: Reading, witness: number, count: number): void {
  const wire = wireOf(reading, witness)
  const bits = Array.from({ length: count }, () => newWire(reading))
  for (const bit of bits) {
    reading.rows.push({
      a: form([[bit, 1n]]),
      b: form([
        [bit, 1n],
        [0, prime - 1n],
      ]),
      c: form([]),
    })
  }
  reading.rows.push({
    a: form([]),
    b: form([]),
    c: form([[wire, prime - 1n], ...bits.map((bit, place) => [bit, 2n ** BigInt(place)] as const)]),
  })
  reading.ranges.push({ wire, bits })
}

function filledWitness(
  { wires, ranges, products, next }: Reading,
  map: ReadonlyMap<number, string>,
): readonly bigint[] {
  const values = new Array<bigint>(next).fill(0n)
  values[0] = 1n
  const value = (wire: number): bigint => values[wire] ?? 0n
  for (const [witness, wire] of wires) values[wire] = BigInt(map.get(witness) ?? 0)
  for (const { wire, a, b } of products) values[wire] = (value(a) * value(b)) % prime
  for (const { wire, bits } of ranges) {
    bits.forEach((bit, place) => {
      values[bit] = (value(wire) >> BigInt(place)) & 1n
    })
  }
  return values
}

function wireOf(reading: Reading, witness: number): number {
  const known = reading.wires.get(witness)
  if (known !== undefined) return known
  const wire = newWire(reading)
  reading.wires.set(witness, wire)
  return wire
}

function newWire(reading: Reading): number {
  reading.next += 1
  return reading.next - 1
}

const form = (terms: readonly (readonly [wire: number, factor: bigint])[]): LinearForm => {
  const kept = terms.filter(([, factor]) => factor !== 0n)
  return { wires: kept.map(([wire]) => wire), coefficients: kept.map(([, factor]) => factor) }
}

/** 32 bytes, the highest first. */
const fieldOf = (packed: Packed): bigint => {
  assert(packed instanceof Uint8Array, 'a field element is bytes')
  return BigInt(`0x${Buffer.from(packed).toString('hex')}`)
}

const listOf = (packed: Packed | undefined): readonly Packed[] => {
  assert(Array.isArray(packed), 'a structure is a list of its fields')
  return packed
}
