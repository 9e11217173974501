import type { Address, Bytes32, UnixSeconds } from '../domain/units.ts'
import { keccak256Hex } from './keccak.ts'
import {
  addressWord,
  type DomainSeparator,
  hashWord,
  typedDataDigest,
  typeHash,
  uintWord,
} from './typed-data.ts'

const keysetTypeHash = typeHash('Keyset(address gateway,bytes32 keysetHash,uint64 validUntil)')

/** What the registered key signs of the keyset that `GET /v1/keyset` serves, in the domain of receipts (`receiptDomain`). */
export const keysetDigest = (
  domain: DomainSeparator,
  keyset: {
    readonly gateway: Address
    /** sha256 of the document in its canonical form (RFC 8785), without its `endorsement`. */
    readonly keysetHash: Bytes32
    readonly validUntil: UnixSeconds
  },
): Bytes32 =>
  typedDataDigest(
    domain,
    keccak256Hex(
      keysetTypeHash +
        addressWord(keyset.gateway) +
        hashWord(keyset.keysetHash) +
        uintWord(keyset.validUntil, 64),
    ),
  )
