import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import type { GatewayLog } from '../../../src/base/log.ts'
import { openStores, type Stores } from '../../../src/cli/open-stores.ts'
import type { GatewayConfig } from '../../../src/config.ts'
import { channelIdOf, openSignedChannel } from '../../support/channels.ts'
import { type RedisServer, startRedisServer } from '../../support/redis-server.ts'

const silent: GatewayLog = { info: () => {}, error: () => {} }
const channelId = channelIdOf(0)
const daily = { limit: { counter: 'a', max: 1, windowMs: 86_400_000 }, amount: 1 }

let server: RedisServer
let folder: string
let opened: Stores[] = []

beforeAll(async () => {
  server = await startRedisServer()
  folder = mkdtempSync(join(tmpdir(), 'vouch-stores-'))
})
afterEach(async () => {
  for (const { close, outbox } of opened) {
    await close()
    await outbox.close()
  }
  opened = []
})
afterAll(async () => {
  await server.stop()
  rmSync(folder, { recursive: true })
})

const open = async (place: Pick<GatewayConfig, 'dataFolder' | 'store'>): Promise<Stores> => {
  const stores = await openStores(place as GatewayConfig, silent)
  opened.push(stores)
  return stores
}
const inRedis = () => ({
  dataFolder: join(folder, 'unused'),
  store: { redisUrl: server.url, keyPrefix: 'test' },
})

test('one gateway has its stores to itself, in its data folder', async () => {
  const dataFolder = join(folder, 'data')
  const { ledger, outbox, apiKeys, counters, room } = await open({ dataFolder, store: undefined })
  await openSignedChannel(ledger, channelId, 5n)
  expect([await outbox.recent(1), await apiKeys.list()]).toEqual([[], []])
  // Who is at a contributor is known without a store, and nobody waits for one.
  expect(room).toEqual({ windows: counters.windows, concurrency: undefined })
  expect((await counters.windows.reserve([daily], 0)).ok).toBe(true)
  await expect(open({ dataFolder, store: undefined })).rejects.toMatchObject({
    name: 'CommandFailure',
    message: expect.stringContaining('another gateway runs on this data folder'),
  })
})

test('gateways with one Redis have one ledger, one set of keys, one outbox, and one room', async () => {
  const [one, other] = [await open(inRedis()), await open(inRedis())]
  await openSignedChannel(one.ledger, channelId, 5n)
  await one.outbox.setNote('cursor', '7')
  expect(await other.ledger.channel(channelId)).toMatchObject({ balance: 5n })
  expect(await other.outbox.note('cursor')).toBe('7')
  expect(await other.apiKeys.lastNonce(channelId)).toBe(0)
  expect((await one.room.windows.reserve([daily], 0)).ok).toBe(true)
  expect((await other.counters.windows.reserve([daily], 0)).ok).toBe(false)
  const place = { counter: 'b', max: 1 }
  expect((await one.counters.concurrency.enter([place], 0)).ok).toBe(true)
  expect((await other.room.concurrency?.enter([place], 0))?.ok).toBe(false)
})

test('a Redis that is not fit for money ends the start with one line', async () => {
  const forgetful = await startRedisServer(['--appendfsync', 'no'])
  const store = { redisUrl: forgetful.url, keyPrefix: 'test' }
  await expect(open({ dataFolder: folder, store })).rejects.toMatchObject({
    name: 'CommandFailure',
    message: expect.stringContaining('CONFIG SET appendfsync always'),
  })
  await forgetful.stop()
})
