/*
 * What stands behind the tiers above the two signatures, each looked for where it is: in what was given, on the chain, beside
 * the receipt. A tier is as good as its line; one that could not be looked at is named by the line `evidence`, and not
 * believed.
 */
import { tier } from '../domain/receipt.ts'
import { claimedTiers } from '../domain/tier-claims.ts'
import { checkAudit } from './check-audit.ts'
import { checkCommitment } from './check-commitment.ts'
import { checkCountersignature } from './check-countersignature.ts'
import { type CheckLine, holds, unknown } from './check-line.ts'
import { checkProof } from './check-proof.ts'
import { checkTeeKey } from './check-tee-key.ts'
import type { FurtherCheck, FurtherQuestion } from './further-checks.ts'

type Looked = { readonly bit: number; readonly lines: readonly CheckLine[] }

export const checkTierEvidence: FurtherCheck = async (question) => {
  const { receipt: parsed, policy } = question.verification
  const { tiers } = parsed.receipt
  const claimed = tiers | (parsed.countersignature === undefined ? 0 : tier.clientCountersigned)
  const asked = policy.tiers ?? 0
  const looked = await Promise.all(
    claimedTiers(claimed | asked).flatMap(({ bit }) => {
      const lines = linesOf(bit, question)
      return lines === undefined ? [] : [lines.then((all): Looked => ({ bit, lines: all }))]
    }),
  )
  return [
    ...looked.flatMap(({ lines }) => lines).filter(({ verdict }) => verdict !== 'unknown'),
    ...summary('evidence', claimed, looked),
    ...summary('policy-tiers', asked, looked),
  ]
}

const signatureTiers = tier.gatewaySigned | tier.contributorSigned
const furtherTiers =
  tier.tokenCommitment |
  tier.audited |
  tier.teeBoundKey |
  tier.zkInferred |
  tier.clientCountersigned

/** Undefined for a tier that needs no looking, or that nobody can look at. */
function linesOf(
  bit: number,
  question: FurtherQuestion,
): Promise<readonly CheckLine[]> | undefined {
  const { verification, signers, gateway, rpc } = question
  const { receipt: parsed, evidence } = verification
  switch (bit) {
    case tier.tokenCommitment:
      return Promise.resolve([checkCommitment(parsed.receipt, evidence.opening)])
    case tier.audited:
      return alone(checkAudit(parsed, gateway, verification.anchors.auditors ?? []))
    case tier.teeBoundKey:
      return alone(checkTeeKey(rpc, parsed, signers))
    case tier.zkInferred:
      return checkProof(parsed, { ...evidence, rpc, modelProofs: verification.anchors.modelProofs })
    case tier.clientCountersigned:
      return Promise.resolve([checkCountersignature(parsed, signers, verification.anchors)])
    default:
      return undefined
  }
}

const alone = async (line: Promise<CheckLine>): Promise<readonly CheckLine[]> => [await line]

/** No line where no such tier is meant, where nobody can look at one, or where one fails: that one says so itself. */
function summary(
  check: 'evidence' | 'policy-tiers',
  meant: number,
  looked: readonly Looked[],
): readonly CheckLine[] {
  const further = meant & ~signatureTiers
  if (further === 0 || (further & ~furtherTiers) !== 0) return []
  const lines = looked
    .filter(({ bit }) => (bit & further) !== 0)
    .flatMap(({ bit, lines: all }) => all.map((line) => ({ bit, line })))
  const named = (bit: number) => claimedTiers(bit).map(({ name }) => `${bit} ${name}`)
  const open = lines.filter(({ line }) => line.verdict === 'unknown')
  if (open.length > 0) {
    return [unknown(check, open.map(({ bit, line }) => `${named(bit)}: ${line.detail}`).join('; '))]
  }
  if (lines.some(({ line }) => line.verdict === 'fails')) return []
  const bits = new Set(lines.map(({ bit }) => bit))
  return [holds(check, `looked at: ${[...bits].flatMap(named).join(', ')}`)]
}
