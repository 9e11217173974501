/*
 * Countersignatures in a file of their own beside the ledger: few, and never in the way of an answer.
 */
import type { DatabaseSync } from 'node:sqlite'
import type { KeptCountersignature } from '../domain/countersignature.ts'
import type { Bytes32 } from '../domain/units.ts'
import { asStoreFailure } from './as-store-failure.ts'
import type { CountersignatureStore } from './countersignature-store.ts'
import { openDurableFile } from './durable-file-sqlite.ts'

const schema = `
  CREATE TABLE IF NOT EXISTS countersignatures (receipt_id TEXT PRIMARY KEY, text TEXT NOT NULL) STRICT;
`
/** Another process writes a row, never long. */
const otherWriterPatienceMs = 1_000

/** Throws StoreFailure when the file cannot be opened. */
export const openSqliteCountersignatures = (path: string): CountersignatureStore =>
  new SqliteCountersignatures(
    openDurableFile({ path, layOut: (database) => database.exec(schema), otherWriterPatienceMs }),
  )

class SqliteCountersignatures implements CountersignatureStore {
  readonly #database: DatabaseSync

  constructor(database: DatabaseSync) {
    this.#database = database
  }

  async put(kept: KeptCountersignature): Promise<KeptCountersignature> {
    this.#ask(() =>
      this.#database
        .prepare('INSERT INTO countersignatures VALUES (?,?) ON CONFLICT DO NOTHING')
        .run(kept.receiptId, JSON.stringify(kept)),
    )
    return (await this.of(kept.receiptId)) ?? kept
  }

  async of(receiptId: Bytes32): Promise<KeptCountersignature | undefined> {
    const row = this.#ask(() =>
      this.#database
        .prepare('SELECT text FROM countersignatures WHERE receipt_id = ?')
        .get(receiptId),
    )
    return row === undefined ? undefined : (JSON.parse(String(row['text'])) as KeptCountersignature)
  }

  async close(): Promise<void> {
    this.#database.close()
  }

  #ask<T>(act: () => T): T {
    try {
      return act()
    } catch (error) {
      throw asStoreFailure('the countersignatures cannot be read or written', error)
    }
  }
}
