import { err, ok, type Result } from '../base/result.ts'
import type { Offer } from '../domain/contributor.ts'
import type { Decided, Held } from '../domain/hold.ts'
import type { GatewayRefusal, HoldRefusal, RequestRefusal } from '../domain/refusal.ts'
import type { InferenceRequest } from '../domain/request.ts'
import type { Address, AtomicAmount } from '../domain/units.ts'
import type { LedgerStore } from '../store/ledger-store.ts'
import { boundCost, type CostBound } from './bound-cost.ts'

/** A request's money is set aside: decided now, durable when `hold.durable` resolves. */
export type Admitted = {
  readonly hold: Decided<Held>
  readonly payerAddress: Address
  readonly bounds: ReadonlyMap<Offer, CostBound>
  /** What the answer tells its payer in headers, beside what every answer has. */
  readonly headers: Readonly<Record<string, string>>
}

/** Money as the conductor sees it: admission is ours, the rest is the ledger's own. */
export type PaymentStep = Pick<
  LedgerStore,
  'checkpoint' | 'extend' | 'charge' | 'release' | 'orphanedHolds' | 'receipt' | 'isWritable'
> & {
  /** Holds the worst case over every offer that may serve the request. */
  readonly admit: (
    request: InferenceRequest,
    offers: readonly Offer[],
    context: string,
  ) => Promise<Result<Admitted, RequestRefusal | HoldRefusal | GatewayRefusal>>
}

export function createPaymentStep(ledger: LedgerStore): PaymentStep {
  return {
    admit: (request, offers, context) => admit(ledger, request, { offers, context }),
    checkpoint: ledger.checkpoint.bind(ledger),
    extend: ledger.extend.bind(ledger),
    charge: ledger.charge.bind(ledger),
    release: ledger.release.bind(ledger),
    orphanedHolds: ledger.orphanedHolds.bind(ledger),
    receipt: ledger.receipt.bind(ledger),
    isWritable: ledger.isWritable.bind(ledger),
  }
}

async function admit(
  ledger: LedgerStore,
  request: InferenceRequest,
  terms: { readonly offers: readonly Offer[]; readonly context: string },
): Promise<Result<Admitted, RequestRefusal | HoldRefusal | GatewayRefusal>> {
  const bounds = boundAll(request, terms.offers)
  if (!bounds.ok) return bounds
  const { channelId } = request.payer
  const channel = await ledger.channel(channelId)
  if (channel === undefined) return err({ reason: 'channel_not_found' })
  let heldAmount: AtomicAmount | undefined
  for (const { amount } of bounds.value.values()) {
    if (heldAmount === undefined || amount > heldAmount) heldAmount = amount
  }
  if (heldAmount === undefined) return err({ reason: 'internal_error' })
  const { requestId, payer } = request
  const held = await ledger.hold({
    requestId,
    channelId,
    heldAmount,
    context: terms.context,
    budget: payer.kind === 'api-key' ? payer.spendCap : undefined,
    announces: payer.kind === 'channel',
  })
  if (!held.ok) return held
  return ok({
    hold: held.value,
    payerAddress: channel.config.payer,
    bounds: bounds.value,
    headers: {},
  })
}

/** Offers whose bounds the request respects; the first refusal when there is none. */
function boundAll(
  request: InferenceRequest,
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
