import { expect, test } from 'vitest'
import { microUsd } from '../../../src/domain/exchange.ts'
import { errorAnswer } from '../../../src/http/openai-error.ts'

const caller = { kind: 'key', id: 'key_1' } as const
const full = { reason: 'rate_limit_exceeded', caller, max: 3, used: 3, requested: 1 } as const

test('a full minute is told in the manner of OpenAI, with the wait in seconds and milliseconds', () => {
  const limitName = 'requestsPerMinuteMax'
  expect(errorAnswer({ ...full, limitName, retryAfterMs: 20_000 })).toEqual({
    status: 429,
    error: {
      message:
        'Rate limit reached for key key_1 on requests per min (RPM): Limit 3, Used 3, Requested 1. Please try again in 20s.',
      type: 'rate_limit_error',
      param: null,
      code: 'rate_limit_exceeded',
    },
    headers: { 'retry-after': '20', 'retry-after-ms': '20000' },
  })
})

test('a part of a second is rounded up for clients that read whole seconds', () => {
  const refusal = { ...full, limitName: 'concurrencyMax', retryAfterMs: 250 } as const
  expect(errorAnswer(refusal).headers).toEqual({ 'retry-after': '1', 'retry-after-ms': '250' })
})

test('every other 429 says its wait in milliseconds, too', () => {
  for (const refusal of [
    { reason: 'upstream_rate_limited', retryAfterS: 5 },
    { reason: 'channel_busy', retryAfterS: 5 },
    { reason: 'too_many_refusals', retryAfterS: 5 },
    { reason: 'deposit_limit_reached', retryAfterS: 5 },
  ] as const) {
    const { status, headers } = errorAnswer(refusal)
    expect(status).toBe(429)
    expect(headers).toEqual({ 'retry-after': '5', 'retry-after-ms': '5000' })
  }
})

test('what never fits says so, and what does says when', () => {
  const spent = {
    reason: 'spend_limit_reached',
    caller,
    max: microUsd(5_000_000n),
    used: microUsd(4_990_000n),
    requested: microUsd(40_000n),
  } as const
  const message = (retryAfterMs: number | undefined) =>
    errorAnswer({ ...spent, retryAfterMs }).error.message
  expect(message(22_320_000)).toBe(
    'Spending limit reached for key key_1 per day: Limit 5.00, Used 4.99, Requested up to 0.04. Lower max_completion_tokens, or try again in 6h12m0s.',
  )
  expect(message(undefined)).toContain('It never fits')
})
