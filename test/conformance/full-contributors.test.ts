/*
 * Where contributors are at their limits: callers wait in turn, are told when to come again, and no limit is passed.
 */
import type { ServerResponse } from 'node:http'
import { afterEach, expect, test } from 'vitest'
import { ask, askedMessages } from '../support/ask.ts'
import {
  startGatewayOnLedger,
  type TestGateway,
  type TestUpstream,
} from '../support/gateway-on-ledger.ts'
import {
  answerStatus,
  answerWell,
  type Script,
  type ScriptedUpstream,
  startScriptedUpstream,
} from '../support/scripted-upstream.ts'

const running: { upstream: ScriptedUpstream; gateway: TestGateway }[] = []

afterEach(async () => {
  for (const { upstream, gateway } of running.splice(0)) {
    await gateway.stop()
    await upstream.close()
  }
})

/** Contributors behind one upstream, as keys of one service are. */
async function start(
  script: Script,
  ...contributors: readonly Omit<TestUpstream, 'baseUrl'>[]
): Promise<{ upstream: ScriptedUpstream; gateway: TestGateway }> {
  const upstream = await startScriptedUpstream(script)
  const { baseUrl } = upstream
  const gateway = await startGatewayOnLedger({
    upstreams: contributors.map((one) => ({ ...one, baseUrl })),
  })
  running.push({ upstream, gateway })
  return { upstream, gateway }
}

/** An upstream that answers when it is told to. */
function patientScript(): { readonly script: Script; readonly answerNext: () => void } {
  const waiting: (() => void)[] = []
  const well = answerWell()
  return {
    script: (request, response: ServerResponse) => {
      waiting.push(() => void well(request, response))
    },
    answerNext: () => waiting.shift()?.(),
  }
}

test('who finds all full waits, and is served when one has room', async () => {
  const { script, answerNext } = patientScript()
  const { upstream, gateway } = await start(script, { id: 'a', limits: { concurrencyMax: 1 } })
  const first = ask(gateway)
  await upstream.nextRequest()
  const second = ask(gateway, { stream: true })
  // The second is inside, and not at the contributor.
  await ask(gateway, { model: 'nobody has it' })
  expect(upstream.requests).toHaveLength(1)
  answerNext()
  expect(await first).toMatchObject({ status: 200 })
  await upstream.nextRequest()
  answerNext()
  expect(await second).toMatchObject({ status: 200, done: true })
  expect(gateway.pool.inFlight('a')).toBe(0)
})

test('who leaves while waiting is served by nobody, and pays nothing', async () => {
  const { script, answerNext } = patientScript()
  const { upstream, gateway } = await start(script, { id: 'a', limits: { concurrencyMax: 1 } })
  const first = ask(gateway)
  await upstream.nextRequest()
  const abort = new AbortController()
  const leaver = fetch(`${gateway.origin}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${gateway.apiKey}` },
    body: JSON.stringify({ model: 'm', messages: askedMessages }),
    signal: abort.signal,
  })
  await ask(gateway, { model: 'nobody has it' })
  abort.abort()
  await expect(leaver).rejects.toThrow()
  answerNext()
  await first
  const { channel } = await gateway.books()
  expect(upstream.requests).toHaveLength(1)
  expect(channel.heldAmount).toBe(0n)
  expect(gateway.log.map(({ outcome }) => outcome)).toContain('client_gone')
})

test('keys of one service give the sum of their limits, and not one request more', async () => {
  const keys = Array.from({ length: 20 }, (_, index) => ({
    id: `key${index}`,
    apiKey: `secret${index}`,
    limits: { requestsPerMinuteMax: 3 },
  }))
  const { upstream, gateway } = await start(answerWell(), ...keys)
  const answers = await Promise.all(Array.from({ length: 70 }, () => ask(gateway)))
  const served = answers.filter(({ status }) => status === 200)
  expect(served).toHaveLength(60)
  const used = new Map<string | undefined, number>()
  for (const { headers } of upstream.requests) {
    used.set(headers.authorization, (used.get(headers.authorization) ?? 0) + 1)
  }
  expect([...used.values()]).toEqual(Array.from({ length: 20 }, () => 3))
  for (const answer of answers.filter(({ status }) => status !== 200)) {
    expect(answer).toMatchObject({ status: 429, error: { code: 'capacity_exhausted' } })
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(30)
  }
})

test('one that said when to come again is left alone until then, and the caller is told', async () => {
  const limited = answerStatus(429, '', { 'retry-after': '120' })
  const { upstream, gateway } = await start(limited, { id: 'a' })
  expect(await ask(gateway)).toMatchObject({ status: 429 })
  const again = await ask(gateway)
  expect(again).toMatchObject({ status: 429, error: { code: 'capacity_exhausted' } })
  expect(Number(again.headers.get('retry-after'))).toBeGreaterThan(100)
  expect(upstream.requests).toHaveLength(1)
})

test('a key that is refused is not used again while another is there', async () => {
  const { upstream, gateway } = await start(
    (request, response) =>
      request.headers.authorization === 'Bearer revoked'
        ? answerStatus(401, '')(request, response)
        : answerWell()(request, response),
    { id: 'revoked', apiKey: 'revoked', completionPrice: 1_000_000n },
    { id: 'good', apiKey: 'good' },
  )
  for (let count = 0; count < 3; count += 1) {
    expect(await ask(gateway)).toMatchObject({ status: 200 })
  }
  const keys = upstream.requests.map(({ headers }) => headers.authorization)
  expect(keys).toEqual(['Bearer revoked', 'Bearer good', 'Bearer good', 'Bearer good'])
})

test('where one key is refused and the other is full, the caller is told to come again', async () => {
  const keys: (string | undefined)[] = []
  const well = answerWell()
  const { gateway } = await start(
    (request, response) => {
      const { authorization } = request.headers
      keys.push(authorization)
      return authorization === 'Bearer bad'
        ? answerStatus(401, '{}')(request, response)
        : well(request, response)
    },
    { id: 'full', apiKey: 'good', limits: { requestsPerMinuteMax: 1 } },
    { id: 'refused', apiKey: 'bad' },
  )
  expect((await ask(gateway)).status).toBe(200)
  const second = await ask(gateway)
  expect(second.status).toBe(429)
  expect(second.error).toMatchObject({ code: 'capacity_exhausted' })
  expect(keys).toEqual(expect.arrayContaining(['Bearer good', 'Bearer bad']))
})

test('a prompt that cannot fit is refused before anybody is asked', async () => {
  const { upstream, gateway } = await start(answerWell(), { id: 'a' })
  const messages = [{ role: 'user', content: 'x'.repeat(4096 * 128 + 200) }]
  expect(await ask(gateway, { messages })).toMatchObject({
    status: 400,
    error: { code: 'context_length_exceeded' },
  })
  expect(upstream.requests).toHaveLength(0)
})
