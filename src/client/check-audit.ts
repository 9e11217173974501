/*
 * Tier 8: what auditors whom the person who verifies trusts have signed about this contributor's answers of this model at this
 * gateway. The gateway hands their verdicts out; that it leaves one out cannot be seen here, which is why a verdict that is
 * bad counts whoever else says otherwise.
 */
import { auditVerdictDigest } from '../chain/audit-typed-data.ts'
import { receiptDomain } from '../chain/receipt-typed-data.ts'
import { recoverSigner } from '../chain/signatures.ts'
import type { SignedVerdict } from '../domain/audit.ts'
import type { Address } from '../domain/units.ts'
import { describeBillingFailure } from './ask-gateway.ts'
import { type CheckLine, fails, holds, unknown } from './check-line.ts'
import type { GatewayPlace } from './further-checks.ts'
import { readVerdicts } from './gateway-verdicts.ts'
import type { ParsedReceipt } from './parse-receipt-document.ts'

/** How long before an answer a window may have been judged. */
const verdictAgeMaxS = 30 * 86_400

export async function checkAudit(
  parsed: ParsedReceipt,
  gateway: GatewayPlace | undefined,
  auditors: readonly Address[],
): Promise<CheckLine> {
  const check = 'audit'
  if (auditors.length === 0) return unknown(check, 'whom you trust to audit: add --auditor')
  if (gateway === undefined) return unknown(check, 'where the verdicts are: add --log')
  const { contributor, modelId, finishedAt } = parsed.receipt.work
  const told = await readVerdicts(gateway.origin, { contributor, modelId })
  if (!told.ok) return unknown(check, describeBillingFailure(told.error))
  const before = told.value
    .filter((signed) => isOf(parsed, signed, auditors))
    .map(({ verdict }) => verdict)
    .filter(({ issuedAt }) => issuedAt <= finishedAt && issuedAt > finishedAt - verdictAgeMaxS)
    .sort((a, b) => b.issuedAt - a.issuedAt)
  const newest = auditors.flatMap((auditor) => before.find((one) => one.auditor === auditor) ?? [])
  const bad = newest.find(({ passed }) => !passed)
  if (bad !== undefined)
    return fails(check, `${bad.auditor} found at second ${bad.issuedAt} that it does not pass`)
  const [good] = newest
  if (good === undefined)
    return unknown(check, 'none of the auditors that you trust said anything in the 30 days before')
  return holds(
    check,
    `${newest.map(({ auditor }) => auditor).join(', ')} found that it passes, last at second ${good.issuedAt} over ${good.tokens} tokens`,
  )
}

/** Signed by a trusted auditor, and about this contributor and model at this gateway. */
function isOf(
  { receipt, domain }: ParsedReceipt,
  { verdict, signature }: SignedVerdict,
  auditors: readonly Address[],
): boolean {
  const { gateway, contributor, modelId } = receipt.work
  return (
    auditors.includes(verdict.auditor) &&
    verdict.gateway === gateway &&
    verdict.contributor === contributor &&
    verdict.modelId === modelId &&
    recoverSigner(auditVerdictDigest(receiptDomain(domain), verdict), signature) === verdict.auditor
  )
}
