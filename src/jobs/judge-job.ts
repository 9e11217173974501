/*
 * Whether this gateway answers a contract's question, decided before anything is run. Plain data in, a verdict with its evidence
 * out; the checks run cheapest first, and what will never be otherwise comes before what may be in a moment.
 */
import type { ContractAsk, JobTerms } from '../domain/contract-job.ts'
import type { Contributor, Offer } from '../domain/contributor.ts'
import { priceRoundedUp } from '../domain/price-sheet.ts'
import { promptTokensAtMost } from '../domain/prompt-bound.ts'
import { tier } from '../domain/receipt.ts'
import type { UnpaidRequest } from '../domain/request.ts'
import { type Address, atomic, zeroAddress } from '../domain/units.ts'
import type { JobReason } from './job-reason.ts'
import { answerTimeMinS } from './limits.ts'

/** Somebody who offers what is asked for. */
export type JobCandidate = { readonly contributor: Contributor; readonly offer: Offer }

export type JudgedBy = {
  /** This gateway's operator. */
  readonly gateway: Address
  /** By the chain's clock. */
  readonly chainNowS: number
  readonly candidates: readonly JobCandidate[]
  /** Of what this contributor answers, the tiers that its receipts can claim: bits of domain/receipt.ts `tier`. */
  readonly tiersOf: (candidate: JobCandidate) => number
}

export type JobVerdict =
  /** `eligible`: who may answer; no two of one operator count as two. */
  | { readonly kind: 'take'; readonly eligible: readonly JobCandidate[] }
  | { readonly kind: 'wait'; readonly reason: JobReason }
  | { readonly kind: 'never'; readonly reason: JobReason; readonly detail?: string }

const never = (reason: JobReason, detail?: string): JobVerdict => ({
  kind: 'never',
  reason,
  ...(detail !== undefined && { detail }),
})

/** Tiers that a gateway can give an answer on demand; the contract refuses all others itself. */
const tiersOnDemand =
  tier.gatewaySigned |
  tier.contributorSigned |
  tier.tokenCommitment |
  tier.audited |
  tier.teeBoundKey |
  tier.zkInferred

/** What its terms alone say, before its input is read, or given. */
export function judgeTerms(
  { terms, deadlineS }: Pick<ContractAsk, 'terms' | 'deadlineS'>,
  { gateway, chainNowS }: Pick<JudgedBy, 'gateway' | 'chainNowS'>,
): JobVerdict | undefined {
  if (terms.gateway !== zeroAddress && terms.gateway !== gateway) return never('other_gateway')
  if (deadlineS - chainNowS < answerTimeMinS) {
    return never('deadline_too_near', `${deadlineS - chainNowS} s of ${answerTimeMinS} s`)
  }
  if ((terms.minTiers & ~tiersOnDemand) !== 0) {
    return never('tier_unavailable', String(terms.minTiers & ~tiersOnDemand))
  }
  return undefined
}

/** The rest. */
export function judgeJob(
  { terms }: Pick<ContractAsk, 'terms'>,
  request: Pick<UnpaidRequest, PricedBy | 'endpoint'>,
  judged: JudgedBy,
): JobVerdict {
  const offering = judged.candidates.filter(({ offer }) => offer.modelId === terms.modelId)
  if (offering.length === 0) return never('model_unknown')
  const signing = offering.filter((candidate) => signsAsIs(candidate, request))
  if (signing.length === 0) return never('model_not_signed')
  const paid = signing.filter(({ offer }) => isPaid(offer, terms))
  if (paid.length === 0) return never('price_too_low', askedBy(signing))
  const covered = paid.filter(({ offer }) => worstCost(offer, request, terms) <= terms.maxFee)
  if (covered.length === 0) {
    const needed = paid.map(({ offer }) => worstCost(offer, request, terms))
    return never('fee_too_small', `at least ${smallest(needed)} is needed`)
  }
  const tiered = covered.filter((one) => (judged.tiersOf(one) & terms.minTiers) === terms.minTiers)
  if (tiered.length === 0) return never('tier_unavailable')
  const operators = new Set(tiered.map(({ contributor }) => contributor.identity?.operator))
  // Others may join, or come back, before the deadline.
  if (operators.size < terms.agreement) return { kind: 'wait', reason: 'too_few_contributors' }
  return { kind: 'take', eligible: tiered }
}

/** The hash that it signs must be that of the contract's own bytes. */
export const signsAsIs = (
  { contributor, offer }: JobCandidate,
  { endpoint }: Pick<UnpaidRequest, 'endpoint'>,
): boolean =>
  contributor.identity !== undefined &&
  (endpoint === 'inference' || offer.upstreamModelName === offer.modelName)

const isPaid = ({ prices }: Offer, terms: JobTerms): boolean =>
  terms.promptAtomicPerMtok >= prices.promptAtomicPerMtok &&
  terms.completionAtomicPerMtok >= prices.completionAtomicPerMtok

const askedBy = (candidates: readonly JobCandidate[]): string =>
  candidates
    .map(({ offer: { prices } }) => prices)
    .map((prices) => `${prices.promptAtomicPerMtok}/${prices.completionAtomicPerMtok}`)
    .join(', ')

type PricedBy = keyof Parameters<typeof promptTokensAtMost>[0] | 'completionTokensMax' | 'expected'

/** What the contract would pay for the most tokens that the answer can have. */
function worstCost(offer: Offer, request: Pick<UnpaidRequest, PricedBy>, terms: JobTerms): bigint {
  const most = Math.min(offer.completionTokensMax, offer.contextTokensMax)
  const asked = request.expected?.perChoiceMax ?? request.completionTokensMax
  const completionTokens = Math.min(asked ?? most, most)
  const promptTokens = promptTokensAtMost(request, offer.contextTokensMax)
  const promptAtomicPerMtok = atomic(terms.promptAtomicPerMtok)
  return priceRoundedUp(
    {
      promptAtomicPerMtok,
      cachedPromptAtomicPerMtok: promptAtomicPerMtok,
      completionAtomicPerMtok: atomic(terms.completionAtomicPerMtok),
    },
    { promptTokens, cachedPromptTokens: 0, completionTokens },
  )
}

const smallest = (amounts: readonly bigint[]): bigint =>
  amounts.reduce((least, amount) => (amount < least ? amount : least))
