/* One interval of one subscription that is due: whether it is worth answering, and what is asked in it. */
import { fromHex, toHex } from '../base/hex.ts'
import { err, ok, type Result } from '../base/result.ts'
import { sha256Hex } from '../base/sha256.ts'
import type { Block } from '../chain/blocks.ts'
import type { ChainFailure } from '../chain/chain-failure.ts'
import {
  type InfernetPlaces,
  readContainerInputs,
  readIntervalStanding,
} from '../chain/infernet-coordinator.ts'
import {
  type InfernetSubscription,
  infernetJobId,
  intervalEndS,
  subscriptionFingerprint,
} from '../chain/infernet-subscription.ts'
import type { Offer } from '../domain/contributor.ts'
import type { InfernetContainer } from '../domain/infernet-container.ts'
import { type Address, bytes32, unixSeconds, zeroAddress } from '../domain/units.ts'
import type { FollowedSubscription } from './infernet-cursor.ts'
import { expectedInboxGas } from './infernet-gas.ts'
import { infernetModelInput } from './infernet-input.ts'
import { encodeInfernetNote } from './infernet-note.ts'
import { type InfernetOffer, isConsumersFault, judgeInfernetPayment } from './infernet-payment.ts'
import type { InfernetTerms } from './infernet-terms.ts'
import type { FoundJob } from './job-source.ts'

export type DueInterval = {
  readonly entry: FollowedSubscription
  readonly subscription: InfernetSubscription
  readonly container: InfernetContainer
  readonly model: Offer
  readonly interval: number
  readonly places: InfernetPlaces
}

/** What is followed from now on; what was found, if anything; and what of the operator's money it was granted. */
export type ReadInterval = {
  readonly entry: FollowedSubscription
  readonly found?: FoundJob
  readonly grant?: { readonly consumer: Address; readonly amount: bigint }
}

export async function readInterval(
  terms: InfernetTerms,
  due: DueInterval,
  look: { readonly head: Block; readonly granted: ReadonlyMap<Address, bigint> },
): Promise<Result<ReadInterval, ChainFailure>> {
  const { rpc, node } = terms
  const { entry, subscription, interval, container, places } = due
  const { subscriptionId } = entry
  const which = { subscriptionId, interval, node }
  const standing = await readIntervalStanding(rpc, places.coordinator, which)
  if (!standing.ok) return standing
  const passedOver = { ...entry, interval, jobId: undefined }
  if (standing.value.isOurs || standing.value.delivered >= subscription.redundancy) {
    return ok({ entry: passedOver })
  }
  const offer = await judgeInfernetPayment(rpc, subscription, {
    ...terms.payments,
    answerPrice: container.answerPrice,
    granted: look.granted.get(subscription.owner) ?? 0n,
    places,
  })
  if (!offer.ok) return offer
  if (offer.value.kind === 'refused') {
    const { reason, detail, isForNow } = offer.value
    terms.log.info('infernet_passed_over', { subscriptionId, interval, reason, detail })
    // Its terms never change: none of its intervals is looked at again.
    return ok({ entry: { ...passedOver, isOver: !isForNow } })
  }
  const read = await readQuestion(terms, due, look.head)
  if (!read.ok) return read
  const found = foundJob(terms, due, { ...look, question: read.value, offer: offer.value })
  const grant = { consumer: subscription.owner, amount: offer.value.deliveryFee }
  const next = { entry: { ...entry, interval, jobId: found.ask.jobId }, found }
  return ok(offer.value.kind === 'granted' ? { ...next, grant } : next)
}

/** What the model is asked with, or why the consumer's bytes ask nothing. */
type Question = Result<Buffer, string>

async function readQuestion(
  { rpc, node }: InfernetTerms,
  { entry, subscription, container, model, interval }: DueInterval,
  head: Block,
): Promise<Result<Question, ChainFailure>> {
  const inputs = await readContainerInputs(rpc, {
    consumer: subscription.owner,
    subscriptionId: entry.subscriptionId,
    interval,
    timestampS: head.timestampS,
    node,
  })
  if (inputs.ok) {
    const tensors = model.tensors?.inputs ?? []
    return ok(infernetModelInput(container, fromHex(inputs.value), tensors))
  }
  return isConsumersFault(inputs.error) ? ok(err('it cannot be read')) : inputs
}

/** English in UTF-8 has four or five to a token. */
const bytesPerToken = 5

/** Above every price and every bill: what the answer costs is paid by the account, within its own bounds. */
const priceMax = 2n ** 64n
const feeMax = 2n ** 96n - 1n

function foundJob(
  terms: InfernetTerms,
  { entry, subscription, model, interval, container, places }: DueInterval,
  read: {
    readonly head: Block
    readonly question: Question
    readonly offer: Exclude<InfernetOffer, { readonly kind: 'refused' }>
  },
): FoundJob {
  const { chainId, gateway, callbackTimeS, consumerGasMax } = terms
  const { head, question, offer } = read
  const { subscriptionId } = entry
  const fingerprint = subscriptionFingerprint(subscription)
  const name = { chainId, coordinator: places.coordinator, subscriptionId, interval, fingerprint }
  const input = question.ok ? question.value : Buffer.alloc(0)
  const inboxGas = Number(expectedInboxGas(container.completionTokensMax * bytesPerToken))
  const endS = intervalEndS(subscription, interval) ?? head.timestampS + callbackTimeS
  return {
    ask: {
      chainId,
      coordinator: places.coordinator,
      jobId: infernetJobId(name),
      consumer: subscription.owner,
      terms: {
        modelId: model.modelId,
        // Whoever delivers first is paid; what the operator grants is paid to nobody else.
        gateway: offer.kind === 'granted' ? gateway : zeroAddress,
        minTiers: 0,
        promptAtomicPerMtok: priceMax,
        completionAtomicPerMtok: priceMax,
        maxFee: feeMax,
        deliveryFee: offer.deliveryFee,
        deliveryTime: endS - head.timestampS,
        callbackGas: consumerGasMax + (subscription.isLazy ? inboxGas : 0),
        agreement: 1,
        answersMax: 1,
      },
      inputHash: bytes32(`0x${sha256Hex(input)}`),
      deadlineS: unixSeconds(endS),
    },
    input: toHex(input),
    blockNumber: head.number,
    note: encodeInfernetNote({
      subscriptionId,
      interval,
      fingerprint,
      isLazy: subscription.isLazy,
      output: container.output,
      envelope: container.envelope,
      decimals: container.decimals,
      outputs: container.decimals === undefined ? [] : (model.tensors?.outputs ?? []),
    }),
    account: terms.account,
    refused: question.ok ? undefined : { reason: 'input_unreadable', detail: question.error },
  }
}
