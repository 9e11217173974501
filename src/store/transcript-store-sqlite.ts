/*
 * Transcripts for audits in a file of their own, so that they neither slow nor swell the ledger's. Not every write waits for
 * the disk: a crash may take the last of them.
 */
import { DatabaseSync } from 'node:sqlite'
import { messageOf } from '../base/message-of.ts'
import { asStoreFailure } from './as-store-failure.ts'
import { StoreFailure } from './ledger-store.ts'
import { inTransaction } from './transaction-sqlite.ts'
import type { SealedTranscript, TranscriptRoom, TranscriptStore } from './transcript-store.ts'

// Triggers keep the sum, because adding up a file of many megabytes for each write would be the slowest part of it.
const schema = `
  CREATE TABLE IF NOT EXISTS transcripts (
    gateway_seq INTEGER PRIMARY KEY, expires_at_ms INTEGER NOT NULL, sealed BLOB NOT NULL) STRICT;
  CREATE INDEX IF NOT EXISTS transcripts_by_expiry ON transcripts (expires_at_ms);
  CREATE TABLE IF NOT EXISTS room (
    one INTEGER PRIMARY KEY CHECK (one = 1), transcripts INTEGER NOT NULL, bytes INTEGER NOT NULL,
    pruned_to INTEGER NOT NULL) STRICT;
  INSERT OR IGNORE INTO room VALUES (1, 0, 0, 0);
  CREATE TRIGGER IF NOT EXISTS transcript_kept AFTER INSERT ON transcripts BEGIN
    UPDATE room SET transcripts = transcripts + 1, bytes = bytes + length(new.sealed); END;
  CREATE TRIGGER IF NOT EXISTS transcript_replaced AFTER UPDATE OF sealed ON transcripts BEGIN
    UPDATE room SET bytes = bytes + length(new.sealed) - length(old.sealed); END;
  CREATE TRIGGER IF NOT EXISTS transcript_forgotten AFTER DELETE ON transcripts BEGIN
    UPDATE room SET transcripts = transcripts - 1, bytes = bytes - length(old.sealed); END;
`
/** What is deleted is overwritten: a file keeps no pages of it. */
const pragmas = 'PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA secure_delete = ON;'
/** What is overwritten before somebody else's turn: a few milliseconds. */
const forgottenAtOnceMax = 25
/** Only a command that looks at the file may be in the way, and never for long. */
const otherWriterPatienceMs = 1_000

/** Throws StoreFailure with one line for a person when the file cannot be opened. */
export function openSqliteTranscripts(path: string): TranscriptStore {
  try {
    const database = new DatabaseSync(path, { timeout: otherWriterPatienceMs })
    database.exec(pragmas)
    database.exec(schema)
    return new SqliteTranscripts(database)
  } catch (error) {
    throw new StoreFailure(`${path} cannot be opened: ${messageOf(error)}`)
  }
}

class SqliteTranscripts implements TranscriptStore {
  readonly #database: DatabaseSync

  constructor(database: DatabaseSync) {
    this.#database = database
  }

  async put(
    transcripts: readonly SealedTranscript[],
    { bytesMax }: { readonly bytesMax: number },
  ): Promise<number> {
    return this.#inTransaction('BEGIN IMMEDIATE', () => {
      const insert = this.#database.prepare('INSERT OR IGNORE INTO transcripts VALUES (?,?,?)')
      let free = bytesMax - this.#room().bytes
      let kept = 0
      for (const { gatewaySeq, expiresAtMs, sealed } of transcripts) {
        if (sealed.length > free) continue
        const { changes } = insert.run(gatewaySeq, expiresAtMs, sealed)
        free -= changes === 1 ? sealed.length : 0
        kept += 1
      }
      return kept
    })
  }

  async get(gatewaySeqs: readonly number[], nowMs: number): Promise<ReadonlyMap<number, Buffer>> {
    return this.#inTransaction('BEGIN', () => {
      const select = this.#database.prepare(
        'SELECT sealed FROM transcripts WHERE gateway_seq = ? AND expires_at_ms > ?',
      )
      const found = new Map<number, Buffer>()
      for (const gatewaySeq of gatewaySeqs) {
        const sealed = select.get(gatewaySeq, nowMs)?.['sealed']
        if (sealed instanceof Uint8Array) found.set(gatewaySeq, Buffer.from(sealed))
      }
      return found
    })
  }

  async replace(gatewaySeq: number, sealed: Buffer): Promise<void> {
    this.#ask(() =>
      this.#database
        .prepare('UPDATE transcripts SET sealed = ? WHERE gateway_seq = ?')
        .run(sealed, gatewaySeq),
    )
  }

  async prune(range: {
    readonly firstSeq: number
    readonly lastSeq: number
    readonly keep: ReadonlySet<number>
  }): Promise<void> {
    const { firstSeq, lastSeq, keep } = range
    const rows = this.#ask(() =>
      this.#database
        .prepare('SELECT gateway_seq FROM transcripts WHERE gateway_seq BETWEEN ? AND ?')
        .all(firstSeq, lastSeq),
    )
    const seqs = rows.map((row) => Number(row['gateway_seq']))
    await this.#forget(seqs.filter((gatewaySeq) => !keep.has(gatewaySeq)))
    this.#ask(() =>
      this.#database.prepare('UPDATE room SET pruned_to = max(pruned_to, ?)').run(lastSeq),
    )
  }

  async prunedTo(): Promise<number> {
    return this.#ask(() => Number(this.#roomRow()['pruned_to']))
  }

  async expire(nowMs: number): Promise<void> {
    const rows = this.#ask(() =>
      this.#database
        .prepare('SELECT gateway_seq FROM transcripts WHERE expires_at_ms <= ?')
        .all(nowMs),
    )
    await this.#forget(rows.map((row) => Number(row['gateway_seq'])))
  }

  async room(): Promise<TranscriptRoom> {
    return this.#ask(() => this.#room())
  }

  async close(): Promise<void> {
    this.#database.close()
  }

  #room(): TranscriptRoom {
    const { transcripts, bytes } = this.#roomRow()
    return { transcripts: Number(transcripts), bytes: Number(bytes) }
  }

  #roomRow(): Readonly<Record<string, unknown>> {
    return this.#database.prepare('SELECT * FROM room').get() ?? {}
  }

  /** Some at a time: requests are answered by the same thread, and overwriting takes a while. */
  async #forget(gatewaySeqs: readonly number[]): Promise<void> {
    for (let at = 0; at < gatewaySeqs.length; at += forgottenAtOnceMax) {
      const some = gatewaySeqs.slice(at, at + forgottenAtOnceMax)
      this.#inTransaction('BEGIN IMMEDIATE', () => {
        const forget = this.#database.prepare('DELETE FROM transcripts WHERE gateway_seq = ?')
        for (const gatewaySeq of some) forget.run(gatewaySeq)
      })
      await new Promise(setImmediate)
    }
    if (gatewaySeqs.length > 0) this.#emptyLog()
  }

  /** Else what was deleted would stand in the write-ahead log until it is written over. A reader in the way delays it. */
  #emptyLog(): void {
    this.#ask(() => this.#database.exec('PRAGMA wal_checkpoint(TRUNCATE)'))
  }

  #inTransaction<T>(begin: 'BEGIN' | 'BEGIN IMMEDIATE', act: () => T): T {
    return this.#ask(() => inTransaction(this.#database, begin, act))
  }

  #ask<T>(act: () => T): T {
    try {
      return act()
    } catch (error) {
      throw asStoreFailure('the transcripts cannot be read or written', error)
    }
  }
}
