/*
 * What a gateway says on the chain of the jobs that it takes: shown, said anew, or taken back. Whoever asks reads it there
 * before a question costs anything.
 */
import { readCoordinatorParts } from '../chain/inference-coordinator.ts'
import { noOffer, offerCall, readOffer } from '../chain/job-offers.ts'
import { type JsonRpc, jsonRpc } from '../chain/json-rpc.ts'
import { readQuantity } from '../chain/quantity.ts'
import { addressOfPrivateKey } from '../chain/signatures.ts'
import { estimateSteps } from '../chain/steps-cost.ts'
import { readTokenLabel, type TokenLabel } from '../chain/token-label.ts'
import { openSender, sendCall } from '../chain/transactions.ts'
import type { JobOffer } from '../domain/contract-job.ts'
import type { Address, Bytes32 } from '../domain/units.ts'
import { formatAmount, parseAmount } from './amounts.ts'
import { confirmOrEnd } from './ask-person.ts'
import { readOwnKey } from './channel-file.ts'
import { needed } from './channel-options.ts'
import { type PayerSurroundings, report } from './channel-surroundings.ts'
import { CommandFailure } from './command.ts'
import { orFail } from './contracts-or-fail.ts'
import { formatCoinRoundedDown, formatCoinRoundedUp } from './contracts-report.ts'
import { type JobsOptions, type OfferOptions, readHash } from './jobs-options.ts'

type OfferPlace = {
  readonly rpc: JsonRpc
  readonly offers: Address
  readonly asset: TokenLabel
  readonly modelId: Bytes32
}

export async function offerJobs(
  options: JobsOptions,
  surroundings: PayerSurroundings,
): Promise<number> {
  const [, what = 'show', model] = options.positionals
  if (what !== 'show' && what !== 'publish' && what !== 'withdraw') {
    throw new CommandFailure(`offer takes one of show, publish, withdraw, not '${what}'`, 2)
  }
  const place = await openOfferPlace(options.offer, readHash('MODEL', model))
  if (what === 'show') {
    const gateway = needed('--operator', options.offer.operator)
    const offer = orFail(await readOffer(place.rpc, place.offers, { ...place, gateway }))
    tell(place, { gateway, offer }, options, surroundings)
    return 0
  }
  const key = await readOwnKey(needed('--key', options.offer.keyPath))
  const gateway = addressOfPrivateKey(key)
  const before = orFail(await readOffer(place.rpc, place.offers, { ...place, gateway }))
  const offer = what === 'withdraw' ? noOffer : offerOf(options.offer, before, place.asset)
  if (what === 'withdraw' && before === undefined) {
    throw new CommandFailure(`${gateway} does not offer the model`)
  }
  const call = offerCall(place.offers, place.modelId, offer)
  await agree({ place, gateway, offer, call }, options, surroundings)
  const chainId = Number(orFail(await readQuantity(place.rpc, 'eth_chainId', [])))
  const sender = openSender({ rpc: place.rpc, chainId, privateKey: key })
  const mined = orFail(await sendCall(sender, call))
  surroundings.terminal.printError(`done in block ${mined.blockNumber}: ${mined.transactionHash}`)
  tell(place, { gateway, offer: offer.tiers === 0 ? undefined : offer }, options, surroundings)
  return 0
}

async function openOfferPlace(options: OfferOptions, modelId: Bytes32): Promise<OfferPlace> {
  const rpc = jsonRpc(needed('--rpc', options.rpcUrl))
  const coordinator = needed('--coordinator', options.coordinator)
  const { offers, asset } = orFail(await readCoordinatorParts(rpc, coordinator))
  return { rpc, offers, asset: orFail(await readTokenLabel(rpc, asset)), modelId }
}

/** What is not said stays as it is offered now; of a first offer, the rest is what most gateways can keep. */
function offerOf(
  options: OfferOptions,
  before: JobOffer | undefined,
  { decimals }: TokenLabel,
): JobOffer {
  const amount = (option: string, text: string | undefined, now: bigint | undefined): bigint => {
    if (text !== undefined) return parseAmount(option, text, decimals)
    if (now !== undefined) return now
    throw new CommandFailure(`${option} is needed for a first offer ('--help' explains)`, 2)
  }
  return {
    tiers: options.tiers ?? before?.tiers ?? firstOffer.tiers,
    promptAtomicPerMtok: amount('--prompt-price', options.promptPrice, before?.promptAtomicPerMtok),
    completionAtomicPerMtok: amount(
      '--completion-price',
      options.completionPrice,
      before?.completionAtomicPerMtok,
    ),
    deliveryFee: amount('--delivery-fee', options.deliveryFee, before?.deliveryFee),
    callbackFeePerMgas: amount('--callback-fee', options.callbackFee, before?.callbackFeePerMgas),
    proofFee: amount('--proof-fee', options.proofFee, before?.proofFee ?? 0n),
    callbackGasMax: options.callbackGasMax ?? before?.callbackGasMax ?? firstOffer.callbackGasMax,
    deliveryTimeMin:
      options.deliveryTimeMin ?? before?.deliveryTimeMin ?? firstOffer.deliveryTimeMin,
    answersMax: options.answersMax ?? before?.answersMax ?? firstOffer.answersMax,
  }
}

/** Both signatures; a callback of a fifth of a common block's target; one answer. */
const firstOffer = { tiers: 3, callbackGasMax: 1_000_000, deliveryTimeMin: 60, answersMax: 1 }

/** What `offer` takes where a node cannot tell: three slots, written for the first time. */
const usualGas = { offer: 120_000n }

async function agree(
  plan: {
    readonly place: OfferPlace
    readonly gateway: Address
    readonly offer: JobOffer
    readonly call: ReturnType<typeof offerCall>
  },
  options: JobsOptions,
  { terminal }: PayerSurroundings,
): Promise<void> {
  const { place, gateway, offer, call } = plan
  const cost = orFail(await estimateSteps(place.rpc, gateway, [call], usualGas))
  const balance = orFail(await readQuantity(place.rpc, 'eth_getBalance', [gateway, 'latest']))
  if (offer.tiers !== 0) for (const line of linesOf(place, offer)) terminal.printError(line)
  terminal.printError(`${gateway} pays about ${formatCoinRoundedUp(cost.fee)} for it`)
  if (balance < cost.fundsNeeded) {
    throw new CommandFailure(
      `${gateway} has ${formatCoinRoundedDown(balance)} and needs ${formatCoinRoundedUp(cost.fundsNeeded)}`,
    )
  }
  const question = offer.tiers === 0 ? 'Take the offer back?' : 'Offer that on the chain?'
  await confirmOrEnd(question, options)
}

function tell(
  place: OfferPlace,
  said: { readonly gateway: Address; readonly offer: JobOffer | undefined },
  options: JobsOptions,
  surroundings: PayerSurroundings,
): void {
  const { gateway, offer } = said
  const { modelId, offers, asset } = place
  report(surroundings, options, {
    lines:
      offer === undefined
        ? [`${gateway} does not offer ${modelId}`]
        : [`${gateway} offers ${modelId}:`, ...linesOf(place, offer)],
    value: {
      object: 'vouch.job_offer',
      ...{ gateway, model_id: modelId, job_offers: offers, asset: asset.address },
      offer: offer ?? null,
    },
  })
}

function linesOf({ asset }: OfferPlace, offer: JobOffer): readonly string[] {
  const amount = (atomic: bigint) => `${formatAmount(atomic, asset.decimals)} ${asset.symbol}`
  return [
    `  tiers         ${offer.tiers}`,
    `  a million     ${amount(offer.promptAtomicPerMtok)} of prompt tokens, ${amount(offer.completionAtomicPerMtok)} of completion tokens`,
    `  a delivery    ${amount(offer.deliveryFee)}, and ${amount(offer.callbackFeePerMgas)} for a million of callback gas`,
    `  a proof       ${amount(offer.proofFee)}`,
    `  at most       ${offer.callbackGasMax} callback gas, ${offer.answersMax} answer(s)`,
    `  at least      ${offer.deliveryTimeMin} s to deliver`,
  ]
}
