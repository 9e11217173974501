/*
 * Numbers of BN254 as they travel: words of 32 bytes, big-endian. A word at or above the modulus is refused everywhere: reduced,
 * it would be a second spelling of the same statement, and a contract that remembers what it has seen would take both.
 */
import { assert } from '../base/assert.ts'
import { hexOf } from '../base/hex.ts'
import { type Bytes32, bytes32 } from '../domain/units.ts'

/** Order of the group: circuits compute modulo this prime. */
export const scalarModulus: bigint =
  21888242871839275222246405745257275088548364400416034343698204186575808495617n
/** Coordinates of points are below this prime. */
export const coordinateModulus: bigint =
  21888242871839275222246405745257275088696311157297823662689037894645226208583n

export const wordBytes = 32

export const scalarOf = (word: Bytes32): bigint | undefined => {
  const value = BigInt(word)
  return value < scalarModulus ? value : undefined
}

export function scalarWord(value: bigint): Bytes32 {
  assert(value >= 0n && value < scalarModulus, 'a field element is below the modulus')
  return bytes32(hexOf(value.toString(16).padStart(2 * wordBytes, '0')))
}

/** Whole words only: callers check the length. */
export function wordsOf(bytes: Uint8Array): readonly bigint[] {
  assert(bytes.length % wordBytes === 0, 'words are 32 bytes each')
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return Array.from({ length: bytes.length / wordBytes }, (_, word) => {
    const at = word * wordBytes
    return (
      (view.getBigUint64(at) << 192n) |
      (view.getBigUint64(at + 8) << 128n) |
      (view.getBigUint64(at + 16) << 64n) |
      view.getBigUint64(at + 24)
    )
  })
}
