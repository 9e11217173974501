import { type Receipt, tier } from '../domain/receipt.ts'
import type { CheckLine, CheckName } from './check-line.ts'

/** Lines that must hold for a tier to be more than a claim. Of those that are not here nothing is known to a verifier. */
const linesBehind: readonly (readonly [bit: number, checks: readonly CheckName[]])[] = [
  [tier.gatewaySigned, ['gateway-signature', 'gateway-key']],
  [tier.contributorSigned, ['contributor-signature', 'contributor-key']],
  [tier.tokenCommitment, ['token-commitment']],
  [tier.audited, ['audit']],
  [tier.teeBoundKey, ['tee-key']],
  [tier.zkInferred, ['proof', 'proof-statement', 'proof-key', 'proof-setup']],
  [tier.clientCountersigned, ['countersignature']],
]

/**
 * Bits of the tiers whose evidence was looked at and holds: what a receipt is worth to who made these checks. A
 * countersignature is among them though no receipt claims it.
 */
export function provenTiers({ tiers }: Receipt, lines: readonly CheckLine[]): number {
  const held = new Set(lines.filter(({ verdict }) => verdict === 'holds').map(({ check }) => check))
  return linesBehind
    .filter(([bit]) => (tiers & bit) !== 0 || bit === tier.clientCountersigned)
    .filter(([, checks]) => checks.every((check) => held.has(check)))
    .reduce((bits, [bit]) => bits | bit, 0)
}
