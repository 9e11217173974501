import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import {
  askBindsMs,
  checkpointPauseMs,
  checkpointsFirstTokens,
  checkpointTokens,
  engineLoadAgeMaxMs,
  jobsListedMax,
} from '../../../src/contributor/agent-limits.ts'
import { refusalOfEngine } from '../../../src/contributor/engine-refusal.ts'
import * as refusals from '../../../src/contributor/openai-refusal.ts'
import type { UpstreamRefusal } from '../../../src/domain/refusal.ts'

const text = readFileSync(join(import.meta.dirname, '../../../docs/agent.md'), 'utf8')

test('the page has every word that the engine can be told in', () => {
  const failures: readonly UpstreamRefusal[] = [
    { reason: 'upstream_rate_limited', retryAfterS: 1 },
    { reason: 'upstream_connection_error' },
    { reason: 'upstream_credentials_exhausted' },
    { reason: 'upstream_unavailable', status: 503 },
    { reason: 'upstream_unavailable', status: 500 },
    { reason: 'upstream_timeout' },
    { reason: 'upstream_stalled' },
    { reason: 'upstream_bad_response' },
  ]
  for (const failure of failures) {
    const { status, code } = refusalOfEngine(failure)
    expect(text).toMatch(new RegExp(`${status}[^.]*\`${code}\``))
  }
})

test('the page has every refusal of a job, with its status', () => {
  const { creditExhausted, engineBusy, invalidJobHeader, jobAlreadySigned, jobsNotKept } = refusals
  const all = [
    refusals.shuttingDown,
    jobsNotKept,
    refusals.invalidJson(''),
    refusals.modelNotFound(''),
    refusals.unsupportedParameter('', ''),
    invalidJobHeader('', ''),
    refusals.priceTooLow(''),
    creditExhausted(0n),
    engineBusy(1),
    jobAlreadySigned(''),
  ]
  for (const { status, code } of all) expect(text).toMatch(new RegExp(`${status}[^|]*\`${code}\``))
})

test('the page has the limits that the code has', () => {
  expect(checkpointsFirstTokens).toEqual([1, 8])
  expect(text).toContain('behind its first token and its eighth')
  expect(text).toContain(`each ${checkpointTokens} tokens, and after ${checkpointPauseMs / 1000} s`)
  expect(text).toContain(`behind ${jobsListedMax.toLocaleString('en-US')} of them`)
  expect(text).toContain(`within the last ${askBindsMs / 1000} s`)
  expect(text).toContain(`every ${engineLoadAgeMaxMs / 1000} s at most`)
})
