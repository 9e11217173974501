import type { ContractRefusal } from '../domain/contract-refusal.ts'
import type {
  EvidenceRefusal,
  LogRefusal,
  ProofRefusal,
  ReceiptRefusal,
  Refusal,
} from '../domain/refusal.ts'
import { describeAuthenticationRefusal } from './authentication-error.ts'
import { describeContractRefusal, isAboutContracts } from './ccip/contract-error.ts'
import { badRequest, type Described, printable } from './described-error.ts'
import { describeEvidenceRefusal, isAboutEvidence } from './evidence/evidence-error.ts'
import { describeHoldRefusal, describeVoucherRefusal } from './hold-error.ts'
import { describeProofRefusal, isAboutProofs } from './inference/proof-error.ts'
import {
  type ContributorRefusal,
  describeContributorRefusal,
  isAboutContributors,
} from './lending-error.ts'
import { describeLimitRefusal } from './limit-error.ts'
import { describeOwnerRefusal } from './owner-error.ts'
import { describePaymentRefusal } from './payment-error.ts'
import { describeReceiptRefusal, isAboutReceipts } from './receipt-error.ts'
import { describeServerSide } from './server-side-error.ts'
import { describeLogRefusal, isAboutLog } from './transparency/transparency-error.ts'

/** OpenAI's error object: four keys always, so that every SDK finds its message. */
type OpenAiError = {
  readonly message: string
  readonly type: string
  readonly param: string | null
  readonly code: string | null
}

export type ErrorAnswer = {
  readonly status: number
  readonly error: OpenAiError
  readonly headers: Readonly<Record<string, string>>
}

/**
 * The one place where a refusal becomes HTTP: a reason without an arm does not compile. `code` is the reason itself unless
 * OpenAI has a code of its own for it. docs/errors.md lists them all.
 */
export function errorAnswer(refusal: Refusal): ErrorAnswer {
  const [kind, message, own] = describe(refusal)
  const [status, type, headers = {}] = kind
  return {
    status,
    error: { message, type, param: own?.param ?? null, code: own?.code ?? refusal.reason },
    headers: status === 429 ? inMilliseconds(headers) : headers,
  }
}

/** OpenAI's SDKs read `retry-after-ms` before `retry-after`. */
function inMilliseconds(headers: ErrorAnswer['headers']): ErrorAnswer['headers'] {
  return { 'retry-after-ms': `${headers['retry-after'] ?? 0}000`, ...headers }
}

function describe(refusal: Refusal): Described {
  if (isAboutContracts(refusal)) return describeContractRefusal(refusal)
  if (isAboutContributors(refusal)) return describeContributorRefusal(refusal)
  if (isAboutEvidence(refusal)) return describeEvidenceRefusal(refusal)
  if (isAboutReceipts(refusal)) return describeReceiptRefusal(refusal)
  if (isAboutLog(refusal)) return describeLogRefusal(refusal)
  if (isAboutProofs(refusal)) return describeProofRefusal(refusal)
  switch (refusal.reason) {
    case 'invalid_json':
    case 'invalid_form': {
      const what = refusal.reason === 'invalid_json' ? 'usable JSON' : 'a usable form'
      return [badRequest, `The request body is not ${what}: ${refusal.detail}.`]
    }
    case 'missing_required_parameter':
      return [badRequest, `Missing required parameter: '${refusal.param}'.`, refusal]
    case 'invalid_type':
    case 'invalid_value': {
      const what = refusal.reason === 'invalid_type' ? 'type' : 'value'
      const message = `Invalid ${what} for '${refusal.param}': expected ${refusal.expected}.`
      return [badRequest, message, { param: refusal.param }]
    }
    case 'unsupported_parameter': {
      const message = `Unsupported parameter: '${refusal.param}': ${refusal.detail}.`
      return [badRequest, message, { param: refusal.param }]
    }
    case 'request_too_large':
      return [
        [413, 'invalid_request_error'],
        `The request body is larger than ${refusal.bytesMax} bytes.`,
      ]
    case 'model_not_found':
      return [
        [404, 'invalid_request_error'],
        `The model '${printable(refusal.modelId)}' does not exist here. GET /v1/models lists what does.`,
        { param: 'model' },
      ]
    case 'endpoint_not_offered': {
      const offered = refusal.offered.map((endpoint) => `/v1/${endpoint}`).join(', ')
      return [
        [404, 'invalid_request_error'],
        `The model '${printable(refusal.modelId)}' is not offered at /v1/${refusal.endpoint} here; it is at ${offered}.`,
        { param: 'model' },
      ]
    }
    case 'context_length_exceeded':
      return [
        badRequest,
        // OpenAI's own words: LangChain knows a prompt that is too long by them.
        `This model's maximum context length is ${refusal.contextTokensMax} tokens, prompt and completion together. Shorten ${refusal.param} or lower what is asked for beside it, such as max_completion_tokens.`,
        refusal,
      ]
    case 'unknown_url':
      return [
        [404, 'invalid_request_error'],
        `Unknown request URL: ${refusal.method} ${printable(refusal.path)}.${refusal.meant === undefined ? '' : ` The route is ${refusal.meant}: the base URL ends in /v1.`}`,
      ]
    case 'method_not_allowed':
      return [
        [405, 'invalid_request_error', { allow: refusal.allowed }],
        `${refusal.method} is not allowed here; use ${refusal.allowed}.`,
      ]
    default:
      return describeBeyondRequest(refusal)
  }
}

type RequestReason = Extract<
  Refusal,
  {
    reason:
      | 'invalid_json'
      | 'missing_required_parameter'
      | 'invalid_type'
      | 'invalid_value'
      | 'invalid_form'
      | 'unsupported_parameter'
      | 'request_too_large'
      | 'model_not_found'
      | 'endpoint_not_offered'
      | 'context_length_exceeded'
      | 'unknown_url'
      | 'method_not_allowed'
  }
>

type AboutOthers =
  | ContractRefusal
  | ContributorRefusal
  | EvidenceRefusal
  | LogRefusal
  | ReceiptRefusal
  | ProofRefusal

function describeBeyondRequest(refusal: Exclude<Refusal, RequestReason | AboutOthers>): Described {
  switch (refusal.reason) {
    case 'missing_api_key':
    case 'invalid_api_key':
    case 'billing_query_invalid':
    case 'too_many_refusals':
    case 'model_not_allowed':
      return describeAuthenticationRefusal(refusal)
    case 'rate_limit_exceeded':
    case 'request_exceeds_limit':
    case 'spend_limit_reached':
      return describeLimitRefusal(refusal)
    case 'insufficient_balance':
    case 'channel_closing':
    case 'channel_frozen':
    case 'key_cap_reached':
    case 'channel_not_found':
      return describeHoldRefusal(refusal)
    case 'voucher_channel_mismatch':
    case 'voucher_above_balance':
    case 'voucher_signature_invalid':
    case 'channel_terms_unacceptable':
      return describeVoucherRefusal(refusal)
    case 'deposit_below_minimum':
    case 'deposit_rejected':
    case 'deposit_limit_reached':
    case 'deposit_pending':
    case 'payment_required':
    case 'payment_malformed':
    case 'payment_unacceptable':
    case 'cumulative_amount_mismatch':
    case 'payment_replayed':
    case 'channel_busy':
      return describePaymentRefusal(refusal)
    case 'api_key_exists':
    case 'api_key_not_found':
    case 'key_nonce_stale':
    case 'api_keys_exhausted':
    case 'owner_signature_invalid':
    case 'order_outdated':
    case 'requests_in_flight':
    case 'refunded_recently':
    case 'nothing_to_refund':
    case 'refund_unconfirmed':
    case 'deposit_not_found':
      return describeOwnerRefusal(refusal)
    default:
      return describeServerSide(refusal)
  }
}
