/* What gateway and contributor of the embedded chain publish on it. Each step looks before it acts. */
import { canonicalJson } from '../base/canonical-json.ts'
import { ok, type Result } from '../base/result.ts'
import type { ChainFailure } from '../chain/chain-failure.ts'
import { type Contract, type ContractCall, readContract } from '../chain/contracts.ts'
import type { JsonRpc } from '../chain/json-rpc.ts'
import { keccak256Utf8 } from '../chain/keccak.ts'
import { hashPriceSheet } from '../chain/receipt-typed-data.ts'
import { type Sender, sendCall } from '../chain/transactions.ts'
import type { PriceSheet } from '../domain/price-sheet.ts'
import { type Bytes32, unixSeconds } from '../domain/units.ts'
import type { DevContractHandles } from './dev-contracts.ts'
import { type DevJobModel, publishJobOffers } from './publish-job-offers.ts'

/** What the built-in model is sold for; the rest of its price sheet follows from the chain. */
export type DevModel = Pick<
  PriceSheet,
  'modelId' | 'promptAtomicPerMtok' | 'cachedPromptAtomicPerMtok' | 'completionAtomicPerMtok'
> & { readonly contextTokensMax: number }

export type PublishedTerms = {
  /** The gateway's, published in its registry; `priceHash` is what receipts name. */
  readonly prices: PriceSheet
  readonly priceHash: Bytes32
  /** The document whose hash the contributor published as its offer: canonical JSON. */
  readonly offer: string
}

type Setup = {
  readonly rpc: JsonRpc
  readonly senders: Readonly<Record<'gatewayOperator' | 'contributorOperator', Sender>>
  readonly handles: DevContractHandles
}

/**
 * The gateway's price sheet, the contributor's sheet and offer for the same model, and on what terms the gateway answers
 * contracts by it and by `jobModels`.
 */
export async function publishTerms(
  setup: Setup,
  {
    model,
    jobModels = [],
  }: { readonly model: DevModel; readonly jobModels?: readonly DevJobModel[] },
): Promise<Result<PublishedTerms, ChainFailure>> {
  const { rpc, senders, handles } = setup
  const { contextTokensMax, ...amounts } = model
  const sheetOf = (operator: Sender): PriceSheet => ({
    operator: operator.address,
    asset: handles.asset.address,
    ...amounts,
    // In force since ever and until replaced, so that every start finds the same sheet.
    validFrom: unixSeconds(0),
    validUntil: unixSeconds(0),
  })
  const prices = sheetOf(senders.gatewayOperator)
  const ofGateway = await publishSheet(setup, senders.gatewayOperator, {
    registry: handles.gatewayRegistry,
    sheet: prices,
  })
  if (!ofGateway.ok) return ofGateway
  const ofContributor = await publishSheet(setup, senders.contributorOperator, {
    registry: handles.contributorRegistry,
    sheet: sheetOf(senders.contributorOperator),
  })
  if (!ofContributor.ok) return ofContributor
  const offer = canonicalJson({
    modelId: model.modelId,
    contextTokensMax,
    priceHash: ofContributor.value,
  })
  const published = await publishOffer(setup, {
    modelId: model.modelId,
    hash: keccak256Utf8(offer),
  })
  if (!published.ok) return published
  const offered = await publishJobOffers(rpc, senders.gatewayOperator, {
    offers: handles.jobOffers.address,
    models: [{ ...model, isProvable: false }, ...jobModels],
  })
  return offered.ok ? ok({ prices, priceHash: ofGateway.value, offer }) : offered
}

async function publishSheet(
  { rpc }: Setup,
  operator: Sender,
  publication: { readonly registry: Contract; readonly sheet: PriceSheet },
): Promise<Result<Bytes32, ChainFailure>> {
  const { registry, sheet } = publication
  const priceHash = hashPriceSheet(sheet)
  const question = { contract: registry, functionName: 'priceSheetPublishedAt', args: [priceHash] }
  const call = { contract: registry, functionName: 'publishPriceSheet', args: [sheet] }
  const sent = await sendUnless(rpc, operator, { question, answers: (at) => at !== 0n, call })
  return sent.ok ? ok(priceHash) : sent
}

async function publishOffer(
  { rpc, senders, handles }: Setup,
  offer: { readonly modelId: Bytes32; readonly hash: Bytes32 },
): Promise<Result<void, ChainFailure>> {
  const contract = handles.contributorRegistry
  const operator = senders.contributorOperator
  return sendUnless(rpc, operator, {
    question: { contract, functionName: 'offers', args: [operator.address, offer.modelId] },
    answers: (hash) => hash === offer.hash,
    call: { contract, functionName: 'publishOffer', args: [offer.modelId, offer.hash] },
  })
}

/** Sends `call` unless the chain's answer to `question` says that it was done. */
async function sendUnless(
  rpc: JsonRpc,
  sender: Sender,
  step: {
    readonly question: ContractCall
    readonly answers: (value: unknown) => boolean
    readonly call: ContractCall
  },
): Promise<Result<void, ChainFailure>> {
  const answer = await readContract(rpc, step.question)
  if (!answer.ok) return answer
  if (step.answers(answer.value[0])) return ok(undefined)
  const sent = await sendCall(sender, step.call)
  return sent.ok ? ok(undefined) : sent
}
