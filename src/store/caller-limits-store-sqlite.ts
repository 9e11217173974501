/*
 * What the operator said of single callers, in a file of its own beside the ledger.
 */
import type { DatabaseSync } from 'node:sqlite'
import type { Caller, LimitOverride } from '../domain/caller-limits.ts'
import { asStoreFailure } from './as-store-failure.ts'
import { bookVersion, openBookFile, raiseBookVersion } from './book-sqlite.ts'
import {
  type CallerLimitsStore,
  callerName,
  type OverrideBook,
  overrideRow,
  overrideText,
} from './caller-limits-store.ts'
import { inTransaction } from './transaction-sqlite.ts'

const schema = `
  CREATE TABLE IF NOT EXISTS caller_limits (caller TEXT PRIMARY KEY, override TEXT NOT NULL) STRICT;
`
/** Throws StoreFailure when the file cannot be opened. */
export function openSqliteCallerLimits(path: string): CallerLimitsStore {
  return new SqliteCallerLimits(openBookFile(path, schema))
}

class SqliteCallerLimits implements CallerLimitsStore {
  readonly #database: DatabaseSync

  constructor(database: DatabaseSync) {
    this.#database = database
  }

  async version(): Promise<number> {
    return this.#ask(() => bookVersion(this.#database))
  }

  async read(): Promise<OverrideBook> {
    return this.#inTransaction('BEGIN', () => {
      const rows = this.#database.prepare('SELECT * FROM caller_limits ORDER BY caller').all()
      const overrides = rows.map((row) =>
        overrideRow(String(row['caller']), String(row['override'])),
      )
      return { version: bookVersion(this.#database), overrides }
    })
  }

  async put(caller: Caller, override: LimitOverride): Promise<void> {
    this.#inTransaction('BEGIN IMMEDIATE', () => {
      this.#database
        .prepare('INSERT OR REPLACE INTO caller_limits VALUES (?,?)')
        .run(callerName(caller), overrideText(override))
      raiseBookVersion(this.#database)
    })
  }

  async remove(caller: Caller): Promise<boolean> {
    return this.#inTransaction('BEGIN IMMEDIATE', () => {
      const { changes } = this.#database
        .prepare('DELETE FROM caller_limits WHERE caller = ?')
        .run(callerName(caller))
      if (changes > 0) raiseBookVersion(this.#database)
      return changes > 0
    })
  }

  async close(): Promise<void> {
    this.#database.close()
  }

  #inTransaction<T>(begin: 'BEGIN' | 'BEGIN IMMEDIATE', act: () => T): T {
    return this.#ask(() => inTransaction(this.#database, begin, act))
  }

  #ask<T>(act: () => T): T {
    try {
      return act()
    } catch (error) {
      throw asStoreFailure("the callers' limits cannot be read or written", error)
    }
  }
}
