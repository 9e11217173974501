/*
 * Limits of callers over two replicas and one real Redis: together they let in what one would, and a replica that is killed
 * keeps no place and no day's money to itself.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { randomPrivateKey } from '../../src/chain/private-key.ts'
import { apiKeySecretOf } from '../../src/domain/api-key.ts'
import type { LimitOverride } from '../../src/domain/caller-limits.ts'
import { microUsd } from '../../src/domain/exchange.ts'
import { recoverHolds } from '../../src/gateway/recover-holds.ts'
import { createPaymentStep } from '../../src/payment/payment-step.ts'
import { type Answer, ask } from '../support/ask.ts'
import { openTestChannel, testChannelId } from '../support/gateway-on-ledger.ts'
import {
  type LimitedReplica,
  sharedKeyOf,
  startLimitedReplica,
} from '../support/limited-replica.ts'
import { type RedisServer, startRedisServer } from '../support/redis-server.ts'
import {
  answerWell,
  type ScriptedUpstream,
  startScriptedUpstream,
} from '../support/scripted-upstream.ts'

const childPath = join(import.meta.dirname, '../support/limited-replica.ts')
const keyPrefix = 'limits:'
const privateKey = randomPrivateKey()

let redis: RedisServer
let upstream: ScriptedUpstream
let replicas: readonly [LimitedReplica, LimitedReplica]
/** Of one test: what another has used does not count. */
let apiKey: string

const key = () => ({ kind: 'key', id: sharedKeyOf(apiKey).apiKeyId }) as const

beforeAll(async () => {
  redis = await startRedisServer()
  upstream = await startScriptedUpstream()
  const terms = { url: redis.url, keyPrefix, upstreamUrl: upstream.baseUrl, privateKey }
  const secret = apiKeySecretOf(randomBytes(32))
  const prepare = (ledger: LimitedReplica['ledger']) => openTestChannel(ledger, 1_000_000_000n)
  const first = await startLimitedReplica({ ...terms, apiKey: secret, prepare })
  replicas = [first, await startLimitedReplica({ ...terms, apiKey: secret })]
})

beforeEach(async () => {
  upstream.become(answerWell())
  apiKey = apiKeySecretOf(randomBytes(32))
  for (const { gateway } of replicas) await gateway.apiKeys.insert(sharedKeyOf(apiKey))
})

afterAll(async () => {
  for (const replica of replicas) await replica.stop()
  await upstream.close()
  await redis.stop()
})

/** Said to one replica; the other sees it when it looks. */
async function limit(limits: LimitOverride): Promise<void> {
  await replicas[0].desk.put(key(), limits)
  await replicas[1].overrides.look()
}

const askAt = (index: number, fields: Readonly<Record<string, unknown>> = {}): Promise<Answer> => {
  const { origin } = (replicas[index % 2] ?? replicas[0]).gateway
  return ask({ origin, apiKey }, { max_tokens: 20, ...fields })
}

const count = (answers: readonly Answer[], status: number): number =>
  answers.filter((answer) => answer.status === status).length

function gated(): { readonly open: () => void } {
  const { promise, resolve } = Promise.withResolvers<void>()
  const well = answerWell()
  upstream.become(async (request, response) => {
    await promise
    await well(request, response)
  })
  return { open: resolve }
}

async function arrived(requests: number): Promise<void> {
  for (let one = 0; one < requests; one += 1) await upstream.nextRequest()
}

test('of 300 requests to two replicas exactly the limit is served', async () => {
  await limit({ requestsPerMinuteMax: 60 })
  const answers = await Promise.all(Array.from({ length: 300 }, (_, index) => askAt(index)))
  expect([count(answers, 200), count(answers, 429)]).toEqual([60, 240])
  expect(upstream.requests).toHaveLength(60)
  for (const { status, headers } of answers) {
    if (status !== 429) continue
    expect(headers.get('x-ratelimit-limit-requests')).toBe('60')
    expect(headers.get('x-ratelimit-remaining-requests')).toBe('0')
    expect(Number(headers.get('retry-after-ms'))).toBeGreaterThan(0)
  }
})

test('an account has one limit for its keys and its replicas', async () => {
  await replicas[0].desk.put({ kind: 'account', id: testChannelId }, { tokensPerMinuteMax: 230 })
  await replicas[1].overrides.look()
  const gate = gated()
  const answers = Promise.all(Array.from({ length: 100 }, (_, index) => askAt(index)))
  await arrived(10)
  gate.open()
  expect(count(await answers, 200)).toBeGreaterThanOrEqual(10)
  // What is counted at the end is what was used: 8 tokens each, of at most 230.
  const served = count(await answers, 200)
  expect(served * 8).toBeLessThanOrEqual(230)
  expect(upstream.requests).toHaveLength(served)
  const removed = await replicas[0].desk.remove({ kind: 'account', id: testChannelId })
  expect(removed).toEqual({ ok: true, value: true })
  await replicas[1].overrides.look()
})

test('no more are under way at a time than one gateway would let in', async () => {
  await limit({ concurrencyMax: 7 })
  for (let turn = 0; turn < 3; turn += 1) {
    const gate = gated()
    const ended: Answer[] = []
    const { promise: refused, resolve } = Promise.withResolvers<void>()
    const answers = Promise.all(
      Array.from({ length: 60 }, async (_, index) => {
        const answer = await askAt(index)
        if (ended.push(answer) === 53) resolve()
        return answer
      }),
    )
    await arrived(7)
    await refused
    expect(upstream.requests).toHaveLength(7)
    gate.open()
    expect([count(await answers, 200), count(await answers, 429)]).toEqual([7, 53])
  }
})

test('a day’s money is held once, whichever replica is asked', async () => {
  // Each may cost 66 and costs 11.
  await limit({ spendPerDayMax: microUsd(660n) })
  const before = await replicas[0].ledger.channel(testChannelId)
  const gate = gated()
  const answers = Promise.all(Array.from({ length: 100 }, (_, index) => askAt(index)))
  await arrived(10)
  const under = await replicas[0].ledger.channel(testChannelId)
  expect((under?.heldAmount ?? 0n) - (before?.heldAmount ?? 0n)).toBeLessThanOrEqual(660n)
  gate.open()
  await answers
  const after = await replicas[1].ledger.channel(testChannelId)
  const spent = (after?.chargedCumulativeAmount ?? 0n) - (before?.chargedCumulativeAmount ?? 0n)
  expect(spent).toBe(BigInt(count(await answers, 200)) * 11n)
  expect(spent).toBeLessThanOrEqual(660n)
  expect(count(await answers, 200)).toBeGreaterThanOrEqual(10)
})

async function startChild(): Promise<{ readonly process: ChildProcess; readonly origin: string }> {
  const child = spawn(
    process.execPath,
    [childPath, redis.url, keyPrefix, upstream.baseUrl, apiKey],
    { stdio: ['pipe', 'pipe', 'inherit'] },
  )
  child.stdin.end(privateKey)
  for await (const line of createInterface(child.stdout)) {
    return { process: child, origin: (JSON.parse(line) as { origin: string }).origin }
  }
  throw new Error('the replica ended before it listened')
}

test('a replica that is killed gives its places back, and what it claimed of the day', async () => {
  await limit({ concurrencyMax: 3, spendPerDayMax: microUsd(198n) })
  const child = await startChild()
  gated()
  const lost = Array.from({ length: 3 }, () =>
    ask({ origin: child.origin, apiKey }, { max_tokens: 20 }).catch(() => 'lost'),
  )
  await arrived(3)
  expect((await askAt(0)).status).toBe(429)
  child.process.kill('SIGKILL')
  await once(child.process, 'exit')
  expect(await Promise.all(lost)).toEqual(['lost', 'lost', 'lost'])
  upstream.become(answerWell())
  const [{ ledger, desk, gateway }] = replicas
  const recovery = {
    payment: createPaymentStep(ledger),
    limits: desk,
    priceDecimals: 6,
    signer: gateway.signer,
    payerOf: async () => undefined,
    nowMs: Date.now,
  }
  let released = 0
  // As soon as its lease has run out.
  await vi.waitFor(
    async () => {
      released += (await recoverHolds(recovery)).released
      expect(released).toBe(3)
      expect((await askAt(1)).status).toBe(200)
    },
    { timeout: 10_000, interval: 100 },
  )
  // This replica was asked for nothing of it yet.
  const left = await desk.askAllowances([{ caller: key(), limits: desk.show(key()).limits }])
  expect(left).toMatchObject({
    ok: true,
    value: [{ limitName: 'spendPerDayMax', max: 198, remaining: 198 - 11 }],
  })
})

test('without its Redis a gateway lets nobody in who is limited, and asks nobody', async () => {
  await limit({ requestsPerMinuteMax: 1_000 })
  expect((await askAt(0)).status).toBe(200)
  const asked = upstream.requests.length
  await redis.kill('SIGKILL')
  const refused = await Promise.all([askAt(0), askAt(1)])
  expect(refused.map(({ status }) => status)).toEqual([503, 503])
  expect(refused[0]?.error).toMatchObject({ code: 'store_unavailable' })
  expect(upstream.requests).toHaveLength(asked)
  await redis.restart()
  await vi.waitFor(async () => expect((await askAt(0)).status).toBe(200), { timeout: 10_000 })
})
