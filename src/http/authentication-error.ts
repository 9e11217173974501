import type { AuthenticationRefusal } from '../domain/refusal.ts'
import { type Described, printable } from './described-error.ts'

/** The arms of openai-error.ts for who asks. */
export function describeAuthenticationRefusal(refusal: AuthenticationRefusal): Described {
  switch (refusal.reason) {
    case 'missing_api_key':
      return [
        [401, 'invalid_request_error', { 'www-authenticate': 'Bearer' }],
        "You didn't provide an API key. Send it as 'Authorization: Bearer YOUR_KEY'.",
        { code: 'invalid_api_key' },
      ]
    case 'invalid_api_key':
      return [
        [401, 'invalid_request_error', { 'www-authenticate': 'Bearer' }],
        'The API key is not known here, has expired or was revoked.',
      ]
    case 'model_not_allowed':
      return [
        [403, 'invalid_request_error'],
        `This API key may not ask for the model '${printable(refusal.modelId)}'.`,
        { param: 'model' },
      ]
    case 'billing_query_invalid':
      return [
        [401, 'invalid_request_error', { 'www-authenticate': 'Vouch' }],
        "The signed query is not one of this channel's owner, or not for the next five minutes.",
      ]
    case 'too_many_refusals':
      return [
        [429, 'rate_limit_error', { 'retry-after': String(refusal.retryAfterS) }],
        'Too many requests were refused here. Wait, and mend the key or the balance first.',
        { code: 'rate_limit_exceeded' },
      ]
  }
}
