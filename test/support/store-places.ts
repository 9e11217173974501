/*
 * Where ledgers of either kind keep their data, as the suites that hold them to each other need it: opened, copied as a
 * power cut would leave it, broken, mended and removed.
 */
import type { LedgerStore, StoreFailure } from '../../src/store/ledger-store.ts'
import { openRedisLedger, type RedisLedgerOptions } from '../../src/store/ledger-store-redis.ts'
import { type LedgerPlace, sqlitePlace } from './ledger-place.ts'
import { type RedisServer, startRedisServer } from './redis-server.ts'

export type StorePlace = {
  readonly open: (onFailure?: (failure: StoreFailure) => void) => Promise<LedgerStore>
  /** What is on the disk now. Whoever works on the original is dead there. */
  readonly copy: () => Promise<StorePlace>
  /** From now on no write succeeds. */
  readonly breakWrites: () => Promise<void>
  readonly mendWrites: () => Promise<void>
  readonly remove: () => Promise<void>
}

/** A kind of store: where its places come from, begun and ended once for many of them. */
export type StoreKind = {
  readonly name: string
  readonly begin: () => Promise<void>
  readonly createPlace: () => StorePlace
  readonly end: () => Promise<void>
}

export const storeKinds = (): readonly StoreKind[] => [sqliteKind(), redisKind()]

function sqliteKind(): StoreKind {
  return {
    name: 'SQLite',
    begin: async () => {},
    createPlace: () => fromLedgerPlace(sqlitePlace()),
    end: async () => {},
  }
}

const fromLedgerPlace = (place: LedgerPlace): StorePlace => ({
  open: async (onFailure) => place.open(onFailure),
  copy: async () => fromLedgerPlace(place.copy()),
  breakWrites: async () => place.breakWrites(),
  mendWrites: async () => place.mendWrites(),
  remove: async () => place.remove(),
})

/** A test waits for an outage as long as it must and no longer. */
export const testOutageWaitMs = 300

/** One server for all places, each with a prefix of its own. */
function redisKind(): StoreKind {
  let server: RedisServer | undefined
  let places = 0
  return {
    name: 'Redis',
    begin: async () => {
      server = await startRedisServer()
    },
    createPlace: () => {
      if (server === undefined) throw new Error('the kind was not begun')
      places += 1
      return redisPlace({ server, keyPrefix: `place${places}`, remove: async () => {} })
    },
    end: async () => server?.stop(),
  }
}

export function redisPlace(at: {
  readonly server: RedisServer
  readonly keyPrefix: string
  readonly remove: () => Promise<void>
  readonly options?: Partial<RedisLedgerOptions>
}): StorePlace {
  const { server, keyPrefix, remove, options } = at
  return {
    open: (onFailure) =>
      openRedisLedger({
        url: server.url,
        keyPrefix,
        restartGraceMs: 0,
        outageWaitMs: testOutageWaitMs,
        ...options,
        ...(onFailure === undefined ? {} : { onFailure }),
      }),
    copy: async () => {
      const copy = await server.copy()
      await expireLeases(copy, keyPrefix)
      return redisPlace({ server: copy, keyPrefix, remove: copy.stop })
    },
    // A server without memory refuses to write, as one whose disk is full does, and goes on answering.
    breakWrites: async () => void (await server.command('CONFIG', 'SET', 'maxmemory', '1')),
    mendWrites: async () => void (await server.command('CONFIG', 'SET', 'maxmemory', '0')),
    remove,
  }
}

/** As if so much time had passed that every replica that does not renew is gone. */
export async function expireLeases(server: RedisServer, keyPrefix: string): Promise<void> {
  const leases = (await server.command('KEYS', `{${keyPrefix}}:lease:*`)) as string[]
  if (leases.length > 0) await server.command('DEL', ...leases)
}
