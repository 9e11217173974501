import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { GatewayLog } from '../base/log.ts'
import type { GatewayConfig } from '../config.ts'
import type { RoomStores } from '../routing/take-room.ts'
import type { ApiKeyStore } from '../store/api-key-store.ts'
import { openSqliteApiKeys } from '../store/api-key-store-sqlite.ts'
import type { ConcurrencyStore } from '../store/concurrency-store.ts'
import { MemoryConcurrency } from '../store/concurrency-store-memory.ts'
import type { ContributorStore } from '../store/contributor-store.ts'
import { openSqliteContributors } from '../store/contributor-store-sqlite.ts'
import type { CountersignatureStore } from '../store/countersignature-store.ts'
import { openSqliteCountersignatures } from '../store/countersignature-store-sqlite.ts'
import { type LedgerStore, StoreFailure } from '../store/ledger-store.ts'
import { openSqliteLedger } from '../store/ledger-store-sqlite.ts'
import type { LogStore } from '../store/log-store.ts'
import { openSqliteLog } from '../store/log-store-sqlite.ts'
import type { OutboxStore } from '../store/outbox-store.ts'
import { openSqliteOutbox } from '../store/outbox-store-sqlite.ts'
import type { RateWindowStore } from '../store/rate-window-store.ts'
import { openSqliteRateWindows } from '../store/rate-window-store-sqlite.ts'
import { CommandFailure } from './command.ts'
import { outboxFile } from './open-settlement.ts'
import { logFile } from './open-transparency.ts'

export type Stores = {
  readonly ledger: LedgerStore
  readonly apiKeys: ApiKeyStore
  readonly outbox: OutboxStore
  /** Contributors that joined while gateways ran. */
  readonly contributors: ContributorStore
  /** What payers say of their receipts. */
  readonly countersignatures: CountersignatureStore
  /** Batches of the transparency log; undefined where none is kept. */
  readonly batches: LogStore | undefined
  /** What anybody may use in a minute or a day, and at once. */
  readonly counters: {
    readonly windows: RateWindowStore
    readonly concurrency: ConcurrencyStore
  }
  /** The same for contributors. A gateway by itself knows who is at one without asking a store. */
  readonly room: RoomStores
  /** All but the outbox, which settlement closes. */
  readonly close: () => Promise<void>
}

/** In Redis where one is configured, else in the data folder. Throws CommandFailure with one line that says what to do. */
export async function openStores(config: GatewayConfig, log: GatewayLog): Promise<Stores> {
  const onFailure = () => log.error('ledger_write_failed')
  try {
    return config.store === undefined
      ? openInFolder(config, onFailure)
      : await openInRedis(
          { ...config.store, keepsLog: config.transparency !== undefined },
          onFailure,
        )
  } catch (error) {
    if (error instanceof StoreFailure) throw new CommandFailure(error.message)
    throw error
  }
}

/** All or none: a store that cannot be opened leaves no other open. A gateway by itself does not load Redis's client. */
async function openInRedis(
  terms: NonNullable<GatewayConfig['store']> & { readonly keepsLog: boolean },
  onFailure: () => void,
): Promise<Stores> {
  const { redisUrl: url, keyPrefix } = terms
  const { openRedisLedger } = await import('../store/ledger-store-redis.ts')
  const { openRedisApiKeys } = await import('../store/api-key-store-redis.ts')
  const { openRedisContributors } = await import('../store/contributor-store-redis.ts')
  const { openRedisLog } = await import('../store/log-store-redis.ts')
  const { openRedisCountersignatures } = await import('../store/countersignature-store-redis.ts')
  const { openRedisOutbox } = await import('../store/outbox-store-redis.ts')
  const { openRedisRateWindows } = await import('../store/rate-window-store-redis.ts')
  const { openRedisConcurrency } = await import('../store/concurrency-store-redis.ts')
  const opened: Closable[] = []
  const kept = <T extends (typeof opened)[number]>(store: T): T => {
    opened.push(store)
    return store
  }
  try {
    const ledger = kept(await openRedisLedger({ url, keyPrefix, onFailure }))
    const apiKeys = kept(await openRedisApiKeys({ url, keyPrefix }))
    const contributors = kept(await openRedisContributors({ url, keyPrefix }))
    const batches = terms.keepsLog ? kept(await openRedisLog({ url, keyPrefix })) : undefined
    const countersignatures = kept(await openRedisCountersignatures({ url, keyPrefix }))
    const windows = kept(await openRedisRateWindows({ url, keyPrefix }))
    const concurrency = kept(await openRedisConcurrency({ url, keyPrefix }))
    const close = closing([...opened])
    const outbox = kept(await openRedisOutbox({ url, keyPrefix }))
    const counters = { windows, concurrency }
    return {
      ledger,
      apiKeys,
      contributors,
      countersignatures,
      batches,
      outbox,
      counters,
      room: counters,
      close,
    }
  } catch (error) {
    for (const store of opened) await store.close()
    throw error
  }
}

function openInFolder(config: GatewayConfig, onFailure: () => void): Stores {
  const { dataFolder } = config
  try {
    mkdirSync(dataFolder, { recursive: true, mode: 0o700 })
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? String(error)
    throw new CommandFailure(
      `the data folder ${dataFolder} cannot be written (${code}): choose another with dataFolder or mend its permissions`,
    )
  }
  const ledger = openSqliteLedger({ path: join(dataFolder, 'ledger.db'), onFailure })
  const apiKeys = openSqliteApiKeys(join(dataFolder, 'keys.db'))
  const contributors = openSqliteContributors(join(dataFolder, 'contributors.db'))
  const countersignatures = openSqliteCountersignatures(join(dataFolder, 'countersignatures.db'))
  const outbox = openSqliteOutbox(outboxFile(dataFolder))
  const batches = config.transparency === undefined ? undefined : openSqliteLog(logFile(dataFolder))
  const windows = openSqliteRateWindows(join(dataFolder, 'windows.db'), Date.now())
  return {
    ledger,
    apiKeys,
    contributors,
    countersignatures,
    batches,
    outbox,
    counters: { windows, concurrency: new MemoryConcurrency() },
    room: { windows, concurrency: undefined },
    close: closing([
      ledger,
      apiKeys,
      contributors,
      countersignatures,
      ...(batches ? [batches] : []),
      windows,
    ]),
  }
}

type Closable = { readonly close: () => Promise<void> | void }

/** The last first: the ledger, without which nothing else may be done, goes last. */
const closing = (stores: readonly Closable[]) => async (): Promise<void> => {
  for (const store of stores.toReversed()) await store.close()
}
