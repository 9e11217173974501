/*
 * Reads what the Noir compiler writes: gzip of one byte (3: MessagePack with names) and the program. Only what a check of a
 * witness needs of it is typed.
 */
import { gunzipSync } from 'node:zlib'
import { assert } from '../../src/base/assert.ts'

/** Σ coefficient · a · b + Σ coefficient · a + constant = 0. */
export type AcirExpression = {
  readonly products: readonly (readonly [bigint, number, number])[]
  readonly terms: readonly (readonly [bigint, number])[]
  readonly constant: bigint
}

export type AcirOpcode =
  | { readonly kind: 'zero'; readonly expression: AcirExpression }
  | { readonly kind: 'range'; readonly witness: number; readonly bits: number }
  /** Of keccak, XOR, a signature's verification: `inputs` has undefined for constants. */
  | {
      readonly kind: 'function'
      readonly name: string
      readonly witnesses: readonly number[]
    }
  /** Computes witnesses and constrains none. */
  | { readonly kind: 'hint'; readonly name: string; readonly outputs: readonly number[] }

export type AcirProgram = {
  readonly opcodes: readonly AcirOpcode[]
  /** Witnesses of `main`'s parameters, the private ones and the public ones. */
  readonly parameters: readonly number[]
}

/** Programs whose `main` calls no other circuit and has no memory that a witness indexes: those of circuits/noir. */
export function readAcir(bytecode: string): AcirProgram {
  const bytes = gunzipSync(Buffer.from(bytecode, 'base64'))
  assert(bytes[0] === 3, 'the program is MessagePack with names')
  const [circuits, hints] = unpack(bytes.subarray(1)) as [unknown[][], [string][]]
  const [main] = circuits
  assert(main !== undefined && circuits.length === 1, 'the program is one circuit')
  const [, opcodes, privates, publics] = main as [string, Opcode[], number[], number[]]
  return {
    opcodes: opcodes.map((opcode) => opcodeOf(opcode, hints)),
    parameters: [...privates, ...publics],
  }
}

type Opcode = Readonly<Record<string, unknown>>
type Input = { readonly Witness?: number }
type Output = { readonly Simple?: number; readonly Array?: readonly number[] }

function opcodeOf(opcode: Opcode, hints: readonly [string][]): AcirOpcode {
  const [kind, content] = Object.entries(opcode)[0] ?? []
  switch (kind) {
    case 'AssertZero':
      return { kind: 'zero', expression: expressionOf(content as Expression) }
    case 'BlackBoxFuncCall':
      return functionOf(content as Readonly<Record<string, unknown>>)
    case 'BrilligCall': {
      const [hint, , outputs] = content as [number, unknown, readonly Output[]]
      return {
        kind: 'hint',
        name: hints[hint]?.[0] ?? '',
        outputs: outputs.flatMap(({ Simple, Array: several }) => several ?? Simple ?? []),
      }
    }
    default:
      throw new Error(`${kind} is not of the circuits that this reads`)
  }
}

function functionOf(call: Readonly<Record<string, unknown>>): AcirOpcode {
  const [name = '', content] = Object.entries(call)[0] ?? []
  if (name !== 'RANGE') return { kind: 'function', name, witnesses: witnessesIn(content) }
  const [{ Witness }, bits] = content as [Input, number]
  assert(Witness !== undefined, 'a range is of a witness')
  return { kind: 'range', witness: Witness, bits }
}

/** Inputs are `{ Witness }` or constants, outputs stand as numbers; the number of bits of XOR and AND stands among them. */
function witnessesIn(content: unknown): readonly number[] {
  if (!Array.isArray(content)) return []
  const [inputs, outputs] = [content.slice(0, -1), content.at(-1)]
  const read = (part: unknown): readonly number[] =>
    Array.isArray(part)
      ? part.flatMap(read)
      : ((part as Input | null)?.Witness ?? []) === undefined
        ? []
        : [(part as Input | null)?.Witness ?? []].flat()
  return [
    ...inputs.flatMap(read),
    ...[outputs as number | number[]].flat().filter(Number.isInteger),
  ]
}

type Expression = readonly [
  readonly (readonly [Buffer, number, number])[],
  readonly (readonly [Buffer, number])[],
  Buffer,
]

const expressionOf = ([products, terms, constant]: Expression): AcirExpression => ({
  products: products.map(([factor, a, b]) => [numberOf(factor), a, b]),
  terms: terms.map(([factor, a]) => [numberOf(factor), a]),
  constant: numberOf(constant),
})

const numberOf = (bytes: Buffer): bigint => BigInt(`0x${bytes.toString('hex') || '0'}`)

type Value = unknown

/** MessagePack without extensions. */
function unpack(bytes: Buffer): Value {
  let at = 0
  const uint = (size: number): number => {
    at += size
    return bytes.readUIntBE(at - size, size)
  }
  const text = (length: number): string => {
    at += length
    return bytes.toString('utf8', at - length, at)
  }
  const binary = (length: number): Buffer => {
    at += length
    return bytes.subarray(at - length, at)
  }
  const list = (length: number): Value[] => Array.from({ length }, value)
  const map = (length: number): Value =>
    Object.fromEntries(Array.from({ length }, () => [String(value()), value()]))
  function value(): Value {
    const tag = uint(1)
    if (tag < 0x80) return tag
    if (tag < 0x90) return map(tag & 0xf)
    if (tag < 0xa0) return list(tag & 0xf)
    if (tag < 0xc0) return text(tag & 0x1f)
    if (tag >= 0xe0) return tag - 256
    switch (tag) {
      case 0xc0:
        return null
      case 0xc2:
        return false
      case 0xc3:
        return true
      case 0xc4:
        return binary(uint(1))
      case 0xc5:
        return binary(uint(2))
      case 0xc6:
        return binary(uint(4))
      case 0xcc:
        return uint(1)
      case 0xcd:
        return uint(2)
      case 0xce:
        return uint(4)
      case 0xcf:
        at += 8
        return bytes.readBigUInt64BE(at - 8)
      case 0xd9:
        return text(uint(1))
      case 0xda:
        return text(uint(2))
      case 0xdc:
        return list(uint(2))
      case 0xdd:
        return list(uint(4))
      case 0xde:
        return map(uint(2))
      case 0xdf:
        return map(uint(4))
      default:
        throw new Error(`MessagePack tag ${tag} is not of this kind of program`)
    }
  }
  return value()
}
