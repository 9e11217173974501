/*
 * What auditors found, in a file of its own beside the ledger.
 */
import type { DatabaseSync } from 'node:sqlite'
import { asStoreFailure } from './as-store-failure.ts'
import { bookVersion, openBookFile, raiseBookVersion } from './book-sqlite.ts'
import { inTransaction } from './transaction-sqlite.ts'
import { type KeptVerdict, type VerdictStore, verdictName } from './verdict-store.ts'

const schema = `
  CREATE TABLE IF NOT EXISTS verdicts (
    name TEXT PRIMARY KEY, digest TEXT NOT NULL, text TEXT NOT NULL) STRICT;
`

/** Throws StoreFailure when the file cannot be opened. */
export function openSqliteVerdicts(path: string): VerdictStore {
  return new SqliteVerdicts(openBookFile(path, schema))
}

class SqliteVerdicts implements VerdictStore {
  readonly #database: DatabaseSync

  constructor(database: DatabaseSync) {
    this.#database = database
  }

  async put(
    kept: KeptVerdict,
    forget: readonly string[],
  ): Promise<'stored' | 'known' | 'conflict'> {
    return this.#inTransaction('BEGIN IMMEDIATE', () => {
      const name = verdictName(kept)
      const before = this.#database
        .prepare('SELECT digest FROM verdicts WHERE name = ?')
        .get(name)?.['digest']
      if (before !== undefined) return before === kept.digest ? 'known' : 'conflict'
      this.#database
        .prepare('INSERT INTO verdicts VALUES (?,?,?)')
        .run(name, kept.digest, JSON.stringify(kept))
      const remove = this.#database.prepare('DELETE FROM verdicts WHERE name = ?')
      for (const gone of forget) remove.run(gone)
      raiseBookVersion(this.#database)
      return 'stored'
    })
  }

  async read() {
    return this.#inTransaction('BEGIN', () => ({
      version: bookVersion(this.#database),
      verdicts: this.#database
        .prepare('SELECT text FROM verdicts')
        .all()
        .map((row) => JSON.parse(String(row['text'])) as KeptVerdict),
    }))
  }

  async version(): Promise<number> {
    return this.#ask(() => bookVersion(this.#database))
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
      throw asStoreFailure('the verdicts of auditors cannot be read or written', error)
    }
  }
}
