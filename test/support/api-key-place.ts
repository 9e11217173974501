/*
 * Where API keys are kept, as the conformance suite needs it: opened again and again, and removed. A second implementation
 * joins the suite with a place of its own.
 */
import { join } from 'node:path'
import type { ApiKeyStore } from '../../src/store/api-key-store.ts'
import { openRedisApiKeys } from '../../src/store/api-key-store-redis.ts'
import { openSqliteApiKeys } from '../../src/store/api-key-store-sqlite.ts'
import { temporaryFolder } from './embedded-chain.ts'
import { startRedisServer } from './redis-server.ts'

export type ApiKeyPlace = {
  /** Opens what is there; several at once are several processes. */
  readonly open: () => Promise<ApiKeyStore>
  readonly remove: () => Promise<void>
}

export async function sqliteApiKeyPlace(): Promise<ApiKeyPlace> {
  const folder = temporaryFolder()
  return {
    open: async () => openSqliteApiKeys(join(folder.path, 'keys.db')),
    remove: async () => folder.remove(),
  }
}

/** A real redis-server of its own. */
export async function redisApiKeyPlace(): Promise<ApiKeyPlace> {
  const server = await startRedisServer()
  return {
    open: () => openRedisApiKeys({ url: server.url, keyPrefix: 'test' }),
    remove: () => server.stop(),
  }
}
