/*
 * Whether a contract's job would pay what we ask, if all that is said of it is true: pure, and so before the chain is asked.
 */
import { err, ok, type Result } from '../base/result.ts'
import type { JobTerms } from '../domain/contract-job.ts'
import { jobTermsHeader } from '../domain/contract-job-headers.ts'
import { priceOfAnybody, type TokenPrices } from '../domain/price-sheet.ts'
import { tier } from '../domain/receipt.ts'
import {
  type Address,
  type AtomicAmount,
  atomic,
  type Bytes32,
  zeroAddress,
} from '../domain/units.ts'
import { noUsage, type Usage } from '../domain/usage.ts'
import { jobNotPayable } from './contract-job-refusal.ts'
import { invalidJobHeader, type OpenAiRefusal, unsupportedParameter } from './openai-refusal.ts'

type Tokens = Pick<Usage, 'promptTokens' | 'completionTokens'>

/** The answer that is asked for, and what it is done for. */
export type WantedAnswer = {
  readonly gateway: Address
  readonly modelId: Bytes32
  readonly stream: boolean
  readonly choiceCount: number
  /** What it comes to at most. */
  readonly most: Tokens
  /** Whether what is signed here commits to the answer's tokens. */
  readonly commits: boolean
  /** What we ask now… */
  readonly asks: TokenPrices
  /** …and whether that, or what we asked a moment ago, is paid by these prices. */
  readonly accepts: (prices: TokenPrices) => boolean
}

/** What an answer brings, and what it is worth at our own prices. */
type Pay = { readonly fee: AtomicAmount; readonly worth: AtomicAmount }

/** What the answer brings at most. */
export function judgeContractJob(
  terms: JobTerms,
  wanted: WantedAnswer,
): Result<Pay, OpenAiRefusal> {
  if (wanted.stream || wanted.choiceCount !== 1) {
    return err(unsupportedParameter('stream', 'a contract is given one answer, in one piece'))
  }
  if (terms.modelId !== wanted.modelId) {
    return err(invalidJobHeader(jobTermsHeader, `${wanted.modelId}, the model that is served`))
  }
  if (terms.gateway !== zeroAddress && terms.gateway !== wanted.gateway) {
    return err(jobNotPayable('its terms name another gateway'))
  }
  if ((terms.minTiers & tier.tokenCommitment) !== 0 && !wanted.commits) {
    return err(jobNotPayable('its terms ask for a commitment to tokens, which is not made here'))
  }
  const prices = jobPrices(terms)
  if (!wanted.accepts(prices)) return err(jobNotPayable('its prices are below what is asked'))
  const worth = priceOfAnybody(wanted.asks, usageOf(wanted.most))
  // Else the longest answer would be paid less than it was asked for, however good its prices are.
  if (worth === undefined || worth > terms.maxFee) {
    return err(jobNotPayable('its maxFee may not pay for the answer'))
  }
  return ok({ fee: atomic(terms.maxFee), worth })
}

/** What a given answer brings: by tokens under the terms' prices, and never over their `maxFee`; as InferenceJobs._feeOf. */
export function payOf(terms: JobTerms, asks: TokenPrices, tokens: Tokens): Pay {
  const usage = usageOf(tokens)
  const maxFee = atomic(terms.maxFee)
  const cost = priceOfAnybody(jobPrices(terms), usage)
  const worth = priceOfAnybody(asks, usage) ?? maxFee
  return { fee: cost === undefined || cost > maxFee ? maxFee : cost, worth }
}

/** A coordinator knows nothing of prompts that were cached: each token is paid in full. */
const jobPrices = ({ promptAtomicPerMtok, completionAtomicPerMtok }: JobTerms): TokenPrices => ({
  promptAtomicPerMtok: atomic(promptAtomicPerMtok),
  cachedPromptAtomicPerMtok: atomic(promptAtomicPerMtok),
  completionAtomicPerMtok: atomic(completionAtomicPerMtok),
})

const usageOf = ({ promptTokens, completionTokens }: Tokens): Usage => ({
  ...noUsage,
  promptTokens,
  completionTokens,
})
