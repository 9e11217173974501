/*
 * How statements become public inputs. A field element holds 253 bits, so a word of 32 bytes takes two: its first 16 bytes and
 * its last 16, each a big-endian number. Numbers and addresses take one. Readers refuse whatever a writer would not have
 * written, so that a statement has one spelling.
 */
import { hexOf } from '../base/hex.ts'
import { type Address, address, type Bytes32, bytes32 } from '../domain/units.ts'
import { scalarWord } from './field.ts'

const halfDigits = 32

/** A word of 32 bytes as two field elements, the upper half first. */
export const halvesOf = (word: Bytes32): readonly [Bytes32, Bytes32] => [
  scalarWord(BigInt(word.slice(0, 2 + halfDigits))),
  scalarWord(BigInt(hexOf(word.slice(2 + halfDigits)))),
]

export const numberWord = (value: number | bigint | Address): Bytes32 => scalarWord(BigInt(value))

/** Takes field elements in the order in which a writer put them; undefined where one is out of its range. */
export type StatementReader = {
  readonly word: () => Bytes32 | undefined
  readonly address: () => Address | undefined
  /** At most `bits` bits. */
  readonly uint: (bits: number) => bigint | undefined
}

export function statementReader(inputs: readonly Bytes32[]): StatementReader {
  let next = 0
  const uint = (bits: number): bigint | undefined => {
    const value = BigInt(inputs[next++] ?? -1)
    return value >= 0n && value >> BigInt(bits) === 0n ? value : undefined
  }
  const digits = (bits: number): string | undefined =>
    uint(bits)
      ?.toString(16)
      .padStart(bits / 4, '0')
  return {
    uint,
    word: () => {
      const upper = digits(128)
      const lower = digits(128)
      return upper === undefined || lower === undefined ? undefined : bytes32(hexOf(upper + lower))
    },
    address: () => {
      const value = digits(160)
      return value === undefined ? undefined : address(hexOf(value))
    },
  }
}
