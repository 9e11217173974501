/*
 * The transparency log of one gateway, in a file of its own beside the ledger.
 */
import type { DatabaseSync } from 'node:sqlite'
import type { LogAnchor } from '../domain/log-documents.ts'
import { type LogHead, lastSeqOf } from '../domain/log-head.ts'
import type { Bytes32, Signature } from '../domain/units.ts'
import { asStoreFailure } from './as-store-failure.ts'
import { openDurableFile } from './durable-file-sqlite.ts'
import { batchOf, packDigests, unpackDigests } from './log-rows.ts'
import type { LogBatch, LogStore } from './log-store.ts'
import { inTransaction } from './transaction-sqlite.ts'

const schema = `
  CREATE TABLE IF NOT EXISTS log_batches (
    batch INTEGER PRIMARY KEY, head TEXT NOT NULL, digests BLOB NOT NULL, signature TEXT, anchor TEXT) STRICT;
  CREATE TABLE IF NOT EXISTS log_settled (
    one INTEGER PRIMARY KEY CHECK (one = 1), batches INTEGER NOT NULL) STRICT;
  INSERT OR IGNORE INTO log_settled VALUES (1, 0);
`
/** Another process writes a batch, never long. */
const otherWriterPatienceMs = 1_000

/** Throws StoreFailure when the file cannot be opened. */
export const openSqliteLog = (path: string): LogStore =>
  new SqliteLog(
    openDurableFile({ path, layOut: (file) => file.exec(schema), otherWriterPatienceMs }),
  )

class SqliteLog implements LogStore {
  readonly #database: DatabaseSync

  constructor(database: DatabaseSync) {
    this.#database = database
  }

  async length(): Promise<{ readonly batches: number; readonly settled: number }> {
    return this.#ask(() => {
      const row = this.#database
        .prepare('SELECT (SELECT max(batch) FROM log_batches) AS newest, batches FROM log_settled')
        .get()
      const newest = row?.['newest'] ?? -1
      return { batches: Number(newest) + 1, settled: Number(row?.['batches']) }
    })
  }

  async addBatch(head: LogHead, digests: readonly Bytes32[]): Promise<boolean> {
    return this.#ask(() =>
      inTransaction(this.#database, 'BEGIN IMMEDIATE', () => {
        const { batch, seq } = this.#next()
        if (head.batch !== batch || head.firstSeq !== seq) return false
        this.#database
          .prepare('INSERT INTO log_batches (batch, head, digests) VALUES (?,?,?)')
          .run(batch, JSON.stringify(head), packDigests(digests))
        return true
      }),
    )
  }

  async sign(batch: number, signature: Signature): Promise<void> {
    const statement = 'UPDATE log_batches SET signature = ? WHERE batch = ? AND signature IS NULL'
    this.#ask(() => this.#database.prepare(statement).run(signature, batch))
  }

  async noteAnchor(batch: number, anchor: LogAnchor | undefined): Promise<void> {
    const text = anchor === undefined ? null : JSON.stringify(anchor)
    const statement = 'UPDATE log_batches SET anchor = ? WHERE batch = ?'
    this.#ask(() => this.#database.prepare(statement).run(text, batch))
  }

  async settle(batches: number): Promise<void> {
    this.#ask(() => this.#database.prepare('UPDATE log_settled SET batches = ?').run(batches))
  }

  async batches(range: {
    readonly from: number
    readonly limit: number
  }): Promise<readonly LogBatch[]> {
    return this.#ask(() =>
      this.#database
        .prepare(
          'SELECT head, signature, anchor FROM log_batches WHERE batch >= ? ORDER BY batch LIMIT ?',
        )
        .all(range.from, range.limit)
        .map((row) =>
          batchOf({
            head: String(row['head']),
            signature: row['signature'] as string | null,
            anchor: row['anchor'] as string | null,
          }),
        ),
    )
  }

  async digests(batch: number): Promise<readonly Bytes32[] | undefined> {
    const row = this.#ask(() =>
      this.#database.prepare('SELECT digests FROM log_batches WHERE batch = ?').get(batch),
    )
    return row && unpackDigests(row['digests'] as Uint8Array)
  }

  async close(): Promise<void> {
    this.#database.close()
  }

  /** The place that the next batch has. */
  #next(): { readonly batch: number; readonly seq: number } {
    const row = this.#database
      .prepare('SELECT head FROM log_batches ORDER BY batch DESC LIMIT 1')
      .get()
    if (row === undefined) return { batch: 0, seq: 1 }
    const newest = JSON.parse(String(row['head'])) as LogHead
    return { batch: newest.batch + 1, seq: lastSeqOf(newest) + 1 }
  }

  #ask<T>(act: () => T): T {
    try {
      return act()
    } catch (error) {
      throw asStoreFailure('the transparency log cannot be read or written', error)
    }
  }
}
