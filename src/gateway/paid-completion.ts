/*
 * A request that comes with its payment instead of a key: taken in turn where its voucher leaves room for one only, paid,
 * and then served like any other.
 */
import { err, type Result } from '../base/result.ts'
import type { Refusal } from '../domain/refusal.ts'
import type { UnpaidRequest } from '../domain/request.ts'
import type { ExactPayment, PaymentQuote, VoucherPayment } from '../domain/x402-payment.ts'
import type { ProvenVoucher } from '../payment/x402-accept.ts'
import type { X402Step } from '../payment/x402-step.ts'
import type { AnswerClient } from './answer-client.ts'
import type { Gateway } from './gateway.ts'
import type { InFlight } from './in-flight.ts'
import { RepeatedPayments } from './repeated-payments.ts'
import { serveCompletion } from './serve-completion.ts'
import { whyUnserved } from './why-unserved.ts'

/** What a door may ask of payments that come with requests. */
export type PaidDoor = Pick<
  X402Step,
  'parallelDefault' | 'exactMinimumAmount' | 'terms' | 'refund'
> & {
  readonly quote: (request: UnpaidRequest, parallel: number) => Result<PaymentQuote, Refusal>
  readonly complete: (
    request: UnpaidRequest,
    payment: VoucherPayment | ExactPayment,
    paid: { readonly quote: PaymentQuote; readonly client: AnswerClient },
  ) => Promise<Result<void, Refusal>>
}

export function createPaidDoor(gateway: Gateway, inFlight: InFlight, x402: X402Step): PaidDoor {
  const repeated = new RepeatedPayments()
  const { parallelDefault, exactMinimumAmount, terms, refund } = x402
  return {
    parallelDefault,
    exactMinimumAmount,
    terms,
    refund,
    quote: (request, parallel) => {
      const candidates = gateway.pool.candidates(request)
      if (candidates.length > 0) {
        const offers = candidates.map(({ offer }) => offer)
        return x402.quote(request, offers, parallel)
      }
      return err(whyUnserved(gateway.pool, request))
    },
    complete: async (request, payment, { quote: offered, client }) => {
      const chosen = x402.choose(payment, offered)
      if (!chosen.ok) return chosen
      // Before the payment is taken.
      if (gateway.transparency?.isForked()) return err({ reason: 'log_forked' })
      const quote = chosen.value
      const left = inFlight.enter()
      if (left === undefined) return err({ reason: 'shutting_down' })
      try {
        const job = { request, payment, quote, client, proven: undefined }
        if (payment.kind !== 'voucher' || quote.parallel > 1) return await serve(gateway, x402, job)
        // Whoever only names a channel must not keep its owner waiting.
        const proven = await x402.prove(payment)
        if (!proven.ok) return proven
        return await inTurn(x402, payment, async () => {
          const response = repeated.answerTo(payment, request)
          if (response !== undefined) return err({ reason: 'payment_replayed', response })
          const told = repeated.watch(payment, request, client)
          return serve(gateway, x402, { ...job, client: told, proven: proven.value })
        })
      } finally {
        left()
      }
    },
  }
}

async function inTurn(
  { turns }: X402Step,
  { voucher }: VoucherPayment,
  act: () => Promise<Result<void, Refusal>>,
): Promise<Result<void, Refusal>> {
  const turn = await turns.take(voucher.channelId, voucher.maxClaimableAmount)
  if (turn === undefined) return err({ reason: 'channel_busy', retryAfterS: 1 })
  let refusedAmount: typeof voucher.maxClaimableAmount | undefined
  try {
    const outcome = await act()
    const isLow = !outcome.ok && outcome.error.reason === 'cumulative_amount_mismatch'
    refusedAmount = isLow ? voucher.maxClaimableAmount : undefined
    return outcome
  } finally {
    turn.end(refusedAmount)
  }
}

async function serve(
  gateway: Gateway,
  x402: X402Step,
  job: {
    readonly request: UnpaidRequest
    readonly payment: VoucherPayment | ExactPayment
    readonly quote: PaymentQuote
    readonly client: AnswerClient
    /** Undefined where it was not looked at yet. */
    readonly proven: ProvenVoucher | undefined
  },
): Promise<Result<void, Refusal>> {
  const { request, payment, quote, client, proven } = job
  const payer = await x402.accept(payment, quote, proven)
  if (!payer.ok) return payer
  const served = await serveCompletion(gateway, { ...request, payer: payer.value }, client)
  if (served.ok || served.error.reason !== 'insufficient_balance') return served
  // Another request took what this one was to be paid by, between the look at the channel and the hold.
  if (payment.kind === 'exact') return err({ reason: 'payment_replayed', response: undefined })
  const again = await x402.accept(payment, quote, proven)
  return again.ok ? served : again
}
