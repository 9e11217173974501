import { type Receipt, tier } from '../domain/receipt.ts'
import { claimedTiers } from '../domain/tier-claims.ts'
import type { Address, Bytes32 } from '../domain/units.ts'
import { type CheckLine, type CheckName, fails, holds, unknown } from './check-line.ts'
import type { ParsedReceipt, ReceiptPlace } from './parse-receipt-document.ts'

/**
 * What a person asks of a receipt beyond being valid: the members of the contracts' Policy.
 * Undefined asks nothing.
 */
export type ReceiptPolicy = {
  readonly modelId: Bytes32 | undefined
  /** Bit mask: every one of these tiers must be claimed, and its evidence checked. */
  readonly tiers: number | undefined
  /** Seconds since `finishedAt`. */
  readonly maxAgeS: number | undefined
  /** Operator address of the gateway. */
  readonly gateway: Address | undefined
}

export const anyReceipt: ReceiptPolicy = {
  modelId: undefined,
  tiers: undefined,
  maxAgeS: undefined,
  gateway: undefined,
}

/** Tiers whose evidence is the two signatures. What stands behind others, check-tier-evidence.ts finds out. */
const signatureTiers = tier.gatewaySigned | tier.contributorSigned

export function checkPolicy(
  parsed: ParsedReceipt,
  terms: {
    readonly policy: ReceiptPolicy
    /** The verifier contract that the person trusts. */
    readonly receiptVerifier: ReceiptPlace | undefined
    readonly nowMs: number
  },
): readonly CheckLine[] {
  const { policy, receiptVerifier, nowMs } = terms
  const { receipt } = parsed
  const { work } = receipt
  return [
    receiptVerifier === undefined ? [] : [checkVerifier(parsed.domain, receiptVerifier)],
    expectSame('policy-gateway', { asked: policy.gateway, found: work.gateway }),
    expectSame('policy-model', { asked: policy.modelId, found: work.modelId }),
    policy.tiers === undefined ? [] : [checkTiers(receipt, policy.tiers)],
    policy.maxAgeS === undefined ? [] : [checkAge(receipt, { maxAgeS: policy.maxAgeS, nowMs })],
  ].flat()
}

/** A receipt for a test chain, or for a contract of the forger's own, is none here. */
function checkVerifier(domain: ReceiptPlace, trusted: ReceiptPlace): CheckLine {
  const { chainId, verifyingContract } = trusted
  return domain.chainId === chainId && domain.verifyingContract === verifyingContract
    ? holds('policy-verifier', 'signed for the verifier contract that you trust')
    : fails(
        'policy-verifier',
        `signed for ${domain.verifyingContract} on chain ${domain.chainId}, ` +
          `but you trust ${verifyingContract} on chain ${chainId}`,
      )
}

function expectSame<T extends string>(
  check: CheckName,
  values: { readonly asked: T | undefined; readonly found: T },
): readonly CheckLine[] {
  const { asked, found } = values
  if (asked === undefined) return []
  return [found === asked ? holds(check, `${found}, as asked`) : fails(check, `it is ${found}`)]
}

function checkTiers({ tiers }: Receipt, asked: number): CheckLine {
  const check = 'policy-tiers'
  // Nobody claims the last one in a receipt: it is a signature beside it.
  const missing = asked & ~(tiers | tier.clientCountersigned)
  if (missing !== 0) {
    const names = claimedTiers(missing).map(({ bit, name }) => `${bit} ${name}`)
    return fails(check, `not claimed: ${names.join(', ') || missing}`)
  }
  const further = asked & ~signatureTiers
  if (further === 0) return holds(check, 'every tier that you asked for is claimed')
  const names = claimedTiers(further).map(({ bit, name }) => `${bit} ${name}`)
  return unknown(check, `what stands behind ${names.join(', ') || further} was not looked at`)
}

function checkAge(
  { work }: Receipt,
  limit: { readonly maxAgeS: number; readonly nowMs: number },
): CheckLine {
  const ageS = Math.floor(limit.nowMs / 1000) - work.finishedAt
  return ageS <= limit.maxAgeS
    ? holds('policy-age', `${Math.max(0, ageS)} s old`)
    : fails('policy-age', `${ageS} s old, and you asked for at most ${limit.maxAgeS} s`)
}
