/*
 * What a job would cost, for a developer who has no contract yet: by the same judgement that takes jobs, or does not.
 */
import { toHex } from '../base/hex.ts'
import { err, ok, type Result } from '../base/result.ts'
import type { ChainFailure } from '../chain/chain-failure.ts'
import { readDataFee } from '../chain/data-fee.ts'
import { readFeeQuote } from '../chain/fees.ts'
import { readOffer } from '../chain/job-offers.ts'
import type { JsonRpc } from '../chain/json-rpc.ts'
import type { JobTerms } from '../domain/contract-job.ts'
import type { ChainQuote, JobQuote, QuoteWish } from '../domain/job-quote.ts'
import { priceRoundedUp } from '../domain/price-sheet.ts'
import type { Refusal } from '../domain/refusal.ts'
import {
  type Address,
  type AtomicAmount,
  atomic,
  type Bytes32,
  bytes32,
  isBytes32,
} from '../domain/units.ts'
import { deliveryGasMax } from './delivery-gas.ts'
import { expectedDelivery } from './expected-delivery.ts'
import { type FeePolicy, judgeFee, type Offered } from './fee-policy.ts'
import { type JobCandidate, type JudgedBy, signsAsIs } from './judge-job.ts'

type QuotedChain = {
  readonly chainId: number
  readonly coordinator: Address
  readonly offers: Address | undefined
  readonly rpc: JsonRpc
  readonly fees: FeePolicy
}

export type QuoteDeps = Pick<JudgedBy, 'gateway' | 'tiersOf'> & {
  /** Everybody, with everything that is offered. */
  readonly offered: () => readonly JobCandidate[]
  readonly chains: readonly QuotedChain[]
}

export async function quoteJob(
  deps: QuoteDeps,
  wish: QuoteWish,
): Promise<Result<JobQuote, Refusal>> {
  const named = deps.offered().filter(({ offer }) => isNamed(offer, wish.model))
  const [first] = named
  if (first === undefined) return err({ reason: 'model_not_found', modelId: wish.model })
  const { modelId, modelName: model } = first.offer
  const signing = cheapestOfEach(named.filter(isVerifiable))
  if (signing.length === 0) return err({ reason: 'model_not_verifiable', modelId })
  const tiered = signing.filter((one) => (deps.tiersOf(one) & wish.tiers) === wish.tiers)
  if (tiered.length === 0) return err({ reason: 'constraint_filtered', filter: 'tiers' })
  if (tiered.length < wish.agreement) {
    return err({ reason: 'constraint_filtered', filter: 'agreement' })
  }
  const prices = pricesOfAll(tiered.slice(0, wish.agreement))
  const maxFee = priceRoundedUp(
    { ...prices, cachedPromptAtomicPerMtok: prices.promptAtomicPerMtok },
    {
      promptTokens: wish.inputBytes,
      cachedPromptTokens: 0,
      completionTokens: wish.completionTokens,
    },
  )
  const chains: ChainQuote[] = []
  for (const chain of deps.chains) {
    const terms = termsOf(deps.gateway, { modelId, maxFee, prices, wish })
    const quoted = await quoteOn(chain, terms, wish)
    if (!quoted.ok) return err({ reason: 'chain_unavailable' })
    chains.push(quoted.value)
  }
  const tiers = signing.reduce((bits, one) => bits | deps.tiersOf(one), 0)
  const contributors = tiered.length
  return ok({
    model,
    modelId,
    gateway: deps.gateway,
    contributors,
    tiers,
    ...prices,
    maxFee,
    chains,
  })
}

const isNamed = ({ modelName, modelId }: JobCandidate['offer'], model: string): boolean =>
  modelName === model || (isBytes32(model) && modelId === bytes32(model))

/** What is asked of a model in JSON names it, whatever the endpoint. */
const isVerifiable = (candidate: JobCandidate): boolean =>
  signsAsIs(candidate, {
    endpoint: candidate.offer.tensors === undefined ? 'chat/completions' : 'inference',
  })

/** One for each operator, as no two of its answers agree with each other for a contract; the cheapest first. */
function cheapestOfEach(candidates: readonly JobCandidate[]): readonly JobCandidate[] {
  const cheapest = new Map<Address | undefined, JobCandidate>()
  const byPrice = candidates.toSorted((a, b) => (sumOf(a) < sumOf(b) ? -1 : 1))
  for (const candidate of byPrice) {
    const operator = candidate.contributor.identity?.operator
    if (!cheapest.has(operator)) cheapest.set(operator, candidate)
  }
  return [...cheapest.values()]
}

const sumOf = ({ offer: { prices } }: JobCandidate): bigint =>
  prices.promptAtomicPerMtok + prices.completionAtomicPerMtok

type QuotedPrices = Pick<JobQuote, 'promptAtomicPerMtok' | 'completionAtomicPerMtok'>

/** At which every one of them answers. */
function pricesOfAll(candidates: readonly JobCandidate[]): {
  readonly [name in keyof QuotedPrices]: AtomicAmount
} {
  const highest = (name: keyof QuotedPrices): AtomicAmount =>
    candidates.reduce(
      (most, { offer: { prices } }) => (prices[name] > most ? prices[name] : most),
      atomic(0n),
    )
  return {
    promptAtomicPerMtok: highest('promptAtomicPerMtok'),
    completionAtomicPerMtok: highest('completionAtomicPerMtok'),
  }
}

const termsOf = (
  gateway: Address,
  quoted: {
    readonly modelId: Bytes32
    readonly maxFee: bigint
    readonly prices: QuotedPrices
    readonly wish: QuoteWish
  },
): JobTerms => {
  const { modelId, maxFee, prices, wish } = quoted
  const { callbackGas, agreement, tiers } = wish
  return {
    ...{ modelId, gateway, minTiers: tiers, ...prices, maxFee, deliveryFee: 0n, deliveryTime: 0 },
    ...{ callbackGas, agreement, answersMax: agreement },
  }
}

async function quoteOn(
  { rpc, fees, chainId, coordinator, offers }: QuotedChain,
  terms: JobTerms,
  { completionTokens }: QuoteWish,
): Promise<Result<ChainQuote, ChainFailure>> {
  // As if an input had this limit in it.
  const input = toHex(Buffer.from(JSON.stringify({ max_tokens: completionTokens })))
  const shape = expectedDelivery({ ask: { terms }, input })
  const gasMax = deliveryGasMax(shape)
  const price = await readFeeQuote(rpc)
  if (!price.ok) return price
  const dataFee = await readDataFee(rpc, shape.contentBytes + 2_048 * (shape.answers + 1))
  if (!dataFee.ok) return dataFee
  const { gateway, modelId } = terms
  const published =
    offers === undefined ? ok(undefined) : await readOffer(rpc, offers, { gateway, modelId })
  if (!published.ok) return published
  const gasPriceWei = price.value.gasPrice
  const needs = { gasMax, dataFeeWei: dataFee.value * 2n }
  return ok({
    ...{ chainId, coordinator, jobOffers: offers, offer: published.value, gasMax, gasPriceWei },
    deliveryFee: leastFee(needs, gasPriceWei, fees),
  })
}

const feeBits = 96n

/** The least fee that the policy takes, found by asking it; undefined where it takes none. */
function leastFee(
  needs: Omit<Offered, 'fee'>,
  gasPriceWei: bigint,
  fees: FeePolicy,
): bigint | undefined {
  const isTaken = (fee: bigint): boolean =>
    judgeFee({ fee, ...needs }, { gasPriceWei, isRace: false, atRiskMax: 0n }, fees).kind === 'send'
  let [refused, taken] = [-1n, 2n ** feeBits - 1n]
  if (!isTaken(taken)) return undefined
  while (taken - refused > 1n) {
    const between = (refused + taken) / 2n
    if (isTaken(between)) taken = between
    else refused = between
  }
  return taken
}
