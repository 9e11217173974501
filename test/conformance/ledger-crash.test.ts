/*
 * A process that is killed between any two steps loses nothing that was durable and doubles nothing: Σ receipts = charged,
 * and every hold that was not ended is there to be ended. Round after round on the same ledger.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { atomic } from '../../src/domain/units.ts'
import type { LedgerStore } from '../../src/store/ledger-store.ts'
import { openRedisLedger } from '../../src/store/ledger-store-redis.ts'
import { openSqliteLedger } from '../../src/store/ledger-store-sqlite.ts'
import { channelIdOf, openSignedChannel, sealNote } from '../support/channels.ts'
import { expectLaw, expectNumbersWithoutGaps } from '../support/ledger-law.ts'
import { type RedisServer, startRedisServer } from '../support/redis-server.ts'
import { seededRandom } from '../support/seeded-random.ts'
import { expireLeases } from '../support/store-places.ts'

const childPath = join(import.meta.dirname, '../support/ledger-crash-child.ts')
const channelId = channelIdOf(0)

/** Where the ledger lies that processes are killed on. */
type CrashPlace = {
  readonly name: string
  readonly begin: () => Promise<void>
  /** As the child is told. */
  readonly where: () => string
  readonly open: () => Promise<LedgerStore>
  readonly end: () => Promise<void>
}

function sqlitePlace(): CrashPlace {
  const folder = mkdtempSync(join(tmpdir(), 'vouch-crash-'))
  const path = join(folder, 'ledger.db')
  return {
    name: 'SQLite',
    begin: async () => {},
    where: () => path,
    open: async () => openSqliteLedger({ path }),
    end: async () => rmSync(folder, { recursive: true }),
  }
}

function redisPlace(): CrashPlace {
  const keyPrefix = 'crash'
  let server: RedisServer | undefined
  const running = (): RedisServer => {
    if (server === undefined) throw new Error('not begun')
    return server
  }
  return {
    name: 'Redis, which dies with it',
    begin: async () => {
      server = await startRedisServer()
    },
    where: () => `${running().url} ${keyPrefix}`,
    open: async () => {
      // Redis is killed too, and begins again from its files.
      await running().kill('SIGKILL')
      await running().restart()
      await expireLeases(running(), keyPrefix)
      return openRedisLedger({ url: running().url, keyPrefix, restartGraceMs: 0 })
    },
    end: async () => server?.stop(),
  }
}

/** What a killed process had said. */
type Testimony = {
  readonly holds: ReadonlyMap<string, bigint>
  readonly charges: ReadonlyMap<string, bigint>
  /** Requests that it was ending: they may be open or ended. */
  readonly ending: ReadonlySet<string>
}

/** Lets a process work on the ledger and kills it as soon as it has said so many lines. */
async function workAndKill(at: {
  readonly where: string
  readonly seed: number
  readonly lineCount: number
}): Promise<Testimony> {
  const { where, seed, lineCount } = at
  const child = spawn(process.execPath, [childPath, where, String(seed)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const exited = once(child, 'exit')
  const holds = new Map<string, bigint>()
  const charges = new Map<string, bigint>()
  const ending = new Set<string>()
  let lines = 0
  // What it still said between the decision and its death counts too.
  for await (const line of createInterface(child.stdout)) {
    const [what, requestId = '', amount = '0'] = line.split(' ')
    if (what === 'hold') holds.set(requestId, BigInt(amount))
    else if (what === 'charge') charges.set(requestId, BigInt(amount))
    else ending.add(requestId)
    lines += 1
    if (lines === lineCount) child.kill('SIGKILL')
  }
  expect(await exited).toEqual([null, 'SIGKILL'])
  return { holds, charges, ending }
}

const sum = (amounts: Iterable<bigint>): bigint => [...amounts].reduce((a, b) => a + b, 0n)

async function checkAgainst({ holds, charges, ending }: Testimony, store: LedgerStore) {
  const costs = await expectLaw(store, channelId)
  await expectNumbersWithoutGaps(store, [channelId])
  const orphans = await store.orphanedHolds()
  const channel = await store.channel(channelId)
  expect(channel?.heldAmount).toBe(sum(orphans.map(({ heldAmount }) => heldAmount)))
  for (const [requestId, amount] of charges) expect(costs.get(requestId)).toBe(amount)
  const open = new Map(orphans.map((orphan) => [orphan.requestId, orphan]))
  for (const requestId of open.keys()) expect(costs.has(requestId)).toBe(false)
  for (const [requestId, amount] of holds) {
    if (ending.has(requestId)) continue
    expect(open.get(requestId)?.heldAmount).toBe(amount)
  }
  for (const { requestId, checkpoint, context } of orphans) {
    expect(context).toBe(`context of ${requestId}`)
    expect(checkpoint).toBeOneOf([undefined, `far ${requestId}`])
  }
  return orphans
}

/** What `recoverHolds` does with them: some reached a client, some did not. */
async function endOrphans(
  store: LedgerStore,
  orphans: Awaited<ReturnType<LedgerStore['orphanedHolds']>>,
) {
  for (const { requestId, checkpoint } of orphans) {
    if (checkpoint === undefined) await store.release(requestId)
    else await (await store.charge(requestId, atomic(1n), sealNote(requestId)))?.durable
  }
  expect(await store.orphanedHolds()).toEqual([])
  expect(await store.channel(channelId)).toMatchObject({ heldAmount: 0n })
}

describe.each([sqlitePlace(), redisPlace()])('a gateway that is killed, on $name', (place) => {
  const random = seededRandom(20_261_122)
  const seen = { charges: 0, orphans: 0 }

  beforeAll(async () => {
    await place.begin()
    const store = await place.open()
    await openSignedChannel(store, channelId, 10n ** 12n)
    await store.close()
  })
  afterAll(place.end)

  test.each(Array.from({ length: 6 }, (_, round) => [round + 1, 1 + random(round * 40 + 20)]))(
    'for the %i. time, after %i lines',
    async (seed, lineCount) => {
      const testimony = await workAndKill({ where: place.where(), seed, lineCount })
      const store = await place.open()
      const orphans = await checkAgainst(testimony, store)
      seen.charges += testimony.charges.size
      seen.orphans += orphans.length
      await endOrphans(store, orphans)
      await expectLaw(store, channelId)
      await store.close()
    },
  )

  test('was killed in the midst of things', () => {
    expect(seen.charges).toBeGreaterThan(50)
    expect(seen.orphans).toBeGreaterThan(10)
  })
})
