/*
 * Rate windows that several replicas share: no race, no clock and no lost answer lets one request more through, and Redis
 * counts as memory does.
 */
import fc from 'fast-check'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { StoreFailure } from '../../src/store/ledger-store.ts'
import type {
  OpenRateWindowStore,
  RateClaim,
  RateLimit,
  RateReservation,
} from '../../src/store/rate-window-store.ts'
import { MemoryRateWindows } from '../../src/store/rate-window-store-memory.ts'
import {
  openRedisRateWindows,
  type RedisRateWindowsOptions,
} from '../../src/store/rate-window-store-redis.ts'
import { type RedisServer, startRedisServer } from '../support/redis-server.ts'
import { tapRedis } from '../support/tapped-redis.ts'

const startMs = 1_000_000_000_000
const minuteMs = 60_000
const limit: RateLimit = { counter: 'key/requests', max: 50, windowMs: minuteMs }
const one: RateClaim = { limit, amount: 1 }

let server: RedisServer
let opened: OpenRateWindowStore[] = []
let places = 0

beforeAll(async () => {
  server = await startRedisServer()
})
afterEach(async () => {
  for (const store of opened) await store.close()
  opened = []
  places += 1
})
afterAll(async () => server.stop())

/** A replica of this test's gateway. */
async function replica(options: Partial<RedisRateWindowsOptions> = {}) {
  const store = await openRedisRateWindows({
    url: server.url,
    keyPrefix: `place${places}`,
    outageWaitMs: 5_000,
    ...options,
  })
  opened.push(store)
  return store
}

async function taken(store: OpenRateWindowStore, claims: readonly RateClaim[], nowMs: number) {
  const reserved = await store.reserve(claims, nowMs)
  if (!reserved.ok) throw new Error('there is room')
  return reserved.value
}

describe('a race', () => {
  test('hundreds of claims at four replicas at once take what there is, and not one more', async () => {
    const replicas = await Promise.all(Array.from({ length: 4 }, () => replica()))
    const nowMs = Date.now()
    const answers = await Promise.all(
      Array.from({ length: 400 }, (_, index) => replicas[index % 4]?.reserve([one], nowMs)),
    )
    expect(answers.filter((answer) => answer?.ok)).toHaveLength(50)
    for (const answer of answers) {
      if (answer?.ok === false) expect(answer.error.retryAfterMs).toBeLessThanOrEqual(61_000)
    }
  })

  test('claims of two counters at once take both or neither', async () => {
    const replicas = await Promise.all([replica(), replica()])
    const tokens: RateLimit = { counter: 'key/tokens', max: 330, windowMs: minuteMs }
    const answers = await Promise.all(
      Array.from({ length: 200 }, (_, index) =>
        replicas[index % 2]?.reserve([one, { limit: tokens, amount: 10 }], Date.now()),
      ),
    )
    expect(answers.filter((answer) => answer?.ok)).toHaveLength(33)
    // The requests of those that found no tokens were not counted.
    const left = await Promise.all(
      Array.from({ length: 40 }, () => replicas[0].reserve([one], Date.now())),
    )
    expect(left.filter(({ ok }) => ok)).toHaveLength(50 - 33)
  })
})

test('replicas whose clocks are years apart agree, because none of them is asked', async () => {
  const [early, late] = await Promise.all([replica(), replica()])
  let served = 0
  for (let count = 0; count < 60; count += 1) {
    const [store, nowMs] = count % 2 === 0 ? [early, 1_000] : [late, 9_000_000_000_000]
    if ((await store.reserve([one], nowMs)).ok) served += 1
  }
  expect(served).toBe(50)
})

test('what a replica reserved and never corrected counts until its window has passed, and no longer', async () => {
  const dying = await replica({ clock: 'caller' })
  for (let count = 0; count < 50; count += 1) await taken(dying, [one], startMs)
  await dying.close()
  const other = await replica({ clock: 'caller' })
  expect((await other.reserve([one], startMs + 60_999)).ok).toBe(false)
  expect((await other.reserve([one], startMs + 61_000)).ok).toBe(true)
})

test('another replica gave back: a counter is not taken for full for ever', async () => {
  const [here, there] = await Promise.all([
    replica({ clock: 'caller' }),
    replica({ clock: 'caller' }),
  ])
  const all = await taken(there, [{ limit, amount: 50 }], startMs)
  expect(here.peek([one], startMs)).toBeUndefined()
  expect((await here.reserve([one], startMs)).ok).toBe(false)
  expect(here.peek([one], startMs)).toEqual({ counter: limit.counter, retryAfterMs: 61_000 })
  expect(here.usedShare(limit, startMs)).toBe(1)
  await there.correct(all, [10], startMs)
  expect(here.peek([one], startMs + 1_001)).toBeUndefined()
  expect((await here.reserve([one], startMs + 1_001)).ok).toBe(true)
  expect(here.usedShare(limit, startMs + 1_001)).toBeCloseTo(11 / 50)
})

test('no counter outlives its window in Redis by more than a minute or so', async () => {
  const store = await replica()
  await taken(store, [one], Date.now())
  const [key = ''] = (await server.command('KEYS', `{place${places}}:rate:*`)) as string[]
  expect(key).toBe(`{place${places}}:rate:key/requests`)
  expect(await server.command('PTTL', key)).toBeLessThanOrEqual(122_000)
  expect(await server.command('PTTL', key)).toBeGreaterThan(61_000)
})

describe('Redis fails', () => {
  test('an answer that was lost is a refusal, and what it took stays taken', async () => {
    const tapped = await tapRedis(server.url)
    const store = await replica({ url: tapped.url, clock: 'caller' })
    // The server knows the script by now, so that one answer is one claim.
    await taken(store, [{ limit, amount: 40 }], startMs)
    tapped.cutNext('answer')
    await expect(store.reserve([{ limit, amount: 10 }], startMs)).rejects.toThrow(StoreFailure)
    expect(tapped.cuts()).toBe(1)
    const other = await replica({ clock: 'caller' })
    expect((await other.reserve([one], startMs)).ok).toBe(false)
    await tapped.close()
  })

  test.each(['question', 'answer'] as const)(
    'the %s of a correction was lost: what was used is counted, what was not is not given twice',
    async (lost) => {
      const tapped = await tapRedis(server.url)
      const store = await replica({ url: tapped.url, clock: 'caller' })
      const spare: RateLimit = { ...limit, counter: 'key/spare' }
      const reservation = await taken(
        store,
        [
          { limit, amount: 10 },
          { limit: spare, amount: 20 },
        ],
        startMs,
      )
      await taken(store, [{ limit: spare, amount: 30 }], startMs)
      tapped.cutNext(lost)
      await store.correct(reservation, [30, 5], startMs)
      expect(tapped.cuts()).toBe(1)
      const other = await replica({ clock: 'caller' })
      const roomOf = async (of: RateLimit) => {
        await other.reserve([{ limit: of, amount: 0 }], startMs)
        return 50 - other.usedShare(of, startMs) * 50
      }
      // Upwards it is sent again, and may be counted twice; downwards once.
      expect(await roomOf(limit)).toBe(lost === 'question' ? 20 : 0)
      expect(await roomOf(spare)).toBe(lost === 'question' ? 0 : 15)
      await tapped.close()
    },
  )

  test('one that hangs is a refusal within the time it has to answer', async () => {
    const hanging = await startRedisServer()
    const store = await replica({ url: hanging.url, replyTimeoutMs: 300 })
    await taken(store, [one], Date.now())
    await hanging.kill('SIGSTOP')
    await expect(store.reserve([one], Date.now())).rejects.toThrow(StoreFailure)
    await hanging.stop()
    await expect(store.reserve([one], Date.now())).rejects.toThrow(StoreFailure)
  })

  test('one without memory is a refusal, and gives room again when it has some', async () => {
    const store = await replica()
    await taken(store, [one], Date.now())
    await server.command('CONFIG', 'SET', 'maxmemory', '1')
    await expect(store.reserve([one], Date.now())).rejects.toThrow(StoreFailure)
    await server.command('CONFIG', 'SET', 'maxmemory', '0')
    await taken(store, [one], Date.now())
  })

  test('one that was killed knows the windows when it is back', async () => {
    const dying = await startRedisServer()
    const before = await replica({ url: dying.url, clock: 'caller' })
    await taken(before, [{ limit, amount: 50 }], startMs)
    await dying.kill('SIGKILL')
    await dying.restart()
    const after = await replica({ url: dying.url, clock: 'caller' })
    expect((await after.reserve([one], startMs)).ok).toBe(false)
    await dying.stop()
  })
})

describe('Redis and memory', () => {
  const windows = [60, 60_000, 86_400_000]
  const limits: readonly RateLimit[] = windows.flatMap((windowMs) => [
    { counter: `few/${windowMs}`, max: 7, windowMs },
    { counter: `many/${windowMs}`, max: Number.MAX_SAFE_INTEGER, windowMs },
  ])
  const claim = fc.record({
    limit: fc.constantFrom(...limits),
    amount: fc.oneof(fc.nat(9), fc.maxSafeNat()),
  })
  const step = fc.record({
    waitMs: fc.oneof(fc.nat(20), fc.nat(70_000), fc.nat(50_000_000)),
    claims: fc.uniqueArray(claim, { selector: ({ limit: of }) => of.counter, maxLength: 3 }),
    corrects: fc.boolean(),
    used: fc.array(fc.oneof(fc.nat(9), fc.maxSafeNat()), { minLength: 3, maxLength: 3 }),
  })

  type Step = typeof step extends fc.Arbitrary<infer One> ? One : never
  const seen = { reserved: 0, refused: 0, corrected: 0 }

  async function walk(steps: readonly Step[], redis: OpenRateWindowStore): Promise<void> {
    const memory = new MemoryRateWindows()
    const reservations: RateReservation[] = []
    let nowMs = startMs
    for (const { waitMs, claims, corrects, used } of steps) {
      nowMs += waitMs
      const expected = await memory.reserve(claims, nowMs)
      expect(await redis.reserve(claims, nowMs)).toEqual(expected)
      if (expected.ok) reservations.push(expected.value)
      seen[expected.ok ? 'reserved' : 'refused'] += 1
      const oldest = corrects ? reservations.shift() : undefined
      if (oldest === undefined) continue
      seen.corrected += 1
      const amounts = used.slice(0, oldest.claims.length)
      await memory.correct(oldest, amounts, nowMs)
      await redis.correct(oldest, amounts, nowMs)
    }
  }

  test('answer the same to the same, in whatever order', async () => {
    let runs = 0
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), async (steps) => {
        runs += 1
        const keyPrefix = `run${runs}`
        const redis = await openRedisRateWindows({ url: server.url, keyPrefix, clock: 'caller' })
        await walk(steps, redis).finally(redis.close)
      }),
    )
    expect(seen.reserved).toBeGreaterThan(200)
    expect(seen.refused).toBeGreaterThan(50)
    expect(seen.corrected).toBeGreaterThan(50)
  })
})
