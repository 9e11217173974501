import type { UpstreamRefusal } from '../domain/refusal.ts'
import { engineBusy, type OpenAiRefusal } from './openai-refusal.ts'

/**
 * What the gateway is told where the engine did not answer: whose fault it was and whether to ask again, and nothing of the
 * engine's own words, which may quote a prompt or a key.
 */
export function refusalOfEngine(refusal: UpstreamRefusal): OpenAiRefusal {
  switch (refusal.reason) {
    case 'upstream_rate_limited':
      return engineBusy(refusal.retryAfterS)
    case 'upstream_rejected':
      return {
        status: 400,
        type: 'invalid_request_error',
        code: refusal.code,
        param: null,
        message: 'The engine refused this request.',
      }
    case 'upstream_connection_error':
      return engineAway('engine_unreachable', 'The engine cannot be reached.')
    // Our key is wrong there, or its account is empty: that is not the gateway's to mend.
    case 'upstream_credentials_exhausted':
      return engineAway('engine_credentials_invalid', 'The engine does not know our key.')
    case 'upstream_unavailable':
      return refusal.status === 503
        ? engineAway('engine_unavailable', 'The engine cannot answer now.')
        : engineFailed
    case 'upstream_timeout':
    case 'upstream_stalled':
      return {
        ...engineFailed,
        status: 504,
        code: 'engine_timeout',
        message: 'The engine is silent.',
      }
    default:
      return { ...engineFailed, code: 'engine_answer_unusable' }
  }
}

export const engineFailed: OpenAiRefusal = {
  status: 502,
  type: 'api_error',
  code: 'engine_failed',
  param: null,
  message: 'The engine failed on this request.',
}

const engineAway = (code: string, message: string): OpenAiRefusal => ({
  status: 503,
  type: 'api_error',
  code,
  param: null,
  message,
  headers: { 'retry-after': '5' },
})
