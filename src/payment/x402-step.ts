import { err, ok, type Result } from '../base/result.ts'
import type { DomainSeparator } from '../chain/typed-data.ts'
import type { ChannelOffer } from '../domain/billing-terms.ts'
import type { Offer } from '../domain/contributor.ts'
import type { FxRefusal, Refusal } from '../domain/refusal.ts'
import type { UnpaidRequest } from '../domain/request.ts'
import { type AtomicAmount, atomic } from '../domain/units.ts'
import type {
  ExactPayment,
  PaymentQuote,
  PresentedPayment,
  RefundRequest,
  VoucherPayment,
} from '../domain/x402-payment.ts'
import { StoreFailure } from '../store/ledger-store.ts'
import { ChannelTurns } from './channel-turns.ts'
import { ceilingOf } from './payment-step.ts'
import type { Pricing } from './price-exchange.ts'
import { VoucherJudge } from './voucher-judge.ts'
import {
  type AcceptDeps,
  acceptVoucherPayment,
  type ChannelPayer,
  type LaneDeps,
  type ProvenVoucher,
  proveVoucher,
} from './x402-accept.ts'
import { acceptExactPayment, type ExactDeps } from './x402-exact.ts'
import { quotePayment } from './x402-quote.ts'
import { acceptRefundRequest, type Refunded } from './x402-refund.ts'

/** Payments request by request. */
export type X402Step = {
  /** Requests that one voucher may pay for at a time where the client does not say. */
  readonly parallelDefault: number
  /** The least that a transfer for one request must bring: the gateway pays its gas. */
  readonly exactMinimumAmount: AtomicAmount
  readonly quote: (
    request: UnpaidRequest,
    offers: readonly Offer[],
    parallel: number,
  ) => Result<PaymentQuote, Refusal>
  /** For who asks before having a request: the terms, with a ceiling of nothing. */
  readonly terms: PaymentQuote
  /** The quote that a payment is for: of its chain and asset. Refused where nothing such is taken, or no rate is known. */
  readonly choose: (payment: PresentedPayment, quote: PaymentQuote) => Result<PaymentQuote, Refusal>
  /** Whether the voucher is its channel's own: cheap, without the chain. Only then may it stand in its channel's way. */
  readonly prove: (payment: VoucherPayment) => Promise<Result<ProvenVoucher, Refusal>>
  readonly accept: (
    payment: VoucherPayment | ExactPayment,
    quote: PaymentQuote,
    proven: ProvenVoucher | undefined,
  ) => Promise<Result<ChannelPayer, Refusal>>
  readonly refund: (request: RefundRequest) => Promise<Result<Refunded, Refusal>>
  readonly turns: ChannelTurns
}

/** Another chain or asset on which vouchers are taken. */
export type X402Lane = LaneDeps & {
  readonly offer: ChannelOffer
  readonly pricing: () => Result<Pricing, FxRefusal>
}

export type X402Deps = LaneDeps &
  ExactDeps & {
    readonly offer: ChannelOffer
    /** Beside the home chain's asset, in which alone single transfers are taken. */
    readonly others?: readonly X402Lane[]
    readonly tokenDomain: DomainSeparator
    readonly parallel: number
    readonly exactMinimumAmount: AtomicAmount
    readonly refund: Parameters<typeof acceptRefundRequest>[0]['refund']
  }

export function createX402Step(deps: X402Deps): X402Step {
  const { offer, parallel, exactMinimumAmount, others = [] } = deps
  const lanes = [deps, ...others].map(laneFrom)
  // A single transfer names no asset but by the signature that it carries: the home asset alone is taken so.
  const homeLanes = lanes.slice(0, 1)
  const laneOf = (payment: PresentedPayment): Result<Lane, Refusal> =>
    chooseLane(payment.kind === 'exact' ? homeLanes : lanes, payment)
  return {
    parallelDefault: parallel,
    exactMinimumAmount,
    quote: (request, offers, asked) => {
      const ceiling = ceilingOf(request, offers)
      if (!ceiling.ok) return ceiling
      const quote = quotePayment(offer, { ceilingAmount: ceiling.value, parallel: asked })
      if (others.length === 0) return ok(quote)
      return ok({ ...quote, alternatives: quoteOthers(others, { request, offers, asked }) })
    },
    terms: { ...termsOf(offer), alternatives: others.map((lane) => termsOf(lane.offer)) },
    choose: (payment, quote) => {
      const lane = laneOf(payment)
      if (!lane.ok) return lane
      const quotes = [quote, ...(quote.alternatives ?? [])]
      const chosen = quotes.find((one) => one.offer === lane.value.offer)
      if (chosen !== undefined) return ok(chosen)
      return err({ reason: 'fx_quote_unavailable', asset: lane.value.terms.token })
    },
    prove: (payment) =>
      onLane(laneOf(payment), async (lane) => {
        const proven = await proveVoucher(lane, payment.voucher)
        return proven.ok ? ok({ signature: proven.value.signature }) : proven
      }),
    accept: (payment, quote, proven) =>
      onLane(laneOf(payment), async (lane) => {
        if (payment.kind === 'voucher') return acceptVoucherPayment(lane, payment, quote, proven)
        if (quote.ceilingAmount < exactMinimumAmount) {
          const detail = 'a request of so little is not settled by a transfer of its own'
          return err({ reason: 'payment_unacceptable', detail })
        }
        return acceptExactPayment(deps, payment, quote)
      }),
    refund: (request) =>
      onLane(laneOf(request), (lane) =>
        acceptRefundRequest({ ...lane, refund: deps.refund }, request),
      ),
    turns: new ChannelTurns(),
  }
}

const termsOf = (offer: ChannelOffer): PaymentQuote =>
  quotePayment(offer, { ceilingAmount: atomic(0n), parallel: 1 })

/** What the request costs in every other asset whose rate is known. */
function quoteOthers(
  others: readonly X402Lane[],
  asked: {
    readonly request: UnpaidRequest
    readonly offers: readonly Offer[]
    readonly asked: number
  },
): readonly PaymentQuote[] {
  return others.flatMap((lane) => {
    const pricing = lane.pricing()
    if (!pricing.ok) return []
    const ceiling = ceilingOf(asked.request, asked.offers.map(pricing.value.offerOf))
    if (!ceiling.ok) return []
    return [quotePayment(lane.offer, { ceilingAmount: ceiling.value, parallel: asked.asked })]
  })
}

type Lane = AcceptDeps & {
  readonly offer: ChannelOffer
  /** CAIP-2 name of its chain. */
  readonly network: string
}

const laneFrom = (deps: LaneDeps & { readonly offer: ChannelOffer }): Lane => ({
  ledger: deps.ledger,
  terms: deps.terms,
  readChannel: deps.readChannel,
  deposits: deps.deposits,
  judge: new VoucherJudge(deps.terms),
  offer: deps.offer,
  network: `eip155:${deps.offer.chainId}`,
})

/** That of the chain and the asset. In another asset of a chain that is taken a payment is told what its asset must be. */
function chooseLane(lanes: readonly Lane[], payment: PresentedPayment): Result<Lane, Refusal> {
  const token = payment.kind === 'exact' ? undefined : payment.voucher.config.token
  let ofChain: Lane | undefined
  for (const lane of lanes) {
    if (lane.network !== payment.network) continue
    if (lane.offer.asset.address === token) return ok(lane)
    ofChain ??= lane
  }
  if (ofChain !== undefined) return ok(ofChain)
  const networks = [...new Set(lanes.map(({ network }) => network))].join(' or ')
  return err({ reason: 'payment_unacceptable', detail: `its network must be ${networks}` })
}

async function onLane<T>(
  lane: Result<Lane, Refusal>,
  act: (lane: Lane) => Promise<Result<T, Refusal>>,
): Promise<Result<T, Refusal>> {
  if (!lane.ok) return lane
  try {
    return await act(lane.value)
  } catch (error) {
    if (error instanceof StoreFailure) return err({ reason: 'store_unavailable' })
    throw error
  }
}
