/*
 * Where contributors are kept, as the conformance suite needs it: opened again and again, read as bytes, and removed.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ContributorStore } from '../../src/store/contributor-store.ts'
import { openRedisContributors } from '../../src/store/contributor-store-redis.ts'
import { openSqliteContributors } from '../../src/store/contributor-store-sqlite.ts'
import { temporaryFolder } from './embedded-chain.ts'
import { startRedisServer } from './redis-server.ts'

export type ContributorPlace = {
  /** Opens what is there; several at once are several processes. */
  readonly open: () => Promise<ContributorStore>
  /** Everything that lies on the disk, or in Redis, as text. */
  readonly dump: () => Promise<string>
  readonly remove: () => Promise<void>
}

export async function sqliteContributorPlace(): Promise<ContributorPlace> {
  const folder = temporaryFolder()
  return {
    open: async () => openSqliteContributors(join(folder.path, 'contributors.db')),
    dump: async () =>
      readdirSync(folder.path)
        .map((name) => readFileSync(join(folder.path, name), 'latin1'))
        .join('\n'),
    remove: async () => folder.remove(),
  }
}

/** A real redis-server of its own. */
export async function redisContributorPlace(): Promise<ContributorPlace> {
  const server = await startRedisServer()
  return {
    open: () => openRedisContributors({ url: server.url, keyPrefix: 'test' }),
    dump: async () => {
      const names = (await server.command('KEYS', '*')) as string[]
      const dumps = names.map((name) => valueAt(server, name))
      return [...names, ...(await Promise.all(dumps))].join('\n')
    },
    remove: () => server.stop(),
  }
}

async function valueAt(
  server: Awaited<ReturnType<typeof startRedisServer>>,
  name: string,
): Promise<string> {
  const type = await server.command('TYPE', name)
  return JSON.stringify(await server.command(type === 'hash' ? 'HGETALL' : 'GET', name))
}
