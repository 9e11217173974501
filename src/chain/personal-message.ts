import type { Bytes32 } from '../domain/units.ts'
import { keccak256Utf8 } from './keccak.ts'

/**
 * EIP-191, version 0x45 (`personal_sign`): what a wallet signs of a text. Begins with 0x1945, so that no signature of a text
 * is one of typed data, which begins with 0x1901.
 */
export const personalMessageDigest = (text: string): Bytes32 =>
  keccak256Utf8(`\u0019Ethereum Signed Message:\n${Buffer.byteLength(text)}${text}`)
