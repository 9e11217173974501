/*
 * The hashes of the transparency log: leaves, the fold of batches as ReceiptAnchor.sol folds them, and what the gateway
 * signs. docs/transparency.md gives them to the byte.
 */
import type { LogHead } from '../domain/log-head.ts'
import type { Bytes32 } from '../domain/units.ts'
import { keccak256Hex } from './keccak.ts'
import {
  addressWord,
  type DomainSeparator,
  hashWord,
  typedDataDigest,
  typeHash,
  uintWord,
} from './typed-data.ts'

const logHeadTypeHash = typeHash(
  'LogHead(address gateway,uint64 batch,bytes32 root,uint32 count,uint64 firstSeq,bytes32 head,' +
    'bytes32 entriesHash,uint64 closedAt)',
)

/** What the gateway signs, in the domain of receipts (`receiptDomain`). */
export const logHeadDigest = (domain: DomainSeparator, head: LogHead): Bytes32 =>
  typedDataDigest(
    domain,
    keccak256Hex(
      logHeadTypeHash +
        addressWord(head.gateway) +
        uintWord(head.batch, 64) +
        hashWord(head.root) +
        uintWord(head.count, 32) +
        uintWord(head.firstSeq, 64) +
        hashWord(head.head) +
        hashWord(head.entriesHash) +
        uintWord(head.closedAt, 64),
    ),
  )

/** A receipt's leaf: keccak256(abi.encode(digest)). */
export const leafOfDigest = (digest: Bytes32): Bytes32 => keccak256Hex(hashWord(digest))

/** The head after a batch: keccak256(abi.encode(head before, root, count)). The first batch follows zero. */
export const foldHead = (
  before: Bytes32,
  batch: { readonly root: Bytes32; readonly count: number },
): Bytes32 => keccak256Hex(hashWord(before) + hashWord(batch.root) + uintWord(batch.count, 32))
