/*
 * A batch proof line by line: that it proves its statement under a key that the person knows, and that the batch was signed for
 * the contributor that it names.
 */
import { keccak256 } from '../chain/keccak.ts'
import type { BatchProof, BatchProven } from '../proofs/batch-proof.ts'
import { type CheckLine, fails, holds, joinLines } from './check-line.ts'
import { judgeKey } from './check-signatures.ts'
import type { TrustAnchors } from './trust-anchors.ts'
import { checkProofSetup, isDocument } from './verify-proof-document.ts'
import { checkCircuitKey, checkReceiptDomain } from './verify-usage-document.ts'

export type BatchVerification = {
  readonly document: BatchProof
  /** Bytes of a key that the person knows to be that of circuits/circom/batch16. */
  readonly verificationKey: Uint8Array | undefined
  /** Whether a setup whose secrets everybody knows is good enough. */
  readonly takesDevInsecure: boolean
  readonly anchors: TrustAnchors
}

/** Whether these bytes say that they are a batch proof. */
export const isBatchDocument = (bytes: Uint8Array): boolean =>
  isDocument(bytes, 'vouch.batch-proof')

export async function verifyBatchDocument(
  verification: BatchVerification,
): Promise<readonly CheckLine[]> {
  const { document, verificationKey, takesDevInsecure, anchors } = verification
  const { proof } = document
  const given = verificationKey === undefined ? undefined : keccak256(verificationKey)
  const before = [
    checkCircuitKey(proof.vkHash, given),
    checkProofSetup({ proof, takesDevInsecure }),
  ]
  const { verifyBatchProof } = await import('../proofs/batch-proof.ts')
  const vkHash = given ?? proof.vkHash
  const proven = verifyBatchProof(document, { vkHash, verificationKey })
  if (!proven.ok) return joinLines(before, [fails('proof', proven.error.detail)])
  const { statement, signingKey } = proven.value
  const { contributor: operator, domainSeparator } = statement
  const known = anchors.contributorKeys
  const lines = [
    holds('proof', 'a proof of its statement'),
    holds('proof-statement', described(proven.value)),
    checkReceiptDomain([domainSeparator], anchors),
    judgeKey(
      'contributor-key',
      { kind: 'key', address: signingKey },
      { role: 'contributor', operator, known },
    ),
  ]
  return joinLines(before, lines)
}

function described({ statement }: BatchProven): string {
  const { firstSeq, count, total, priced, channelId, contributor, gateway, priceSheet } = statement
  const sums = total === priced ? `${total}` : `${total} of the ${priced} that its prices allow,`
  return (
    `receipts ${firstSeq} to ${firstSeq + count - 1} of the channel ${channelId} at the gateway ` +
    `${gateway} cost ${sums} atomic units of ${priceSheet.asset}, says their contributor ${contributor}`
  )
}
