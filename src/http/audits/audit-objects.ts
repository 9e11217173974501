import type { AuditSample } from '../../domain/audit.ts'
import type {
  AuditBatchDocument,
  AuditSampleDocument,
  AuditSamplesDocument,
  AuditTermsDocument,
  AuditVerdictDocument,
} from '../../domain/audit-documents.ts'
import type { AuditsDoor } from '../../gateway/audits-door.ts'

type Answered<Method extends 'batch' | 'samples'> = Extract<
  Awaited<ReturnType<AuditsDoor[Method]>>,
  { readonly ok: true }
>['value']

export function auditTermsObject({ policy, place }: AuditsDoor): AuditTermsDocument {
  const { auditors, ratePpm, retentionS, auditorsMin, windowTokensMin, verdictValidS } = policy
  const { gateway, chainId, verifyingContract } = place
  return {
    object: 'vouch.audit_terms',
    gateway,
    domain: { name: 'Vouch Receipts', version: '1', chainId, verifyingContract },
    auditors: [...auditors],
    ...{ ratePpm, retentionS, auditorsMin, windowTokensMin, verdictValidS },
  }
}

export const auditBatchObject = (drawn: Answered<'batch'>): AuditBatchDocument => ({
  object: 'vouch.audit_batch',
  batch: drawn.batch,
  root: drawn.root,
  count: drawn.count,
  firstSeq: drawn.firstSeq,
  anchoredBlock: drawn.anchoredBlock,
  drawnBlock: drawn.drawnBlock,
  randomness: drawn.randomness,
  ratePpm: drawn.ratePpm,
  indices: drawn.indices,
})

export const auditSamplesObject = (opened: Answered<'samples'>): AuditSamplesDocument => ({
  object: 'vouch.audit_samples',
  batch: auditBatchObject(opened.batch),
  samples: opened.samples.map(sampleObject),
  hasMore: opened.hasMore,
})

function sampleObject(sample: AuditSample): AuditSampleDocument {
  const { index, gatewaySeq, digest } = sample
  const chosen = { index, gatewaySeq, digest }
  if (!sample.opened) return { ...chosen, opened: false, reason: sample.reason }
  return {
    ...chosen,
    opened: true,
    receipt: sample.receipt,
    requestBody: sample.requestBody.toString('base64'),
    responseBody: sample.responseBody.toString('base64'),
    commitmentOpening: sample.commitmentOpening ?? null,
  }
}

export const auditVerdictObject = (
  kept: ReturnType<AuditsDoor['verdicts']>[number],
): AuditVerdictDocument => ({
  object: 'vouch.audit_verdict',
  digest: kept.digest,
  verdict: kept.verdict,
  signature: kept.signature,
})
