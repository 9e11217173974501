import type { Bytes32 } from '../domain/units.ts'
import { keccak256Hex } from './keccak.ts'
import { type DomainSeparator, hashWord, typedDataDigest, typeHash } from './typed-data.ts'

const countersignatureTypeHash = typeHash('Countersignature(bytes32 receiptDigest)')

/** What a payer signs, in the domain of receipts (`receiptDomain`): the receipt's digest names everything else. */
export const countersignatureDigest = (domain: DomainSeparator, receiptDigest: Bytes32): Bytes32 =>
  typedDataDigest(domain, keccak256Hex(countersignatureTypeHash + hashWord(receiptDigest)))
