import type { AuditRefusal, Refusal } from '../domain/refusal.ts'
import { badRequest, type Described, type ErrorKind, printable } from './described-error.ts'

const absent: ErrorKind = [404, 'invalid_request_error']

/** A reason that is missing here does not compile. */
const ofAuditors: Readonly<Record<AuditRefusal['reason'], true>> = {
  audits_closed: true,
  audit_query_invalid: true,
  auditor_not_named: true,
  audit_batch_not_found: true,
  audit_not_drawn: true,
  auditor_signature_invalid: true,
  verdict_unacceptable: true,
  verdict_conflict: true,
}

export const isAboutAudits = (refusal: Refusal): refusal is AuditRefusal =>
  Object.hasOwn(ofAuditors, refusal.reason)

/** The arms of openai-error.ts for what auditors ask and report. */
export function describeAuditRefusal(refusal: AuditRefusal): Described {
  switch (refusal.reason) {
    case 'audits_closed':
      return [absent, 'No auditor is named at this gateway.']
    case 'audit_query_invalid':
      return [
        [401, 'invalid_request_error', { 'www-authenticate': 'Vouch' }],
        "The signed query is not an auditor's to this gateway, or not for the next five minutes.",
      ]
    case 'auditor_not_named':
      return [
        [403, 'permission_error'],
        `The operator of this gateway does not name ${refusal.auditor} as an auditor.`,
      ]
    case 'audit_batch_not_found':
      return [absent, 'The log of this gateway has no such batch.']
    case 'audit_not_drawn':
      return [
        [409, 'api_error', { 'retry-after': '15' }],
        `What of this batch is to be opened is not known yet: ${waits[refusal.waitsFor]}.`,
      ]
    case 'auditor_signature_invalid':
      return [
        badRequest,
        "The signature is not the auditor's over this verdict.",
        { param: 'signature' },
      ]
    case 'verdict_unacceptable':
      return [
        badRequest,
        `The verdict cannot be taken: ${printable(refusal.detail)}.`,
        { param: 'verdict' },
      ]
    case 'verdict_conflict':
      return [
        badRequest,
        'This auditor said otherwise of the same model at the same second.',
        { param: 'verdict' },
      ]
  }
}

const waits = {
  anchor: 'it is not anchored',
  blocks: 'the block that chooses is not there, or not deep enough to stay',
} as const
