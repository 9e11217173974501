import { err, ok, type Result } from '../base/result.ts'
import type { Soon } from '../base/soon.ts'
import type { Offer } from '../domain/contributor.ts'
import type { Decided, Held } from '../domain/hold.ts'
import type {
  FxRefusal,
  GatewayRefusal,
  HoldRefusal,
  PaymentRefusal,
  RequestRefusal,
  VoucherRefusal,
} from '../domain/refusal.ts'
import type { InferenceRequest, UnpaidRequest } from '../domain/request.ts'
import { type Address, type AtomicAmount, atomic, type Bytes32 } from '../domain/units.ts'
import { type LedgerStore, StoreFailure } from '../store/ledger-store.ts'
import { boundCost, type CostBound, sliceCost } from './bound-cost.ts'
import { GrowingHold } from './growing-hold.ts'
import { asConfigured, type PriceExchange, type Pricing } from './price-exchange.ts'
import { refuseWithoutStore } from './refuse-without-store.ts'
import { answerPayment } from './x402-answer.ts'

/** A request's money is set aside: decided now, durable when `hold.durable` resolves. */
export type Admitted = {
  readonly hold: Decided<Held>
  readonly payerAddress: Address
  readonly bounds: ReadonlyMap<Offer, CostBound>
  /** Of a stream whose worst case did not fit: it holds one slice and must grow. Undefined where all is held. */
  readonly growing: GrowingHold | undefined
  /** What the answer tells its payer in headers, beside what every answer has. */
  readonly headers: Readonly<Record<string, string>>
}

/** What is held for a request by now, and so the most that it may be charged. */
export const heldAmountOf = ({ growing, hold }: Admitted): AtomicAmount =>
  growing?.heldAmount ?? hold.value.hold.heldAmount

/** Money as the conductor sees it: admission is ours, the rest is the ledger's own. */
export type PaymentStep = Pick<
  LedgerStore,
  | 'checkpoint'
  | 'extend'
  | 'charge'
  | 'release'
  | 'orphanedHolds'
  | 'receipt'
  | 'requestRecord'
  | 'receiptOfAnswer'
  | 'heldOn'
  | 'isWritable'
> & {
  /** What a request on this channel is counted in: the asset of the channel, at the rate of now. */
  readonly pricing: (channelId: Bytes32) => Soon<Result<Pricing, PricingRefusal>>
  /**
   * Holds the worst case over every offer that may serve the request. A stream of an API key for which that is too much
   * begins with a slice instead; an x402 client is told its ceiling before the first byte, so nothing can be added later.
   */
  readonly admit: (
    request: InferenceRequest,
    offers: readonly Offer[],
    context: string | undefined,
  ) => Promise<Result<Admitted, AdmitRefusal>>
}

type PricingRefusal = FxRefusal | VoucherRefusal | GatewayRefusal
type AdmitRefusal = RequestRefusal | HoldRefusal | PaymentRefusal | GatewayRefusal

/** The ledger cannot be reached or written: expected, and told to the caller as `store_unavailable`. */
export const isStoreFailure = (error: unknown): boolean => error instanceof StoreFailure

const pricedAsConfigured = ok(asConfigured)

/** Without an `exchange` every channel is asked the prices as they are configured. */
export function createPaymentStep(ledger: LedgerStore, exchange?: PriceExchange): PaymentStep {
  return {
    pricing: (channelId) =>
      exchange === undefined
        ? pricedAsConfigured
        : pricingOf(ledger, exchange, channelId).catch(refuseWithoutStore),
    admit: (request, offers, context) =>
      admit(ledger, request, { offers, context }).catch(refuseWithoutStore),
    checkpoint: ledger.checkpoint.bind(ledger),
    extend: ledger.extend.bind(ledger),
    charge: ledger.charge.bind(ledger),
    release: ledger.release.bind(ledger),
    orphanedHolds: ledger.orphanedHolds.bind(ledger),
    receipt: ledger.receipt.bind(ledger),
    requestRecord: ledger.requestRecord.bind(ledger),
    receiptOfAnswer: ledger.receiptOfAnswer.bind(ledger),
    heldOn: ledger.heldOn.bind(ledger),
    isWritable: ledger.isWritable.bind(ledger),
  }
}

async function pricingOf(
  ledger: Pick<LedgerStore, 'channel'>,
  exchange: PriceExchange,
  channelId: Bytes32,
): Promise<Result<Pricing, PricingRefusal>> {
  const known = exchange.assetOf(channelId)
  if (known !== undefined) return exchange.pricingOf(known)
  const channel = await ledger.channel(channelId)
  // What there is no channel for is refused by the hold.
  if (channel === undefined) return ok(asConfigured)
  const { chainId, config } = channel
  const asset = exchange.find({ chainId, address: config.token })
  if (asset === undefined) {
    return err({ reason: 'channel_terms_unacceptable', detail: 'its asset is not taken any more' })
  }
  exchange.remember(channelId, asset)
  return exchange.pricingOf(asset)
}

async function admit(
  ledger: LedgerStore,
  request: InferenceRequest,
  terms: { readonly offers: readonly Offer[]; readonly context: string | undefined },
): Promise<Result<Admitted, AdmitRefusal>> {
  const bounded = boundAll(request, terms.offers)
  if (!bounded.ok) return bounded
  const isPaidHere = request.payer.kind !== 'contract'
  const bounds = isPaidHere ? bounded.value : paidElsewhere(bounded.value)
  const { channelId } = request.payer
  const worstCase = dearest(bounds, ({ amount }) => amount)
  if (worstCase === undefined) return err({ reason: 'internal_error' })
  const { requestId, payer } = request
  const hold = (heldAmount: AtomicAmount) =>
    ledger.hold({
      requestId,
      channelId,
      heldAmount,
      context: terms.context,
      budget: payer.kind === 'api-key' ? payer.spendCap : undefined,
      announces: payer.kind === 'channel',
    })
  const admitted = (
    held: Decided<Held>,
    growing: GrowingHold | undefined,
    headers: Admitted['headers'] = {},
  ): Admitted => ({
    hold: held,
    payerAddress: held.value.channel.config.payer,
    bounds: bounds,
    growing,
    headers,
  })
  const held = await hold(worstCase)
  if (held.ok && payer.kind === 'channel') {
    const answer = answerPayment(payer.payment, held.value.value)
    if (answer.ok) return ok(admitted(held.value, undefined, answer.value))
    await ledger.release(requestId)
    return answer
  }
  if (held.ok) return ok(admitted(held.value, undefined))
  const slice = dearest(bounds, (bound, offer) => sliceCost(request, offer, bound))
  if (slice === undefined || !mayBeginWith(request, slice, held.error)) return held
  const begun = await hold(slice)
  // What the whole would take says more to the payer than what a part would.
  if (!begun.ok) return held
  const growing = new GrowingHold(ledger.extend.bind(ledger), begun.value.value.hold)
  return ok(admitted(begun.value, growing))
}

/** The most that the request can cost, whichever of the offers serves it. */
export function ceilingOf(
  request: UnpaidRequest,
  offers: readonly Offer[],
): Result<AtomicAmount, RequestRefusal | GatewayRefusal> {
  const bounds = boundAll(request, offers)
  if (!bounds.ok) return bounds
  const ceiling = dearest(bounds.value, ({ amount }) => amount)
  return ceiling === undefined ? err({ reason: 'internal_error' }) : ok(ceiling)
}

/** The largest amount over all offers; undefined where there is none. */
function dearest(
  bounds: ReadonlyMap<Offer, CostBound>,
  amountOf: (bound: CostBound, offer: Offer) => AtomicAmount,
): AtomicAmount | undefined {
  let most: AtomicAmount | undefined
  for (const [offer, bound] of bounds) {
    const amount = amountOf(bound, offer)
    if (most === undefined || amount > most) most = amount
  }
  return most
}

const mayBeginWith = (
  { stream, payer }: InferenceRequest,
  slice: AtomicAmount,
  refusal: HoldRefusal | GatewayRefusal,
): boolean =>
  stream && payer.kind === 'api-key' && 'freeAmount' in refusal && slice <= refusal.freeAmount

/** The chain pays: nothing is held, so that nothing is charged and nothing owed. Tokens are bounded as ever. */
const paidElsewhere = (bounds: ReadonlyMap<Offer, CostBound>): ReadonlyMap<Offer, CostBound> =>
  new Map([...bounds].map(([offer, bound]) => [offer, { ...bound, amount: atomic(0n) }]))

/** Offers whose bounds the request respects; the first refusal when there is none. */
function boundAll(
  request: UnpaidRequest,
  offers: readonly Offer[],
): Result<ReadonlyMap<Offer, CostBound>, RequestRefusal> {
  const bounds = new Map<Offer, CostBound>()
  let refusal: RequestRefusal | undefined
  for (const offer of offers) {
    const bound = boundCost(request, offer)
    if (bound.ok) bounds.set(offer, bound.value)
    else refusal ??= bound.error
  }
  return bounds.size > 0 || refusal === undefined ? ok(bounds) : err(refusal)
}
