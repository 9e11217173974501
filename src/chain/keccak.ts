import { hash } from 'node:crypto'
import { assert } from '../base/assert.ts'
import { hexOf } from '../base/hex.ts'
import type { Bytes32 } from '../domain/units.ts'

/** Long enough for a Receipt (16 words) and a batch of 100 claims; what is longer gets its own memory. */
const scratch = Buffer.allocUnsafe(4096)

/** keccak-256 as Ethereum has it: OpenSSL's, an eighth of the time of a JavaScript one. */
export const keccak256 = (bytes: Uint8Array): Bytes32 =>
  hexOf(hash('keccak-256', bytes, 'hex')) as Bytes32

/** keccak-256 of the UTF-8 bytes of `text`. */
export const keccak256Utf8 = (text: string): Bytes32 =>
  hexOf(hash('keccak-256', text, 'hex')) as Bytes32

/**
 * keccak-256 of bytes given as hex digits without `0x`. Joining strings and decoding them once is as fast as writing each
 * word to memory, and reads like the specification. Anything but whole bytes of hex is a bug, not another hash.
 */
export function keccak256Hex(digits: string): Bytes32 {
  const length = digits.length / 2
  const memory = length <= scratch.length ? scratch : Buffer.allocUnsafe(length)
  assert(memory.write(digits, 'hex') === length, 'the preimage of a hash is whole bytes of hex')
  return keccak256(memory.subarray(0, length))
}
