import { canonicalJson } from '../base/canonical-json.ts'
import { ok, type Result } from '../base/result.ts'
import type { ChainFailure } from '../chain/chain-failure.ts'
import { offerCall, readOffer } from '../chain/job-offers.ts'
import type { JsonRpc } from '../chain/json-rpc.ts'
import { type Sender, sendCall } from '../chain/transactions.ts'
import type { JobOffer } from '../domain/contract-job.ts'
import type { TokenPrices } from '../domain/price-sheet.ts'
import type { Address, Bytes32 } from '../domain/units.ts'
import { devUsd } from './dev-contracts.ts'

/** A model whose answers contracts can ask the gateway for. */
export type DevJobModel = Pick<TokenPrices, 'promptAtomicPerMtok' | 'completionAtomicPerMtok'> & {
  readonly modelId: Bytes32
  /** Its answers can be proven (tier 64). */
  readonly isProvable: boolean
}

/** Signed by gateway and contributor; 64: proven. */
const signedTiers = 1 | 2
const provenTier = 64

/** A cent of devUSD. */
const cent = devUsd(1n) / 100n

const devJobOffer = ({
  isProvable,
  promptAtomicPerMtok,
  completionAtomicPerMtok,
}: DevJobModel): JobOffer => ({
  tiers: isProvable ? signedTiers | provenTier : signedTiers,
  promptAtomicPerMtok,
  completionAtomicPerMtok,
  deliveryFee: 5n * cent,
  callbackFeePerMgas: 5n * cent,
  proofFee: 5n * cent,
  callbackGasMax: 3_000_000,
  deliveryTimeMin: 60,
  answersMax: 5,
})

/** Says in JobOffers on what terms the gateway takes the jobs of contracts, unless it says so already. */
export async function publishJobOffers(
  rpc: JsonRpc,
  gateway: Sender,
  publication: { readonly offers: Address; readonly models: readonly DevJobModel[] },
): Promise<Result<void, ChainFailure>> {
  const { offers, models } = publication
  for (const model of models) {
    const { modelId } = model
    const offer = devJobOffer(model)
    const published = await readOffer(rpc, offers, { gateway: gateway.address, modelId })
    if (!published.ok) return published
    if (published.value !== undefined && textOf(published.value) === textOf(offer)) continue
    const sent = await sendCall(gateway, offerCall(offers, modelId, offer))
    if (!sent.ok) return sent
  }
  return ok(undefined)
}

/** The same for equal offers. */
const textOf = (offer: JobOffer): string =>
  canonicalJson(Object.fromEntries(Object.entries(offer).map(([name, of]) => [name, String(of)])))
