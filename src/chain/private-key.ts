import { assert } from '../base/assert.ts'
import { type Hex, toHex } from '../base/hex.ts'
import { isBytes32 } from '../domain/units.ts'

declare const privateKeyUnit: unique symbol
/** 32 bytes, at least one and below the curve's order. Never in a log, an error or an answer. */
export type PrivateKey = Hex & { readonly [privateKeyUnit]: true }

/** Order of secp256k1's group. */
export const curveOrder: bigint =
  0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n

/** A key as a person or a file gives it; undefined when it is none. */
export function parsePrivateKey(text: string): PrivateKey | undefined {
  if (!isBytes32(text)) return undefined
  const scalar = BigInt(text)
  return scalar > 0n && scalar < curveOrder ? (text.toLowerCase() as PrivateKey) : undefined
}

export function randomPrivateKey(): PrivateKey {
  const key = parsePrivateKey(toHex(crypto.getRandomValues(new Uint8Array(32))))
  assert(key !== undefined, 'a random scalar is in range, but for one in 2^128')
  return key
}
