/*
 * The tiers that a receipt claims, as far as the receipt itself can tell. What stands behind each of them is judged where it
 * is found: check-tier-evidence.ts.
 */
import { type Receipt, tier } from '../domain/receipt.ts'
import { claimedTiers, knownTierBits } from '../domain/tier-claims.ts'
import { zeroBytes32 } from '../domain/units.ts'
import { type CheckLine, fails, holds, unknown } from './check-line.ts'

export function checkTiers(receipt: Receipt): readonly CheckLine[] {
  const { tiers } = receipt
  const fault = faultOf(receipt)
  const names = namesOf(tiers)
  const line = fault === undefined ? holds('tiers', `claims ${names}`) : fails('tiers', fault)
  const unnamed = tiers & ~knownTierBits
  if (unnamed !== 0) {
    return [line, unknown('evidence', `claims tiers that this verifier does not know: ${unnamed}`)]
  }
  const further = tiers & ~signatureTiers
  if (further === 0) return [line]
  return [line, unknown('evidence', `what stands behind ${namesOf(further)} was not looked at`)]
}

/** They are their own evidence. */
const signatureTiers = tier.gatewaySigned | tier.contributorSigned

/** What of a contributor's Work is said where no contributor signed one, is said of nothing. */
const ofTheWork = tier.tokenCommitment | tier.audited | tier.teeBoundKey

function faultOf({ tiers, work }: Receipt): string | undefined {
  if ((tiers & tier.gatewaySigned) === 0) return 'tier 1 is missing: no gateway vouches for this'
  const isCommitted = (tiers & tier.tokenCommitment) !== 0
  if (isCommitted !== (work.commitment !== zeroBytes32)) {
    return isCommitted ? 'tier 4 is claimed without a commitment' : 'a commitment without tier 4'
  }
  const unsigned = (tiers & tier.contributorSigned) === 0 ? tiers & ofTheWork : 0
  if (unsigned !== 0) return `${namesOf(unsigned)}: but no contributor signed this Work`
  if ((tiers & tier.zkMetered) !== 0) {
    return 'tier 32 is claimed by the gateway: a usage proof stands beside receipts, never in one'
  }
  if ((tiers & tier.clientCountersigned) !== 0) {
    return 'tier 128 is claimed by the gateway: a countersignature comes after the receipt, beside it'
  }
  return undefined
}

const namesOf = (tiers: number): string =>
  claimedTiers(tiers)
    .map(({ bit, name }) => `${bit} ${name}`)
    .join(', ')
