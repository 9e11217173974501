/*
 * What the operator lets keys and accounts have in a minute and at a time, held against hundreds of requests at once over
 * real sockets: exactly so many reach the upstream, the others are told when to come back, and what was taken comes back
 * whatever became of it.
 */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { type CallerLimits, noLimits } from '../../src/domain/caller-limits.ts'
import { microUsd } from '../../src/domain/exchange.ts'
import { ask, askedMessages } from '../support/ask.ts'
import { testChannelId } from '../support/gateway-on-ledger.ts'
import {
  burst,
  type LimitedGateway,
  openLimitedGateway,
  ratesOf,
  statusesOf,
} from '../support/limited-gateway.ts'
import { answerStatus, answerWell, chunk, sse, streamBytes } from '../support/scripted-upstream.ts'

let place: LimitedGateway

beforeEach(async () => {
  place = await openLimitedGateway()
})
afterEach(() => place.close())

describe('requests per minute', () => {
  test('of 300 at once exactly the limit reaches the upstream, and the others are told when to come back', async () => {
    const key = await place.limitedKey({ requestsPerMinuteMax: 50 })
    const answers = await burst(300, () => ask(key)).all
    expect(statusesOf(answers)).toEqual({ 200: 50, 429: 250 })
    expect(place.upstream.requests).toHaveLength(50)
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
    const key = await place.limitedKey({ requestsPerMinuteMax: 5 })
    await burst(5, () => ask(key)).all
    const refused = await ask(key)
    const waitMs = Number(refused.headers.get('retry-after-ms'))
    place.passMs(waitMs - 1)
    expect((await ask(key)).status).toBe(429)
    place.passMs(1)
    expect(statusesOf(await burst(20, () => ask(key)).all)).toEqual({ 200: 5, 429: 15 })
  })

  test('two keys have their own, and share what their account may have', async () => {
    const keys = [
      await place.limitedKey({ requestsPerMinuteMax: 20 }),
      await place.limitedKey({ requestsPerMinuteMax: 20 }),
    ]
    await place.limitAccount({ requestsPerMinuteMax: 30 })
    const answers = await burst(200, (index) => ask(keys[index % 2] ?? place.gateway)).all
    expect(statusesOf(answers)).toEqual({ 200: 30, 429: 170 })
    expect(place.upstream.requests).toHaveLength(30)
    const told = answers.map(({ error }) => String(error?.['message'] ?? ''))
    expect(told.some((message) => message.includes(`account ${testChannelId}`))).toBe(true)
    place.passMs(61_000)
    const alone = await burst(100, () => ask(keys[0] ?? place.gateway)).all
    expect(statusesOf(alone)).toEqual({ 200: 20, 429: 80 })
  })

  test('a limit for every key is each one’s own, and null lifts it for one', async () => {
    const three: CallerLimits = { ...noLimits, requestsPerMinuteMax: 3 }
    place.desk.replaceDefaults({ key: three, account: noLimits })
    const [plain, free] = [
      await place.limitedKey(),
      await place.limitedKey({ requestsPerMinuteMax: null }),
    ]
    expect(statusesOf(await burst(20, () => ask(plain)).all)).toEqual({ 200: 3, 429: 17 })
    expect(statusesOf(await burst(20, () => ask(free)).all)).toEqual({ 200: 20 })
  })

  test('what a later step refuses counts for nothing; what began to be answered does', async () => {
    const key = await place.limitedKey({ requestsPerMinuteMax: 3, tokensPerMinuteMax: 1_000 })
    place.upstream.become(answerStatus(500, '{}'))
    for (let turn = 0; turn < 10; turn += 1) {
      expect((await ask(key, { max_tokens: 20 })).status).toBe(503)
    }
    place.upstream.become(
      streamBytes(['data: {"choices":[{"index":0,"delta":{"content":"x"}}]}\n\n'], 'cut'),
    )
    const cut = await ask(key, { stream: true, max_tokens: 20 })
    expect([cut.status, cut.done]).toEqual([200, false])
    place.upstream.become(answerWell())
    expect(ratesOf(await ask(key, { max_tokens: 20 }))).toMatchObject({
      'x-ratelimit-remaining-requests': '1',
    })
  })
})

test('who sends what every engine finds wrong has used its requests', async () => {
  const key = await place.limitedKey({ requestsPerMinuteMax: 3, tokensPerMinuteMax: 1_000 })
  place.upstream.become(answerStatus(400, '{}'))
  const statuses: number[] = []
  for (let turn = 0; turn < 5; turn += 1) {
    statuses.push((await ask(key, { max_tokens: 20 })).status)
  }
  expect(statuses).toEqual([400, 400, 400, 429, 429])
  expect(place.upstream.requests).toHaveLength(3)
})

describe('tokens per minute', () => {
  // Ten bytes of prompt are about 3 tokens; with an answer of at most 20 a request asks for 23 and uses 8.
  const fields = { max_tokens: 20 }

  test('are set aside as they may come, and put right as they came', async () => {
    const key = await place.limitedKey({ tokensPerMinuteMax: 230 })
    const gate = place.gated()
    const { all, refused } = burst(100, () => ask(key, fields))
    const [first] = await refused(90)
    await place.arrived(10)
    expect(first?.error?.['message']).toContain(
      'on tokens per min (TPM): Limit 230, Used 230, Requested 23. Please try again in',
    )
    gate.open()
    expect(statusesOf(await all)).toEqual({ 200: 10, 429: 90 })
    // 230 - 10 × 8, of which this one asks for 23.
    const next = await ask(key, fields)
    expect(ratesOf(next)).toEqual({
      'x-ratelimit-limit-tokens': '230',
      'x-ratelimit-remaining-tokens': '142',
      'x-ratelimit-reset-tokens': expect.stringMatching(/^1m0/),
    })
  })

  test('a request beyond the whole limit is refused for good, and nothing of it counts', async () => {
    const key = await place.limitedKey({ requestsPerMinuteMax: 1, tokensPerMinuteMax: 22 })
    const refused = await ask(key, fields)
    expect(refused.status).toBe(400)
    expect(refused.headers.get('x-should-retry')).toBe('false')
    expect(refused.headers.get('retry-after')).toBeNull()
    expect(refused.error).toMatchObject({ code: 'request_exceeds_limit' })
    expect(place.upstream.requests).toHaveLength(0)
    expect((await ask(key, { max_tokens: 19 })).status).toBe(200)
  })
})

test('a stream that its client leaves in the middle has used what was delivered, and its request', async () => {
  const key = await place.limitedKey({
    requestsPerMinuteMax: 10,
    tokensPerMinuteMax: 1_000,
    concurrencyMax: 1,
    spendPerDayMax: microUsd(1_000n),
  })
  const words = ['One', ' two', ' three'].map((content) => sse(chunk({ content })))
  place.upstream.become(streamBytes(words, 'hang'))
  const leaving = new AbortController()
  const answer = await fetch(`${place.gateway.origin}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key.apiKey}` },
    body: JSON.stringify({ model: 'm', stream: true, max_tokens: 20, messages: askedMessages }),
    signal: leaving.signal,
  })
  const reader = answer.body?.getReader()
  let text = ''
  while (!text.includes('three')) text += Buffer.from((await reader?.read())?.value ?? [])
  leaving.abort()
  const { receipts } = await place.gateway.books()
  const { work, cost } = receipts.at(-1)?.receipt ?? { work: undefined, cost: '' }
  expect(Number(cost)).toBeGreaterThan(0)
  expect(place.leftOf(key)).toEqual([
    1_000 - Number(cost),
    9,
    1_000 - (work?.promptTokens ?? 0) - (work?.completionTokens ?? 0),
  ])
  place.upstream.become(answerWell())
  expect((await ask(key, { max_tokens: 20 })).status).toBe(200)
})

describe('requests at the same time', () => {
  test('no more than the limit are under way, and their places are free when they end', async () => {
    const key = await place.limitedKey({ concurrencyMax: 5 })
    for (const stream of [false, true]) {
      const gate = place.gated()
      const { all, refused } = burst(50, () => ask(key, { stream }))
      const [first] = await refused(45)
      await place.arrived(5)
      expect(first?.headers.get('retry-after-ms')).toBe('1000')
      gate.open()
      expect(statusesOf(await all)).toEqual({ 200: 5, 429: 45 })
    }
  })

  test('one after the other always finds a place', async () => {
    const key = await place.limitedKey({ concurrencyMax: 1 })
    for (let turn = 0; turn < 30; turn += 1) {
      expect((await ask(key, { stream: turn % 2 === 0 })).status).toBe(200)
    }
  })

  test('places come back from whoever leaves, and from what fails', async () => {
    const key = await place.limitedKey({ concurrencyMax: 3, requestsPerMinuteMax: 1_000 })
    for (const stream of [false, true]) {
      place.gated()
      const leaving = new AbortController()
      const left = Array.from({ length: 3 }, () =>
        fetch(`${place.gateway.origin}/v1/chat/completions`, {
          method: 'POST',
          headers: { authorization: `Bearer ${key.apiKey}` },
          body: JSON.stringify({ model: 'm', stream, messages: [{ role: 'user', content: 'x' }] }),
          signal: leaving.signal,
        }).catch(() => 'left'),
      )
      await place.arrived(3)
      expect((await ask(key)).status).toBe(429)
      leaving.abort()
      expect(await Promise.all(left)).toEqual(['left', 'left', 'left'])
      await vi.waitFor(() => expect(place.gateway.inFlight.count).toBe(0))
      // They made work: as requests they count.
      expect(place.leftOf(key)).toEqual([stream ? 991 : 997])
      place.upstream.become(answerStatus(500, '{}'))
      expect(statusesOf(await burst(3, () => ask(key)).all)).toEqual({ 503: 3 })
      place.upstream.become(answerWell())
      expect(statusesOf(await burst(3, () => ask(key)).all)).toEqual({ 200: 3 })
    }
  })
})
