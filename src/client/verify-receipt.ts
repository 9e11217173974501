import { checkCheckpoints } from './check-checkpoints.ts'
import { checkContent } from './check-content.ts'
import { checkEvidenceHash } from './check-evidence-hash.ts'
import type { CheckLine } from './check-line.ts'
import { checkPolicy, type ReceiptPolicy } from './check-policy.ts'
import { checkPrice } from './check-price.ts'
import { checkRelations } from './check-relations.ts'
import { checkDomain, checkKnownKeys, checkSignatures } from './check-signatures.ts'
import { checkWireBytes } from './check-wire-bytes.ts'
import type { ParsedReceipt } from './parse-receipt-document.ts'
import { recoverSigners } from './recover-signers.ts'
import type { TrustAnchors } from './trust-anchors.ts'

/** What the receipt is said to be about. What is not given is not checked, and a line says so. */
type ReceiptEvidence = {
  /**
   * The answer, one element for each choice in the order of their index: its text, or its
   * `tool_calls` as JSON.
   */
  readonly content: readonly Uint8Array[]
  /** Body of the request as the client sent it. */
  readonly request: Uint8Array | undefined
  /** Body of the response as the client received it, `data: [DONE]` included. */
  readonly response: Uint8Array | undefined
  /** What opens `Work.commitment`, as its contributor keeps it. */
  readonly opening?: Uint8Array | undefined
  /** The model's manifest, which says what proves the model. */
  readonly manifest?: Uint8Array | undefined
  /** Bytes of the key that a proof is verified with, where it does not carry them. */
  readonly verificationKey?: Uint8Array | undefined
}

export type Verification = {
  readonly receipt: ParsedReceipt
  readonly evidence: ReceiptEvidence
  readonly anchors: TrustAnchors
  readonly policy: ReceiptPolicy
  readonly nowMs: number
}

/**
 * Every check that needs no chain, in the order of docs/receipts.md. All are made, also after one
 * failed: a person learns more from which ones hold beside it. Pure: plain data in, lines out.
 */
export function verifyReceipt(verification: Verification): readonly CheckLine[] {
  const { receipt: parsed, evidence, anchors, policy, nowMs } = verification
  const { receipt } = parsed
  const signers = recoverSigners(parsed)
  const { receiptVerifier } = anchors
  return [
    checkDomain(parsed),
    ...checkSignatures(parsed, signers),
    ...checkKnownKeys(parsed, signers, anchors),
    ...checkRelations(receipt, nowMs),
    ...checkEvidenceHash(parsed),
    ...checkCheckpoints(parsed, anchors, evidence.response),
    ...checkPrice(receipt, parsed.priceSheet),
    checkContent(receipt, evidence.content),
    ...checkWireBytes(receipt, evidence),
    ...checkPolicy(parsed, { policy, receiptVerifier, nowMs }),
  ]
}
