import type { DepositRefusal } from '../domain/refusal.ts'
import { badRequest, type Described } from './described-error.ts'

/** The arms of openai-error.ts for deposits and for payments that come with a request. */
export function describePaymentRefusal(refusal: DepositRefusal): Described {
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
        'This payer had many deposits sent lately. The gateway pays their gas.',
      ]
    case 'deposit_pending':
      return [
        [503, 'api_error', { 'retry-after': '5' }],
        `The deposit is on its way and not confirmed yet (${refusal.transactionHash ?? 'not yet signed'}). Ask again with the same authorization; sign no other one.`,
      ]
  }
}
