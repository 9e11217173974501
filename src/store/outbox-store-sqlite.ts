/*
 * The outbox in a file of its own. It commits on the thread that asks: a transaction has four durable points in its life and
 * they are minutes apart, so that a thread for them (group-commit-sqlite.ts) would be idle for ever.
 */
import { DatabaseSync, type SQLOutputValue } from 'node:sqlite'
import { asStoreFailure } from './as-store-failure.ts'
import { openDurableFile } from './durable-file-sqlite.ts'
import {
  holdsNonce,
  isOpenState,
  type OutboxEntry,
  type OutboxLane,
  type OutboxStore,
} from './outbox-store.ts'
import { decodeOutboxEntry, encodeOutboxEntry } from './outbox-store-json.ts'

/** `held_nonce` is set while the nonce is taken: the index makes two transactions with one nonce impossible. */
const schema = `
  CREATE TABLE IF NOT EXISTS intents (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, intent_id TEXT NOT NULL UNIQUE, chain_id INTEGER NOT NULL,
    sender TEXT NOT NULL, open INTEGER NOT NULL, held_nonce INTEGER, revision INTEGER NOT NULL,
    body TEXT NOT NULL) STRICT;
  CREATE UNIQUE INDEX IF NOT EXISTS intents_by_nonce ON intents (chain_id, sender, held_nonce)
    WHERE held_nonce IS NOT NULL;
  CREATE INDEX IF NOT EXISTS intents_open ON intents (chain_id, sender, seq) WHERE open = 1;
  CREATE TABLE IF NOT EXISTS notes (key TEXT PRIMARY KEY, text TEXT NOT NULL) STRICT;
`

/** Throws StoreFailure with one line for a person when the file cannot be opened. */
export function openSqliteOutbox(path: string): OutboxStore {
  const layOut = (database: DatabaseSync) => database.exec(schema)
  return new SqliteOutbox(openDurableFile({ path, layOut, otherWriterPatienceMs: 0 }))
}

/** The same for reading alone, while a gateway writes. The file exists. */
export function openSqliteOutboxReader(
  path: string,
): Pick<OutboxStore, 'recent' | 'notes' | 'close'> {
  try {
    return new SqliteOutbox(new DatabaseSync(path, { readOnly: true }))
  } catch (error) {
    throw asStoreFailure(`${path} cannot be opened`, error)
  }
}

class SqliteOutbox implements OutboxStore {
  readonly #database: DatabaseSync
  #closed = false

  constructor(database: DatabaseSync) {
    this.#database = database
  }

  async put(entry: OutboxEntry) {
    return this.#change(
      'INSERT INTO intents (intent_id, chain_id, sender, open, held_nonce, revision, body)' +
        ' VALUES (?,?,?,?,?,?,?) ON CONFLICT (intent_id) DO NOTHING',
      entry.intentId,
      entry.chainId,
      entry.sender,
      ...stateColumns(entry),
      entry.revision,
      encodeOutboxEntry(entry),
    )
  }

  async update(entry: OutboxEntry) {
    const revision = entry.revision + 1
    // OR IGNORE: a nonce that another entry holds refuses the update as an older revision does.
    return this.#change(
      'UPDATE OR IGNORE intents SET open = ?, held_nonce = ?, revision = ?, body = ?' +
        ' WHERE intent_id = ? AND revision = ?',
      ...stateColumns(entry),
      revision,
      encodeOutboxEntry({ ...entry, revision }),
      entry.intentId,
      entry.revision,
    )
  }

  async find(intentId: string) {
    const row = this.#database.prepare('SELECT body FROM intents WHERE intent_id = ?').get(intentId)
    return row && entryOf(row)
  }

  async open({ chainId, sender }: OutboxLane) {
    return this.#database
      .prepare(
        'SELECT body FROM intents WHERE chain_id = ? AND sender = ? AND open = 1 ORDER BY seq',
      )
      .all(chainId, sender)
      .map(entryOf)
  }

  async recent(limit: number) {
    return this.#database
      .prepare('SELECT body FROM intents ORDER BY seq DESC LIMIT ?')
      .all(limit)
      .map(entryOf)
  }

  async note(key: string) {
    const row = this.#database.prepare('SELECT text FROM notes WHERE key = ?').get(key)
    return row && String(row['text'])
  }

  async setNote(key: string, text: string | undefined) {
    if (text === undefined) this.#change('DELETE FROM notes WHERE key = ?', key)
    else this.#change('INSERT OR REPLACE INTO notes VALUES (?,?)', key, text)
  }

  async notes(prefix: string) {
    return this.#database
      .prepare('SELECT key, text FROM notes WHERE substr(key, 1, ?) = ? ORDER BY key')
      .all(prefix.length, prefix)
      .map((row) => ({ key: String(row['key']), text: String(row['text']) }))
  }

  async close() {
    if (this.#closed) return
    this.#closed = true
    this.#database.close()
  }

  /** Whether a row changed. Each statement is a transaction of its own, durable when it returns. */
  #change(statement: string, ...values: readonly (string | number | null)[]): boolean {
    try {
      return this.#database.prepare(statement).run(...values).changes > 0
    } catch (error) {
      throw asStoreFailure('the outbox could not be written', error)
    }
  }
}

const stateColumns = (entry: OutboxEntry): readonly [open: number, heldNonce: number | null] => [
  isOpenState(entry.state) ? 1 : 0,
  holdsNonce(entry) ? (entry.nonce ?? null) : null,
]

const entryOf = (row: Record<string, SQLOutputValue>): OutboxEntry =>
  decodeOutboxEntry(String(row['body']))
