/*
 * What is served of audits, in JSON; docs/audits.md describes every member.
 */
import type { AuditVerdict, UnopenedReason } from './audit.ts'
import type { ReceiptDocument } from './receipt-document.ts'
import type { Address, Bytes32, Signature } from './units.ts'

/** `GET /v1/audits/terms`. */
export type AuditTermsDocument = {
  readonly object: 'vouch.audit_terms'
  /** Operator address of the gateway. */
  readonly gateway: Address
  /** EIP-712 domain of queries and verdicts: that of receipts. */
  readonly domain: ReceiptDocument['domain']
  readonly auditors: readonly Address[]
  /** Chance of each receipt to be chosen, in millionths. */
  readonly ratePpm: number
  /** How long what was agreed to is kept. */
  readonly retentionS: number
  readonly auditorsMin: number
  readonly windowTokensMin: number
  readonly verdictValidS: number
}

/** `GET /v1/audits/batches/{n}`. */
export type AuditBatchDocument = {
  readonly object: 'vouch.audit_batch'
  readonly batch: number
  readonly root: Bytes32
  readonly count: number
  readonly firstSeq: number
  readonly anchoredBlock: number
  readonly drawnBlock: number
  /** `prevrandao` of `drawnBlock`. */
  readonly randomness: Bytes32
  readonly ratePpm: number
  /** Positions in the batch that are to be opened, from 0. */
  readonly indices: readonly number[]
}

type ChosenDocument = {
  readonly index: number
  readonly gatewaySeq: number
  readonly digest: Bytes32
}

export type AuditSampleDocument = ChosenDocument &
  (
    | {
        readonly opened: true
        readonly receipt: ReceiptDocument
        /** Base64. */
        readonly requestBody: string
        readonly responseBody: string
        readonly commitmentOpening: string | null
      }
    | { readonly opened: false; readonly reason: UnopenedReason }
  )

/** `GET /v1/audits/batches/{n}/samples?after=index`. */
export type AuditSamplesDocument = {
  readonly object: 'vouch.audit_samples'
  readonly batch: AuditBatchDocument
  readonly samples: readonly AuditSampleDocument[]
  /** Whether there are more after the last of these. */
  readonly hasMore: boolean
}

/** `POST /v1/audits/verdicts` answers it, and `GET` lists them. */
export type AuditVerdictDocument = {
  readonly object: 'vouch.audit_verdict'
  /** What the auditor signed. */
  readonly digest: Bytes32
  readonly verdict: AuditVerdict
  readonly signature: Signature
}
