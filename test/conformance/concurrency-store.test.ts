/*
 * How many are inside at a time: what every concurrency store must do, and what the shared one does when replicas race, die
 * and lose answers.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type {
  ConcurrencyLimit,
  ConcurrencyStore,
  Leave,
} from '../../src/store/concurrency-store.ts'
import { MemoryConcurrency } from '../../src/store/concurrency-store-memory.ts'
import {
  openRedisConcurrency,
  type RedisConcurrencyOptions,
} from '../../src/store/concurrency-store-redis.ts'
import { StoreFailure } from '../../src/store/ledger-store.ts'
import { type RedisServer, startRedisServer } from '../support/redis-server.ts'
import { expireLeases } from '../support/store-places.ts'
import { tapRedis } from '../support/tapped-redis.ts'

const concurrencyScript = readFileSync(
  new URL('../../src/store/lua/concurrency.lua', import.meta.url),
  'utf8',
)

let server: RedisServer
let opened: ConcurrencyStore[] = []
let places = 0
let nowMs = 0

beforeAll(async () => {
  server = await startRedisServer(['--appendonly', 'no'])
})
afterEach(async () => {
  for (const store of opened) await store.close()
  opened = []
  places += 1
})
afterAll(async () => server.stop())

async function replica(options: Partial<RedisConcurrencyOptions> = {}): Promise<ConcurrencyStore> {
  const store = await openRedisConcurrency({
    url: server.url,
    keyPrefix: `place${places}`,
    restartGraceMs: 0,
    ...options,
  })
  opened.push(store)
  return store
}

const upTo = (max: number, counter = 'key'): ConcurrencyLimit => ({ counter, max })

/** Long after the last, so that the dead are looked for if need be. */
async function enter(store: ConcurrencyStore, ...limits: readonly ConcurrencyLimit[]) {
  nowMs += 10_000
  return store.enter(limits, nowMs)
}

async function inside(store: ConcurrencyStore, ...limits: readonly ConcurrencyLimit[]) {
  const entered = await enter(store, ...limits)
  if (!entered.ok) throw new Error(`${entered.error.counter} is full`)
  return entered.value
}

async function isFull(store: ConcurrencyStore, ...limits: readonly ConcurrencyLimit[]) {
  const entered = await enter(store, ...limits)
  if (entered.ok) entered.value()
  return !entered.ok
}

/** What Redis counts, by counter. */
async function counted(): Promise<Record<string, string>> {
  const flat = (await server.command('HGETALL', `{place${places}}:inside`)) as string[]
  const pairs = flat.flatMap((name, index) => (index % 2 === 0 ? [[name, flat[index + 1]]] : []))
  return Object.fromEntries(pairs)
}

type Guest = { readonly limits: readonly ConcurrencyLimit[]; readonly leave: Leave }
/** Somebody comes, or the guest of this number leaves. */
type Step = number | readonly ConcurrencyLimit[]

const isRoom = (guests: readonly Guest[], limits: readonly ConcurrencyLimit[]): boolean =>
  limits.every(({ counter, max }) => {
    const there = guests.filter((guest) => guest.limits.some((one) => one.counter === counter))
    return there.length < max
  })

/** Lets guests come and go; the store says of each what counting them by hand does. */
async function walk(
  store: ConcurrencyStore,
  steps: readonly Step[],
  seen: { entered: number; refused: number; left: number },
): Promise<void> {
  const guests: Guest[] = []
  for (const step of steps) {
    if (typeof step === 'number') {
      const [guest] = guests.splice(step % Math.max(1, guests.length), 1)
      guest?.leave()
      seen.left += guest === undefined ? 0 : 1
      continue
    }
    const entered = await enter(store, ...step)
    expect(entered.ok).toBe(isRoom(guests, step))
    seen[entered.ok ? 'entered' : 'refused'] += 1
    if (entered.ok) guests.push({ limits: step, leave: entered.value })
  }
  for (const { leave } of guests) leave()
}

describe.each([
  ['memory', async () => new MemoryConcurrency()],
  ['Redis', replica],
] as [string, () => Promise<ConcurrencyStore>][])('%s', (_name, open) => {
  test('so many are inside at a time, and the next when one leaves', async () => {
    const store = await open()
    const leave = await inside(store, upTo(2))
    await inside(store, upTo(2))
    expect(await enter(store, upTo(2))).toEqual({ ok: false, error: { counter: 'key' } })
    leave()
    await inside(store, upTo(2))
    expect(await isFull(store, upTo(2))).toBe(true)
  })

  test('who leaves twice leaves once', async () => {
    const store = await open()
    const leave = await inside(store, upTo(2))
    await inside(store, upTo(2))
    leave()
    leave()
    await inside(store, upTo(2))
    expect(await isFull(store, upTo(2))).toBe(true)
  })

  test('a place at all counters or at none', async () => {
    const store = await open()
    const account = upTo(2, 'account')
    await inside(store, upTo(1, 'key1'), account)
    expect(await enter(store, account, upTo(1, 'key1'))).toMatchObject({
      error: { counter: 'key1' },
    })
    const leave = await inside(store, upTo(1, 'key2'), account)
    expect(await enter(store, upTo(1, 'key3'), account)).toMatchObject({
      error: { counter: 'account' },
    })
    leave()
    await inside(store, upTo(1, 'key3'), account)
  })

  test('a limit that was lowered lets nobody in until enough have left', async () => {
    const store = await open()
    const leaves = [await inside(store, upTo(3)), await inside(store, upTo(3))]
    expect(await isFull(store, upTo(1))).toBe(true)
    for (const leave of leaves) leave()
    expect(await isFull(store, upTo(1))).toBe(false)
  })

  test('counters of odd names are counters of their own', async () => {
    const store = await open()
    const names = ['', ' ', '}:x{', 'a:b', 'ä', '\u0000', '💶', '__proto__', 'x'.repeat(4_000)]
    await inside(store, ...names.map((name) => upTo(1, name)))
    for (const name of names) expect(await isFull(store, upTo(1, name))).toBe(true)
    expect(await isFull(store)).toBe(false)
  })

  test('never more than the limit, whoever comes and goes in whatever order', async () => {
    const seen = { entered: 0, refused: 0, left: 0 }
    const limits = [upTo(3, 'a'), upTo(5, 'b'), upTo(1, 'c')]
    const step = fc.oneof(
      { weight: 2, arbitrary: fc.subarray(limits, { minLength: 1 }) },
      { weight: 1, arbitrary: fc.nat(20) },
    )
    const store = await open()
    const visits = fc.array(step, { minLength: 5, maxLength: 60 })
    await fc.assert(fc.asyncProperty(visits, (steps) => walk(store, steps, seen)))
    for (const limit of limits) expect(await isFull(store, limit)).toBe(false)
    expect(seen.entered).toBeGreaterThan(200)
    expect(seen.refused).toBeGreaterThan(100)
    expect(seen.left).toBeGreaterThan(50)
  })
})

describe('replicas', () => {
  test('hundreds that come to four at once are let in as far as the limit, and not one more', async () => {
    const replicas = await Promise.all(Array.from({ length: 4 }, () => replica()))
    const limits = [upTo(40), upTo(1_000, 'account')]
    const answers = await Promise.all(
      Array.from({ length: 400 }, (_, index) => replicas[index % 4]?.enter(limits, nowMs)),
    )
    const entered = answers.flatMap((answer) => (answer?.ok ? [answer.value] : []))
    expect(entered).toHaveLength(40)
    expect(await counted()).toEqual({ key: '40', account: '40' })
    for (const leave of entered) leave()
    // Each replica's question comes after what it said before.
    for (const store of replicas) expect(await isFull(store, upTo(40))).toBe(false)
    expect(await counted()).toEqual({})
  })

  test('one that was killed gives its places back when its lease ran out, and not before', async () => {
    const child = spawn(
      process.execPath,
      [
        join(import.meta.dirname, '../support/concurrency-replica.ts'),
        ...[server.url, `place${places}`, 'key', '5'],
      ],
      { stdio: ['pipe', 'pipe', 'inherit'] },
    )
    await once(child.stdout, 'data')
    const other = await replica()
    await inside(other, upTo(7))
    await inside(other, upTo(7))
    child.kill('SIGKILL')
    await once(child, 'exit')
    expect(await isFull(other, upTo(7))).toBe(true)
    await expireLeases(server, `place${places}`)
    expect(await isFull(other, upTo(7))).toBe(false)
    expect(await counted()).toEqual({ key: '2' })
  })

  test('after a restart of Redis nobody is dead for a while, because nobody could renew', async () => {
    const store = await replica({ restartGraceMs: 3_600_000 })
    const other = await replica()
    await inside(other, upTo(1))
    await expireLeases(server, `place${places}`)
    expect(await isFull(store, upTo(1))).toBe(true)
  })

  test('one that was taken for dead and lives says how many it has', async () => {
    const [slept, other] = await Promise.all([replica(), replica()])
    const leave = await inside(slept, upTo(3))
    await inside(slept, upTo(3))
    await inside(other, upTo(3))
    await expireLeases(server, `place${places}`)
    await inside(other, upTo(3))
    expect(await counted()).toEqual({ key: '2' })
    // With its own two there are four now, and nobody enters before two have left.
    expect(await isFull(slept, upTo(3))).toBe(true)
    expect(await counted()).toEqual({ key: '4' })
    leave()
    expect(await isFull(slept, upTo(3))).toBe(true)
    expect(await counted()).toEqual({ key: '3' })
  })

  test('one that ends in good order leaves nothing', async () => {
    const store = await openRedisConcurrency({ url: server.url, keyPrefix: `place${places}` })
    await inside(store, upTo(3))
    await store.close()
    expect(await server.command('KEYS', `{place${places}}:*`)).toEqual([])
  })
})

describe('Redis fails', () => {
  test.each(['question', 'answer'] as const)(
    'the %s of one who came was lost: it is not inside, and its place is not lost',
    async (lost) => {
      const tapped = await tapRedis(server.url)
      const store = await replica({ url: tapped.url })
      const other = await replica()
      await inside(store, upTo(3))
      tapped.cutNext(lost)
      await expect(enter(store, upTo(3))).rejects.toThrow(StoreFailure)
      expect(tapped.cuts()).toBe(1)
      await reconnected(store)
      await inside(store, upTo(3))
      expect(await counted()).toEqual({ key: '2' })
      await inside(other, upTo(3))
      expect(await isFull(store, upTo(3))).toBe(true)
      await tapped.close()
    },
  )

  test.each(['question', 'answer'] as const)(
    'the %s of one who left was lost: it has left once',
    async (lost) => {
      const tapped = await tapRedis(server.url)
      const store = await replica({ url: tapped.url })
      const leave = await inside(store, upTo(3))
      await inside(store, upTo(3))
      tapped.cutNext(lost)
      leave()
      await reconnected(store)
      expect(tapped.cuts()).toBe(1)
      expect(await isFull(store, upTo(2))).toBe(false)
      expect(await counted()).toEqual({ key: '1' })
      await tapped.close()
    },
  )

  test('one that hangs is a refusal in time, and what it reads later changes nothing', async () => {
    const hanging = await startRedisServer()
    const store = await replica({ url: hanging.url, replyTimeoutMs: 300 })
    await inside(store, upTo(3))
    await hanging.kill('SIGSTOP')
    await expect(enter(store, upTo(3))).rejects.toThrow(StoreFailure)
    await hanging.kill('SIGCONT')
    await reconnected(store)
    await inside(store, upTo(3))
    await inside(store, upTo(3))
    expect(await isFull(store, upTo(3))).toBe(true)
    expect(await hanging.command('HGET', `{place${places}}:inside`, 'key')).toBe('3')
    await hanging.kill('SIGKILL')
    await expect(enter(store, upTo(9))).rejects.toThrow(StoreFailure)
    await hanging.stop()
  })

  test('a question that comes after a newer statement changes nothing, nor does one of the grave-digger', async () => {
    const store = await replica()
    await inside(store, upTo(3))
    const names = ['inside-replicas', 'inside'].map((name) => `{place${places}}:${name}`)
    const [[name = '']] = [(await server.command('HKEYS', names[0] ?? '')) as string[]]
    const late = (what: string, number: string, ...words: readonly string[]) =>
      server.command(
        ...(['EVAL', concurrencyScript, '4'] as const),
        ...[names[1] ?? '', `{place${places}}:inside:${name}`, names[0] ?? ''],
        ...[`{place${places}}:lease:${name}`, what, name, number, ...words],
      )
    expect(await late('enter', '0', 'key', '3')).toBe(-1)
    expect(await late('leave', '0', 'key')).toBe(-1)
    expect(await late('state', '1')).toBe(-1)
    expect(await late('forget', '0')).toBe(-1)
    expect(await counted()).toEqual({ key: '1' })
    expect(await late('enter', '1', 'key', '3')).toBe(0)
    expect(await counted()).toEqual({ key: '2' })
  })

  test('one that lost everything is told again', async () => {
    const store = await replica()
    const leave = await inside(store, upTo(2), upTo(5, 'account'))
    await server.command('FLUSHALL')
    await inside(store, upTo(2))
    expect(await counted()).toEqual({ key: '2', account: '1' })
    leave()
    expect(await isFull(store, upTo(2))).toBe(false)
    expect(await counted()).toEqual({ key: '1' })
  })
})

/** Asks until there is a connection again. */
async function reconnected(store: ConcurrencyStore): Promise<void> {
  for (;;) {
    try {
      ;(await inside(store, upTo(1, 'probe')))()
      return
    } catch (error) {
      if (!(error instanceof StoreFailure)) throw error
      await new Promise((resolve) => setImmediate(resolve))
    }
  }
}
