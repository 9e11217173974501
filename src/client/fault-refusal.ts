/*
 * Why the contracts would refuse evidence, check by check in their order: Slashing.sol, InclusionChallenges.sol (`challenge`) and
 * ReexecutionPanel.sol (`accuse`).
 */
import { checkpointDigest } from '../chain/checkpoint-typed-data.ts'
import {
  hashPriceSheet,
  receiptDigest,
  receiptDomain,
  workDigest,
} from '../chain/receipt-typed-data.ts'
import type { PriceSheet } from '../domain/price-sheet.ts'
import { tier, type Work } from '../domain/receipt.ts'
import { type Bytes32, zeroAddress, zeroBytes32 } from '../domain/units.ts'
import type {
  BrokenPromise,
  CheckpointEquivocation,
  FalseTier,
  FaultEvidence,
  Overcharge,
  ReceiptEquivocation,
  WorkEquivocation,
  WrongExecution,
} from './fault-evidence.ts'
import type { FaultFacts } from './fault-facts.ts'

/** Why the contracts would refuse it. The names are theirs, but for the first. */
export type FaultRefusal = {
  readonly reason:
    | 'EvidenceForeign'
    | 'EvidenceUnrelated'
    | 'NoContradiction'
    | 'EvidenceExpired'
    | 'EvidenceNotSigned'
    | 'KeysNeverTogether'
    | 'SheetMismatch'
    | 'SheetOfOther'
    | 'AssetMismatch'
    | 'NoOvercharge'
    | 'TierNotProvable'
    | 'TierNotClaimed'
    | 'TierHolds'
    | 'ProofNotRequested'
    | 'ProofTimeNotOver'
    | 'NotUndelivered'
    | 'NoPromise'
    | 'PromiseNotDue'
    | 'AlreadyChallenged'
    | 'AlreadyOnRecord'
    | 'ReceiptInvalid'
    | 'AlreadyAccused'
    | 'FaultAlreadySlashed'
    | 'NothingToSlash'
  /** One line for a person. */
  readonly detail: string
}

/** Undefined for what the contracts would take, as far as the registry has not booked it already. */
export function refusalOf(evidence: FaultEvidence, facts: FaultFacts): FaultRefusal | undefined {
  return foreign(evidence, facts) ?? refusalByKind(evidence, facts)
}

function foreign(evidence: FaultEvidence, facts: FaultFacts): FaultRefusal | undefined {
  const { chainId, verifyingContract } = facts.place
  if (evidence.kind === 'S6') {
    const isOurs = evidence.chainId === chainId && evidence.coordinator === facts.coordinator
    return isOurs ? undefined : no('EvidenceForeign', 'the job is of another chain or coordinator')
  }
  const { domain } = evidence
  const isOurs =
    domain.chainId === chainId &&
    domain.verifyingContract === verifyingContract &&
    domain.name === 'Vouch Receipts' &&
    domain.version === '1'
  return isOurs
    ? undefined
    : no('EvidenceForeign', 'it was signed for another chain or another verifier contract')
}

function refusalByKind(evidence: FaultEvidence, facts: FaultFacts): FaultRefusal | undefined {
  switch (evidence.kind) {
    case 'S1':
      return 'works' in evidence ? ofWorks(evidence, facts) : ofCheckpoints(evidence, facts)
    case 'S2':
      return ofReceipts(evidence, facts)
    case 'S3':
      return ofOvercharge(evidence, facts)
    case 'S4':
      return ofPromise(evidence, facts)
    case 'S5':
      return ofTier(evidence, facts)
    case 'S6':
      return facts.accused.operator === zeroAddress
        ? no('NotUndelivered', 'the job was delivered, is not over, or nobody accepted it')
        : undefined
    case 'S7':
      return ofExecution(evidence, facts)
  }
}

function ofWorks({ works }: WorkEquivocation, facts: FaultFacts): FaultRefusal | undefined {
  const [{ work: first }, { work: second }] = works
  const domain = receiptDomain(facts.place)
  if (
    first.jobId !== second.jobId ||
    first.gateway !== second.gateway ||
    first.contributor !== second.contributor
  ) {
    return no('EvidenceUnrelated', 'the two Works are of different jobs, gateways or contributors')
  }
  return (
    same(workDigest(domain, first), workDigest(domain, second)) ??
    expired(Math.max(first.finishedAt, second.finishedAt) + facts.windowS, facts) ??
    unsigned(facts) ??
    apart(facts)
  )
}

function ofCheckpoints(
  { checkpoints }: CheckpointEquivocation,
  facts: FaultFacts,
): FaultRefusal | undefined {
  const [{ checkpoint: first }, { checkpoint: second }] = checkpoints
  const domain = receiptDomain(facts.place)
  if (
    first.jobId !== second.jobId ||
    first.gateway !== second.gateway ||
    first.contributor !== second.contributor ||
    first.index !== second.index
  ) {
    return no('EvidenceUnrelated', 'the two checkpoints are of different jobs, parties or numbers')
  }
  return (
    same(checkpointDigest(domain, first), checkpointDigest(domain, second)) ??
    expired(Math.max(first.signedAt, second.signedAt) + facts.windowS, facts) ??
    unsigned(facts) ??
    apart(facts)
  )
}

function ofReceipts(
  { receipts }: ReceiptEquivocation,
  facts: FaultFacts,
): FaultRefusal | undefined {
  const [{ receipt: first }, { receipt: second }] = receipts
  const domain = receiptDomain(facts.place)
  const isSameChannelSeq =
    first.channelId !== zeroBytes32 &&
    first.channelId === second.channelId &&
    first.channelSeq === second.channelSeq
  const isRelated = first.gatewaySeq === second.gatewaySeq || isSameChannelSeq
  if (first.work.gateway !== second.work.gateway || !isRelated) {
    return no('EvidenceUnrelated', 'the two receipts are of different gateways or numbers')
  }
  const newest = Math.max(first.work.finishedAt, second.work.finishedAt)
  return (
    same(receiptDigest(domain, first), receiptDigest(domain, second)) ??
    expired(newest + facts.windowS, facts) ??
    unsigned(facts) ??
    apart(facts)
  )
}

function ofOvercharge(
  { receipt, priceSheet }: Overcharge,
  facts: FaultFacts,
): FaultRefusal | undefined {
  const { work, cost, priceHash } = receipt
  if (hashPriceSheet(priceSheet) !== priceHash) {
    return no('SheetMismatch', 'the price sheet is not the one that the receipt names')
  }
  if (priceSheet.operator !== work.gateway || priceSheet.modelId !== work.modelId) {
    return no('SheetOfOther', "the price sheet is another operator's, or of another model")
  }
  if (priceSheet.asset !== facts.asset) {
    return no('AssetMismatch', `the prices are in another asset than the stake, ${facts.asset}`)
  }
  const due = dueRoundedUp(work, priceSheet)
  if (cost <= due) return no('NoOvercharge', `${cost} is charged and ${due} is due`)
  return expired(work.finishedAt + facts.windowS, facts) ?? unsigned(facts)
}

function ofPromise({ receipt }: BrokenPromise, facts: FaultFacts): FaultRefusal | undefined {
  const { anchorBy } = receipt
  const { answerTimeS, recordedAtS, isChallenged } = facts.inclusion
  if (anchorBy === 0) return no('NoPromise', 'the receipt promises no anchor')
  if (facts.nowS <= anchorBy) {
    return no('PromiseNotDue', `it promises an anchor by second ${anchorBy}, which is not over`)
  }
  const late = expired(anchorBy + facts.windowS - answerTimeS, facts)
  if (late !== undefined) return late
  if (isChallenged) return no('AlreadyChallenged', 'the receipt was challenged before')
  if (recordedAtS !== 0 && recordedAtS <= anchorBy) {
    return no('AlreadyOnRecord', `it is on record since second ${recordedAtS}, in time`)
  }
  return unsigned(facts)
}

function ofTier(evidence: FalseTier, facts: FaultFacts): FaultRefusal | undefined {
  const { receipt, tier: claimed } = evidence
  if (claimed !== tier.teeBoundKey && claimed !== tier.zkInferred) {
    return no('TierNotProvable', `nothing on chain says whether tier ${claimed} is true`)
  }
  if ((receipt.tiers & claimed) === 0) {
    return no('TierNotClaimed', `the receipt does not claim tier ${claimed}`)
  }
  const refusal = expired(receipt.work.finishedAt + facts.windowS, facts) ?? unsigned(facts)
  if (refusal !== undefined) return refusal
  const holds = no('TierHolds', `tier ${claimed} is true, as far as the chain knows`)
  if (claimed === tier.teeBoundKey) {
    const isClaimable = (receipt.tiers & tier.contributorSigned) !== 0
    return isClaimable && facts.isKeyBound ? holds : undefined
  }
  if (facts.provenAtS !== 0) return holds
  const untilS = facts.proofAnswerableUntilS
  if (untilS === 0) return no('ProofNotRequested', 'nobody has asked the gateway for the proof')
  return facts.nowS <= untilS
    ? no('ProofTimeNotOver', `the gateway may show the proof until second ${untilS}`)
    : undefined
}

function ofExecution({ receipt }: WrongExecution, facts: FaultFacts): FaultRefusal | undefined {
  const late = expired(receipt.work.finishedAt + facts.windowS - facts.panel.caseTimeS, facts)
  if (late !== undefined) return late
  const needed = tier.gatewaySigned | tier.contributorSigned
  if ((receipt.tiers & needed) !== needed || unsigned(facts) !== undefined) {
    return no('ReceiptInvalid', 'the receipt is not signed by registered keys of both parties')
  }
  return facts.panel.isAccused
    ? no('AlreadyAccused', 'a case of this receipt is open, or was decided')
    : undefined
}

/** The most that a receipt may cost, in atomic units. Cached tokens beyond the prompt's count as the prompt's, as in PriceSheet.sol. */
export function dueRoundedUp(work: Work, sheet: PriceSheet): bigint {
  const cached = Math.min(work.cachedPromptTokens, work.promptTokens)
  const sum =
    BigInt(work.promptTokens - cached) * sheet.promptAtomicPerMtok +
    BigInt(cached) * sheet.cachedPromptAtomicPerMtok +
    BigInt(work.completionTokens) * sheet.completionAtomicPerMtok
  return (sum + 999_999n) / 1_000_000n
}

/** A refusal of that name. */
export const no = (reason: FaultRefusal['reason'], detail: string): FaultRefusal => ({
  reason,
  detail,
})

const same = (first: Bytes32, second: Bytes32): FaultRefusal | undefined =>
  first === second ? no('NoContradiction', 'the two are one and the same') : undefined

const expired = (usableUntilS: number, { nowS }: FaultFacts): FaultRefusal | undefined =>
  nowS > usableUntilS
    ? no('EvidenceExpired', `it could be reported until second ${usableUntilS}, it is ${nowS}`)
    : undefined

/** Of a book that ended with its key, and of the one that began after it. */
const apart = ({ areKeysTogether }: FaultFacts): FaultRefusal | undefined =>
  areKeysTogether
    ? undefined
    : no('KeysNeverTogether', 'its keys are of two books: one ended before the other began')

function unsigned({ signed }: FaultFacts): FaultRefusal | undefined {
  const at = signed.indexOf(false)
  if (at === -1) return undefined
  const which = signed.length === 1 ? 'it is' : `signature ${at + 1} is`
  return no('EvidenceNotSigned', `${which} not of a key that was registered for its signer then`)
}
