/*
 * Keys live in a file of their own, apart from the ledger: `vouch keys` writes to it while a gateway runs, and SQLite's
 * data_version tells the gateway, without reading a row, that another process changed it.
 */
import type { DatabaseSync, SQLOutputValue, StatementSync } from 'node:sqlite'
import { apiKeysPerChannelMax, knownApiKeysMax } from '../base/limits.ts'
import { err, ok, type Result } from '../base/result.ts'
import type { ApiKey, KeyOrder } from '../domain/api-key.ts'
import type { KeyOrderRefusal } from '../domain/refusal.ts'
import { atomic, type Bytes32, bytes32 } from '../domain/units.ts'
import type { ApiKeyStore } from './api-key-store.ts'
import { asStoreFailure } from './as-store-failure.ts'
import { openDurableFile } from './durable-file-sqlite.ts'
import { inTransaction } from './transaction-sqlite.ts'

/** Another process writes a row or two, never long. */
const otherWriterPatienceMs = 1_000

const schema = `
  CREATE TABLE IF NOT EXISTS api_keys (
    key_hash TEXT PRIMARY KEY, api_key_id TEXT NOT NULL UNIQUE, label TEXT NOT NULL, channel_id TEXT NOT NULL,
    created_at_ms INTEGER NOT NULL, expires_at_ms INTEGER, revoked_at_ms INTEGER,
    spend_cap TEXT, model_scope TEXT) STRICT;
  CREATE INDEX IF NOT EXISTS api_keys_of_channel ON api_keys (channel_id);
  CREATE TABLE IF NOT EXISTS key_nonces (channel_id TEXT PRIMARY KEY, nonce INTEGER NOT NULL) STRICT;
`

/** Throws StoreFailure when the file cannot be opened. */
export function openSqliteApiKeys(path: string): ApiKeyStore {
  return new SqliteApiKeys(openDurableFile({ path, layOut, otherWriterPatienceMs }))
}

class SqliteApiKeys implements ApiKeyStore {
  readonly #database: DatabaseSync
  readonly #dataVersion: StatementSync
  readonly #byHash: StatementSync
  /** Keys that were looked up since the file last changed. A hash that is not there is not remembered: anyone can send it. */
  readonly #known = new Map<string, ApiKey>()
  #knownVersion: SQLOutputValue | undefined
  /** The file was looked at in this turn of the loop: requests that come together ask once. */
  #isFresh = false

  constructor(database: DatabaseSync) {
    this.#database = database
    this.#dataVersion = database.prepare('PRAGMA data_version')
    this.#byHash = database.prepare('SELECT * FROM api_keys WHERE key_hash = ?')
  }

  find(keyHash: string): ApiKey | undefined {
    try {
      return this.#find(keyHash)
    } catch (error) {
      throw asStoreFailure('the API keys cannot be read', error)
    }
  }

  #find(keyHash: string): ApiKey | undefined {
    if (!this.#isFresh) this.#forgetOlderVersion()
    const known = this.#known.get(keyHash)
    if (known !== undefined) return known
    const key = this.#read(keyHash)
    if (key === undefined) return undefined
    if (this.#known.size >= knownApiKeysMax) this.#known.clear()
    this.#known.set(keyHash, key)
    return key
  }

  #forgetOlderVersion(): void {
    const version = this.#dataVersion.get()?.['data_version']
    if (version !== this.#knownVersion) this.#known.clear()
    this.#knownVersion = version
    this.#isFresh = true
    setImmediate(() => {
      this.#isFresh = false
    })
  }

  async named(apiKeyId: string): Promise<ApiKey | undefined> {
    try {
      const row = this.#database
        .prepare('SELECT * FROM api_keys WHERE api_key_id = ?')
        .get(apiKeyId)
      return row === undefined ? undefined : apiKeyOf(row)
    } catch (error) {
      throw asStoreFailure('the API keys cannot be read', error)
    }
  }

  async list(channelId?: Bytes32): Promise<readonly ApiKey[]> {
    const order = 'ORDER BY created_at_ms, api_key_id'
    const rows =
      channelId === undefined
        ? this.#database.prepare(`SELECT * FROM api_keys ${order}`).all()
        : this.#database
            .prepare(`SELECT * FROM api_keys WHERE channel_id = ? ${order}`)
            .all(channelId)
    return rows.map(apiKeyOf)
  }

  async insert(key: ApiKey): Promise<boolean> {
    return this.#write(() => this.#insert(key))
  }

  async revoke(apiKeyId: string, nowMs: number): Promise<boolean> {
    return this.#write(() => this.#revoke('api_key_id', apiKeyId, nowMs))
  }

  async grant(key: ApiKey, nonce: number): Promise<Result<ApiKey, KeyOrderRefusal>> {
    return this.#write(() => {
      if (this.#read(key.keyHash) !== undefined) return err({ reason: 'api_key_exists' })
      const lastNonce = this.#lastNonce(key.channelId)
      if (nonce <= lastNonce) return err({ reason: 'key_nonce_stale', lastNonce })
      if (this.#countOf(key.channelId) >= apiKeysPerChannelMax) {
        return err({ reason: 'api_keys_exhausted', keysMax: apiKeysPerChannelMax })
      }
      if (!this.#insert(key)) return err({ reason: 'api_key_exists' })
      this.#putNonce(key.channelId, nonce)
      return ok(key)
    })
  }

  async revokeByOwner(order: KeyOrder, nowMs: number): Promise<Result<ApiKey, KeyOrderRefusal>> {
    const { channelId, keyHash, nonce } = order
    return this.#write(() => {
      if (this.#read(keyHash)?.channelId !== channelId) return err({ reason: 'api_key_not_found' })
      const lastNonce = this.#lastNonce(channelId)
      if (nonce <= lastNonce) return err({ reason: 'key_nonce_stale', lastNonce })
      this.#revoke('key_hash', keyHash, nowMs)
      this.#putNonce(channelId, nonce)
      const revoked = this.#read(keyHash)
      return revoked === undefined ? err({ reason: 'api_key_not_found' }) : ok(revoked)
    })
  }

  async lastNonce(channelId: Bytes32): Promise<number> {
    return this.#lastNonce(channelId)
  }

  async close(): Promise<void> {
    this.#database.close()
  }

  /** Reads and writes of one order, in one transaction that no other process writes into. */
  #write<T>(act: () => T): T {
    try {
      return inTransaction(this.#database, 'BEGIN IMMEDIATE', act)
    } catch (error) {
      throw asStoreFailure('the API keys cannot be written', error)
    } finally {
      // data_version does not count this connection's own writes.
      this.#known.clear()
    }
  }

  #read(keyHash: string): ApiKey | undefined {
    const row = this.#byHash.get(keyHash)
    return row === undefined ? undefined : apiKeyOf(row)
  }

  #insert(key: ApiKey): boolean {
    const { changes } = this.#database
      .prepare('INSERT OR IGNORE INTO api_keys VALUES (?,?,?,?,?,?,?,?,?)')
      .run(
        key.keyHash,
        key.apiKeyId,
        key.label,
        key.channelId,
        key.createdAtMs,
        key.expiresAtMs ?? null,
        key.revokedAtMs ?? null,
        key.spendCapAmount === undefined ? null : String(key.spendCapAmount),
        key.modelScope === undefined ? null : JSON.stringify(key.modelScope),
      )
    return changes === 1
  }

  #revoke(column: 'api_key_id' | 'key_hash', name: string, nowMs: number): boolean {
    const { changes } = this.#database
      .prepare(
        `UPDATE api_keys SET revoked_at_ms = ? WHERE ${column} = ? AND revoked_at_ms IS NULL`,
      )
      .run(nowMs, name)
    return changes === 1
  }

  #countOf(channelId: Bytes32): number {
    const row = this.#database
      .prepare('SELECT count(*) AS n FROM api_keys WHERE channel_id = ?')
      .get(channelId)
    return Number(row?.['n'])
  }

  #lastNonce(channelId: Bytes32): number {
    const row = this.#database
      .prepare('SELECT nonce FROM key_nonces WHERE channel_id = ?')
      .get(channelId)
    return Number(row?.['nonce'] ?? 0)
  }

  #putNonce(channelId: Bytes32, nonce: number): void {
    this.#database.prepare('INSERT OR REPLACE INTO key_nonces VALUES (?,?)').run(channelId, nonce)
  }
}

function apiKeyOf(row: Record<string, SQLOutputValue>): ApiKey {
  const optionalMs = (value: SQLOutputValue | undefined): number | undefined =>
    typeof value === 'number' ? value : undefined
  const { spend_cap: cap, model_scope: scope } = row
  return {
    keyHash: String(row['key_hash']),
    apiKeyId: String(row['api_key_id']),
    label: String(row['label']),
    channelId: bytes32(String(row['channel_id'])),
    spendCapAmount: typeof cap === 'string' ? atomic(BigInt(cap)) : undefined,
    modelScope: typeof scope === 'string' ? (JSON.parse(scope) as string[]) : undefined,
    createdAtMs: Number(row['created_at_ms']),
    expiresAtMs: optionalMs(row['expires_at_ms']),
    revokedAtMs: optionalMs(row['revoked_at_ms']),
  }
}

/** A file of version 0.1 has keys without caps and scopes; they stay as they were granted. */
function layOut(database: DatabaseSync): void {
  database.exec(schema)
  const columns = database.prepare('PRAGMA table_info(api_keys)').all()
  if (columns.some((column) => column['name'] === 'spend_cap')) return
  database.exec('ALTER TABLE api_keys ADD COLUMN spend_cap TEXT')
  database.exec('ALTER TABLE api_keys ADD COLUMN model_scope TEXT')
}
