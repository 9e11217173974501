/* The twin of keccak.ts for browsers, which have no keccak of their own. */
import { keccak_256 } from '@noble/hashes/sha3.js'
import { assert } from '../base/assert.ts'
import { utf8Bytes } from '../base/bytes.ts'
import { fromHex, toHex } from '../base/hex.ts'
import { type Bytes32, isHex } from '../domain/units.ts'
import type * as node from './keccak.ts'

export const keccak256: typeof node.keccak256 = (bytes) => toHex(keccak_256(bytes)) as Bytes32

export const keccak256Utf8: typeof node.keccak256Utf8 = (text) => keccak256(utf8Bytes(text))

export const keccak256Hex: typeof node.keccak256Hex = (digits) => {
  const hex = `0x${digits}`
  assert(isHex(hex), 'the preimage of a hash is whole bytes of hex')
  return keccak256(fromHex(hex))
}
