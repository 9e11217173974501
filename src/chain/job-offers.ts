/* JobOffers.sol: on what terms gateways take the jobs of contracts, model by model. */
import { ok, type Result } from '../base/result.ts'
import type { JobOffer } from '../domain/contract-job.ts'
import type { Address, Bytes32 } from '../domain/units.ts'
import type { ChainFailure } from './chain-failure.ts'
import { type Contract, type ContractCall, readContract } from './contracts.ts'
import { jobOffersAbi } from './generated/job-offers.ts'
import type { JsonRpc } from './json-rpc.ts'

export const jobOffersAt = (place: Address): Contract => ({
  name: 'JobOffers',
  address: place,
  abi: jobOffersAbi,
})

/** An offer is one gateway's, for one model. */
export type OfferPlace = { readonly gateway: Address; readonly modelId: Bytes32 }

/** Takes back what a gateway offers: an offer of no tier is none. */
export const noOffer: JobOffer = {
  tiers: 0,
  promptAtomicPerMtok: 0n,
  completionAtomicPerMtok: 0n,
  deliveryFee: 0n,
  callbackFeePerMgas: 0n,
  proofFee: 0n,
  callbackGasMax: 0,
  deliveryTimeMin: 0,
  answersMax: 0,
}

/** Sent by the gateway's operator. */
export const offerCall = (offers: Address, modelId: Bytes32, offer: JobOffer): ContractCall => ({
  contract: jobOffersAt(offers),
  functionName: 'offer',
  args: [modelId, offer],
})

/** Undefined: the gateway does not offer the model. */
export async function readOffer(
  rpc: JsonRpc,
  offers: Address,
  place: OfferPlace,
): Promise<Result<JobOffer | undefined, ChainFailure>> {
  const answer = await readContract(rpc, {
    contract: jobOffersAt(offers),
    functionName: 'offerOf',
    args: [place.gateway, place.modelId],
  })
  if (!answer.ok) return answer
  const offer = jobOfferOf(answer.value[0])
  return ok(offer.tiers === 0 ? undefined : offer)
}

/** From a decoded tuple. */
function jobOfferOf(tuple: unknown): JobOffer {
  const offer = Object(tuple) as Record<keyof JobOffer, unknown>
  const amount = (member: keyof JobOffer) => BigInt(String(offer[member]))
  return {
    tiers: Number(offer.tiers),
    promptAtomicPerMtok: amount('promptAtomicPerMtok'),
    completionAtomicPerMtok: amount('completionAtomicPerMtok'),
    deliveryFee: amount('deliveryFee'),
    callbackFeePerMgas: amount('callbackFeePerMgas'),
    proofFee: amount('proofFee'),
    callbackGasMax: Number(offer.callbackGasMax),
    deliveryTimeMin: Number(offer.deliveryTimeMin),
    answersMax: Number(offer.answersMax),
  }
}
