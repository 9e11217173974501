/*
 * What stands in a receipt beside the two signatures, and what is known of who did the work.
 */
import type { ContributorStanding } from '../attestation/seal-receipt.ts'
import type { ReceiptEvidence } from '../domain/receipt-document.ts'
import type { Gateway } from './gateway.ts'
import type { Outcome } from './settle-answer.ts'

/** Of a Work alone: what is known of a contributor is claimed of nothing that it did not sign. */
export function standingOf(
  { audits, boundKeys }: Pick<Gateway, 'audits' | 'boundKeys'>,
  { signedWork }: Pick<Outcome, 'signedWork'>,
): ContributorStanding | undefined {
  if (signedWork === undefined) return undefined
  const { contributor, modelId, finishedAt } = signedWork.work
  return {
    isAudited: audits?.isAudited(contributor, modelId, finishedAt) === true,
    isKeyBound: boundKeys?.isBound(contributor, signedWork.signer, finishedAt) === true,
  }
}

/** The newest checkpoint of a stream without a Work, or two that contradict each other. */
export function evidenceOf({
  vouched,
  contradiction = [],
}: Pick<Outcome, 'vouched' | 'contradiction'>): ReceiptEvidence | undefined {
  if (vouched === undefined) {
    return contradiction.length === 0 ? undefined : { checkpoints: contradiction }
  }
  const { checkpoint, signature } = vouched
  return { checkpoints: [{ checkpoint, signature }] }
}
