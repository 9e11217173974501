/*
 * Limits of contributors over several replicas and one real Redis: what a key may do in a minute, or at once, it may do for
 * all of them together; and nobody is asked while nobody can count.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { randomPrivateKey } from '../../src/chain/private-key.ts'
import type { ConcurrencyStore } from '../../src/store/concurrency-store.ts'
import { openRedisConcurrency } from '../../src/store/concurrency-store-redis.ts'
import { openRedisLedger } from '../../src/store/ledger-store-redis.ts'
import { openRedisRateWindows } from '../../src/store/rate-window-store-redis.ts'
import { ask } from '../support/ask.ts'
import {
  openTestChannel,
  startGatewayOnLedger,
  type TestGateway,
  type TestUpstream,
} from '../support/gateway-on-ledger.ts'
import { lentKeyCount, lentRequestsPerMinute } from '../support/lent-keys.ts'
import { type RedisServer, startRedisServer } from '../support/redis-server.ts'
import {
  answerWell,
  type Script,
  type ScriptedUpstream,
  startScriptedUpstream,
} from '../support/scripted-upstream.ts'

const childPath = join(import.meta.dirname, '../support/lent-keys-replica.ts')
const keyPrefix = 'lent'
const privateKey = randomPrivateKey()

let redis: RedisServer
let upstream: ScriptedUpstream
const children: ChildProcess[] = []

beforeAll(async () => {
  redis = await startRedisServer()
  upstream = await startScriptedUpstream()
  const ledger = await openRedisLedger({ url: redis.url, keyPrefix })
  await openTestChannel(ledger, 1_000_000_000n)
  await ledger.close()
})
beforeEach(() => upstream.become(answerWell()))
afterAll(async () => {
  for (const child of children) child.kill('SIGKILL')
  await upstream.close()
  await redis.stop()
})

type Door = Pick<TestGateway, 'origin' | 'apiKey'>

async function startReplica(): Promise<Door> {
  const child = spawn(process.execPath, [childPath, redis.url, keyPrefix, upstream.baseUrl], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  children.push(child)
  child.stdin.end(privateKey)
  for await (const line of createInterface(child.stdout)) return JSON.parse(line)
  throw new Error('the replica did not start')
}

test('two replicas, twenty keys of three a minute: of two hundred requests sixty are served, and no key is asked a fourth time', async () => {
  const replicas = await Promise.all([startReplica(), startReplica()])
  const answers = await Promise.all(
    Array.from({ length: 200 }, (_, index) =>
      ask(replicas[index % 2 === 0 ? 0 : 1], { stream: index % 3 === 0 }),
    ),
  )
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(60)
  const asked = new Map<string, number>()
  for (const { headers } of upstream.requests) {
    const key = headers.authorization ?? ''
    asked.set(key, (asked.get(key) ?? 0) + 1)
  }
  expect(asked.size).toBe(lentKeyCount)
  expect(new Set(asked.values())).toEqual(new Set([lentRequestsPerMinute]))
  for (const answer of answers.filter(({ status }) => status !== 200)) {
    expect(answer).toMatchObject({ status: 429, error: { code: 'capacity_exhausted' } })
    // When the first second of the minute falls out of it; a whole number of seconds, as HTTP has it.
    expect(answer.headers.get('retry-after')).toMatch(/^[1-9][0-9]?$/)
  }
})

/** A gateway whose room is counted in Redis, whatever keeps its ledger. */
async function startCounted(
  limits: TestUpstream['limits'],
  server: RedisServer,
): Promise<{
  readonly gateway: TestGateway
  readonly concurrency: ConcurrencyStore
  readonly stop: () => Promise<void>
}> {
  const at = { url: server.url, keyPrefix: 'room' }
  const windows = await openRedisRateWindows(at)
  const concurrency = await openRedisConcurrency(at)
  const { baseUrl } = upstream
  const one: TestUpstream = { id: 'one', baseUrl, ...(limits !== undefined && { limits }) }
  const gateway = await startGatewayOnLedger({ upstreams: [one], pool: { windows, concurrency } })
  return {
    gateway,
    concurrency,
    stop: async () => {
      await gateway.stop()
      await windows.close()
      await concurrency.close()
    },
  }
}

/** Answers when it is told to, and says how many wait at the same time at most. */
function patientScript(): { script: Script; answerAll: () => void; most: () => number } {
  const waiting: (() => void)[] = []
  let most = 0
  const well = answerWell()
  return {
    script: (request, response) => {
      waiting.push(() => void well(request, response))
      most = Math.max(most, waiting.length)
    },
    answerAll: () => {
      for (const answer of waiting.splice(0)) answer()
    },
    most: () => most,
  }
}

test('two replicas never have more at a contributor at once than it takes, and those who wait are served', async () => {
  const places = await Promise.all([
    startCounted({ concurrencyMax: 3 }, redis),
    startCounted({ concurrencyMax: 3 }, redis),
  ])
  const { script, answerAll, most } = patientScript()
  upstream.become(script)
  const answers = Promise.all(
    Array.from({ length: 12 }, (_, index) => ask(places[index % 2 === 0 ? 0 : 1].gateway)),
  )
  for (let round = 0; round < 4; round += 1) {
    for (let arrived = 0; arrived < 3; arrived += 1) await upstream.nextRequest()
    answerAll()
  }
  for (const { status } of await answers) expect(status).toBe(200)
  expect(most()).toBe(3)
  for (const { gateway, concurrency } of places) {
    await gateway.books()
    // Is answered after everything that was said before it.
    await concurrency.enter([{ counter: 'probe', max: 2 }], 0)
  }
  expect(await redis.command('HGETALL', '{room}:inside')).toEqual(['probe', '2'])
  for (const { stop } of places) await stop()
})

test.each([
  ['requests a minute', { requestsPerMinuteMax: 100 }],
  ['requests at once', { concurrencyMax: 100 }],
])('without the Redis that counts %s nobody is asked and nothing is held', async (_, limits) => {
  const counting = await startRedisServer()
  const { gateway, stop } = await startCounted(limits, counting)
  expect(await ask(gateway)).toMatchObject({ status: 200 })
  await counting.kill('SIGKILL')
  expect(await ask(gateway)).toMatchObject({
    status: 503,
    error: { code: 'store_unavailable' },
  })
  expect(upstream.requests).toHaveLength(1)
  expect((await gateway.books()).channel.heldAmount).toBe(0n)
  expect(gateway.pool.inFlight('one')).toBe(0)
  expect(gateway.internalErrors).toEqual([])
  await stop()
  await counting.stop()
})
