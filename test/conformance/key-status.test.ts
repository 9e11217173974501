/*
 * `GET /v1/key` over real sockets: whoever has a key learns what it may have and what is left, and nobody else does.
 */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { limitNames, noLimits } from '../../src/domain/caller-limits.ts'
import { microUsd } from '../../src/domain/exchange.ts'
import { atomic } from '../../src/domain/units.ts'
import { addApiKey } from '../support/api-keys.ts'
import { ask } from '../support/ask.ts'
import { callerLimits } from '../support/caller-limits.ts'
import {
  startGatewayOnLedger,
  type TestGateway,
  testAsset,
  testChannelId,
} from '../support/gateway-on-ledger.ts'
import { type ScriptedUpstream, startScriptedUpstream } from '../support/scripted-upstream.ts'

let upstream: ScriptedUpstream
let limited: TestGateway
let free: TestGateway

beforeAll(async () => {
  upstream = await startScriptedUpstream()
  const upstreams = [{ id: 'one', baseUrl: upstream.baseUrl }]
  const limits = callerLimits({
    key: { ...noLimits, requestsPerMinuteMax: 3, concurrencyMax: 2 },
    account: { ...noLimits, tokensPerMinuteMax: 230, spendPerDayMax: microUsd(5_000_000n) },
  })
  limited = await startGatewayOnLedger({ upstreams, limits, balance: 1_000n })
  free = await startGatewayOnLedger({ upstreams })
})

afterAll(async () => {
  await limited.stop()
  await free.stop()
  await upstream.close()
})

async function statusOf({ origin }: TestGateway, secret: string) {
  const headers = { authorization: `Bearer ${secret}` }
  const answer = await fetch(`${origin}/v1/key`, { headers })
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> }
}

test('a key learns its limits and its account’s, what is left of each, its balance, its cap and its end', async () => {
  const key = await addApiKey(limited, {
    spendCapAmount: atomic(100n),
    expiresAtMs: 4_000_000_000_000,
    modelScope: ['m'],
  })
  const asked = { origin: limited.origin, apiKey: key.secret }
  expect((await ask(asked, { max_tokens: 20 })).status).toBe(200)
  const { status, body } = await statusOf(limited, key.secret)
  expect(status).toBe(200)
  expect(body).toEqual({
    object: 'vouch.key',
    id: key.apiKeyId,
    label: 'further',
    account: testChannelId,
    models: ['m'],
    expires_at: 4_000_000_000,
    spend_cap: { cap: '100', spent: '11', held: '0', left: '89' },
    balance: {
      chain_id: 31337,
      asset: testAsset,
      signed: '1000',
      charged: '11',
      held: '0',
      free: '989',
    },
    limits: {
      key: {
        requests_per_minute: { limit: 3, remaining: 2, reset_ms: expect.any(Number) },
        tokens_per_minute: null,
        concurrency: { limit: 2 },
        spend_per_day: null,
      },
      account: {
        requests_per_minute: null,
        tokens_per_minute: { limit: 230, remaining: 222, reset_ms: expect.any(Number) },
        concurrency: null,
        spend_per_day: { limit: '5.00', remaining: '4.999989', reset_ms: expect.any(Number) },
      },
    },
  })
})

test('asking costs nothing of any limit', async () => {
  const before = await statusOf(limited, limited.apiKey)
  for (let turn = 0; turn < 5; turn += 1) await statusOf(limited, limited.apiKey)
  expect((await statusOf(limited, limited.apiKey)).body['balance']).toEqual(before.body['balance'])
  expect((await ask(limited, { max_tokens: 20 })).status).toBe(200)
})

test('a key without limits, cap and end has nulls in their place', async () => {
  const { body } = await statusOf(free, free.apiKey)
  const { key, account } = body['limits'] as Record<string, Record<string, unknown>>
  for (const one of [key, account]) {
    expect(Object.values(one ?? {})).toEqual(limitNames.map(() => null))
  }
  expect([body['spend_cap'], body['expires_at'], body['models']]).toEqual([null, null, null])
})

test('a stranger, a revoked key and no key at all learn nothing', async () => {
  const key = await addApiKey(limited)
  await key.revoke()
  for (const secret of [key.secret, `sk-vouch-${'A'.repeat(43)}`, '']) {
    const { status, body } = await statusOf(limited, secret)
    expect(status).toBe(401)
    expect(Object.keys(body)).toEqual(['error'])
  }
})
