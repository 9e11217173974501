import { describe, expect, test } from 'vitest'
import type { UpstreamRefusal } from '../../../src/domain/refusal.ts'
import { mayAskAgain, mayTryAnother, refusalOfStatus } from '../../../src/upstream/retry-rules.ts'

const refusal = (status: number, body = '', retryAfter?: string, date?: string) =>
  refusalOfStatus({ status, body, retryAfter, date })

describe('refusalOfStatus', () => {
  test.each([
    [401, 'upstream_credentials_exhausted'],
    [402, 'upstream_credentials_exhausted'],
    [403, 'upstream_credentials_exhausted'],
    [404, 'upstream_bad_response'],
    [405, 'upstream_bad_response'],
    [408, 'upstream_bad_response'],
    [301, 'upstream_bad_response'],
    [206, 'upstream_bad_response'],
    [500, 'upstream_unavailable'],
    [503, 'upstream_unavailable'],
    [599, 'upstream_unavailable'],
  ])('%i is %s', (status, reason) => {
    expect(refusal(status, '{"error":{"code":"context_length_exceeded"}}').reason).toBe(reason)
  })

  test('a job that the engine takes for none of its own is no fault of the caller', () => {
    const body = '{"error":{"code":"invalid_job_header"}}'
    expect(refusal(400, body)).toEqual({ reason: 'upstream_bad_response' })
  })

  test('402 of a contributor that waits for our voucher is another thing than wrong credentials', () => {
    expect(refusal(402, '{"error":{"code":"credit_exhausted"}}')).toEqual({
      reason: 'upstream_credit_exhausted',
    })
  })

  test('409 of a contributor that asks more by now is no fault: it is asked again when it has reported', () => {
    expect(refusal(409, '{"error":{"code":"price_too_low"}}')).toEqual({
      reason: 'upstream_rate_limited',
      retryAfterS: 5,
    })
    expect(refusal(409, '{"error":{"code":"conflict"}}')).toEqual({
      reason: 'upstream_bad_response',
    })
  })

  test.each([
    'coordinator_not_accepted',
    'job_not_payable',
    'job_not_checkable',
    'job_in_progress',
    'job_of_other_input',
    'contract_jobs_full',
  ])("409 %s of a contract's job is no fault, and others may do it", (code) => {
    const refused = refusal(409, JSON.stringify({ error: { code } }))
    expect(refused).toEqual({ reason: 'upstream_job_refused', code })
    expect([mayTryAnother(refused), mayAskAgain(refused)]).toEqual([true, false])
  })

  test.each([
    ['7', 7],
    ['0', 0],
    ['1.2', 2],
    ['301', 300],
    ['', 5],
    ['0x10', 5],
    [undefined, 5],
    ['-1', 5],
    ['Infinity', 5],
    ['Wed, 21 Oct 2026 07:28:00 GMT', 5],
  ])('429 with Retry-After %s rests %i seconds', (retryAfter, retryAfterS) => {
    expect(refusal(429, '', retryAfter)).toEqual({ reason: 'upstream_rate_limited', retryAfterS })
  })

  test.each([
    ['Wed, 21 Oct 2026 07:28:30 GMT', 30],
    ['Wed, 21 Oct 2026 07:28:00 GMT', 0],
    ['Wed, 21 Oct 2026 07:27:00 GMT', 0],
    ['Wed, 21 Oct 2026 09:28:00 GMT', 300],
    ['21 Oct 2026 07:28:30', 5],
    ['Wed, 99 Oct 2026 07:28:30 GMT', 5],
    ['7', 7],
  ])('429 with a date and Retry-After %s rests %i seconds', (retryAfter, retryAfterS) => {
    const told = refusal(429, '', retryAfter, 'Wed, 21 Oct 2026 07:28:00 GMT')
    expect(told).toEqual({ reason: 'upstream_rate_limited', retryAfterS })
  })

  test.each([
    ['1500', '9', 2],
    ['20', '', 1],
    ['0', '9', 0],
    ['999999999', '9', 300],
    ['soon', '9', 9],
    [undefined, '9', 9],
  ])(
    '429 with retry-after-ms %s beside Retry-After %s rests %i seconds',
    (retryAfterMs, retryAfter, retryAfterS) => {
      const told = refusalOfStatus({ status: 429, body: '', retryAfter, retryAfterMs, date: '' })
      expect(told).toEqual({ reason: 'upstream_rate_limited', retryAfterS })
    },
  )

  test.each([
    ['{"error":{"code":"context_length_exceeded"}}', 'context_length_exceeded'],
    ['{"error":{"code":"content_policy_violation"}}', 'content_policy_violation'],
    ['{"error":{"code":"unsupported_parameter"}}', 'unsupported_parameter'],
    ['{"error":{"code":"made_up","message":"secret"}}', 'upstream_rejected'],
    ['{"error":{"code":400,"message":"maximum context length is 8"}}', 'context_length_exceeded'],
    ['{"object":"error","message":"maximum context length is 8"}', 'context_length_exceeded'],
    ['{"error":{"code":400,"type":"exceed_context_size_error"}}', 'context_length_exceeded'],
    ['{"error":"… `max_new_tokens` must be <= 8. Given: …"}', 'context_length_exceeded'],
    ['{"error":"secret","error_type":"validation"}', 'upstream_rejected'],
    ['{"error":null}', 'upstream_rejected'],
    ['null', 'upstream_rejected'],
    ['7', 'upstream_rejected'],
    ['maximum context length', 'upstream_rejected'],
    ['', 'upstream_rejected'],
  ])('of a 400 with %s the caller learns %s', (body, code) => {
    for (const status of [400, 413, 422]) {
      expect(refusal(status, body)).toEqual({ reason: 'upstream_rejected', status: 400, code })
    }
  })
})

test('what the caller did wrong, and what was not proven, is not tried elsewhere', () => {
  const final: readonly UpstreamRefusal[] = [
    { reason: 'upstream_rejected', status: 400, code: 'x' },
    { reason: 'attestation_failed' },
    { reason: 'no_contributor' },
  ]
  const passing: readonly UpstreamRefusal[] = [
    { reason: 'upstream_connection_error' },
    { reason: 'upstream_timeout' },
    { reason: 'upstream_stalled' },
    { reason: 'upstream_bad_response' },
    { reason: 'upstream_unavailable', status: 500 },
    { reason: 'upstream_credentials_exhausted' },
    { reason: 'upstream_rate_limited', retryAfterS: 1 },
    { reason: 'upstream_stream_interrupted' },
    { reason: 'upstream_credit_exhausted' },
    { reason: 'payout_escrow_exhausted' },
    { reason: 'upstream_job_refused', code: 'job_not_payable' },
  ]
  expect(final.filter(mayTryAnother)).toEqual([])
  expect(passing.filter(mayTryAnother)).toEqual(passing)
})

describe('mayAskAgain', () => {
  test.each<[UpstreamRefusal, boolean]>([
    [{ reason: 'upstream_connection_error' }, true],
    [{ reason: 'upstream_unavailable', status: 500 }, true],
    [{ reason: 'upstream_unavailable', status: 503 }, false],
    [{ reason: 'upstream_timeout' }, false],
    [{ reason: 'upstream_stalled' }, false],
    [{ reason: 'upstream_stream_interrupted' }, false],
    [{ reason: 'upstream_rate_limited', retryAfterS: 0 }, false],
    [{ reason: 'upstream_bad_response' }, false],
  ])('%o: %s', (refused, may) => {
    expect(mayAskAgain(refused)).toBe(may)
  })
})
