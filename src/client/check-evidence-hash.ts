/*
 * That the evidence in a document is the evidence that the gateway signed: computed again by its definition in
 * docs/receipts.md, for every kind, also one that this version does not know. What a kind is worth, others judge.
 */
import { checkpointsHash } from '../chain/checkpoint-typed-data.ts'
import { type EvidenceItem, evidenceHash } from '../chain/evidence-hash.ts'
import { keccak256Utf8 } from '../chain/keccak.ts'
import { receiptDomain } from '../chain/receipt-typed-data.ts'
import { zeroBytes32 } from '../domain/units.ts'
import { canonicalText } from './answer-hash.ts'
import { type CheckLine, fails, holds, unknown } from './check-line.ts'
import type { ParsedReceipt } from './parse-receipt-document.ts'

/** No line for a receipt without evidence. */
export function checkEvidenceHash(parsed: ParsedReceipt): readonly CheckLine[] {
  const check = 'evidence-hash'
  const { receipt } = parsed
  const items = evidenceItems(parsed)
  if (items.length === 0) {
    if (receipt.evidenceHash === zeroBytes32) return []
    return [unknown(check, 'the receipt names evidence that is not in this document')]
  }
  const kinds = items.map(({ kind }) => kind).join(', ')
  return evidenceHash(items) === receipt.evidenceHash
    ? [holds(check, `the gateway signed for this evidence: ${kinds}`)]
    : [fails(check, `the hash of ${kinds} is not the evidenceHash of the receipt`)]
}

function evidenceItems({ evidence, domain }: ParsedReceipt): readonly EvidenceItem[] {
  if (evidence === undefined) return []
  const { checkpoints, others } = evidence
  const items = Object.entries(others).map(([kind, value]) => ({
    kind,
    hash: keccak256Utf8(canonicalText(value)),
  }))
  if (checkpoints.length === 0) return items
  const signed = checkpoints.map(({ checkpoint }) => checkpoint)
  return [{ kind: 'checkpoints', hash: checkpointsHash(receiptDomain(domain), signed) }, ...items]
}
