/*
 * What the verdicts over one contributor's model come to. Of each auditor that the operator names the newest counts, while it
 * is not too old and rests on enough tokens; one answer that is not bit for bit what the model says needs no more of them.
 *
 *   failed   at least `auditorsMin` say so, and no fewer than say that it passed
 *   passed   at least `auditorsMin` say so, and more than say that it failed
 *   neither  else: nothing follows
 */
import { type AuditVerdict, auditMethod } from '../domain/audit.ts'
import type { Address, UnixSeconds } from '../domain/units.ts'
import { unixSeconds } from '../domain/units.ts'

export type ScoreTerms = {
  readonly auditors: ReadonlySet<Address>
  /** Auditors that must agree. */
  readonly auditorsMin: number
  /** Tokens that a verdict must rest on. */
  readonly windowTokensMin: number
  /** How long a verdict counts. */
  readonly verdictValidS: number
}

export type Standing = {
  readonly outcome: 'passed' | 'failed'
  /** When the first of the verdicts that it rests on counts no more. */
  readonly until: UnixSeconds
}

/** Of one contributor and model. */
export function judgeVerdicts(
  verdicts: readonly AuditVerdict[],
  terms: ScoreTerms,
  nowS: number,
): Standing | undefined {
  const newest = new Map<Address, AuditVerdict>()
  for (const verdict of verdicts) {
    if (!counts(verdict, terms, nowS)) continue
    const other = newest.get(verdict.auditor)
    if (other === undefined || other.issuedAt < verdict.issuedAt)
      newest.set(verdict.auditor, verdict)
  }
  const counted = [...newest.values()]
  const passed = counted.filter((verdict) => verdict.passed)
  const failed = counted.filter((verdict) => !verdict.passed)
  const { auditorsMin, verdictValidS } = terms
  const isFailed = failed.length >= auditorsMin && failed.length >= passed.length
  const isPassed = passed.length >= auditorsMin && passed.length > failed.length
  if (!isFailed && !isPassed) return undefined
  // When any of them is out, the rest is counted again.
  const until = Math.min(...counted.map(({ issuedAt }) => issuedAt)) + verdictValidS
  return { outcome: isFailed ? 'failed' : 'passed', until: unixSeconds(until) }
}

function counts(verdict: AuditVerdict, terms: ScoreTerms, nowS: number): boolean {
  const { auditors, windowTokensMin, verdictValidS } = terms
  if (!auditors.has(verdict.auditor) || verdict.issuedAt + verdictValidS <= nowS) return false
  const isProof = verdict.method === auditMethod.bitForBit && !verdict.passed
  return isProof || verdict.tokens >= windowTokensMin
}
