import type { DepositRefusal, PaymentRefusal } from '../domain/refusal.ts'
import { badRequest, type Described, type ErrorKind, sdkMustNotRetry } from './described-error.ts'

const paymentRequired: ErrorKind = [402, 'insufficient_quota', sdkMustNotRetry]

/** The arms of openai-error.ts for deposits and for payments that come with a request. */
export function describePaymentRefusal(refusal: DepositRefusal | PaymentRefusal): Described {
  switch (refusal.reason) {
    case 'deposit_below_minimum':
      return [
        badRequest,
        `A deposit here is at least ${refusal.minimumAmount} atomic units: the gateway pays its gas.`,
      ]
    case 'deposit_rejected':
      return [badRequest, `The deposit cannot be made: ${refusal.detail}.`]
    case 'deposit_limit_reached':
      return [
        [429, 'rate_limit_error', { 'retry-after': String(refusal.retryAfterS) }],
        'Many deposits were sent lately for this payer, or from this network. The gateway pays their gas.',
      ]
    case 'deposit_pending':
      return [
        [503, 'api_error', { 'retry-after': '5' }],
        `The deposit is on its way and not confirmed yet (${refusal.transactionHash ?? 'not yet signed'}). Ask again with the same authorization; sign no other one.`,
      ]
    case 'payment_required':
      return [
        paymentRequired,
        'Pay with an API key, or for this request alone as its PAYMENT-REQUIRED header says.',
      ]
    case 'payment_malformed':
      return [badRequest, `The payment cannot be read: ${refusal.detail}.`]
    case 'payment_unacceptable':
      return [paymentRequired, `The payment does not do: ${refusal.detail}.`]
    case 'cumulative_amount_mismatch':
      return [
        paymentRequired,
        'The voucher does not pay for this request: count from the sum in PAYMENT-REQUIRED and sign again.',
      ]
    case 'payment_replayed':
      return [
        [409, 'payment_error', sdkMustNotRetry],
        'This payment was for one request, which was answered or is being answered.',
      ]
    case 'channel_busy':
      return [
        [429, 'rate_limit_error', { 'retry-after': String(refusal.retryAfterS) }],
        "Too many requests wait for their turn on this voucher's channel.",
      ]
  }
}
