/*
 * An answer that its model would not have given, kept as evidence for the re-execution panel (S7 of docs/slashing.md) until its
 * window is decided. One answer never condemns: evidence is handed out with a verdict that failed, and only then.
 */
import { sha256Bytes32 } from '../attestation/answer-transcript.ts'
import { InvariantViolation } from '../base/assert.ts'
import {
  formatFaultEvidence,
  parseFaultEvidence,
  type WrongExecution,
} from '../client/fault-evidence.ts'
import type { ParsedReceipt } from '../client/parse-receipt-document.ts'
import { recoverSigners } from '../client/recover-signers.ts'
import type { SignedVerdict } from '../domain/audit.ts'
import { tier } from '../domain/receipt.ts'
import type { Address, Bytes32 } from '../domain/units.ts'
import type { AnswerJudgement, AnswerUnderAudit } from './judge-answer.ts'

export type ContradictedAnswer = {
  readonly contributor: Address
  readonly modelId: Bytes32
  /** A line of JSON, as `formatFaultEvidence` writes it, that lacks its verdicts. */
  readonly evidence: string
}

/** Undefined where nobody can be held to it: it was not contradicted, or these are not the bytes that a contributor signed for. */
export function contradictedAnswer(
  receipt: ParsedReceipt,
  answer: AnswerUnderAudit,
  judgement: AnswerJudgement,
): ContradictedAnswer | undefined {
  const isContradicted =
    judgement.kind === 'wrong' || (judgement.kind === 'judged' && judgement.isContradicted)
  if (!isContradicted || !isSignedFor(receipt, answer)) return undefined
  const { domain, contributorSignature, gatewaySignature } = receipt
  const { contributor, modelId } = receipt.receipt.work
  const evidence = formatFaultEvidence({
    object: 'vouch.fault',
    kind: 'S7',
    domain,
    receipt: receipt.receipt,
    contributorSignature,
    gatewaySignature,
    verdicts: [],
  })
  return { contributor, modelId, evidence }
}

/**
 * What the panel asks of a receipt, and that the contributor saw and sent these very bytes: what a gateway rewrote on the way of
 * an auditor's own request is not held against it.
 */
function isSignedFor(
  receipt: ParsedReceipt,
  { requestBody, responseBody }: AnswerUnderAudit,
): boolean {
  const { tiers, work } = receipt.receipt
  const { contributor } = recoverSigners(receipt)
  return (
    (tiers & tier.contributorSigned) !== 0 &&
    (contributor.kind === 'key' || contributor.kind === 'wallet') &&
    sha256Bytes32(requestBody) === work.inputHash &&
    sha256Bytes32(responseBody) === work.outputHash
  )
}

/** Evidence that is complete: the verdict says why a jury should look at it. */
export function accusation(
  { evidence }: ContradictedAnswer,
  signed: SignedVerdict,
): WrongExecution {
  const kept = parseFaultEvidence(Buffer.from(evidence))
  if (!kept.ok || kept.value.kind !== 'S7') {
    throw new InvariantViolation('what was kept of an answer is evidence of S7')
  }
  const { verdict, signature } = signed
  return { ...kept.value, verdicts: [{ verdict, signature }] }
}
