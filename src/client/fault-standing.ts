/*
 * Where a fault stands on its chain, and which transactions are left until its reporter is paid. The chain's state decides
 * alone, so a run that died anywhere is continued by looking again.
 */
import { ok, type Result } from '../base/result.ts'
import type { ChainFailure } from '../chain/chain-failure.ts'
import type { ContractCall } from '../chain/contracts.ts'
import {
  type InclusionChallenge,
  readInclusionChallenge,
} from '../chain/inclusion-challenges-contract.ts'
import type { JsonRpc } from '../chain/json-rpc.ts'
import { requestProofCall } from '../chain/proof-requests.ts'
import { receiptDigest, receiptDomain } from '../chain/receipt-typed-data.ts'
import { type PanelCase, readPanelCase } from '../chain/reexecution-panel-contract.ts'
import { type FaultContracts, type Forfeit, readForfeit } from '../chain/slashing-contract.ts'
import type { Address, Bytes32 } from '../domain/units.ts'
import { faultCall } from './fault-call.ts'
import type { FaultEvidence } from './fault-evidence.ts'
import { type FaultFacts, readFaultFacts } from './fault-facts.ts'
import type { FaultRefusal } from './fault-refusal.ts'
import { faultIdOf } from './fault-statements.ts'
import { judgeFault, type ProvableFault } from './fault-verdict.ts'
import type { ReceiptPlace } from './parse-receipt-document.ts'

export type FaultStanding = {
  readonly faultId: Bytes32
  readonly facts: FaultFacts
  /** What reporting it now would do. */
  readonly verdict: Result<ProvableFault, FaultRefusal>
  /** What was taken for it; undefined while nothing was. */
  readonly forfeit: Forfeit | undefined
  /** S4. */
  readonly challenge: InclusionChallenge | undefined
  /** S7. */
  readonly panelCase: PanelCase | undefined
}

export async function readFaultStanding(
  rpc: JsonRpc,
  contracts: FaultContracts,
  evidence: FaultEvidence,
  place: ReceiptPlace,
): Promise<Result<FaultStanding, ChainFailure>> {
  const facts = await readFaultFacts(rpc, contracts, evidence, place)
  if (!facts.ok) return facts
  const faultId = faultIdOf(evidence, place)
  const forfeit = await readForfeit(rpc, contracts[`${facts.value.accused.role}s`], faultId)
  if (!forfeit.ok) return forfeit
  const digest =
    evidence.kind === 'S4' || evidence.kind === 'S7'
      ? receiptDigest(receiptDomain(place), evidence.receipt)
      : undefined
  const challenge =
    evidence.kind === 'S4' && digest !== undefined
      ? await readInclusionChallenge(rpc, contracts.inclusion, digest)
      : ok(undefined)
  if (!challenge.ok) return challenge
  const panelCase =
    evidence.kind === 'S7' && digest !== undefined
      ? await readPanelCase(rpc, contracts.panel, digest)
      : ok(undefined)
  if (!panelCase.ok) return panelCase
  return ok({
    faultId,
    facts: facts.value,
    verdict: judgeFault(evidence, facts.value),
    forfeit: forfeit.value,
    challenge: challenge.value,
    panelCase: panelCase.value,
  })
}

/** One word for where it stands. */
export type FaultState =
  /** It can be reported now. */
  | 'reportable'
  | 'refused'
  /** S5 of tier 64: the gateway can be asked for the proof. */
  | 'unasked'
  /** S5 of tier 64: it was asked and may still show it. */
  | 'asked'
  /** S4: the gateway may still show that it kept its promise. */
  | 'challenged'
  /** S4: it did not, and the challenge can be concluded. */
  | 'unanswered'
  /** S4: it did. */
  | 'answered'
  /** S7: the panel has it. */
  | 'accused'
  /** Stake was taken, and its reporter is still to be paid. */
  | 'slashed'
  | 'paid'

export function faultState(standing: FaultStanding): FaultState {
  const { forfeit, challenge, panelCase, verdict, facts } = standing
  if (forfeit !== undefined) return forfeit.unpaid > 0n ? 'slashed' : 'paid'
  if (challenge !== undefined) {
    if (challenge.answerableUntilS === 0) return 'answered'
    return facts.nowS > challenge.answerableUntilS ? 'unanswered' : 'challenged'
  }
  if (panelCase !== undefined && panelCase.state !== 'none') return 'accused'
  if (verdict.ok) return 'reportable'
  if (verdict.error.reason === 'ProofTimeNotOver') return 'asked'
  const isUnasked = verdict.error.reason === 'ProofNotRequested'
  return isUnasked ? 'unasked' : 'refused'
}

/** What `account` has to send, in order: reports what can be reported, and has its own reward paid out. */
export function faultSteps(
  standing: FaultStanding,
  terms: {
    readonly evidence: FaultEvidence
    readonly contracts: FaultContracts
    readonly account: Address
  },
): readonly ContractCall[] {
  const { evidence, contracts, account } = terms
  const registry = contracts[`${standing.facts.accused.role}s`]
  const paid: ContractCall = {
    contract: registry,
    functionName: 'payForfeit',
    args: [standing.faultId],
  }
  switch (faultState(standing)) {
    case 'reportable': {
      const report = faultCall(evidence, contracts)
      // A challenge and an accusation take nothing yet.
      return evidence.kind === 'S4' || evidence.kind === 'S7' ? [report] : [report, paid]
    }
    case 'unasked':
      return evidence.kind === 'S5' ? [requestProofCall(contracts.slashing, evidence)] : []
    case 'unanswered': {
      const { inclusion } = contracts
      const digest = digestOf(evidence, standing)
      return [{ contract: inclusion, functionName: 'conclude', args: [digest] }, paid]
    }
    case 'slashed':
      return standing.forfeit?.reporter === account ? [paid] : []
    default:
      return []
  }
}

const digestOf = (evidence: FaultEvidence, { facts }: FaultStanding): Bytes32 | undefined =>
  'receipt' in evidence ? receiptDigest(receiptDomain(facts.place), evidence.receipt) : undefined
