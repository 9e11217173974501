import { assert } from '../base/assert.ts'
import type { Receipt } from '../domain/receipt.ts'
import type { Bytes32 } from '../domain/units.ts'
import { keccak256 } from './keccak.ts'
import { ownWords, receiptTypeHash, workTypeHash, workWords } from './receipt-typed-data.ts'
import { type DomainSeparator, hashWord, typedDataDigest } from './typed-data.ts'

export type EncodedReceipt = {
  /** As `receiptDigest` has it. */
  readonly digest: Bytes32
  /** What it was made of, 32 bytes each: the words of the Work, and those of the Receipt behind the hash of its Work. */
  readonly words: readonly [work: Uint8Array, own: Uint8Array]
}

/*
 * What is hashed for a Work and for its Receipt lies side by side in memory, so that all words are written once, hashed where
 * they lie, and kept:
 *
 *   type of Work ‖ its 15 words ‖ type of Receipt ‖ hash of the Work ‖ the other 14 words
 */
const wordBytes = 32
const receiptAt = 16 * wordBytes
const workHashAt = receiptAt + wordBytes
const ownAt = workHashAt + wordBytes
const preimagesBytes = receiptAt + 16 * wordBytes
const hashLater = '0'.repeat(2 * wordBytes)

/** `receiptDigest` of a receipt whose words are stored, too. */
export function encodeReceipt(domain: DomainSeparator, receipt: Receipt): EncodedReceipt {
  const bytes = Buffer.allocUnsafe(preimagesBytes)
  const words = workWords(receipt.work) + receiptTypeHash + hashLater + ownWords(receipt)
  const written = bytes.write(workTypeHash + words, 'hex')
  assert(written === preimagesBytes, 'a receipt has as many words as its type')
  bytes.write(hashWord(keccak256(bytes.subarray(0, receiptAt))), workHashAt, 'hex')
  const structHash = keccak256(bytes.subarray(receiptAt))
  return {
    digest: typedDataDigest(domain, structHash),
    words: [bytes.subarray(wordBytes, receiptAt), bytes.subarray(ownAt)],
  }
}
