import { capacityAskIntervalMs } from '../base/limits.ts'
import type { UpstreamRefusal } from '../domain/refusal.ts'

/** Codes of OpenAI's error object that tell a caller what to change; any other code stays here with the upstream's text. */
const knownCodes = new Set([
  'context_length_exceeded',
  'content_policy_violation',
  'unsupported_parameter',
  'unsupported_value',
  'invalid_value',
])

/** Why a contributor does not answer a contract's job; it serves others all the same. docs/agent.md says what each means. */
const contractJobCodes = new Set([
  'coordinator_not_accepted',
  'job_not_payable',
  'job_not_checkable',
  'job_in_progress',
  'job_of_other_input',
  'contract_jobs_full',
])

/** Seconds that a rate-limited contributor rests when it does not say how long. */
const retryAfterDefaultS = 5
const retryAfterMaxS = 300

/** What a status other than 200 means for our caller. The upstream's message is dropped: it may hold a prompt or a key. */
export function refusalOfStatus(answer: {
  readonly status: number
  readonly retryAfter: string | undefined
  readonly retryAfterMs?: string | undefined
  /** When it answered, by its own clock. */
  readonly date: string | undefined
  readonly body: string
}): UpstreamRefusal {
  const { status } = answer
  if (status === 402 && errorIn(answer.body).code === 'credit_exhausted') {
    return { reason: 'upstream_credit_exhausted' }
  }
  if (status === 401 || status === 402 || status === 403) {
    return { reason: 'upstream_credentials_exhausted' }
  }
  if (status === 409) return refusalOfConflict(String(errorIn(answer.body).code))
  if (status === 429) {
    return { reason: 'upstream_rate_limited', retryAfterS: restS(answer) }
  }
  if (status === 400 && errorIn(answer.body).code === 'invalid_job_header') {
    // It is of another model or gateway than this one was told: the operators' trouble, not the caller's.
    return { reason: 'upstream_bad_response' }
  }
  if (status === 400 || status === 413 || status === 422) {
    return { reason: 'upstream_rejected', status: 400, code: codeIn(answer.body) }
  }
  if (status >= 500) return { reason: 'upstream_unavailable', status }
  return { reason: 'upstream_bad_response' }
}

function refusalOfConflict(code: string): UpstreamRefusal {
  if (contractJobCodes.has(code)) return { reason: 'upstream_job_refused', code }
  if (code !== 'price_too_low') return { reason: 'upstream_bad_response' }
  // It asks more than when it was asked last: at the next report it is known how much.
  return { reason: 'upstream_rate_limited', retryAfterS: capacityAskIntervalMs / 1000 }
}

/**
 * Retry-After as seconds or as a date (RFC 9110, section 10.2.3), unless `retry-after-ms` says it to the millisecond. A date is held against the one of the same answer: whose
 * clock is right does not matter then.
 */
function restS(answer: {
  readonly retryAfter: string | undefined
  readonly retryAfterMs?: string | undefined
  readonly date: string | undefined
}): number {
  const { retryAfter = '', retryAfterMs = '', date = '' } = answer
  const seconds = numberPattern.test(retryAfterMs)
    ? Number(retryAfterMs) / 1000
    : secondsOf(retryAfter, date)
  if (Number.isNaN(seconds)) return retryAfterDefaultS
  return Math.min(Math.max(Math.ceil(seconds), 0), retryAfterMaxS)
}

const numberPattern = /^\d+(\.\d+)?$/

const secondsOf = (retryAfter: string, date: string): number =>
  numberPattern.test(retryAfter) ? Number(retryAfter) : (dateMs(retryAfter) - dateMs(date)) / 1000

/** The form of a date that senders must use; NaN for any other. */
const dateMs = (text: string): number =>
  /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/.test(text)
    ? Date.parse(text)
    : Number.NaN

/** Engines without a code for it say in words that a prompt is too long: vLLM, llama.cpp and TGI, each in its own. */
const tooLongPattern =
  /maximum context length|available context size|exceed_context_size|`max_new_tokens` must be <=/

function codeIn(body: string): string {
  const { code, message, type } = errorIn(body)
  if (typeof code === 'string' && knownCodes.has(code)) return code
  if (tooLongPattern.test(`${message} ${type}`)) return 'context_length_exceeded'
  return 'upstream_rejected'
}

type ErrorFields = {
  readonly code?: unknown
  readonly message?: unknown
  readonly type?: unknown
}

/**
 * OpenAI's error object, or the one that older engines answer without the envelope, or the bare text that some put into it;
 * empty where there is none.
 */
function errorIn(body: string): ErrorFields {
  try {
    const json = JSON.parse(body) as
      | (ErrorFields & { readonly error?: ErrorFields | string })
      | null
    const error = json?.error ?? json ?? {}
    return typeof error === 'string' ? { message: error } : error
  } catch {
    return {}
  }
}

/** Whether the same contributor may do better in a moment: a connection broke, or it failed without knowing why. */
export const mayAskAgain = (refusal: UpstreamRefusal): boolean =>
  refusal.reason === 'upstream_connection_error' ||
  (refusal.reason === 'upstream_unavailable' && refusal.status === 500)

/** Whether another contributor may succeed where this one failed. What the caller did wrong fails everywhere. */
export function mayTryAnother(refusal: UpstreamRefusal): boolean {
  switch (refusal.reason) {
    case 'upstream_rejected':
    case 'attestation_failed':
    case 'no_contributor':
    case 'constraint_filtered':
      return false
    case 'upstream_connection_error':
    case 'upstream_timeout':
    case 'upstream_stalled':
    case 'upstream_bad_response':
    case 'upstream_unavailable':
    case 'upstream_credentials_exhausted':
    case 'upstream_rate_limited':
    case 'upstream_credit_exhausted':
    case 'upstream_job_refused':
    case 'payout_escrow_exhausted':
    case 'upstream_stream_interrupted':
      return true
  }
}
