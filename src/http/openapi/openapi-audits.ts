/*
 * Audits: their rows and schemas of the OpenAPI document. docs/audits.md says what the members mean.
 */
import type { Operation } from './openapi-operations.ts'
import {
  address,
  flag,
  hex32,
  list,
  object,
  oneOf,
  orNull,
  ref,
  type Schema,
  signature,
  text,
  whole,
} from './openapi-schemas.ts'

export const auditOperations: readonly Operation[] = [
  {
    method: 'get',
    path: '/v1/audits/terms',
    summary: 'Who audits this gateway, how much of it, and what follows',
    access: 'anybody',
    answer: 'AuditTerms',
  },
  {
    method: 'get',
    path: '/v1/audits/batches/{id}',
    summary: 'Which receipts of an anchored batch are to be opened',
    access: 'auditor',
    answer: 'AuditBatch',
  },
  {
    method: 'get',
    path: '/v1/audits/batches/{id}/samples',
    summary: 'Those receipts, opened as far as their callers agreed',
    access: 'auditor',
    query: { after: whole },
    answer: 'AuditSamples',
  },
  {
    method: 'post',
    path: '/v1/audits/verdicts',
    summary: 'Report what was found, by a signed verdict',
    access: 'anybody',
    body: 'SignedVerdict',
    answer: 'AuditVerdict',
  },
  {
    method: 'get',
    path: '/v1/audits/verdicts',
    summary: 'What auditors found, the newest first',
    access: 'anybody',
    query: { contributor: address, model: hex32 },
    answer: 'AuditVerdictList',
  },
]

const batch: Schema = object({
  object: { const: 'vouch.audit_batch' },
  batch: whole,
  root: hex32,
  count: whole,
  firstSeq: whole,
  anchoredBlock: whole,
  drawnBlock: whole,
  randomness: hex32,
  ratePpm: whole,
  indices: list(whole),
})
const chosen = { index: whole, gatewaySeq: whole, digest: hex32 }
const verdict: Schema = object({
  gateway: address,
  auditor: address,
  contributor: address,
  modelId: hex32,
  firstSeq: whole,
  lastSeq: whole,
  samples: whole,
  canaries: whole,
  unopened: whole,
  tokens: whole,
  matchedTokens: whole,
  scorePpm: whole,
  method: { enum: [1, 2] },
  passed: flag,
  reportHash: hex32,
  issuedAt: whole,
})

export const auditSchemas: Readonly<Record<string, Schema>> = {
  AuditTerms: object({
    object: { const: 'vouch.audit_terms' },
    gateway: address,
    domain: object({ name: text, version: text, chainId: whole, verifyingContract: address }),
    auditors: list(address),
    ratePpm: whole,
    retentionS: whole,
    auditorsMin: whole,
    windowTokensMin: whole,
    verdictValidS: whole,
  }),
  AuditBatch: batch,
  AuditSamples: object({
    object: { const: 'vouch.audit_samples' },
    batch: ref('AuditBatch'),
    samples: list({
      anyOf: [
        object({
          ...chosen,
          opened: { const: true },
          receipt: ref('Receipt'),
          requestBody: text,
          responseBody: text,
          commitmentOpening: orNull(text),
        }),
        object({
          ...chosen,
          opened: { const: false },
          reason: oneOf('no_consent', 'not_signed', 'not_kept', 'expired'),
        }),
      ],
    }),
    hasMore: flag,
  }),
  SignedVerdict: object({ verdict, signature }, 'The signature is over AuditVerdict.'),
  AuditVerdict: object({
    object: { const: 'vouch.audit_verdict' },
    digest: hex32,
    verdict,
    signature,
  }),
  AuditVerdictList: object({
    object: { const: 'list' },
    data: list(ref('AuditVerdict')),
  }),
}
