/*
 * After a crash: requests that were held when a gateway died, this one before it started again or another replica. What
 * reached the client, as far as the last checkpoint knows, is charged with a receipt that says so; what never began is
 * released.
 */
import { type GatewaySigner, sealReceipt } from '../attestation/seal-receipt.ts'
import { assert } from '../base/assert.ts'
import type { Endpoint } from '../domain/endpoint.ts'
import { type AssetAtRate, microUsd, microUsdOf } from '../domain/exchange.ts'
import type { OrphanedHold } from '../domain/hold.ts'
import { type PriceSheet, priceRoundedUp } from '../domain/price-sheet.ts'
import { workStatus } from '../domain/receipt.ts'
import type { InferenceRequest } from '../domain/request.ts'
import type { RequestRecord } from '../domain/request-record.ts'
import {
  type Address,
  type AtomicAmount,
  atomic,
  type Bytes32,
  noSignature,
  unixSecondsOf,
  zeroAddress,
  zeroBytes32,
} from '../domain/units.ts'
import { noUsage } from '../domain/usage.ts'
import type { UsdBook } from '../domain/usd-book.ts'
import { type DayClaim, spendOf } from '../payment/caller-limits.ts'
import type { CallerLimitsStep } from '../payment/caller-limits-desk.ts'
import type { PaymentStep } from '../payment/payment-step.ts'
import type { Candidate } from '../routing/lane.ts'

/** What is stored beside a hold of which more than itself is to be given back. */
type Counted = {
  /** The rate of the admission: what a unit of the channel's asset counted for, and which quote said so. */
  readonly income?:
    | {
        readonly decimals: number
        readonly rateE18: string
        readonly quoteId: Bytes32 | undefined
      }
    | undefined
  /** What the request claimed of its callers' day; undefined where that is not limited. */
  readonly dayClaim?: DayClaim | undefined
}

/** And beside a stream's. Prices are those of the cheapest candidate: a crash is never charged more than was agreed. */
type Context = Counted & {
  readonly receiptId: Bytes32
  readonly jobId: Bytes32
  readonly requestHash: Bytes32
  readonly modelId: Bytes32
  readonly modelName: string
  readonly endpoint: Endpoint
  readonly receivedAtMs: number
  readonly priceHash: Bytes32
  readonly prices: Readonly<Record<keyof PriceSheet, string | number>>
}

export function recoveryContext(
  request: InferenceRequest,
  candidates: readonly Candidate[],
  counted: {
    readonly income?: AssetAtRate | undefined
    readonly dayClaim?: DayClaim | undefined
  } = {},
): string | undefined {
  const { income, dayClaim } = counted
  // An answer in one piece is charged whole or not at all: after a crash its hold is only given back, and its day.
  if (!request.stream && dayClaim === undefined) return undefined
  const told: Counted = {
    ...(income !== undefined && { income: incomeJson(income) }),
    ...(dayClaim !== undefined && { dayClaim }),
  }
  if (!request.stream) return JSON.stringify(told)
  const offer = candidates
    .map((candidate) => candidate.offer)
    .reduce((a, b) => (b.prices.completionAtomicPerMtok < a.prices.completionAtomicPerMtok ? b : a))
  const { receiptId, jobId, requestHash, receivedAtMs, modelName, endpoint } = request
  const { modelId, priceHash } = offer
  const asked = { receivedAtMs, modelName, endpoint }
  const context = { receiptId, jobId, requestHash, modelId, priceHash, ...asked, ...told }
  return `${JSON.stringify(context).slice(0, -1)},"prices":${pricesJson(offer.prices)}}`
}

const incomeJson = ({ asset, rate }: AssetAtRate) => ({
  decimals: asset.decimals,
  rateE18: String(rate.rateE18),
  quoteId: rate.quoteId,
})

/** A price sheet is written with every request and never changes: its text is kept. */
const pricesText = new WeakMap<PriceSheet, string>()

function pricesJson(prices: PriceSheet): string {
  let text = pricesText.get(prices)
  if (text === undefined) {
    text = JSON.stringify(prices, (_, value) => (typeof value === 'bigint' ? String(value) : value))
    pricesText.set(prices, text)
  }
  return text
}

export type RecoveryDeps = {
  readonly payment: PaymentStep
  readonly limits: Pick<CallerLimitsStep, 'correctDay'>
  /** Decimals of the asset that prices are written in. */
  readonly priceDecimals: number
  readonly signer: GatewaySigner
  readonly payerOf: (channelId: Bytes32) => Promise<Address | undefined>
  readonly nowMs: () => number
}

/** Charges or releases every hold whose gateway is gone. Resolves with how many of each by us, all durable. */
export async function recoverHolds(
  deps: RecoveryDeps,
): Promise<{ readonly charged: number; readonly released: number }> {
  let charged = 0
  let released = 0
  for (const orphan of await deps.payment.orphanedHolds()) {
    const events = contentEventsOf(orphan)
    if (events === 0) {
      if (await deps.payment.release(orphan.requestId)) await correctDay(deps, orphan, atomic(0n))
      released += 1
      continue
    }
    const client = (await deps.payerOf(orphan.channelId)) ?? zeroAddress
    // Another replica, or the owner that was only slow, may have been faster.
    if (await chargeOrphan(deps, orphan, { events, client })) charged += 1
  }
  return { charged, released }
}

function contentEventsOf(orphan: OrphanedHold): number {
  if (orphan.checkpoint === undefined) return 0
  return (JSON.parse(orphan.checkpoint) as { readonly contentEvents: number }).contentEvents
}

async function chargeOrphan(
  deps: RecoveryDeps,
  orphan: OrphanedHold,
  known: { readonly events: number; readonly client: Address },
): Promise<boolean> {
  assert(
    orphan.context !== undefined,
    'what a stream delivered is noted beside a hold with its context',
  )
  const context = JSON.parse(orphan.context) as Context
  const prices = readPrices(context.prices)
  // Each content event was at least one token; the prompt was not counted before the crash and is not charged.
  const usage = { ...noUsage, completionTokens: known.events }
  const price = priceRoundedUp(prices, usage)
  const cost = price < orphan.heldAmount ? price : orphan.heldAmount
  const decided = await deps.payment.charge(
    orphan.requestId,
    cost,
    (position) =>
      sealReceipt(
        deps.signer,
        {
          receiptId: context.receiptId,
          work: {
            jobId: context.jobId,
            gateway: deps.signer.operator,
            contributor: zeroAddress,
            modelId: context.modelId,
            inputHash: zeroBytes32,
            outputHash: zeroBytes32,
            contentHash: zeroBytes32,
            streamRoot: zeroBytes32,
            promptTokens: 0,
            cachedPromptTokens: 0,
            completionTokens: known.events,
            commitment: zeroBytes32,
            startedAt: unixSecondsOf(context.receivedAtMs),
            finishedAt: unixSecondsOf(Math.max(deps.nowMs(), context.receivedAtMs)),
            // The line to the client broke on our side: like a client that left, it pays for what had reached it.
            status: workStatus.clientDisconnected,
          },
          contributorSignature: noSignature,
          client: known.client,
          requestHash: context.requestHash,
          responseHash: zeroBytes32,
          channelId: orphan.channelId,
          cost,
          prices,
          priceHash: context.priceHash,
          usageSource: 'counted',
          record: JSON.stringify(recordOf(context, deps.nowMs())),
          sealedAt: unixSecondsOf(deps.nowMs()),
          answerId: undefined,
        },
        position,
      ),
    undefined,
    worthOfOrphan(context, cost),
  )
  await decided?.durable
  if (decided !== undefined) await correctDay(deps, orphan, cost)
  return decided !== undefined
}

/** Whoever ended the request puts what it cost in the place of what it claimed of a day. */
async function correctDay(
  { limits, priceDecimals }: RecoveryDeps,
  orphan: OrphanedHold,
  cost: AtomicAmount,
): Promise<void> {
  if (orphan.context === undefined) return
  const { income, dayClaim } = JSON.parse(orphan.context) as Counted
  if (dayClaim === undefined) return
  const rateE18 = income && BigInt(income.rateE18)
  const asset = { decimals: income?.decimals ?? priceDecimals, rateE18 }
  await limits.correctDay(dayClaim, spendOf(cost, asset))
}

/** Only a stream gets so far, and who answered it is not known any more. */
const recordOf = (
  { modelName, endpoint, receivedAtMs }: Context,
  nowMs: number,
): RequestRecord => ({
  modelName,
  endpoint,
  stream: true,
  createdAtMs: receivedAtMs,
  durationMs: Math.max(0, nowMs - receivedAtMs),
  reason: 'hold_lost',
  reasoningTokens: 0,
  attempts: [],
})

function worthOfOrphan({ income }: Counted, cost: AtomicAmount): UsdBook | undefined {
  if (income === undefined) return undefined
  const { decimals, quoteId } = income
  const rate = { rateE18: BigInt(income.rateE18), quoteId }
  // Whose work it was is not known any more, so nobody earns of it.
  return { chargedMicroUsd: microUsdOf({ decimals }, cost, rate), earnedMicroUsd: microUsd(0n) }
}

function readPrices(prices: Context['prices']): PriceSheet {
  const amount = (name: keyof PriceSheet) => atomic(BigInt(prices[name]))
  return {
    ...(prices as unknown as PriceSheet),
    promptAtomicPerMtok: amount('promptAtomicPerMtok'),
    cachedPromptAtomicPerMtok: amount('cachedPromptAtomicPerMtok'),
    completionAtomicPerMtok: amount('completionAtomicPerMtok'),
  }
}
