import { describe, expect, test } from 'vitest'
import { type ApiKey, hashApiKey } from '../../../src/domain/api-key.ts'
import { atomic } from '../../../src/domain/units.ts'
import { authenticate, createApiKey } from '../../../src/payment/authenticate.ts'
import { StoreFailure } from '../../../src/store/ledger-store.ts'
import { channelIdOf } from '../../support/channels.ts'

const nowMs = 1_000
const { secret, apiKey } = createApiKey({ label: 'test', channelId: channelIdOf(0), nowMs })

const withKey = (change: Partial<ApiKey> = {}) => ({
  find: (keyHash: string) => (keyHash === apiKey.keyHash ? { ...apiKey, ...change } : undefined),
})

describe('authenticate', () => {
  test('a key in its header is its account and channel', async () => {
    const payer = {
      kind: 'api-key',
      apiKeyId: apiKey.apiKeyId,
      channelId: channelIdOf(0),
      spendCap: undefined,
      modelScope: undefined,
    }
    for (const header of [`Bearer ${secret}`, `bearer ${secret}`, `BEARER   ${secret}`]) {
      expect(await authenticate(withKey(), header, nowMs)).toEqual({ ok: true, value: payer })
    }
  })

  test.each([
    undefined,
    '',
    'Bearer',
    'Bearer ',
    secret,
    `Basic ${secret}`,
    `Bearer ${secret} ${secret}`,
    `Bearer ${secret}\n`,
    `Bearer ${'x'.repeat(257)}`,
    'Bearer ké',
  ])('%j is no key at all', async (header) => {
    expect(await authenticate(withKey(), header, nowMs)).toEqual({
      ok: false,
      error: { reason: 'missing_api_key' },
    })
  })

  test.each<[string, string, Partial<ApiKey>]>([
    ['unknown', `Bearer ${secret.slice(0, -1)}${secret.endsWith('A') ? 'B' : 'A'}`, {}],
    ['longer', `Bearer ${secret}x`, {}],
    ['revoked', `Bearer ${secret}`, { revokedAtMs: nowMs }],
    ['revoked long ago', `Bearer ${secret}`, { revokedAtMs: 0 }],
    ['expired', `Bearer ${secret}`, { expiresAtMs: nowMs }],
  ])('one that is %s is refused', async (_name, header, change) => {
    expect(await authenticate(withKey(change), header, nowMs)).toEqual({
      ok: false,
      error: { reason: 'invalid_api_key' },
    })
  })

  test('one that expires later is good until then', async () => {
    const keys = withKey({ expiresAtMs: nowMs + 1 })
    expect((await authenticate(keys, `Bearer ${secret}`, nowMs)).ok).toBe(true)
  })

  test('its limits go with whoever shows it', async () => {
    const keys = withKey({ spendCapAmount: atomic(5n), modelScope: ['m'] })
    expect(await authenticate(keys, `Bearer ${secret}`, nowMs)).toMatchObject({
      value: { spendCap: { budgetId: apiKey.apiKeyId, capAmount: 5n }, modelScope: ['m'] },
    })
  })

  test('a word that is no key is not even looked up', async () => {
    let looked = 0
    const keys = {
      find: () => {
        looked += 1
        return undefined
      },
    }
    for (const word of ['password', 'sk-vouch-', `sk-vouch-${'a'.repeat(42)}`, secret.slice(9)]) {
      const error = { reason: 'invalid_api_key' }
      expect(await authenticate(keys, `Bearer ${word}`, nowMs)).toEqual({ ok: false, error })
    }
    expect(looked).toBe(0)
  })

  test('a store may take its time', async () => {
    const keys = { find: async () => apiKey }
    expect(await authenticate(keys, `Bearer ${secret}`, nowMs)).toMatchObject({ ok: true })
  })

  test('a store that fails is no wrong key; a bug is no failing store', async () => {
    const failing = (error: Error) => ({ find: () => Promise.reject(error) })
    expect(await authenticate(failing(new StoreFailure('x')), `Bearer ${secret}`, nowMs)).toEqual({
      ok: false,
      error: { reason: 'store_unavailable' },
    })
    await expect(
      authenticate(failing(new Error('bug')), `Bearer ${secret}`, nowMs),
    ).rejects.toThrow('bug')
  })
})

describe('createApiKey', () => {
  test('gives 256 random bits, and keeps nothing but their hash', () => {
    expect(secret).toMatch(/^sk-vouch-[\w-]{43}$/)
    expect(apiKey.keyHash).toBe(hashApiKey(secret))
    expect(JSON.stringify(apiKey)).not.toContain(secret.slice(9))
    expect(apiKey).toMatchObject({ label: 'test', createdAtMs: nowMs, revokedAtMs: undefined })
  })

  test('gives another key and another id each time', () => {
    const keys = Array.from({ length: 50 }, () =>
      createApiKey({ label: '', channelId: channelIdOf(0), nowMs }),
    )
    expect(new Set(keys.map((one) => one.secret)).size).toBe(50)
    expect(new Set(keys.map((one) => one.apiKey.apiKeyId)).size).toBe(50)
  })
})
