/*
 * A contributor that failed by chance is asked once more, where there is no other: after a pause that these tests end
 * themselves. And nobody is asked for ever.
 */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import {
  upstreamAttemptsTimeoutMs,
  upstreamRetryPauseMaxMs,
  upstreamRetryPauseMinMs,
} from '../../src/base/limits.ts'
import { outcomesMin } from '../../src/routing/circuit-breaker.ts'
import { ask, askedMessages } from '../support/ask.ts'
import { expectBalancedBooks } from '../support/books.ts'
import {
  startGatewayOnLedger,
  type TestGateway,
  type TestUpstream,
} from '../support/gateway-on-ledger.ts'
import {
  answerStatus,
  answerWell,
  roleEvent as role,
  type Script,
  type ScriptedUpstream,
  startScriptedUpstream,
  streamBytes,
} from '../support/scripted-upstream.ts'
import { signingUpstream } from '../support/signing-upstream.ts'

let upstream: ScriptedUpstream
let other: ScriptedUpstream
let gateway: TestGateway
let pausesMs: number[]
/** Resolves with the next pause; whoever takes it ends it. */
let nextPause: () => Promise<() => void>

async function start(upstreams: readonly Partial<TestUpstream>[]): Promise<void> {
  const arrived: (() => void)[] = []
  const waiting: ((end: () => void) => void)[] = []
  pausesMs = []
  nextPause = () => {
    const end = arrived.shift()
    return end === undefined ? new Promise((take) => waiting.push(take)) : Promise.resolve(end)
  }
  gateway = await startGatewayOnLedger({
    upstreams: upstreams.map((one, index) => ({
      id: `c${index}`,
      baseUrl: (index === 0 ? upstream : other).baseUrl,
      ...one,
    })),
    pool: {
      schedule: (delayMs, run) => {
        pausesMs.push(delayMs)
        const take = waiting.shift()
        if (take === undefined) arrived.push(run)
        else take(run)
        return () => void pausesMs.pop()
      },
    },
  })
}

beforeEach(async () => {
  upstream = await startScriptedUpstream()
  other = await startScriptedUpstream()
})

afterEach(async () => {
  await expectBalancedBooks(gateway)
  expect(gateway.internalErrors).toEqual([])
  expect(gateway.pool.inFlight('c0')).toBe(0)
  await gateway.stop()
  await upstream.close()
  await other.close()
})

const broken: Script = (_request, response) => void response.socket?.destroy()
const chance: readonly (readonly [string, Script])[] = [
  ['answers 500', answerStatus(500, '')],
  ['closes the connection', broken],
]

/** This once, and then well. */
const once = (script: Script): Script => {
  let asked = 0
  return (request, response) => {
    asked += 1
    return (asked === 1 ? script : answerWell())(request, response)
  }
}

describe.each([{ stream: false }, { stream: true }])('%o', (fields) => {
  test.each(chance)('the only one is asked again when it %s', async (_what, script) => {
    await start([{}])
    upstream.become(once(script))
    const answered = ask(gateway, fields)
    ;(await nextPause())()
    const answer = await answered
    expect(answer).toMatchObject({ status: 200, content: 'Hello there!' })
    expect(answer.headers.get('x-vouch-attempts')).toBe('2')
    expect(upstream.requests).toHaveLength(2)
    expect(pausesMs).toHaveLength(1)
    expect(pausesMs[0]).toBeGreaterThanOrEqual(upstreamRetryPauseMinMs)
    expect(pausesMs[0]).toBeLessThanOrEqual(upstreamRetryPauseMaxMs)
  })

  test('once and not for ever', async () => {
    await start([{}])
    upstream.become(answerStatus(500, ''))
    const answered = ask(gateway, fields)
    ;(await nextPause())()
    expect((await answered).error).toMatchObject({ code: 'upstream_unavailable' })
    expect(upstream.requests).toHaveLength(2)
    expect(pausesMs).toHaveLength(1)
  })

  test('nobody is asked for a caller who left meanwhile', async () => {
    await start([{}])
    upstream.become(answerStatus(500, ''))
    const leaving = new AbortController()
    const asked = fetch(`${gateway.origin}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${gateway.apiKey}` },
      body: JSON.stringify({ model: 'm', messages: askedMessages, ...fields }),
      signal: leaving.signal,
    })
    await nextPause()
    leaving.abort()
    await expect(asked).rejects.toThrow()
    await gateway.books()
    expect(gateway.log).toMatchObject([{ outcome: 'client_gone', attempts: 1 }])
    expect(upstream.requests).toHaveLength(1)
    // The pause was called off.
    expect(pausesMs).toEqual([])
  })

  test.each<[string, Script]>([
    ['is overloaded', answerStatus(503, '')],
    ['does not know us', answerStatus(401, '')],
    ['does not know the model', answerStatus(404, '')],
    ['finds the request wrong', answerStatus(400, '')],
    [
      'answers what nobody understands',
      answerStatus(200, '<html>', { 'content-type': 'text/html' }),
    ],
  ])('one that %s is not', async (_what, script) => {
    await start([{}])
    upstream.become(script)
    expect((await ask(gateway, fields)).status).toBeGreaterThanOrEqual(400)
    expect(upstream.requests).toHaveLength(1)
    expect(pausesMs).toEqual([])
  })

  test('nor one beside which there is another', async () => {
    await start([{}, {}])
    upstream.become(answerStatus(500, ''))
    other.become(answerStatus(500, ''))
    expect((await ask(gateway, fields)).error).toMatchObject({ code: 'upstream_unavailable' })
    expect(upstream.requests.length + other.requests.length).toBe(2)
    expect(pausesMs).toEqual([])
  })

  test('nor one that signs: two Works for one job would convict it', async () => {
    await start([{ identity: signingUpstream().identity }])
    upstream.become(answerStatus(500, ''))
    expect((await ask(gateway, fields)).status).toBe(503)
    expect(upstream.requests).toHaveLength(1)
    expect(pausesMs).toEqual([])
  })

  test('nor one that fails most of the time', async () => {
    await start([{}])
    upstream.become(answerStatus(503, ''))
    for (let failure = 0; failure < outcomesMin; failure += 1) await ask(gateway, fields)
    upstream.become(answerStatus(500, ''))
    expect((await ask(gateway, fields)).status).toBe(503)
    expect(upstream.requests).toHaveLength(1)
    expect(pausesMs).toEqual([])
  })
})

test('a stream that was cut before its first content is not asked for again: it may be at work', async () => {
  await start([{}])
  upstream.become(streamBytes([role], 'cut'))
  expect((await ask(gateway, { stream: true })).status).toBe(502)
  expect(upstream.requests).toHaveLength(1)
})

test('after two minutes nobody else is asked', async () => {
  vi.useFakeTimers({ toFake: ['Date'] })
  try {
    await start([{}, {}])
    const failLate: Script = (request, response) => {
      vi.setSystemTime(Date.now() + upstreamAttemptsTimeoutMs)
      return answerStatus(503, '')(request, response)
    }
    upstream.become(failLate)
    other.become(failLate)
    expect((await ask(gateway)).error).toMatchObject({ code: 'upstream_unavailable' })
    expect(upstream.requests.length + other.requests.length).toBe(1)
  } finally {
    vi.useRealTimers()
  }
})
