/*
 * What the operator said of single callers, in a file of its own beside the ledger.
 */
import { DatabaseSync } from 'node:sqlite'
import type { Caller, LimitOverride } from '../domain/caller-limits.ts'
import {
  type CallerLimitsStore,
  callerName,
  type OverrideBook,
  overrideRow,
  overrideText,
} from './caller-limits-store.ts'
import { durablePragmas } from './ledger-rows-sqlite.ts'
import { StoreFailure } from './ledger-store.ts'

const schema = `
  CREATE TABLE IF NOT EXISTS caller_limits (caller TEXT PRIMARY KEY, override TEXT NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS book (one INTEGER PRIMARY KEY CHECK (one = 1), version INTEGER NOT NULL) STRICT;
  INSERT OR IGNORE INTO book VALUES (1, 0);
`
/** Another process writes a row or two, never long. */
const otherWriterPatienceMs = 1_000

/** Throws StoreFailure when the file cannot be opened. */
export function openSqliteCallerLimits(path: string): CallerLimitsStore {
  try {
    const database = new DatabaseSync(path, { timeout: otherWriterPatienceMs })
    database.exec(durablePragmas)
    database.exec(schema)
    return new SqliteCallerLimits(database)
  } catch (error) {
    throw new StoreFailure(`${path} cannot be opened: ${wordsOf(error)}`)
  }
}

class SqliteCallerLimits implements CallerLimitsStore {
  readonly #database: DatabaseSync

  constructor(database: DatabaseSync) {
    this.#database = database
  }

  async version(): Promise<number> {
    return this.#ask(() => this.#version())
  }

  async read(): Promise<OverrideBook> {
    return this.#inTransaction('BEGIN', () => {
      const rows = this.#database.prepare('SELECT * FROM caller_limits ORDER BY caller').all()
      const overrides = rows.map((row) =>
        overrideRow(String(row['caller']), String(row['override'])),
      )
      return { version: this.#version(), overrides }
    })
  }

  async put(caller: Caller, override: LimitOverride): Promise<void> {
    this.#inTransaction('BEGIN IMMEDIATE', () => {
      this.#database
        .prepare('INSERT OR REPLACE INTO caller_limits VALUES (?,?)')
        .run(callerName(caller), overrideText(override))
      this.#raiseVersion()
    })
  }

  async remove(caller: Caller): Promise<boolean> {
    return this.#inTransaction('BEGIN IMMEDIATE', () => {
      const { changes } = this.#database
        .prepare('DELETE FROM caller_limits WHERE caller = ?')
        .run(callerName(caller))
      if (changes > 0) this.#raiseVersion()
      return changes > 0
    })
  }

  async close(): Promise<void> {
    this.#database.close()
  }

  #version(): number {
    return Number(this.#database.prepare('SELECT version FROM book').get()?.['version'])
  }

  #raiseVersion(): void {
    this.#database.exec('UPDATE book SET version = version + 1')
  }

  #inTransaction<T>(begin: 'BEGIN' | 'BEGIN IMMEDIATE', act: () => T): T {
    return this.#ask(() => {
      this.#database.exec(begin)
      try {
        const outcome = act()
        this.#database.exec('COMMIT')
        return outcome
      } catch (error) {
        this.#database.exec('ROLLBACK')
        throw error
      }
    })
  }

  #ask<T>(act: () => T): T {
    try {
      return act()
    } catch (error) {
      throw new StoreFailure(`the callers' limits cannot be read or written: ${wordsOf(error)}`)
    }
  }
}

const wordsOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
