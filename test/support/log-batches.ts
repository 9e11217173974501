/*
 * Batches of a log as a gateway would close, sign and serve them.
 */
import { keccak256Utf8 } from '../../src/chain/keccak.ts'
import { logHeadDigest } from '../../src/chain/log-head-typed-data.ts'
import type { PrivateKey } from '../../src/chain/private-key.ts'
import { receiptDomain } from '../../src/chain/receipt-typed-data.ts'
import { signDigest } from '../../src/chain/signatures.ts'
import { siblingsOf } from '../../src/chain/sorted-merkle-tree.ts'
import type { InclusionProofDocument, LogHeadDocument } from '../../src/domain/log-documents.ts'
import type { LogHead } from '../../src/domain/log-head.ts'
import { type Bytes32, unixSeconds } from '../../src/domain/units.ts'
import { formBatch, treeOf } from '../../src/transparency/form-batch.ts'
import { gatewayKey, gatewayOperator, place } from './signed-receipt.ts'

/** Distinct digests, the same in every run. */
export const someDigests = (count: number, salt = ''): readonly Bytes32[] =>
  Array.from({ length: count }, (_, index) => keccak256Utf8(`receipt ${salt}${index}`))

export const closedAt = unixSeconds(1_700_000_060)

/** As a gateway signs it for the verifier contract at `where`. */
export const signedHeadIn = (
  where: typeof place,
  head: LogHead,
  key: PrivateKey,
): LogHeadDocument => ({
  object: 'vouch.log_head',
  head,
  signature: signDigest(logHeadDigest(receiptDomain(where), head), key),
  domain: { name: 'Vouch Receipts', version: '1', ...where },
  anchor: null,
})

export const signedHead = (head: LogHead, key: PrivateKey = gatewayKey): LogHeadDocument =>
  signedHeadIn(place, head, key)

/** One batch after the other, of these sizes. */
export function someBatches(
  sizes: readonly number[],
): readonly { readonly head: LogHead; readonly digests: readonly Bytes32[] }[] {
  const batches: { head: LogHead; digests: readonly Bytes32[] }[] = []
  for (const [index, size] of sizes.entries()) {
    const digests = someDigests(size, `${index}/`)
    const before = batches.at(-1)?.head
    batches.push({
      head: formBatch({ gateway: gatewayOperator, before, digests, closedAt }),
      digests,
    })
  }
  return batches
}

export const proofIn = (
  batch: { readonly head: LogHead; readonly digests: readonly Bytes32[] },
  index: number,
): InclusionProofDocument => ({
  object: 'vouch.inclusion_proof',
  digest: batch.digests[index] as Bytes32,
  gatewaySeq: batch.head.firstSeq + index,
  index,
  siblings: siblingsOf(treeOf(batch.digests), index),
  log: signedHead(batch.head),
})
