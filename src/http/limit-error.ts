import type { LimitRefusal } from '../domain/limit-refusal.ts'
import { badRequest, type Described, sdkMustNotRetry } from './described-error.ts'
import { dollarsText } from './dollars-text.ts'
import { durationText } from './duration-text.ts'

const unitNames = {
  requestsPerMinuteMax: 'requests per min (RPM)',
  tokensPerMinuteMax: 'tokens per min (TPM)',
  concurrencyMax: 'requests at the same time',
} as const

/** The arms of openai-error.ts for what the operator lets one caller have. Messages are in the manner of OpenAI's own. */
export function describeLimitRefusal(refusal: LimitRefusal): Described {
  const who = `${refusal.caller.kind} ${refusal.caller.id}`
  switch (refusal.reason) {
    case 'rate_limit_exceeded': {
      const { limitName, max, used, requested, retryAfterMs } = refusal
      return [
        [
          429,
          'rate_limit_error',
          {
            'retry-after': String(Math.ceil(retryAfterMs / 1_000)),
            'retry-after-ms': String(Math.ceil(retryAfterMs)),
          },
        ],
        `Rate limit reached for ${who} on ${unitNames[limitName]}: Limit ${max}, Used ${used}, Requested ${requested}. Please try again in ${durationText(retryAfterMs)}.`,
      ]
    }
    case 'request_exceeds_limit':
      return [
        [badRequest[0], badRequest[1], sdkMustNotRetry],
        `Request too large for ${who} on tokens per min (TPM): Limit ${refusal.max}, Requested ${refusal.requestedTokens}. It never fits: shorten the prompt or lower max_completion_tokens.`,
      ]
    case 'spend_limit_reached': {
      const { max, used, requested, retryAfterMs } = refusal
      const asked = `Limit ${dollarsText(max)}, Used ${dollarsText(used)}, Requested up to ${dollarsText(requested)}`
      const advice =
        retryAfterMs === undefined
          ? 'It never fits: shorten the prompt or lower max_completion_tokens'
          : `Lower max_completion_tokens, or try again in ${durationText(retryAfterMs)}`
      return [
        [402, 'insufficient_quota', sdkMustNotRetry],
        `Spending limit reached for ${who} per day: ${asked}. ${advice}.`,
      ]
    }
  }
}
