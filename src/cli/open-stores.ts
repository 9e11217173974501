import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { GatewayLog } from '../base/log.ts'
import type { GatewayConfig } from '../config.ts'
import type { ApiKeyStore } from '../store/api-key-store.ts'
import { openSqliteApiKeys } from '../store/api-key-store-sqlite.ts'
import { type LedgerStore, StoreFailure } from '../store/ledger-store.ts'
import { openSqliteLedger } from '../store/ledger-store-sqlite.ts'
import type { OutboxStore } from '../store/outbox-store.ts'
import { openSqliteOutbox } from '../store/outbox-store-sqlite.ts'
import { CommandFailure } from './command.ts'
import { outboxFile } from './open-settlement.ts'

export type Stores = {
  readonly ledger: LedgerStore
  readonly apiKeys: ApiKeyStore
  readonly outbox: OutboxStore
}

/** In Redis where one is configured, else in the data folder. Throws CommandFailure with one line that says what to do. */
export async function openStores(config: GatewayConfig, log: GatewayLog): Promise<Stores> {
  const onFailure = () => log.error('ledger_write_failed')
  try {
    return config.store === undefined
      ? openInFolder(config.dataFolder, onFailure)
      : await openInRedis(config.store, onFailure)
  } catch (error) {
    if (error instanceof StoreFailure) throw new CommandFailure(error.message)
    throw error
  }
}

/** All or none: a store that cannot be opened leaves no other open. A gateway by itself does not load Redis's client. */
async function openInRedis(
  { redisUrl: url, keyPrefix }: NonNullable<GatewayConfig['store']>,
  onFailure: () => void,
): Promise<Stores> {
  const { openRedisLedger } = await import('../store/ledger-store-redis.ts')
  const { openRedisApiKeys } = await import('../store/api-key-store-redis.ts')
  const { openRedisOutbox } = await import('../store/outbox-store-redis.ts')
  const opened: { readonly close: () => Promise<void> | void }[] = []
  const kept = <T extends (typeof opened)[number]>(store: T): T => {
    opened.push(store)
    return store
  }
  try {
    return {
      ledger: kept(await openRedisLedger({ url, keyPrefix, onFailure })),
      apiKeys: kept(await openRedisApiKeys({ url, keyPrefix })),
      outbox: kept(await openRedisOutbox({ url, keyPrefix })),
    }
  } catch (error) {
    for (const store of opened) await store.close()
    throw error
  }
}

function openInFolder(dataFolder: string, onFailure: () => void): Stores {
  try {
    mkdirSync(dataFolder, { recursive: true, mode: 0o700 })
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? String(error)
    throw new CommandFailure(
      `the data folder ${dataFolder} cannot be written (${code}): choose another with dataFolder or mend its permissions`,
    )
  }
  return {
    ledger: openSqliteLedger({ path: join(dataFolder, 'ledger.db'), onFailure }),
    apiKeys: openSqliteApiKeys(join(dataFolder, 'keys.db')),
    outbox: openSqliteOutbox(outboxFile(dataFolder)),
  }
}
