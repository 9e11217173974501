/*
 * EIP-712 by hand: ethers' encoder takes fifty times as long, and both hot paths (a voucher, a receipt) hash typed data.
 * Structs are strings of hex digits, 64 for each word; test/property/typed-data.property.test.ts holds them to ethers and
 * test/vectors/typed-data.json to the contracts.
 */
import { assert } from '../base/assert.ts'
import type { Address, Bytes32 } from '../domain/units.ts'
import { keccak256Hex, keccak256Utf8 } from './keccak.ts'

export type TypedDataDomain = {
  readonly name: string
  readonly version: string
  readonly chainId: number
  readonly verifyingContract: Address
}

declare const separatorUnit: unique symbol
/** `1901` and the domain's hash, as hex digits: what stands before each struct hash. Computed once for each domain. */
export type DomainSeparator = string & { readonly [separatorUnit]: true }

/** A struct type's hash as hex digits, the first word of each of its values. */
export type TypeHash = string

export const typeHash = (encodedType: string): TypeHash => keccak256Utf8(encodedType).slice(2)

const domainTypeHash = typeHash(
  'EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)',
)

export function domainSeparator(domain: TypedDataDomain): DomainSeparator {
  const hash = keccak256Hex(
    domainTypeHash +
      hashWord(keccak256Utf8(domain.name)) +
      hashWord(keccak256Utf8(domain.version)) +
      uintWord(domain.chainId, 256) +
      addressWord(domain.verifyingContract),
  )
  return `1901${hashWord(hash)}` as DomainSeparator
}

/** What a signer signs: EIP-712's hash of a struct under a domain. */
export const typedDataDigest = (domain: DomainSeparator, structHash: Bytes32): Bytes32 =>
  keccak256Hex(domain + hashWord(structHash))

const zeroWord = '0'.repeat(64)
const addressPadding = '0'.repeat(24)

export const hashWord = (value: Bytes32): string => value.slice(2)

export const addressWord = (value: Address): string => addressPadding + value.slice(2)

/** An unsigned integer of `bits` (a multiple of 4). Out of range is a bug of the caller: it would be another value's hash. */
export function uintWord(value: number | bigint, bits: number): string {
  assert(
    value >= 0 && (typeof value === 'bigint' || Number.isSafeInteger(value)),
    'a typed-data integer is whole, exact and not negative',
  )
  const digits = value.toString(16)
  assert(digits.length * 4 <= bits, 'a typed-data integer fits its type')
  return zeroWord.slice(digits.length) + digits
}
