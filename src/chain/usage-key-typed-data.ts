import type { Address, Bytes32 } from '../domain/units.ts'
import { keccak256Hex } from './keccak.ts'
import {
  addressWord,
  type DomainSeparator,
  hashWord,
  typedDataDigest,
  typeHash,
} from './typed-data.ts'

/** A key of Baby Jubjub, by its hash, with which a contributor signs batches for proofs. */
export type UsageKey = {
  /** Operator account. */
  readonly contributor: Address
  readonly usageKey: Bytes32
}

const usageKeyTypeHash = typeHash('UsageKey(address contributor,bytes32 usageKey)')

/**
 * What one of the contributor's signing keys signs, in the domain of receipts (`receiptDomain`), so that a batch's signature
 * counts as its own: wherever the signing key is registered, the usage key is known.
 */
export const usageKeyDigest = (
  domain: DomainSeparator,
  { contributor, usageKey }: UsageKey,
): Bytes32 =>
  typedDataDigest(
    domain,
    keccak256Hex(usageKeyTypeHash + addressWord(contributor) + hashWord(usageKey)),
  )
