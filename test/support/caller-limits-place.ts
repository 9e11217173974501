/*
 * Where what the operator said of single callers is kept, as the conformance suite needs it: opened again and again, broken
 * and removed.
 */
import { join } from 'node:path'
import type { CallerLimitsStore } from '../../src/store/caller-limits-store.ts'
import { openRedisCallerLimits } from '../../src/store/caller-limits-store-redis.ts'
import { openSqliteCallerLimits } from '../../src/store/caller-limits-store-sqlite.ts'
import { temporaryFolder } from './embedded-chain.ts'
import { startRedisServer } from './redis-server.ts'

export type CallerLimitsPlace = {
  /** Opens what is there; several at once are several processes. */
  readonly open: () => Promise<CallerLimitsStore>
  readonly remove: () => Promise<void>
}

export async function sqliteCallerLimitsPlace(): Promise<CallerLimitsPlace> {
  const folder = temporaryFolder()
  return {
    open: async () => openSqliteCallerLimits(join(folder.path, 'limits.db')),
    remove: async () => folder.remove(),
  }
}

/** A real redis-server of its own. */
export async function redisCallerLimitsPlace(): Promise<CallerLimitsPlace> {
  const server = await startRedisServer()
  return {
    open: () => openRedisCallerLimits({ url: server.url, keyPrefix: 'test' }),
    remove: () => server.stop(),
  }
}
