/*
 * Rate window stores of every kind, as the suites that hold them to each other open them: by the caller's clock, so that no
 * test waits for a minute to pass.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { OpenRateWindowStore, RateWindowStore } from '../../src/store/rate-window-store.ts'
import { MemoryRateWindows } from '../../src/store/rate-window-store-memory.ts'
import { openRedisRateWindows } from '../../src/store/rate-window-store-redis.ts'
import { openSqliteRateWindows } from '../../src/store/rate-window-store-sqlite.ts'
import { type RedisServer, startRedisServer } from './redis-server.ts'

export type RateWindowKind = {
  readonly name: string
  readonly begin: () => Promise<void>
  /** A store of its own, in which nothing is counted yet. */
  readonly open: () => Promise<RateWindowStore>
  /** Closes what was opened since it was last called. */
  readonly closeAll: () => Promise<void>
  readonly end: () => Promise<void>
}

export const rateWindowKinds = (): readonly RateWindowKind[] => [
  memoryKind(),
  sqliteKind(),
  redisKind(),
]

const memoryKind = (): RateWindowKind => ({
  name: 'memory',
  begin: async () => {},
  open: async () => new MemoryRateWindows(),
  closeAll: async () => {},
  end: async () => {},
})

function sqliteKind(): RateWindowKind {
  let folder = ''
  let opened: OpenRateWindowStore[] = []
  let places = 0
  return {
    name: 'SQLite',
    begin: async () => {
      folder = mkdtempSync(join(tmpdir(), 'vouch-windows-'))
    },
    open: async () => {
      places += 1
      const store = openSqliteRateWindows(join(folder, `${places}.db`), 0)
      opened.push(store)
      return store
    },
    closeAll: async () => {
      for (const store of opened) await store.close()
      opened = []
    },
    end: async () => rmSync(folder, { recursive: true }),
  }
}

function redisKind(): RateWindowKind {
  let server: RedisServer | undefined
  let opened: OpenRateWindowStore[] = []
  let places = 0
  return {
    name: 'Redis',
    begin: async () => {
      // What lasts longer than the server is the business of tests that kill it.
      server = await startRedisServer(['--appendonly', 'no'])
    },
    open: async () => {
      if (server === undefined) throw new Error('the kind was not begun')
      places += 1
      const store = await openRedisRateWindows({
        url: server.url,
        keyPrefix: `place${places}`,
        clock: 'caller',
      })
      opened.push(store)
      return store
    },
    closeAll: async () => {
      for (const store of opened) await store.close()
      opened = []
    },
    end: async () => server?.stop(),
  }
}
