import type { PayoutRefusal, UpstreamRefusal } from '../domain/refusal.ts'
import type { Described } from './described-error.ts'

type Unpaid = Extract<
  UpstreamRefusal,
  { reason: 'upstream_credit_exhausted' | 'payout_escrow_exhausted' | 'upstream_job_refused' }
>

/** The arms of openai-error.ts for what is about contributors' pay. */
export function describePayoutRefusal(refusal: PayoutRefusal | Unpaid): Described {
  switch (refusal.reason) {
    case 'upstream_credit_exhausted':
      return [
        [503, 'api_error', { 'retry-after': '1' }],
        'The contributors for this model wait to be paid for earlier answers.',
      ]
    case 'upstream_job_refused':
      return [
        [503, 'api_error'],
        'No contributor for this model answers the contract that asks for it.',
      ]
    case 'payout_escrow_exhausted':
      return [
        [503, 'api_error', { 'retry-after': '30' }],
        "The gateway's escrow for the contributors of this model does not cover this request now. A lower max_completion_tokens needs less of it.",
      ]
    case 'payout_query_invalid':
      return [
        [401, 'invalid_request_error', { 'www-authenticate': 'Vouch' }],
        "The signed query is not one of a contributor's key to this gateway, or not for the next five minutes.",
      ]
    case 'payout_not_found':
      return [
        [404, 'invalid_request_error'],
        'This gateway has no payout channel to that contributor.',
      ]
  }
}
