import { describe, expect, test } from 'vitest'
import type { UpstreamRefusal } from '../../../src/domain/refusal.ts'
import { noUsage } from '../../../src/domain/usage.ts'
import { endFailedAttempt, endServedAttempt } from '../../../src/gateway/note-attempt.ts'
import type { BegunAnswer } from '../../../src/gateway/open-first-answer.ts'
import type { Attempt } from '../../../src/routing/attempt.ts'
import { laneOf } from '../../support/routing.ts'

const { candidate } = laneOf({ id: 'a' })

type End = Parameters<Attempt['ended']>

function attempt(): { readonly attempt: Attempt; readonly ends: End[] } {
  const ends: End[] = []
  const ended: Attempt['ended'] = (...end) => ends.push(end)
  const { prices: asked } = candidate.offer
  return { ends, attempt: { candidate, asked, ordinal: 1, ended, abandoned: () => {} } }
}

const failure = (refusal: UpstreamRefusal) =>
  ({ refusal, unwanted: undefined, startedAtMs: 3 }) as const

describe('an attempt that ended before an answer began', () => {
  test.each<[UpstreamRefusal, string]>([
    [{ reason: 'upstream_connection_error' }, 'failed'],
    [{ reason: 'upstream_timeout' }, 'failed'],
    [{ reason: 'upstream_stalled' }, 'failed'],
    [{ reason: 'upstream_bad_response' }, 'failed'],
    [{ reason: 'upstream_unavailable', status: 503 }, 'failed'],
    [{ reason: 'upstream_stream_interrupted' }, 'failed'],
    [{ reason: 'upstream_credentials_exhausted' }, 'denied'],
    [{ reason: 'upstream_rejected', status: 400, code: 'invalid_value' }, 'neutral'],
  ])('%o counts as %s', (refusal, kind) => {
    const { ends, attempt: one } = attempt()
    const record = endFailedAttempt(one, failure(refusal), 7)
    expect(ends).toEqual([[{ kind }, { usedTokens: 0 }, 7]])
    const status = refusal.reason === 'upstream_unavailable' ? { status: 503 } : {}
    const outcome = refusal.reason
    expect(record).toEqual({ contributorId: 'a', outcome, durationMs: 4, ...status })
  })

  test('one that limits us is asked again when it says, one that waits for its pay in a second', () => {
    const { ends, attempt: one } = attempt()
    const limited = { reason: 'upstream_rate_limited', retryAfterS: 3 } as const
    endFailedAttempt(one, failure(limited), 0)
    endFailedAttempt(one, failure({ reason: 'upstream_credit_exhausted' }), 0)
    expect(ends.map(([outcome]) => outcome)).toEqual([
      { kind: 'limited', retryAfterMs: 3_000 },
      { kind: 'limited', retryAfterMs: 1_000 },
    ])
  })

  test("one that does not answer a contract's job serves others as before", () => {
    const { ends, attempt: one } = attempt()
    endFailedAttempt(one, failure({ reason: 'upstream_job_refused', code: 'job_not_payable' }), 0)
    expect(ends.map(([outcome]) => outcome)).toEqual([{ kind: 'neutral' }])
  })

  test.each(['client_gone', 'hedge_lost'] as const)('%s says nothing, whatever was seen', (why) => {
    const { ends, attempt: one } = attempt()
    const refusal = { reason: 'upstream_unavailable', status: 503 } as const
    const record = endFailedAttempt(one, { ...failure(refusal), unwanted: why }, 5)
    expect(ends[0]?.[0]).toEqual({ kind: 'neutral' })
    expect(record).toEqual({ contributorId: 'a', outcome: why, durationMs: 2 })
  })
})

describe('an answer that ended', () => {
  const begun = (body: object): { readonly begun: BegunAnswer; readonly ends: End[] } => {
    const { attempt: one, ends } = attempt()
    return {
      ends,
      begun: { attempt: one, startedAtMs: 100, beganAtMs: 130, others: [], body } as never,
    }
  }
  const stream = { kind: 'stream', relay: { clientWasSlow: false } }
  const usage = { ...noUsage, promptTokens: 5, completionTokens: 20 }

  test.each([
    ['complete', undefined, 'served'],
    ['client_gone', 'client_gone', 'neutral'],
    ['failed', 'upstream_stream_interrupted', 'failed'],
    ['failed', 'work_missing', 'failed'],
    ['failed', 'work_malformed', 'failed'],
    ['failed', 'work_mismatch:finishedAt', 'failed'],
    ['failed', 'work_mismatch:status', 'failed'],
    ['failed', 'work_mismatch:outputHash', 'forged'],
    ['failed', 'work_signer_unknown', 'forged'],
    ['failed', 'store_unavailable', 'neutral'],
    ['failed', 'hold_lost', 'neutral'],
  ] as const)('as %s for %s counts as %s', (outcome, reason, kind) => {
    const { begun: answer, ends } = begun(stream)
    endServedAttempt(answer, { outcome, reason, usage }, 430)
    expect(ends).toHaveLength(1)
    expect(ends[0]?.[0]).toEqual({ kind })
  })

  const complete = { outcome: 'complete', reason: undefined, usage } as const

  test('is measured by its first token and by the rest', () => {
    const { begun: answer, ends } = begun(stream)
    endServedAttempt(answer, complete, 430)
    expect(ends[0]?.[1]).toEqual({
      usedTokens: 25,
      completionTokens: 20,
      firstTokenMs: 30,
      restMs: 300,
    })
  })

  test('a client that read slowly does not make its contributor slow', () => {
    const { begun: answer, ends } = begun({ ...stream, relay: { clientWasSlow: true } })
    endServedAttempt(answer, complete, 430)
    expect(ends[0]?.[1]).toEqual({ usedTokens: 25, completionTokens: 20, firstTokenMs: 30 })
  })

  test('one in one piece is measured as a whole, as far as it took the contributor', () => {
    const { begun: answer, ends } = begun({ kind: 'unary' })
    endServedAttempt(answer, complete, 9_999)
    expect(ends[0]?.[1]).toEqual({ usedTokens: 25, completionTokens: 20, restMs: 30 })
  })

  test('without usage nothing is corrected', () => {
    const { begun: answer, ends } = begun(stream)
    endServedAttempt(answer, { outcome: 'client_gone', reason: 'client_gone' }, 430)
    expect(ends[0]?.[1]).toEqual({ firstTokenMs: 30, restMs: 300 })
  })
})
