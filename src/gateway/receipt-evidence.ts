/*
 * What stands in a receipt beside the two signatures, and what is known of who did the work.
 */
import type { ContributorStanding } from '../attestation/seal-receipt.ts'
import type { SignedCheckpoint } from '../domain/checkpoint.ts'
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

/**
 * The newest checkpoint of a stream without a Work, or two that contradict each other; what the upstream last said of itself,
 * where it attests; and the proof of an answer that was to be proven.
 */
export function evidenceOf(
  { upstreamReports }: Pick<Gateway, 'upstreamReports'>,
  contributorId: string,
  outcome: Pick<Outcome, 'vouched' | 'contradiction' | 'proof'>,
): ReceiptEvidence | undefined {
  const checkpoints = checkpointsOf(outcome)
  const upstreamReport = upstreamReports?.reportOf(contributorId)
  const { proof } = outcome
  if (checkpoints.length === 0 && upstreamReport === undefined && proof === undefined) {
    return undefined
  }
  return {
    ...(checkpoints.length > 0 && { checkpoints }),
    ...(upstreamReport !== undefined && { upstreamReport }),
    ...(proof !== undefined && { proof }),
  }
}

function checkpointsOf({
  vouched,
  contradiction = [],
}: Pick<Outcome, 'vouched' | 'contradiction'>): readonly SignedCheckpoint[] {
  if (vouched === undefined) return contradiction
  const { checkpoint, signature } = vouched
  return [{ checkpoint, signature }]
}
