/*
 * The one judge of signatures off chain. StrictSignature.sol is the one on chain; both give the same verdict on every
 * input, because a voucher that only we accept is work that nobody pays for.
 *
 * Valid is exactly one encoding: 65 bytes r ‖ s ‖ v, r and s in 1 … order-1, s in the lower half, v 27 or 28.
 */
import { assert } from '../base/assert.ts'
import { fromHex, type Hex, hexDigits, hexOf, toHex } from '../base/hex.ts'
import { err, ok, type Result } from '../base/result.ts'
import { type Address, type Bytes32, isHex, type Signature } from '../domain/units.ts'
import type { Curve } from './curve.ts'
import { curve } from './curve-in-use.ts'
import { keccak256 } from './keccak.ts'
import { curveOrder, type PrivateKey } from './private-key.ts'

export type SignatureFault =
  | 'signature_not_hex'
  | 'signature_not_65_bytes'
  | 'signature_r_out_of_range'
  | 'signature_s_out_of_range'
  | 'signature_v_unknown'

const wordDigits = (value: bigint): string => value.toString(16).padStart(64, '0')

// Words of 64 lower-case digits compare as text like the numbers they spell, without a BigInt on the hot path.
const zeroWord = wordDigits(0n)
const orderWord = wordDigits(curveOrder)
const lowerHalfWord = wordDigits(curveOrder / 2n)

/** Which implementation signs and recovers in this process: the start-up log says so, as one costs twenty times the other. */
export const curveInUse: Curve['name'] = curve.name

/**
 * The canonical form of a signature from outside: a high `s` is replaced by its twin and `v` 0/1 by 27/28, because
 * wallets produce both and the contract accepts neither. Store and claim with this form only.
 */
export function parseSignature(text: string): Result<Signature, SignatureFault> {
  if (!isHex(text)) return err('signature_not_hex')
  if (text.length !== 132) return err('signature_not_65_bytes')
  const digits = text.toLowerCase()
  const r = digits.slice(2, 66)
  const s = digits.slice(66, 130)
  const v = Number.parseInt(digits.slice(130), 16)
  if (!isScalar(r)) return err('signature_r_out_of_range')
  if (!isScalar(s)) return err('signature_s_out_of_range')
  const yParity = v >= 27 ? v - 27 : v
  if (yParity !== 0 && yParity !== 1) return err('signature_v_unknown')
  if (s <= lowerHalfWord && v >= 27) return ok(digits as Signature)
  return s <= lowerHalfWord
    ? ok(join({ r, s, yParity }))
    : ok(join({ r, s: wordDigits(curveOrder - BigInt(`0x${s}`)), yParity: yParity === 0 ? 1 : 0 }))
}

/** The account that signed `digest`; undefined for whatever StrictSignature.sol would not accept. */
export function recoverSigner(digest: Bytes32, signature: Signature): Address | undefined {
  const publicKey = recoverKey(digest, signature)
  return publicKey === undefined ? undefined : accountOf(publicKey)
}

/**
 * The key that signed `digest` where it is that of `account`. One that is seen again is compared with the `publicKey` that
 * this function gave before for the same account, instead of being hashed.
 */
export function signerKey(
  digest: Bytes32,
  signature: Signature,
  signer: { readonly account: Address; readonly publicKey: Uint8Array | undefined },
): Uint8Array | undefined {
  const publicKey = recoverKey(digest, signature)
  if (publicKey === undefined) return undefined
  const known = signer.publicKey
  if (known?.every((byte, index) => byte === publicKey[index])) return known
  return accountOf(publicKey) === signer.account ? publicKey.slice() : undefined
}

/** The key of that account, 64 bytes x ‖ y: circuits take it where contracts recover it. */
export function recoverPublicKey(digest: Bytes32, signature: Signature): Hex | undefined {
  const publicKey = recoverKey(digest, signature)
  return publicKey === undefined ? undefined : toHex(publicKey)
}

function recoverKey(digest: Bytes32, signature: Signature): Uint8Array | undefined {
  if (signature.length !== 132) return undefined
  const s = signature.slice(66, 130)
  const v = signature.slice(130)
  if (v !== '1b' && v !== '1c') return undefined
  if (s > lowerHalfWord || s === zeroWord || !isScalar(signature.slice(2, 66))) return undefined
  return curve.recover(fromHex(digest), {
    rs: fromHex(signature).subarray(0, 64),
    yParity: v === '1b' ? 0 : 1,
  })
}

/** 65 bytes in the canonical form; the same digest and key always give the same signature. */
export function signDigest(digest: Bytes32, privateKey: PrivateKey): Signature {
  const { rs, yParity } = curve.sign(fromHex(digest), fromHex(privateKey))
  assert(rs.length === 64, 'a signature has two words')
  return hexOf(hexDigits(rs) + (yParity === 0 ? '1b' : '1c')) as Signature
}

export const addressOfPrivateKey = (privateKey: PrivateKey): Address =>
  accountOf(curve.publicKey(fromHex(privateKey)))

const accountOf = (publicKey: Uint8Array): Address =>
  `0x${keccak256(publicKey).slice(26)}` as Address

const isScalar = (word: string): boolean => word > zeroWord && word < orderWord

const join = (parts: {
  readonly r: string
  readonly s: string
  readonly yParity: 0 | 1
}): Signature => `0x${parts.r}${parts.s}${parts.yParity === 0 ? '1b' : '1c'}` as Signature
