/*
 * Where a store keeps its data, as the suite that holds its implementations to each other needs it: opened again and again
 * as by several processes, read as bytes, and removed.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach } from 'vitest'
import { temporaryFolder } from './embedded-chain.ts'
import { type RedisServer, startRedisServer } from './redis-server.ts'

export type StorePlaceOf<Store> = {
  /** Opens what is there; several at once are several processes. */
  readonly open: () => Promise<Store>
  /** Everything that lies on the disk, or in Redis, as text. */
  readonly dump: () => Promise<string>
  readonly remove: () => Promise<void>
}

/** In a folder of its own. */
export const inSqlite =
  <Store>(open: (path: string) => Store) =>
  async (): Promise<StorePlaceOf<Store>> => {
    const folder = temporaryFolder()
    return {
      open: async () => open(join(folder.path, 'store.db')),
      dump: async () =>
        readdirSync(folder.path)
          .map((name) => readFileSync(join(folder.path, name), 'latin1'))
          .join('\n'),
      remove: async () => folder.remove(),
    }
  }

/** In a real redis-server of its own. */
export const inRedis =
  <Store>(
    open: (options: { readonly url: string; readonly keyPrefix: string }) => Promise<Store>,
  ) =>
  async (): Promise<StorePlaceOf<Store>> => {
    const server = await startRedisServer()
    return {
      open: () => open({ url: server.url, keyPrefix: 'test' }),
      dump: async () => {
        const names = (await server.command('KEYS', '*')) as string[]
        const values = names.map((name) => valueAt(server, name))
        return [...names, ...(await Promise.all(values))].join('\n')
      },
      remove: () => server.stop(),
    }
  }

async function valueAt(server: RedisServer, name: string): Promise<string> {
  const type = await server.command('TYPE', name)
  return JSON.stringify(await server.command(type === 'hash' ? 'HGETALL' : 'GET', name))
}

type Opened<Store> = {
  readonly place: StorePlaceOf<Store>
  readonly store: Store
  /** Of another process. */
  readonly other: Store
}

/** Before each test of a suite: an empty place of this kind, opened by two processes. */
export function withSharedStore<Store extends { readonly close: () => Promise<void> }>(
  createPlace: () => Promise<StorePlaceOf<Store>>,
  use: (opened: Opened<Store>) => void,
): void {
  let opened: Opened<Store>
  beforeEach(async () => {
    const place = await createPlace()
    opened = { place, store: await place.open(), other: await place.open() }
    use(opened)
  })
  afterEach(async () => {
    await opened.store.close()
    await opened.other.close()
    await opened.place.remove()
  })
}
