/*
 * Keys live in a file of their own, apart from the ledger: `vouch keys` writes to it while a gateway runs, and SQLite's
 * data_version tells the gateway, without reading a row, that another process changed it.
 */
import { DatabaseSync, type SQLOutputValue, type StatementSync } from 'node:sqlite'
import { bytes32 } from '../domain/units.ts'
import type { ApiKey, ApiKeyStore } from './api-key-store.ts'
import { durablePragmas } from './ledger-rows-sqlite.ts'
import { StoreFailure } from './ledger-store.ts'

const schema = `
  CREATE TABLE IF NOT EXISTS api_keys (
    key_hash TEXT PRIMARY KEY, api_key_id TEXT NOT NULL UNIQUE, label TEXT NOT NULL, channel_id TEXT NOT NULL,
    created_at_ms INTEGER NOT NULL, expires_at_ms INTEGER, revoked_at_ms INTEGER) STRICT;
`

/** Throws StoreFailure when the file cannot be opened. */
export function openSqliteApiKeys(path: string): ApiKeyStore {
  return new SqliteApiKeys(open(path))
}

class SqliteApiKeys implements ApiKeyStore {
  readonly #database: DatabaseSync
  readonly #dataVersion: StatementSync
  #keys = new Map<string, ApiKey>()
  #readVersion: SQLOutputValue | undefined

  constructor(database: DatabaseSync) {
    this.#database = database
    this.#dataVersion = database.prepare('PRAGMA data_version')
  }

  find(keyHash: string): ApiKey | undefined {
    this.#refresh()
    return this.#keys.get(keyHash)
  }

  list(): readonly ApiKey[] {
    this.#refresh()
    return [...this.#keys.values()]
  }

  insert(key: ApiKey): void {
    this.#database
      .prepare('INSERT INTO api_keys VALUES (?,?,?,?,?,?,?)')
      .run(
        key.keyHash,
        key.apiKeyId,
        key.label,
        key.channelId,
        key.createdAtMs,
        key.expiresAtMs ?? null,
        key.revokedAtMs ?? null,
      )
    this.#readVersion = undefined
  }

  revoke(apiKeyId: string, nowMs: number): boolean {
    const { changes } = this.#database
      .prepare(
        'UPDATE api_keys SET revoked_at_ms = ? WHERE api_key_id = ? AND revoked_at_ms IS NULL',
      )
      .run(nowMs, apiKeyId)
    this.#readVersion = undefined
    return changes === 1
  }

  close(): void {
    this.#database.close()
  }

  #refresh(): void {
    // data_version does not count this connection's own writes: insert and revoke forget it instead.
    const version = this.#dataVersion.get()?.['data_version']
    if (version === this.#readVersion) return
    this.#keys = new Map(
      this.#database
        .prepare('SELECT * FROM api_keys ORDER BY created_at_ms')
        .all()
        .map((row) => [String(row['key_hash']), apiKeyOf(row)]),
    )
    this.#readVersion = version
  }
}

function apiKeyOf(row: Record<string, SQLOutputValue>): ApiKey {
  const optionalMs = (value: SQLOutputValue | undefined): number | undefined =>
    typeof value === 'number' ? value : undefined
  return {
    keyHash: String(row['key_hash']),
    apiKeyId: String(row['api_key_id']),
    label: String(row['label']),
    channelId: bytes32(String(row['channel_id'])),
    createdAtMs: Number(row['created_at_ms']),
    expiresAtMs: optionalMs(row['expires_at_ms']),
    revokedAtMs: optionalMs(row['revoked_at_ms']),
  }
}

function open(path: string): DatabaseSync {
  try {
    const database = new DatabaseSync(path)
    database.exec(durablePragmas)
    database.exec(schema)
    return database
  } catch (error) {
    throw new StoreFailure(
      `${path} cannot be opened: ${error instanceof Error ? error.message : String(error)}`,
    )
  }
}
