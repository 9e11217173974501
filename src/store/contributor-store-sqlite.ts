/*
 * Contributors that joined while the gateway ran, in a file of their own beside the ledger.
 */
import type { DatabaseSync } from 'node:sqlite'
import type { ContributorBook } from '../domain/contributor-record.ts'
import type { Bytes32 } from '../domain/units.ts'
import { asStoreFailure } from './as-store-failure.ts'
import { bookVersion, openBookFile, raiseBookVersion } from './book-sqlite.ts'
import { bookOf, type Row, type RowKind, rowsOf } from './contributor-rows.ts'
import type { BookChange, ContributorStore } from './contributor-store.ts'
import { inTransaction } from './transaction-sqlite.ts'

const schema = `
  CREATE TABLE IF NOT EXISTS contributors (
    kind TEXT NOT NULL, contributor_id TEXT NOT NULL, text TEXT NOT NULL, PRIMARY KEY (kind, contributor_id)) STRICT;
  CREATE TABLE IF NOT EXISTS taken_orders (digest TEXT PRIMARY KEY, until_ms INTEGER NOT NULL) STRICT;
`
/** Throws StoreFailure when the file cannot be opened. */
export function openSqliteContributors(path: string): ContributorStore {
  return new SqliteContributors(openBookFile(path, schema))
}

class SqliteContributors implements ContributorStore {
  readonly #database: DatabaseSync

  constructor(database: DatabaseSync) {
    this.#database = database
  }

  async version(): Promise<number> {
    return this.#ask(() => bookVersion(this.#database))
  }

  async read(): Promise<ContributorBook> {
    return this.#inTransaction('BEGIN', () => this.#read())
  }

  async change<T>(decide: (book: ContributorBook) => BookChange<T>): Promise<T> {
    return this.#inTransaction('BEGIN IMMEDIATE', () => {
      const change = decide(this.#read())
      const rows = rowsOf(change)
      for (const { kind, contributorId, text } of rows) this.#put(kind, contributorId, text)
      if (rows.length > 0) raiseBookVersion(this.#database)
      return change.outcome
    })
  }

  async takeOrder(
    digest: Bytes32,
    time: { readonly untilMs: number; readonly nowMs: number },
  ): Promise<boolean> {
    return this.#inTransaction('BEGIN IMMEDIATE', () => {
      this.#database.prepare('DELETE FROM taken_orders WHERE until_ms < ?').run(time.nowMs)
      const { changes } = this.#database
        .prepare('INSERT OR IGNORE INTO taken_orders VALUES (?,?)')
        .run(digest, time.untilMs)
      return changes === 1
    })
  }

  async close(): Promise<void> {
    this.#database.close()
  }

  #read(): ContributorBook {
    const rows = this.#database.prepare('SELECT * FROM contributors ORDER BY contributor_id').all()
    return bookOf(
      bookVersion(this.#database),
      rows.map(
        (row): Row => ({
          kind: row['kind'] as RowKind,
          contributorId: String(row['contributor_id']),
          text: String(row['text']),
        }),
      ),
    )
  }

  #put(kind: RowKind, contributorId: string, text: string | undefined): void {
    if (text === undefined) {
      this.#database
        .prepare('DELETE FROM contributors WHERE kind = ? AND contributor_id = ?')
        .run(kind, contributorId)
    } else {
      this.#database
        .prepare('INSERT OR REPLACE INTO contributors VALUES (?,?,?)')
        .run(kind, contributorId, text)
    }
  }

  #inTransaction<T>(begin: 'BEGIN' | 'BEGIN IMMEDIATE', act: () => T): T {
    return this.#ask(() => inTransaction(this.#database, begin, act))
  }

  #ask<T>(act: () => T): T {
    try {
      return act()
    } catch (error) {
      throw asStoreFailure('the contributors cannot be read or written', error)
    }
  }
}
