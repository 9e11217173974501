import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openSqliteApiKeys } from '../../../src/store/api-key-store-sqlite.ts'
import { channelIdOf } from '../../support/channels.ts'
import { temporaryFolder } from '../../support/embedded-chain.ts'

let folder: ReturnType<typeof temporaryFolder>

beforeEach(() => {
  folder = temporaryFolder()
})
afterEach(() => folder.remove())

test('a file that cannot be one is told in one line', () => {
  const other = join(folder.path, 'other.db')
  writeFileSync(other, 'this is no database, and long enough to be seen as none'.repeat(50))
  for (const bad of [other, join(other, 'below.db'), folder.path]) {
    expect(() => openSqliteApiKeys(bad)).toThrow(
      expect.objectContaining({
        name: 'StoreFailure',
        message: expect.stringContaining(`${bad} cannot be opened: `),
      }),
    )
  }
})

test('a file of version 0.1 keeps its keys, which have neither cap nor scope', async () => {
  const path = join(folder.path, 'keys.db')
  const old = new DatabaseSync(path)
  old.exec(`CREATE TABLE api_keys (
    key_hash TEXT PRIMARY KEY, api_key_id TEXT NOT NULL UNIQUE, label TEXT NOT NULL, channel_id TEXT NOT NULL,
    created_at_ms INTEGER NOT NULL, expires_at_ms INTEGER, revoked_at_ms INTEGER) STRICT;
    INSERT INTO api_keys VALUES ('aa', 'key_aa', 'old', '${channelIdOf(0)}', 1, NULL, NULL)`)
  old.close()
  for (const _opening of [1, 2]) {
    const store = openSqliteApiKeys(path)
    expect(await store.list()).toMatchObject([
      { keyHash: 'aa', label: 'old', spendCapAmount: undefined, modelScope: undefined },
    ])
    await store.close()
  }
})

test('a file that another process holds for long is a StoreFailure, not a wait for ever', async () => {
  const path = join(folder.path, 'keys.db')
  const store = openSqliteApiKeys(path)
  const holder = new DatabaseSync(path)
  holder.exec('BEGIN IMMEDIATE')
  await expect(store.revoke('key_any', 1)).rejects.toMatchObject({ name: 'StoreFailure' })
  holder.exec('ROLLBACK')
  expect(await store.revoke('key_any', 1)).toBe(false)
  holder.close()
  await store.close()
})
