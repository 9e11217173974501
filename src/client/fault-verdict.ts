/*
 * The contracts' verdict on evidence, from facts that were read before. Nothing is reported that they would refuse:
 * test/property/fault-verdicts.property.test.ts holds the two together, refusal by refusal.
 */
import { err, ok, type Result } from '../base/result.ts'
import type { Address, Bytes32 } from '../domain/units.ts'
import type { FaultEvidence, FaultKind } from './fault-evidence.ts'
import type { FaultFacts } from './fault-facts.ts'
import { dueRoundedUp, type FaultRefusal, no, refusalOf } from './fault-refusal.ts'
import { faultIdOf } from './fault-statements.ts'

/** What a report would do. */
export type ProvableFault = {
  readonly kind: FaultKind
  readonly faultId: Bytes32
  readonly accused: FaultFacts['accused']
  /** What would be taken, if the jury (S7) or nobody's answer (S4) bears it out. Atomic units of `asset`. */
  readonly taken: bigint
  /** Of it, what the reporter gets. */
  readonly reward: bigint
  readonly asset: Address
}

/** Held to the registries (`REPORTER_SHARE_PERCENT`) and to Slashing.sol by the same test. */
const reporterSharePercent = 20n
const overchargeFactor = 10n
const allBps = 10_000n

export function judgeFault(
  evidence: FaultEvidence,
  facts: FaultFacts,
): Result<ProvableFault, FaultRefusal> {
  const refusal = refusalOf(evidence, facts)
  if (refusal !== undefined) return err(refusal)
  const taken = takenFor(evidence, facts)
  const booked = bookedRefusal(evidence, facts, taken)
  if (booked !== undefined) return err(booked)
  return ok({
    kind: evidence.kind,
    faultId: faultIdOf(evidence, facts.place),
    accused: facts.accused,
    taken,
    reward: (taken * reporterSharePercent) / 100n,
    asset: facts.asset,
  })
}

function takenFor(evidence: FaultEvidence, facts: FaultFacts): bigint {
  const reachable = facts.stake + facts.unbonding
  const capped = (amount: bigint) => (amount < reachable ? amount : reachable)
  switch (evidence.kind) {
    case 'S1':
    case 'S2':
    case 'S5':
      return reachable
    case 'S3': {
      const { receipt, priceSheet } = evidence
      return capped((receipt.cost - dueRoundedUp(receipt.work, priceSheet)) * overchargeFactor)
    }
    case 'S4':
      return capped(facts.inclusion.penalty)
    case 'S6':
      return capped(facts.nonDeliveryPenalty)
    case 'S7':
      return (facts.stake * BigInt(facts.panel.slashBps)) / allBps
  }
}

/** What the registry says. A challenge and an accusation take nothing yet, so it is not asked for them. */
function bookedRefusal(
  { kind }: FaultEvidence,
  facts: FaultFacts,
  taken: bigint,
): FaultRefusal | undefined {
  if (kind === 'S4' || kind === 'S7') return undefined
  if (facts.isSlashed) return no('FaultAlreadySlashed', 'this fault was slashed already')
  return taken === 0n ? no('NothingToSlash', 'the accused has nothing at stake') : undefined
}
