import { err, ok, type Result } from '../base/result.ts'
import type { DomainSeparator } from '../chain/typed-data.ts'
import type { ChannelOffer } from '../domain/billing-terms.ts'
import type { Offer } from '../domain/contributor.ts'
import type { Refusal } from '../domain/refusal.ts'
import type { UnpaidRequest } from '../domain/request.ts'
import { type AtomicAmount, atomic } from '../domain/units.ts'
import type {
  ExactPayment,
  PaymentQuote,
  RefundRequest,
  VoucherPayment,
} from '../domain/x402-payment.ts'
import { StoreFailure } from '../store/ledger-store.ts'
import { ChannelTurns } from './channel-turns.ts'
import { ceilingOf } from './payment-step.ts'
import { type AcceptDeps, acceptVoucherPayment, type ChannelPayer } from './x402-accept.ts'
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
  readonly accept: (
    payment: VoucherPayment | ExactPayment,
    quote: PaymentQuote,
  ) => Promise<Result<ChannelPayer, Refusal>>
  readonly refund: (request: RefundRequest) => Promise<Result<Refunded, Refusal>>
  readonly turns: ChannelTurns
}

export type X402Deps = AcceptDeps &
  ExactDeps & {
    readonly offer: ChannelOffer
    readonly tokenDomain: DomainSeparator
    readonly parallel: number
    readonly exactMinimumAmount: AtomicAmount
    readonly refund: Parameters<typeof acceptRefundRequest>[0]['refund']
  }

export function createX402Step(deps: X402Deps): X402Step {
  const { offer, parallel, exactMinimumAmount } = deps
  const network = `eip155:${offer.chainId}`
  return {
    parallelDefault: parallel,
    exactMinimumAmount,
    quote: (request, offers, asked) => {
      const ceiling = ceilingOf(request, offers)
      if (!ceiling.ok) return ceiling
      return ok(quotePayment(offer, { ceilingAmount: ceiling.value, parallel: asked }))
    },
    terms: quotePayment(offer, { ceilingAmount: atomic(0n), parallel: 1 }),
    accept: (payment, quote) =>
      onThisChain(payment, network, async () => {
        if (payment.kind === 'voucher') return acceptVoucherPayment(deps, payment, quote)
        if (quote.ceilingAmount < exactMinimumAmount) {
          const detail = 'a request of so little is not settled by a transfer of its own'
          return err({ reason: 'payment_unacceptable', detail })
        }
        return acceptExactPayment(deps, payment, quote)
      }),
    refund: (request) => onThisChain(request, network, () => acceptRefundRequest(deps, request)),
    turns: new ChannelTurns(),
  }
}

async function onThisChain<T>(
  payment: { readonly network: string },
  network: string,
  act: () => Promise<Result<T, Refusal>>,
): Promise<Result<T, Refusal>> {
  if (payment.network !== network) {
    return err({ reason: 'payment_unacceptable', detail: `its network must be ${network}` })
  }
  try {
    return await act()
  } catch (error) {
    if (error instanceof StoreFailure) return err({ reason: 'store_unavailable' })
    throw error
  }
}
