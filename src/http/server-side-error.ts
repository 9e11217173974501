import type { Refusal } from '../domain/refusal.ts'
import { apiError, type Described, sdkMustNotRetry } from './described-error.ts'
import { describePayoutRefusal } from './payout-error.ts'

type ServerReason = Extract<
  Refusal,
  {
    reason:
      | `upstream_${string}`
      | `payout_${string}`
      | 'no_contributor'
      | 'constraint_filtered'
      | 'attestation_failed'
      | 'store_unavailable'
      | 'log_forked'
      | 'chain_unavailable'
      | 'overloaded'
      | 'hold_lost'
      | 'fx_quote_unavailable'
      | 'shutting_down'
      | 'internal_error'
  }
>

/** The arms of openai-error.ts for what neither the caller nor its request is at fault for. */
export function describeServerSide(refusal: ServerReason): Described {
  switch (refusal.reason) {
    case 'no_contributor':
      return [[503, 'api_error'], 'No contributor can serve this model now.']
    case 'constraint_filtered':
      return [
        [404, 'invalid_request_error'],
        `No contributor of this model is left by what the request asks for: ${refusal.filter}.`,
      ]
    case 'upstream_connection_error':
      return [apiError, 'The contributor could not be reached.']
    case 'upstream_timeout':
      return [[504, 'timeout_error'], 'The contributor did not answer in time.']
    case 'upstream_stalled':
      return [[504, 'timeout_error'], 'The contributor stopped in the middle of its answer.']
    case 'upstream_bad_response':
      return [
        apiError,
        "The contributor's answer is unusable: not the OpenAI format, or a status of its own.",
      ]
    case 'upstream_unavailable':
      return [[503, 'api_error'], `The contributor failed with status ${refusal.status}.`]
    case 'upstream_rejected':
      return [
        [refusal.status, 'invalid_request_error'],
        'The contributor rejected the request as invalid.',
        { code: refusal.code },
      ]
    case 'upstream_credentials_exhausted':
      return [
        [502, 'api_error', sdkMustNotRetry],
        "The gateway's own credentials at the contributor were refused.",
      ]
    case 'upstream_rate_limited':
      return [
        [429, 'rate_limit_error', { 'retry-after': String(refusal.retryAfterS) }],
        'All contributors for this model are at their limits.',
        { code: 'capacity_exhausted' },
      ]
    case 'upstream_credit_exhausted':
    case 'upstream_job_refused':
    case 'payout_escrow_exhausted':
    case 'payout_query_invalid':
    case 'payout_not_found':
      return describePayoutRefusal(refusal)
    case 'upstream_stream_interrupted':
      return [apiError, 'The contributor cut the stream before its end.']
    case 'attestation_failed':
      return [
        [502, 'attestation_error', sdkMustNotRetry],
        'The contributor did not prove its work: the answer is withheld and not charged.',
      ]
    case 'store_unavailable':
      return [[503, 'api_error'], 'The gateway cannot write its ledger now.']
    case 'log_forked':
      return [[503, 'api_error', sdkMustNotRetry], "The chain contradicts the gateway's own log."]
    case 'chain_unavailable':
      return [[503, 'api_error'], 'The gateway cannot reach its chain now.']
    case 'overloaded':
      return [[503, 'api_error', { 'retry-after': '1' }], 'The gateway is overloaded.']
    case 'fx_quote_unavailable':
      return [
        [503, 'api_error', { 'retry-after': '5' }],
        `No fresh exchange rate for the asset ${refusal.asset} is known now.`,
      ]
    case 'hold_lost':
      return [[503, 'api_error'], 'Another gateway ended this request: this one stood still.']
    case 'shutting_down':
      return [[503, 'api_error', { 'retry-after': '5' }], 'The gateway is shutting down.']
    case 'internal_error':
      return [[500, 'api_error'], 'The gateway failed; the operator has the request id.']
  }
}
