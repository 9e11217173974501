/*
 * Another contributor takes over in silence as long as nothing reached the client, and never afterwards: its text would be
 * told twice.
 */
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { upstreamAttemptsMax } from '../../src/base/limits.ts'
import { outcomesMin } from '../../src/routing/circuit-breaker.ts'
import { ask, askedMessages } from '../support/ask.ts'
import { startGatewayOnLedger } from '../support/gateway-on-ledger.ts'
import {
  answerStatus,
  chunk,
  roleEvent as role,
  type Script,
  sse,
  startScriptedUpstream,
  streamBytes,
} from '../support/scripted-upstream.ts'
import { openPairPlace } from '../support/upstream-place.ts'

const place = await openPairPlace()
const { cheap: first, dear: second, gateway, newEntries } = place
beforeEach(place.forgive)
afterAll(place.close)

const word = sse(chunk({ content: 'half ' }))

test('the cheaper one is asked first, and alone when it answers', async () => {
  const answer = await ask(gateway)
  expect(answer.headers.get('x-vouch-contributor')).toBe('cheap')
  expect(second.requests).toHaveLength(0)
  expect((await newEntries()).chargedAmount).toBe(5n + 3n)
})

describe.each([{ stream: false }, { stream: true }])('%o', (asked) => {
  const faults: [string, Script][] = [
    ['closes the connection', (_request, response) => response.socket?.destroy() && undefined],
    ['fails', answerStatus(500, 'oops')],
    ['is busy', answerStatus(429, '', { 'retry-after': '0' })],
    ['does not know us', answerStatus(401, '')],
    ['does not know the model', answerStatus(404, '')],
    ['answers HTML', answerStatus(200, '<html>', { 'content-type': 'text/html' })],
  ]
  const streamed: [string, Script][] = [
    ['is cut before the first content', streamBytes([role], 'cut')],
    ['ends before the first content', streamBytes([role])],
    ['reports an error first', streamBytes([role, sse({ error: {} })], 'hang')],
    ['talks nonsense first', streamBytes([role, 'data: {\n\n'], 'hang')],
  ]
  const whole: [string, Script][] = [
    [
      'is cut in the middle',
      (_request, response) => {
        response.writeHead(200, { 'content-type': 'application/json', 'content-length': 1000 })
        response.write('{"choices":', () => response.destroy())
      },
    ],
    ['answers no completion', answerStatus(200, '{}')],
  ]

  test.each([...faults, ...(asked.stream ? streamed : whole)])(
    'one that %s is replaced in silence',
    async (_name, script) => {
      first.become(script)
      const answer = await ask(gateway, asked)
      expect(answer).toMatchObject({ status: 200, content: 'Hello there!', error: undefined })
      expect(answer.headers.get('x-vouch-contributor')).toBe('dear')
      expect(answer.headers.get('x-vouch-attempts')).toBe('2')
      const { receipts, chargedAmount, log } = await newEntries()
      expect(receipts).toHaveLength(1)
      // The price of whoever answered.
      expect(chargedAmount).toBe(5n + 3n * 3n)
      expect(log).toMatchObject([{ contributorId: 'dear', attempts: 2, outcome: 'complete' }])
    },
  )

  test.each([
    ['invalid', 'upstream_rejected'],
    ['context_length_exceeded', 'context_length_exceeded'],
    ['content_policy_violation', 'content_policy_violation'],
  ])('a request that one rejects as %s is not tried elsewhere', async (code, told) => {
    first.become(answerStatus(400, JSON.stringify({ error: { code } })))
    const answer = await ask(gateway, asked)
    expect(answer).toMatchObject({ status: 400, error: { code: told } })
    expect(second.requests).toHaveLength(0)
    await newEntries()
  })

  test('when all fail, the last failure is told', async () => {
    first.become(answerStatus(500, ''))
    second.become(answerStatus(401, ''))
    const answer = await ask(gateway, asked)
    expect(answer).toMatchObject({ status: 502, error: { code: 'upstream_credentials_exhausted' } })
    expect((await newEntries()).log).toMatchObject([{ attempts: 2, outcome: 'refused' }])
  })
})

test('for a caller who left nobody else is asked', async () => {
  first.become(() => {})
  const abort = new AbortController()
  const asked = fetch(`${gateway.origin}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${gateway.apiKey}` },
    body: JSON.stringify({ model: 'm', messages: askedMessages }),
    signal: abort.signal,
  })
  const { left } = await first.nextRequest()
  abort.abort()
  await expect(asked).rejects.toThrow()
  await left
  expect((await newEntries()).log).toMatchObject([{ outcome: 'client_gone', attempts: 1 }])
  expect(second.requests).toHaveLength(0)
})

test('after the first content nobody takes over', async () => {
  first.become(streamBytes([role, word], 'cut'))
  const answer = await ask(gateway, { stream: true })
  expect(answer).toMatchObject({ status: 200, content: 'half ', done: false })
  expect(answer.error).toMatchObject({ code: 'upstream_stream_interrupted' })
  expect(second.requests).toHaveLength(0)
  expect((await newEntries()).chargedAmount).toBe(0n)
})

test('one that fails again and again rests, until it is the only one', async () => {
  first.become(answerStatus(500, ''))
  for (let count = 0; count < outcomesMin + 3; count += 1) {
    expect(await ask(gateway)).toMatchObject({ status: 200 })
  }
  expect(first.requests).toHaveLength(outcomesMin)
  second.become(answerStatus(500, ''))
  await ask(gateway)
  expect(first.requests).toHaveLength(outcomesMin + 1)
  await newEntries()
})

test(`no more than ${upstreamAttemptsMax} are asked for one request`, async () => {
  const failing = await startScriptedUpstream(answerStatus(500, ''))
  const crowd = await startGatewayOnLedger({
    upstreams: ['a', 'b', 'c', 'd', 'e'].map((id) => ({ id, baseUrl: failing.baseUrl })),
  })
  expect(await ask(crowd)).toMatchObject({ status: 503, error: { code: 'upstream_unavailable' } })
  expect(failing.requests).toHaveLength(upstreamAttemptsMax)
  await crowd.stop()
  await failing.close()
})
