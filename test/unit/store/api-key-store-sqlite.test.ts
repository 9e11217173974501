import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createApiKey } from '../../../src/payment/authenticate.ts'
import type { ApiKeyStore } from '../../../src/store/api-key-store.ts'
import { openSqliteApiKeys } from '../../../src/store/api-key-store-sqlite.ts'
import { channelIdOf } from '../../support/channels.ts'

let folder: string
let path: string
let gateway: ApiKeyStore
/** The `vouch keys` of another process: a connection of its own to the same file. */
let command: ApiKeyStore

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'vouch-keys-'))
  path = join(folder, 'keys.db')
  gateway = openSqliteApiKeys(path)
  command = openSqliteApiKeys(path)
})

afterEach(() => {
  gateway.close()
  command.close()
  rmSync(folder, { recursive: true })
})

const newKey = (expiresAtMs?: number) =>
  createApiKey({ label: 'test', channelId: channelIdOf(0), nowMs: 5, expiresAtMs }).apiKey

describe('a key', () => {
  test('comes back as it was put, whether it expires or not', () => {
    const keys = [newKey(), newKey(99)]
    for (const key of keys) gateway.insert(key)
    for (const key of keys) expect(gateway.find(key.keyHash)).toEqual(key)
    expect(gateway.find('none')).toBeUndefined()
    expect(gateway.list()).toHaveLength(2)
  })

  test('that another process adds is known to the next look-up', () => {
    const key = newKey()
    expect(gateway.find(key.keyHash)).toBeUndefined()
    command.insert(key)
    expect(gateway.find(key.keyHash)).toEqual(key)
  })

  test('that another process revokes is revoked at the next look-up', () => {
    const key = newKey()
    gateway.insert(key)
    expect(gateway.find(key.keyHash)?.revokedAtMs).toBeUndefined()
    expect(command.revoke(key.apiKeyId, 7)).toBe(true)
    expect(gateway.find(key.keyHash)?.revokedAtMs).toBe(7)
  })

  test('is revoked once, and by its own id alone', () => {
    const key = newKey()
    gateway.insert(key)
    expect(gateway.revoke('key_other', 7)).toBe(false)
    expect(gateway.revoke(key.apiKeyId, 7)).toBe(true)
    expect(gateway.revoke(key.apiKeyId, 8)).toBe(false)
    expect(gateway.find(key.keyHash)?.revokedAtMs).toBe(7)
  })

  test('is there once', () => {
    const key = newKey()
    gateway.insert(key)
    expect(() => gateway.insert(key)).toThrow(/UNIQUE/)
    expect(gateway.list()).toHaveLength(1)
  })

  test('is there after a restart', () => {
    const key = newKey()
    gateway.insert(key)
    const reopened = openSqliteApiKeys(path)
    expect(reopened.find(key.keyHash)).toEqual(key)
    reopened.close()
  })
})

test('a file that cannot be one is told in one line', () => {
  const other = join(folder, 'other.db')
  writeFileSync(other, 'this is no database, and long enough to be seen as none'.repeat(50))
  for (const bad of [other, join(other, 'below.db'), folder]) {
    expect(() => openSqliteApiKeys(bad)).toThrow(
      expect.objectContaining({
        name: 'StoreFailure',
        message: expect.stringContaining(`${bad} cannot be opened: `),
      }),
    )
  }
})
