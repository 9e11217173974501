import type { UpstreamRefusal } from '../domain/refusal.ts'

/** Codes of OpenAI's error object that tell a caller what to change; any other code stays here with the upstream's text. */
const knownCodes = new Set([
  'context_length_exceeded',
  'content_policy_violation',
  'unsupported_parameter',
  'unsupported_value',
  'invalid_value',
])

/** Seconds that a rate-limited contributor rests when it does not say how long. */
const retryAfterDefaultS = 5
const retryAfterMaxS = 300

/** What a status other than 200 means for our caller. The upstream's message is dropped: it may hold a prompt or a key. */
export function refusalOfStatus(answer: {
  readonly status: number
  readonly retryAfter: string | undefined
  readonly body: string
}): UpstreamRefusal {
  const { status } = answer
  if (status === 401 || status === 402 || status === 403) {
    return { reason: 'upstream_credentials_exhausted' }
  }
  if (status === 429) {
    const seconds = Number(answer.retryAfter)
    const known = answer.retryAfter !== undefined && Number.isFinite(seconds) && seconds >= 0
    return {
      reason: 'upstream_rate_limited',
      retryAfterS: known ? Math.min(Math.ceil(seconds), retryAfterMaxS) : retryAfterDefaultS,
    }
  }
  if (status === 400 || status === 413 || status === 422) {
    return { reason: 'upstream_rejected', status: 400, code: codeIn(answer.body) }
  }
  if (status >= 500) return { reason: 'upstream_unavailable', status }
  return { reason: 'upstream_bad_response' }
}

function codeIn(body: string): string {
  try {
    const code: unknown = (JSON.parse(body) as { error?: { code?: unknown } }).error?.code
    if (typeof code === 'string' && knownCodes.has(code)) return code
  } catch {
    // Not JSON: then it has no code.
  }
  return 'upstream_rejected'
}

/** Whether another contributor may succeed where this one failed. What the caller did wrong fails everywhere. */
export function mayTryAnother(refusal: UpstreamRefusal): boolean {
  switch (refusal.reason) {
    case 'upstream_rejected':
    case 'attestation_failed':
    case 'no_contributor':
      return false
    case 'upstream_connection_error':
    case 'upstream_timeout':
    case 'upstream_stalled':
    case 'upstream_bad_response':
    case 'upstream_unavailable':
    case 'upstream_credentials_exhausted':
    case 'upstream_rate_limited':
    case 'upstream_stream_interrupted':
      return true
  }
}
