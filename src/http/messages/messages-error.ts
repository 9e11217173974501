import type { Refusal } from '../../domain/refusal.ts'
import { errorAnswer } from '../openai-error.ts'

/** Anthropic's names for what went wrong, by status. Source: Anthropic API reference, "Errors". */
const types: Readonly<Record<number, string>> = {
  400: 'invalid_request_error',
  401: 'authentication_error',
  402: 'billing_error',
  403: 'permission_error',
  404: 'not_found_error',
  413: 'request_too_large',
  429: 'rate_limit_error',
  503: 'overloaded_error',
  504: 'timeout_error',
}

/** The same refusal as everywhere, in the shape that Anthropic's clients read. Our own code is kept beside it. */
export function messagesErrorBody(refusal: Refusal, requestId: string | undefined): string {
  const { status, error } = errorAnswer(refusal)
  const { message, code } = error
  const type = types[status] ?? (status < 500 ? 'invalid_request_error' : 'api_error')
  return JSON.stringify({
    type: 'error',
    error: { type, message, code },
    request_id: requestId ?? null,
  })
}
