/*
 * What the operator lets keys and accounts have, held against hundreds of requests at once over real sockets: exactly so
 * many reach the upstream, the others are told when to come back, and what was taken comes back whatever became of it.
 */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import {
  type CallerLimits,
  type LimitOverride,
  noLimits,
  unlimited,
} from '../../src/domain/caller-limits.ts'
import { microUsd } from '../../src/domain/exchange.ts'
import type { CallerLimitsDesk } from '../../src/payment/caller-limits-desk.ts'
import { LimitOverrides } from '../../src/payment/caller-limits-overrides.ts'
import { openSqliteCallerLimits } from '../../src/store/caller-limits-store-sqlite.ts'
import { addApiKey } from '../support/api-keys.ts'
import { type Answer, ask, askBody, askedMessages } from '../support/ask.ts'
import { callerLimits } from '../support/caller-limits.ts'
import {
  startGatewayOnLedger,
  type TestGateway,
  testChannelId,
} from '../support/gateway-on-ledger.ts'
import {
  answerStatus,
  answerWell,
  chunk,
  type Script,
  type ScriptedUpstream,
  sse,
  startScriptedUpstream,
  streamBytes,
} from '../support/scripted-upstream.ts'

let upstream: ScriptedUpstream
let gateway: TestGateway
let desk: CallerLimitsDesk
let overrides: LimitOverrides
let nowMs: number

beforeEach(async () => {
  nowMs = Date.now()
  upstream = await startScriptedUpstream(answerWell())
  overrides = await LimitOverrides.open(openSqliteCallerLimits(':memory:'))
  desk = callerLimits(unlimited, { overrides, nowMs: () => nowMs })
  gateway = await startGatewayOnLedger({
    upstreams: [{ id: 'one', baseUrl: upstream.baseUrl }],
    limits: desk,
    nowMs: () => nowMs,
  })
})

afterEach(async () => {
  await gateway.stop()
  await overrides.close()
  await upstream.close()
})

type Caller = { readonly apiKey: string; readonly apiKeyId: string; readonly origin: string }

/** A key of the gateway's one channel, with limits of its own. */
async function limitedKey(limits: LimitOverride = {}): Promise<Caller> {
  const { secret, apiKeyId } = await addApiKey(gateway)
  await desk.put({ kind: 'key', id: apiKeyId }, limits)
  return { origin: gateway.origin, apiKey: secret, apiKeyId }
}

const payerOf = ({ apiKeyId }: Caller) =>
  ({ kind: 'api-key', apiKeyId, channelId: testChannelId }) as const

const limitAccount = (limits: LimitOverride) =>
  desk.put({ kind: 'account', id: testChannelId }, limits)

/** The upstream answers nobody before it is opened. */
function gated(script: Script = answerWell()): { readonly open: () => void } {
  const { promise, resolve } = Promise.withResolvers<void>()
  upstream.become(async (request, response) => {
    await promise
    await script(request, response)
  })
  return { open: resolve }
}

/** Requests that are under way together. */
function burst(count: number, askOne: (index: number) => Promise<Answer>) {
  const ended: Answer[] = []
  const waiting: { readonly count: number; readonly resolve: () => void }[] = []
  const all = Promise.all(
    Array.from({ length: count }, async (_, index) => {
      const answer = await askOne(index)
      ended.push(answer)
      for (const one of waiting) if (ended.length >= one.count) one.resolve()
      return answer
    }),
  )
  /** Those that have ended once there are so many, while the others are at the upstream. */
  const refused = (refusedCount: number): Promise<readonly Answer[]> =>
    new Promise((resolve) => {
      waiting.push({ count: refusedCount, resolve: () => resolve(ended) })
    })
  return { all, refused }
}

/** So many have reached the upstream. */
async function arrived(count: number): Promise<void> {
  for (let one = 0; one < count; one += 1) await upstream.nextRequest()
  expect(upstream.requests).toHaveLength(count)
}

const statuses = (answers: readonly Answer[]): Readonly<Record<number, number>> => {
  const counts: Record<number, number> = {}
  for (const { status } of answers) counts[status] = (counts[status] ?? 0) + 1
  return counts
}

const ratesOf = ({ headers }: Answer): Readonly<Record<string, string>> =>
  Object.fromEntries([...headers].filter(([name]) => name.startsWith('x-ratelimit-')))

describe('requests per minute', () => {
  test('of 300 at once exactly the limit reaches the upstream, and the others are told when to come back', async () => {
    const key = await limitedKey({ requestsPerMinuteMax: 50 })
    const answers = await burst(300, () => ask(key)).all
    expect(statuses(answers)).toEqual({ 200: 50, 429: 250 })
    expect(upstream.requests).toHaveLength(50)
    for (const { status, headers, error } of answers) {
      if (status !== 429) continue
      expect(error).toMatchObject({
        type: 'rate_limit_error',
        code: 'rate_limit_exceeded',
        message: expect.stringContaining(
          `Rate limit reached for key ${key.apiKeyId} on requests per min (RPM): Limit 50, Used 50, Requested 1. Please try again in 1m`,
        ),
      })
      const waitMs = Number(headers.get('retry-after-ms'))
      expect(waitMs).toBeGreaterThan(59_000)
      expect(waitMs).toBeLessThanOrEqual(61_000)
      expect(headers.get('retry-after')).toBe(String(Math.ceil(waitMs / 1_000)))
      expect(headers.get('x-ratelimit-limit-requests')).toBe('50')
      expect(headers.get('x-ratelimit-remaining-requests')).toBe('0')
    }
  })

  test('there is room when it was said to be, and for as many as before', async () => {
    const key = await limitedKey({ requestsPerMinuteMax: 5 })
    await burst(5, () => ask(key)).all
    const refused = await ask(key)
    const waitMs = Number(refused.headers.get('retry-after-ms'))
    nowMs += waitMs - 1
    expect((await ask(key)).status).toBe(429)
    nowMs += 1
    expect(statuses(await burst(20, () => ask(key)).all)).toEqual({ 200: 5, 429: 15 })
  })

  test('two keys have their own, and share what their account may have', async () => {
    const keys = [
      await limitedKey({ requestsPerMinuteMax: 20 }),
      await limitedKey({ requestsPerMinuteMax: 20 }),
    ]
    await limitAccount({ requestsPerMinuteMax: 30 })
    const answers = await burst(200, (index) => ask(keys[index % 2] ?? gateway)).all
    expect(statuses(answers)).toEqual({ 200: 30, 429: 170 })
    expect(upstream.requests).toHaveLength(30)
    const told = answers.map(({ error }) => String(error?.['message'] ?? ''))
    expect(told.some((message) => message.includes(`account ${testChannelId}`))).toBe(true)
    nowMs += 61_000
    const alone = await burst(100, () => ask(keys[0] ?? gateway)).all
    expect(statuses(alone)).toEqual({ 200: 20, 429: 80 })
  })

  test('a limit for every key is each one’s own, and null lifts it for one', async () => {
    const three: CallerLimits = { ...noLimits, requestsPerMinuteMax: 3 }
    desk.replaceDefaults({ key: three, account: noLimits })
    const [plain, free] = [await limitedKey(), await limitedKey({ requestsPerMinuteMax: null })]
    expect(statuses(await burst(20, () => ask(plain)).all)).toEqual({ 200: 3, 429: 17 })
    expect(statuses(await burst(20, () => ask(free)).all)).toEqual({ 200: 20 })
  })

  test('what a later step refuses counts for nothing; what began to be answered does', async () => {
    const key = await limitedKey({ requestsPerMinuteMax: 3, tokensPerMinuteMax: 1_000 })
    upstream.become(answerStatus(500, '{}'))
    for (let turn = 0; turn < 10; turn += 1) {
      expect((await ask(key, { max_tokens: 20 })).status).toBe(503)
    }
    upstream.become(
      streamBytes(['data: {"choices":[{"index":0,"delta":{"content":"x"}}]}\n\n'], 'cut'),
    )
    const cut = await ask(key, { stream: true, max_tokens: 20 })
    expect([cut.status, cut.done]).toEqual([200, false])
    upstream.become(answerWell())
    expect(ratesOf(await ask(key, { max_tokens: 20 }))).toMatchObject({
      'x-ratelimit-remaining-requests': '1',
    })
  })
})

describe('tokens per minute', () => {
  // Ten bytes of prompt are about 3 tokens; with an answer of at most 20 a request asks for 23 and uses 8.
  const fields = { max_tokens: 20 }

  test('are set aside as they may come, and put right as they came', async () => {
    const key = await limitedKey({ tokensPerMinuteMax: 230 })
    const gate = gated()
    const { all, refused } = burst(100, () => ask(key, fields))
    const [first] = await refused(90)
    await arrived(10)
    expect(first?.error?.['message']).toContain(
      'on tokens per min (TPM): Limit 230, Used 230, Requested 23. Please try again in',
    )
    gate.open()
    expect(statuses(await all)).toEqual({ 200: 10, 429: 90 })
    // 230 - 10 × 8, of which this one asks for 23.
    const next = await ask(key, fields)
    expect(ratesOf(next)).toEqual({
      'x-ratelimit-limit-tokens': '230',
      'x-ratelimit-remaining-tokens': '142',
      'x-ratelimit-reset-tokens': expect.stringMatching(/^1m0/),
    })
  })

  test('a request beyond the whole limit is refused for good, and nothing of it counts', async () => {
    const key = await limitedKey({ requestsPerMinuteMax: 1, tokensPerMinuteMax: 22 })
    const refused = await ask(key, fields)
    expect(refused.status).toBe(400)
    expect(refused.headers.get('x-should-retry')).toBe('false')
    expect(refused.headers.get('retry-after')).toBeNull()
    expect(refused.error).toMatchObject({ code: 'request_exceeds_limit' })
    expect(upstream.requests).toHaveLength(0)
    expect((await ask(key, { max_tokens: 19 })).status).toBe(200)
  })
})

test('a stream that its client leaves in the middle has used what was delivered, and its request', async () => {
  const key = await limitedKey({
    requestsPerMinuteMax: 10,
    tokensPerMinuteMax: 1_000,
    concurrencyMax: 1,
    spendPerDayMax: microUsd(1_000n),
  })
  const words = ['One', ' two', ' three'].map((content) => sse(chunk({ content })))
  upstream.become(streamBytes(words, 'hang'))
  const leaving = new AbortController()
  const answer = await fetch(`${gateway.origin}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key.apiKey}` },
    body: JSON.stringify({ model: 'm', stream: true, max_tokens: 20, messages: askedMessages }),
    signal: leaving.signal,
  })
  const reader = answer.body?.getReader()
  let text = ''
  while (!text.includes('three')) text += Buffer.from((await reader?.read())?.value ?? [])
  leaving.abort()
  const { receipts } = await gateway.books()
  const { work, cost } = receipts.at(-1)?.receipt ?? { work: undefined, cost: '' }
  expect(Number(cost)).toBeGreaterThan(0)
  const left = desk.allowances(desk.limitsOf(payerOf(key)) ?? [])
  expect(left.map(({ remaining }) => remaining)).toEqual([
    1_000 - Number(cost),
    9,
    1_000 - (work?.promptTokens ?? 0) - (work?.completionTokens ?? 0),
  ])
  upstream.become(answerWell())
  expect((await ask(key, { max_tokens: 20 })).status).toBe(200)
})

describe('requests at the same time', () => {
  test('no more than the limit are under way, and their places are free when they end', async () => {
    const key = await limitedKey({ concurrencyMax: 5 })
    for (const stream of [false, true]) {
      const gate = gated()
      const { all, refused } = burst(50, () => ask(key, { stream }))
      const [first] = await refused(45)
      await arrived(5)
      expect(first?.headers.get('retry-after-ms')).toBe('1000')
      gate.open()
      expect(statuses(await all)).toEqual({ 200: 5, 429: 45 })
    }
  })

  test('one after the other always finds a place', async () => {
    const key = await limitedKey({ concurrencyMax: 1 })
    for (let turn = 0; turn < 30; turn += 1) {
      expect((await ask(key, { stream: turn % 2 === 0 })).status).toBe(200)
    }
  })

  test('places come back from whoever leaves, and from what fails', async () => {
    const key = await limitedKey({ concurrencyMax: 3, requestsPerMinuteMax: 1_000 })
    for (const stream of [false, true]) {
      gated()
      const leaving = new AbortController()
      const left = Array.from({ length: 3 }, () =>
        fetch(`${gateway.origin}/v1/chat/completions`, {
          method: 'POST',
          headers: { authorization: `Bearer ${key.apiKey}` },
          body: JSON.stringify({ model: 'm', stream, messages: [{ role: 'user', content: 'x' }] }),
          signal: leaving.signal,
        }).catch(() => 'left'),
      )
      await arrived(3)
      expect((await ask(key)).status).toBe(429)
      leaving.abort()
      expect(await Promise.all(left)).toEqual(['left', 'left', 'left'])
      await vi.waitFor(() => expect(gateway.inFlight.count).toBe(0))
      // They made work: as requests they count.
      const [requests] = desk.allowances(desk.limitsOf(payerOf(key)) ?? [])
      expect(requests?.remaining).toBe(stream ? 991 : 997)
      upstream.become(answerStatus(500, '{}'))
      expect(statuses(await burst(3, () => ask(key)).all)).toEqual({ 503: 3 })
      upstream.become(answerWell())
      expect(statuses(await burst(3, () => ask(key)).all)).toEqual({ 200: 3 })
    }
  })
})

describe('spending per day', () => {
  // Each answer may cost 66 millionths of a dollar and costs 11.
  const fields = { max_tokens: 20 }
  const day = { spendPerDayMax: microUsd(660n) }

  test('300 at once hold no more than the day allows, and what they did not cost is there again', async () => {
    const key = await limitedKey(day)
    const gate = gated()
    const { all, refused: refusals } = burst(300, () => ask(key, fields))
    await refusals(290)
    await arrived(10)
    expect((await gateway.ledger.channel(testChannelId))?.heldAmount).toBe(660n)
    gate.open()
    const answers = await all
    expect(statuses(answers)[200]).toBe(10)
    const refused = answers.find(({ status }) => status === 402)
    expect(refused?.error).toMatchObject({
      type: 'insufficient_quota',
      code: 'spend_limit_reached',
      message: expect.stringContaining('Limit 0.00066, Used 0.00066, Requested up to 0.000066'),
    })
    expect(refused?.headers.get('x-should-retry')).toBe('false')
    nowMs += 61_000
    // 110 are spent: 8 more may hold 66 each.
    const again = gated()
    const more = burst(20, () => ask(key, fields))
    await more.refused(12)
    await arrived(8)
    again.open()
    expect(statuses(await more.all)[200]).toBe(8)
    const { channel } = await gateway.books()
    expect(channel.chargedCumulativeAmount).toBe(18n * 11n)
  })

  test('a day later all of it is there again, and not before', async () => {
    const key = await limitedKey({ spendPerDayMax: microUsd(66n) })
    expect((await ask(key, fields)).status).toBe(200)
    const refused = await ask(key, fields)
    expect(refused.status).toBe(402)
    expect(refused.error?.['message']).toMatch(/or try again in 24h\d+m/)
    nowMs += 86_000_000
    expect((await ask(key, fields)).status).toBe(402)
    nowMs += 2_000_000
    expect((await ask(key, fields)).status).toBe(200)
  })

  test('who has spent its day is told so, and not to wait for the end of a minute', async () => {
    const key = await limitedKey({ spendPerDayMax: microUsd(66n), requestsPerMinuteMax: 1 })
    await limitAccount({ spendPerDayMax: microUsd(10_000n) })
    expect((await ask(key, fields)).status).toBe(200)
    expect((await ask(key, fields)).status).toBe(402)
  })

  test('what may cost more than the whole day never fits and says so', async () => {
    const key = await limitedKey({ spendPerDayMax: microUsd(65n) })
    const refused = await ask(key, fields)
    expect(refused.status).toBe(402)
    expect(refused.error?.['message']).toContain('It never fits')
    expect(upstream.requests).toHaveLength(0)
  })
})

describe('headers', () => {
  test('stand on answers, streams and errors of a limited caller, of the tighter of key and account', async () => {
    const key = await limitedKey({ requestsPerMinuteMax: 9, tokensPerMinuteMax: 10_000 })
    await limitAccount({ requestsPerMinuteMax: 100, tokensPerMinuteMax: 1_000 })
    const told = async (asked: Promise<Answer>) => {
      const answer = await asked
      const rates = ratesOf(answer)
      expect(Object.keys(rates).sort()).toEqual([
        'x-ratelimit-limit-requests',
        'x-ratelimit-limit-tokens',
        'x-ratelimit-remaining-requests',
        'x-ratelimit-remaining-tokens',
        'x-ratelimit-reset-requests',
        'x-ratelimit-reset-tokens',
      ])
      expect([rates['x-ratelimit-limit-requests'], rates['x-ratelimit-limit-tokens']]).toEqual([
        '9',
        '1000',
      ])
      return [
        answer.status,
        rates['x-ratelimit-remaining-requests'],
        rates['x-ratelimit-remaining-tokens'],
      ]
    }
    expect(await told(askBody(key, 'no json'))).toEqual([400, '9', '1000'])
    // A whole answer is told when it is counted: 8 tokens; a stream when it begins: 23.
    expect(await told(ask(key, { max_tokens: 20 }))).toEqual([200, '8', '992'])
    expect(await told(ask(key, { max_tokens: 20, stream: true }))).toEqual([200, '7', '969'])
    expect(await told(ask(key, { model: 'absent' }))).toEqual([404, '7', '984'])
    expect(await told(ask(key, { max_tokens: 2_000 }))).toEqual([400, '7', '984'])
  })

  test('are not there for a caller without limits', async () => {
    const answer = await ask(gateway)
    expect(answer.status).toBe(200)
    expect(ratesOf(answer)).toEqual({})
  })
})
