/*
 * Several gateways on one ledger: whatever they do at once, however many of them die and however often Redis itself is
 * killed, the law holds as it does for one.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { atomic } from '../../src/domain/units.ts'
import type { LedgerStore } from '../../src/store/ledger-store.ts'
import { openRedisLedger, type RedisLedgerOptions } from '../../src/store/ledger-store-redis.ts'
import {
  channelIdOf,
  holdOf,
  openSignedChannel,
  receiptIdOf,
  sealNote,
} from '../support/channels.ts'
import { expectLaw, expectNumbersWithoutGaps } from '../support/ledger-law.ts'
import { type RedisServer, startRedisServer } from '../support/redis-server.ts'
import { requestCost, requestHold, serveAtOnce } from '../support/serve-at-once.ts'
import { expireLeases } from '../support/store-places.ts'
import { type TappedRedis, tapRedis } from '../support/tapped-redis.ts'

const childPath = join(import.meta.dirname, '../support/ledger-replica-child.ts')
const channelId = channelIdOf(0)

let server: RedisServer
let keyPrefix = ''
let prefixes = 0
let stores: LedgerStore[] = []

beforeAll(async () => {
  server = await startRedisServer()
})
afterAll(() => server.stop())
beforeEach(() => {
  prefixes += 1
  keyPrefix = `replicas${prefixes}`
})
afterEach(async () => {
  await Promise.all(stores.map((store) => store.close()))
  stores = []
})

const open = async (options: Partial<RedisLedgerOptions> = {}): Promise<LedgerStore> => {
  const store = await openRedisLedger({ url: server.url, keyPrefix, restartGraceMs: 0, ...options })
  stores.push(store)
  return store
}
const held = async (store: LedgerStore, requestId: string, amount: bigint) => {
  const result = await store.hold(holdOf(requestId, channelId, amount))
  expect(result).toMatchObject({ ok: true })
}
const charge = (store: LedgerStore, requestId: string, amount: bigint) =>
  store.charge(requestId, atomic(amount), sealNote(requestId))

describe('three replicas under 500 requests at once on one channel', () => {
  /** So much is signed that only some of the requests can be served, whatever the order. */
  const tranche = 900n

  const expectServed = async (store: LedgerStore, served: readonly { charged: number }[]) => {
    const costs = await expectLaw(store, channelId)
    await expectNumbersWithoutGaps(store, [channelId])
    expect(costs.size).toBe(served.reduce((sum, { charged }) => sum + charged, 0))
    for (const cost of costs.values()) expect(cost).toBe(requestCost)
    // A request is refused only when a hold does not fit, so at least the tranche less one hold was ever in use.
    expect(costs.size).toBeGreaterThanOrEqual(Number(tranche / requestHold))
    expect(costs.size).toBeLessThanOrEqual(Number(tranche / requestCost))
    expect(await store.channel(channelId)).toMatchObject({ heldAmount: 0n })
  }

  test('in one process', async () => {
    const replicas = [await open(), await open(), await open()]
    const [first] = replicas
    if (first === undefined) throw new Error('no replica')
    await openSignedChannel(first, channelId, tranche)
    const served = await Promise.all(
      replicas.map((store, index) => serveAtOnce(store, { name: `r${index}`, count: 167 })),
    )
    await expectServed(first, served)
  })

  test('in three processes', async () => {
    const store = await open()
    await openSignedChannel(store, channelId, tranche)
    const children = ['a', 'b', 'c'].map((name) =>
      spawn(process.execPath, [childPath, server.url, keyPrefix, name, '167'], {
        stdio: ['pipe', 'pipe', 'inherit'],
      }),
    )
    const lines = children.map((child) => linesOf(child))
    for (const line of lines) expect((await line.next()).value).toBe('ready')
    for (const child of children) child.stdin.write('go\n')
    const served = await Promise.all(
      lines.map(async (line) => JSON.parse((await line.next()).value) as { charged: number }),
    )
    await expectServed(store, served)
  })

  const linesOf = ({ stdout }: ChildProcess): AsyncIterator<string> => {
    if (stdout === null) throw new Error('no output')
    return createInterface(stdout)[Symbol.asyncIterator]()
  }
})

describe('what one replica writes', () => {
  test('another sees at its next decision: a voucher, a release, a freeze', async () => {
    const [one, other] = [await open(), await open()]
    await openSignedChannel(one, channelId, 10n)
    await held(other, 'r', 10n)
    expect(await other.hold(holdOf('s', channelId, 1n))).toMatchObject({
      error: { reason: 'insufficient_balance', freeAmount: 0n },
    })
    await one.observeChain(channelId, {
      balance: atomic(50n),
      totalClaimed: atomic(0n),
      withdrawFinalAtS: undefined,
    })
    const accepted = await one.acceptVoucher({
      channelId,
      maxClaimableAmount: atomic(50n),
      signature: '0x02' as never,
    })
    expect(accepted.ok).toBe(true)
    await held(other, 's', 40n)
    await one.release('r')
    await held(other, 't', 10n)
    await one.setFrozen(channelId, true)
    expect(await other.hold(holdOf('u', channelId, 0n))).toMatchObject({
      error: { reason: 'channel_frozen' },
    })
  })

  test('a request that two of them hold is one hold, charged once', async () => {
    const [one, other] = [await open(), await open()]
    await openSignedChannel(one, channelId, 100n)
    await Promise.all([held(one, 'r', 10n), held(other, 'r', 10n)])
    expect(await one.channel(channelId)).toMatchObject({ heldAmount: 10n })
    const charged = await Promise.all([charge(one, 'r', 4n), charge(other, 'r', 4n)])
    expect(charged.filter((sealed) => sealed !== undefined)).toHaveLength(1)
    expect(await expectLaw(one, channelId)).toEqual(new Map([['r', 4n]]))
  })
})

describe('the lease of a replica', () => {
  test('keeps its holds while it is renewed, and leaves them to others when it is given back', async () => {
    const [one, other] = [await open(), await open()]
    await openSignedChannel(one, channelId, 100n)
    await held(one, 'r', 10n)
    one.checkpoint('r', 'as far as 3')
    expect(await other.orphanedHolds()).toEqual([])
    await one.close()
    expect(await other.orphanedHolds()).toEqual([
      { ...holdOf('r', channelId, 10n), checkpoint: 'as far as 3' },
    ])
    expect(await charge(other, 'r', 2n)).toBeDefined()
    expect(await other.orphanedHolds()).toEqual([])
    // A replica that is gone and left nothing is forgotten.
    expect(await server.command('HLEN', `{${keyPrefix}}:replicas`)).toBe(1)
  })

  test('that ran out while the replica slept: it still charges, unless recovery was there', async () => {
    const [sleeper, reaper] = [await open(), await open()]
    await openSignedChannel(sleeper, channelId, 100n)
    await held(sleeper, 'early', 10n)
    await held(sleeper, 'late', 10n)
    await expireLeases(server, keyPrefix)
    const orphans = await reaper.orphanedHolds()
    expect(orphans.map(({ requestId }) => requestId).toSorted()).toEqual(['early', 'late'])
    expect(await charge(sleeper, 'early', 5n)).toBeDefined()
    await reaper.release('late')
    expect(await charge(sleeper, 'late', 5n)).toBeUndefined()
    await reaper.release('early')
    expect(await expectLaw(reaper, channelId)).toEqual(new Map([['early', 5n]]))
  })

  test('is renewed by the clock of Redis, again and again', async () => {
    const store = await open({ lease: { durationMs: 60_000, renewalMs: 10 } })
    const [key] = (await server.command('KEYS', `{${keyPrefix}}:lease:*`)) as [string]
    await server.command('DEL', key)
    await vi.waitFor(async () => expect(await server.command('EXISTS', key)).toBe(1))
    expect(await server.command('PTTL', key)).toBeGreaterThan(50_000)
    expect(store.isWritable()).toBe(true)
  })

  test('counts for nothing right after Redis itself began: nobody could renew before', async () => {
    const one = await open()
    await openSignedChannel(one, channelId, 100n)
    await held(one, 'r', 10n)
    await one.close()
    expect(await (await open({ restartGraceMs: 86_400_000 })).orphanedHolds()).toEqual([])
    expect(await (await open()).orphanedHolds()).toHaveLength(1)
  })
})

describe('a line to Redis that is cut', () => {
  let tapped: TappedRedis
  beforeEach(async () => {
    tapped = await tapRedis(server.url)
  })
  afterEach(() => tapped.close())

  test.each(['question', 'answer'] as const)(
    'before the %s of a charge came through: it is charged once, and answered',
    async (what) => {
      const store = await open({ url: tapped.url })
      await openSignedChannel(store, channelId, 100n)
      // Everything that the next charge reads is remembered then, so that the next question is its commit.
      await held(store, 'first', 10n)
      await charge(store, 'first', 1n)
      await held(store, 'r', 10n)
      const seal = vi.fn(sealNote('r'))
      tapped.cutNext(what)
      const sealed = await store.charge('r', atomic(4n), seal)
      expect(tapped.cuts()).toBe(1)
      expect(sealed?.value.receiptId).toBe(receiptIdOf('r'))
      expect(seal).toHaveBeenCalledOnce()
      expect(await charge(store, 'r', 4n)).toBeUndefined()
      expect(await expectLaw(store, channelId)).toEqual(
        new Map([
          ['first', 1n],
          ['r', 4n],
        ]),
      )
    },
  )

  test('before the question of a hold came through, while another spends what is left', async () => {
    const [store, other] = [await open({ url: tapped.url }), await open()]
    await openSignedChannel(store, channelId, 10n)
    await held(store, 'first', 4n)
    tapped.cutNext('question')
    const [slow] = await Promise.all([
      store.hold(holdOf('slow', channelId, 6n)),
      held(other, 'quick', 5n),
    ])
    expect(slow).toMatchObject({ error: { reason: 'insufficient_balance', freeAmount: 1n } })
    expect(tapped.cuts()).toBe(1)
  })
})

describe('Redis that is killed', () => {
  const begin = async (options: Partial<RedisLedgerOptions> = {}) => {
    const own = await startRedisServer()
    const replicas = await Promise.all([0, 1, 2].map(() => open({ url: own.url, ...options })))
    const [first] = replicas
    if (first === undefined) throw new Error('no replica')
    await openSignedChannel(first, channelId, 1_000_000n)
    return { own, replicas, first }
  }

  test('three times under load: every charge that was answered has its receipt, and the law holds', async () => {
    const { own, replicas, first } = await begin()
    const charged = new Map<string, bigint>()
    const killAt = [20, 60, 100]
    let killing = Promise.resolve()
    const killNow = async () => {
      await own.kill('SIGKILL')
      await own.restart()
    }
    const serve = async (store: LedgerStore, name: string) => {
      for (let index = 0; index < 15; index += 1) {
        const requestId = `${name}-${index}`
        // A replica that sees the outage refuses: its client asks again.
        await vi.waitFor(async () => {
          const answer = await store.hold(holdOf(requestId, channelId, 10n))
          if (!answer.ok) expect(answer.error.reason).toBe('store_unavailable')
          expect(answer.ok).toBe(true)
        }, 20_000)
        const sealed = await charge(store, requestId, BigInt(index % 10))
        expect(sealed).toBeDefined()
        charged.set(requestId, BigInt(index % 10))
        if (charged.size === killAt[0]) {
          killAt.shift()
          killing = killing.then(killNow)
        }
      }
    }
    await Promise.all(
      replicas.flatMap((store, replica) =>
        Array.from({ length: 3 }, (_, lane) => serve(store, `r${replica}${lane}`)),
      ),
    )
    await killing
    expect(killAt).toEqual([])
    expect(await expectLaw(first, channelId)).toEqual(charged)
    await expectNumbersWithoutGaps(first, [channelId])
    expect(charged.size).toBe(135)
    await Promise.all(replicas.map((store) => store.close()))
    await own.stop()
  })

  test('for longer than a charge waits: what was open is refused, and recovered when it is back', async () => {
    const onFailure = vi.fn()
    const { own, first } = await begin({ outageWaitMs: 200, onFailure })
    await held(first, 'charging', 10n)
    await held(first, 'releasing', 10n)
    await held(first, 'streaming', 10n)
    await own.kill('SIGKILL')
    const failed = await Promise.allSettled([
      charge(first, 'charging', 4n),
      first.release('releasing'),
    ])
    expect(failed).toMatchObject([
      { status: 'rejected', reason: { name: 'StoreFailure' } },
      { status: 'fulfilled' },
    ])
    expect(first.isWritable()).toBe(false)
    const unavailable = { error: { reason: 'store_unavailable' } }
    expect(await first.hold(holdOf('new', channelId, 1n))).toMatchObject(unavailable)
    expect(await first.extend('streaming', atomic(1n))).toMatchObject(unavailable)
    await expect(first.channel(channelId)).rejects.toMatchObject({ name: 'StoreFailure' })
    await own.restart()
    await vi.waitFor(() => expect(first.isWritable()).toBe(true), 20_000)
    // Nobody will end these two; the one that streams is still at work.
    const orphans = await first.orphanedHolds()
    expect(orphans.map(({ requestId }) => requestId).toSorted()).toEqual(['charging', 'releasing'])
    expect(await charge(first, 'charging', 4n)).toBeDefined()
    await first.release('releasing')
    expect(await charge(first, 'streaming', 6n)).toBeDefined()
    expect(await first.orphanedHolds()).toEqual([])
    expect(await expectLaw(first, channelId)).toEqual(
      new Map([
        ['charging', 4n],
        ['streaming', 6n],
      ]),
    )
    expect(await first.channel(channelId)).toMatchObject({ heldAmount: 0n })
    // Each of the three replicas told its owner once.
    expect(onFailure).toHaveBeenCalledTimes(3)
    await own.stop()
  })

  test('or hangs: a hold that it took without saying so is given up and recovered', async () => {
    const { own, first } = await begin({ outageWaitMs: 200, replyTimeoutMs: 500 })
    await held(first, 'before', 1n)
    await own.kill('SIGSTOP')
    const slow = first.hold(holdOf('slow', channelId, 10n))
    expect(await slow).toMatchObject({ error: { reason: 'store_unavailable' } })
    await own.kill('SIGCONT')
    await vi.waitFor(() => expect(first.isWritable()).toBe(true), 20_000)
    for (const { requestId } of await first.orphanedHolds()) {
      expect(requestId).toBe('slow')
      await first.release(requestId)
    }
    expect(await first.channel(channelId)).toMatchObject({ heldAmount: 1n })
    await own.stop()
  })
})

describe('a Redis that may not keep money is refused in one line', () => {
  const faultOf = async (settings: readonly string[]): Promise<string> => {
    const own = await startRedisServer(settings)
    try {
      await open({ url: own.url })
    } catch (error) {
      expect(error).toMatchObject({ name: 'StoreFailure' })
      return (error as Error).message
    } finally {
      await own.stop()
    }
    throw new Error('it was opened')
  }

  test('because it would forget', async () => {
    expect(await faultOf(['--appendfsync', 'everysec'])).toBe(
      'Redis would lose money in a power cut (appendfsync everysec): run CONFIG SET appendfsync always; CONFIG REWRITE',
    )
    expect(await faultOf(['--appendonly', 'no'])).toContain('CONFIG SET appendonly yes')
    expect(await faultOf(['--no-appendfsync-on-rewrite', 'yes'])).toContain('on-rewrite no')
    expect(await faultOf(['--maxmemory', '100mb', '--maxmemory-policy', 'allkeys-lru'])).toContain(
      'CONFIG SET maxmemory-policy noeviction',
    )
  })

  test('because it is not there, or does not let us in, and the line keeps the password', async () => {
    const locked = await startRedisServer(['--requirepass', 'sesame'])
    const url = new URL(locked.url)
    url.password = 'letmein'
    const refused = await open({ url: url.href }).catch((fault: Error) => fault)
    expect(String(refused)).toMatch(
      /^StoreFailure: Redis at 127.0.0.1:\d+ cannot be used: WRONGPASS/,
    )
    url.password = 'sesame'
    await open({ url: url.href })
    await locked.stop()
    url.port = '1'
    const error = await open({ url: url.href }).catch((fault: Error) => fault)
    expect(String(error)).toMatch(
      /^StoreFailure: Redis at 127.0.0.1:1 cannot be used: .*ECONNREFUSED/,
    )
    expect(String(error)).not.toContain('letmein')
  })

  test('because another version wrote the ledger', async () => {
    await server.command('SET', `{${keyPrefix}}:layout`, '0')
    await expect(open()).rejects.toThrow(/has layout 0 and this version reads layout 3/)
  })
})
