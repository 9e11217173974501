/* `GET /metrics`: what happened to requests, and how contributors are, for whoever has the token. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { AdminDoor } from '../../src/gateway/admin-door.ts'
import { ask } from '../support/ask.ts'
import { startGatewayOnLedger, type TestGateway } from '../support/gateway-on-ledger.ts'
import {
  answerStatus,
  answerWell,
  type ScriptedUpstream,
  startScriptedUpstream,
} from '../support/scripted-upstream.ts'

let upstream: ScriptedUpstream
let other: ScriptedUpstream
let gateway: TestGateway

/** Of the admin API these tests need its token alone. */
const operator: Pick<AdminDoor, 'isAdmin'> = {
  isAdmin: (authorization): boolean => authorization === 'Bearer token',
}

beforeAll(async () => {
  upstream = await startScriptedUpstream()
  other = await startScriptedUpstream()
  gateway = await startGatewayOnLedger({
    upstreams: [
      {
        id: 'one',
        baseUrl: upstream.baseUrl,
        limits: { requestsPerMinuteMax: 100 },
        completionPrice: 1_000_000n,
      },
      { id: 'two', baseUrl: other.baseUrl, completionPrice: 5_000_000n },
    ],
    admin: operator as AdminDoor,
  })
})

afterAll(async () => {
  await gateway.stop()
  await upstream.close()
  await other.close()
})

const scrape = async (authorization = 'Bearer token') => {
  const answer = await fetch(`${gateway.origin}/metrics`, { headers: { authorization } })
  const text = await answer.text()
  return { status: answer.status, type: answer.headers.get('content-type'), text }
}
/** The value of the one line that begins so. */
const valueIn = (text: string, series: string): number => {
  const lines = text.split('\n').filter((line) => line.startsWith(`${series} `))
  expect(lines, series).toHaveLength(1)
  return Number(lines[0]?.slice(series.length + 1))
}

test('is for nobody without the token', async () => {
  expect((await scrape('Bearer other')).status).toBe(401)
  expect((await scrape(`Bearer ${gateway.apiKey}`)).status).toBe(401)
})

test('tells what became of requests, in names that others know', async () => {
  upstream.become(answerWell())
  await ask(gateway)
  await ask(gateway, { stream: true })
  upstream.become(answerStatus(500, ''))
  other.become(answerWell(['two']))
  await ask(gateway, { stream: true })
  await ask(gateway, { model: 'a name of the caller' })
  await gateway.books()
  const { status, type, text } = await scrape()
  expect(status).toBe(200)
  expect(type).toMatch(/^text\/plain; version=0\.0\.4/)
  const of = 'gen_ai_operation_name="chat",gen_ai_request_model="m"'
  const value = (series: string) => valueIn(text, series)
  expect(value(`gen_ai_client_operation_duration_seconds_count{${of},error_type=""}`)).toBe(3)
  expect(value(`gen_ai_client_operation_time_to_first_chunk_seconds_count{${of}}`)).toBe(2)
  expect(value(`gen_ai_client_token_usage_sum{${of},gen_ai_token_type="input"}`)).toBe(15)
  expect(value(`gen_ai_client_token_usage_sum{${of},gen_ai_token_type="output"}`)).toBe(7)
  expect(value('vouch_requests_total{outcome="complete",reason=""}')).toBe(3)
  expect(value('vouch_requests_total{outcome="refused",reason="model_not_found"}')).toBe(1)
  expect(value('vouch_attempts_total{contributor="one",outcome="served"}')).toBe(2)
  expect(value('vouch_attempts_total{contributor="one",outcome="upstream_unavailable"}')).toBe(1)
  expect(value('vouch_attempts_total{contributor="two",outcome="served"}')).toBe(1)
  expect(value('vouch_failovers_total{reason="upstream_unavailable"}')).toBe(1)
  // What a caller writes makes no series.
  expect(text).not.toContain('a name of the caller')
})

test('tells how things are now', async () => {
  const release = Promise.withResolvers<void>()
  upstream.become(async (request, response) => {
    await release.promise
    await answerWell()(request, response)
  })
  const answered = ask(gateway)
  await upstream.nextRequest()
  const { text } = await scrape()
  release.resolve()
  await answered
  expect(valueIn(text, 'vouch_requests_in_flight')).toBe(1)
  expect(valueIn(text, 'vouch_requests_waiting')).toBe(0)
  expect(valueIn(text, 'vouch_ledger_writable')).toBe(1)
  expect(valueIn(text, 'vouch_contributor_in_flight{contributor="one"}')).toBe(1)
  expect(valueIn(text, 'vouch_contributor_quarantined{contributor="one",cause=""}')).toBe(0)
  const left = 'vouch_contributor_limit_left_ratio{contributor="one",limit="requests"}'
  expect(valueIn(text, left)).toBeLessThan(1)
  const state = 'contributor="one",endpoint="chat/completions",model="m",state="healthy"'
  expect(valueIn(text, `vouch_contributor_state{${state}}`)).toBe(1)
  expect(valueIn(text, 'process_resident_memory_bytes')).toBeGreaterThan(0)
})
