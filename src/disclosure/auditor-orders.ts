/*
 * What an auditor signs, held to what it must be: of an auditor that the operator names, for this gateway, and fresh.
 */
import { err, ok, type Result } from '../base/result.ts'
import { auditQueryDigest, auditVerdictDigest } from '../chain/audit-typed-data.ts'
import { recoverSigner } from '../chain/signatures.ts'
import type { DomainSeparator } from '../chain/typed-data.ts'
import type { AuditVerdict, SignedVerdict } from '../domain/audit.ts'
import { objectionToAge } from '../domain/order-age.ts'
import type { AuditRefusal } from '../domain/refusal.ts'
import { readSignedHeader } from '../domain/signed-header.ts'
import type { Address } from '../domain/units.ts'
import type { KeptVerdict } from '../store/verdict-store.ts'
import { verdictAheadSMax } from './limits.ts'

export type AuditorTerms = {
  /** Operator address of this gateway. */
  readonly gateway: Address
  /** Of receipts. */
  readonly domain: DomainSeparator
  readonly auditors: ReadonlySet<Address>
  readonly verdictValidS: number
  readonly nowMs: () => number
}

/** Who asks with `Authorization: Vouch …` of an AuditQuery. */
export function askingAuditor(
  { gateway, domain, auditors, nowMs }: AuditorTerms,
  authorization: string | undefined,
): Result<Address, AuditRefusal> {
  const invalid = err({ reason: 'audit_query_invalid' } as const)
  const header = readSignedHeader(authorization, 'auditor')
  if (header === undefined) return invalid
  const { sender: auditor, validUntil, signature } = header
  if (objectionToAge(validUntil, nowMs()) !== undefined) return invalid
  const signer = recoverSigner(
    auditQueryDigest(domain, { gateway, auditor, validUntil }),
    signature,
  )
  if (signer !== auditor) return invalid
  return auditors.has(auditor) ? ok(auditor) : err({ reason: 'auditor_not_named', auditor })
}

/** Checks a reported verdict, the signature last because it costs most. */
export function checkVerdict(
  terms: AuditorTerms,
  { verdict, signature }: SignedVerdict,
): Result<KeptVerdict, AuditRefusal> {
  const { auditor } = verdict
  if (!terms.auditors.has(auditor)) return err({ reason: 'auditor_not_named', auditor })
  const detail = whatIsWrong(terms, verdict)
  if (detail !== undefined) return err({ reason: 'verdict_unacceptable', detail })
  const digest = auditVerdictDigest(terms.domain, verdict)
  if (recoverSigner(digest, signature) !== auditor) {
    return err({ reason: 'auditor_signature_invalid' })
  }
  return ok({ verdict, signature, digest })
}

function whatIsWrong(terms: AuditorTerms, verdict: AuditVerdict): string | undefined {
  const { gateway, verdictValidS, nowMs } = terms
  const nowS = nowMs() / 1000
  if (verdict.gateway !== gateway) return 'it is about another gateway'
  if (verdict.firstSeq < 1 || verdict.firstSeq > verdict.lastSeq) return 'its window is none'
  if (verdict.samples < 1) return 'it rests on no sample'
  if (verdict.canaries > verdict.samples) return 'it has more canaries than samples'
  if (verdict.matchedTokens > verdict.tokens) return 'more tokens match than were compared'
  if (verdict.issuedAt > nowS + verdictAheadSMax) return 'it is of a time to come'
  if (verdict.issuedAt + verdictValidS <= nowS) return 'it is too old to count'
  return undefined
}
