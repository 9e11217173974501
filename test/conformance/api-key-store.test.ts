/*
 * What every store of API keys does, whatever it is made of: the suite speaks to the port alone. A second implementation
 * joins by adding its place below.
 */
import { setImmediate } from 'node:timers/promises'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { apiKeysPerChannelMax } from '../../src/base/limits.ts'
import type { ApiKey } from '../../src/domain/api-key.ts'
import { atomic } from '../../src/domain/units.ts'
import { apiKeyOf, createApiKey } from '../../src/payment/authenticate.ts'
import type { ApiKeyStore } from '../../src/store/api-key-store.ts'
import { openRedisApiKeys } from '../../src/store/api-key-store-redis.ts'
import { openSqliteApiKeys } from '../../src/store/api-key-store-sqlite.ts'
import { channelIdOf } from '../support/channels.ts'
import { inRedis, inSqlite, type StorePlaceOf, withSharedStore } from '../support/shared-store.ts'

const places: readonly [string, () => Promise<StorePlaceOf<ApiKeyStore>>][] = [
  ['SQLite', inSqlite(openSqliteApiKeys)],
  ['Redis', inRedis(openRedisApiKeys)],
]

const channelId = channelIdOf(0)
const newKey = (change: Partial<Parameters<typeof createApiKey>[0]> = {}): ApiKey =>
  createApiKey({ label: 'test', channelId, nowMs: 5, ...change }).apiKey

describe.each(places)('API keys in %s', (_name, createPlace) => {
  let place: StorePlaceOf<ApiKeyStore>
  let store: ApiKeyStore
  /** Of another process. */
  let other: ApiKeyStore

  withSharedStore<ApiKeyStore>(createPlace, (opened) => {
    ;({ place, store, other } = opened)
  })

  /** Another process writes between two turns of this one's loop, never within one. */
  const find = async (keyHash: string) => {
    await setImmediate()
    return store.find(keyHash)
  }
  const revokedAt = async (key: ApiKey) => (await find(key.keyHash))?.revokedAtMs
  const order = (key: ApiKey, nonce: number) => ({
    channelId: key.channelId,
    keyHash: key.keyHash,
    nonce,
  })

  test('gives back what was put, with and without limits', async () => {
    const keys = [
      newKey(),
      newKey({ expiresAtMs: 99 }),
      newKey({ spendCapAmount: atomic(2n ** 128n - 1n), modelScope: ['a', 'b "c" \u{1F511}'] }),
      newKey({ spendCapAmount: atomic(0n), modelScope: [] }),
    ]
    for (const key of keys) expect(await store.insert(key)).toBe(true)
    for (const key of keys) {
      expect(await find(key.keyHash)).toEqual(key)
      expect(await other.find(key.keyHash)).toEqual(key)
    }
    expect(await find('none')).toBeUndefined()
    for (const key of keys) expect(await store.named(key.apiKeyId)).toEqual(key)
    expect(await other.named('key_none')).toBeUndefined()
    const [revoked] = keys
    if (revoked === undefined) throw new Error('there are keys')
    await other.revoke(revoked.apiKeyId, 7)
    expect(await store.named(revoked.apiKeyId)).toEqual({ ...revoked, revokedAtMs: 7 })
  })

  test('lists the keys of one channel, or all, oldest first', async () => {
    const keys = [newKey({ nowMs: 3 }), newKey({ nowMs: 1, channelId: channelIdOf(1) }), newKey()]
    for (const key of keys) await store.insert(key)
    const [third, first, second] = keys
    expect(await store.list()).toEqual([first, third, second])
    expect(await other.list(channelId)).toEqual([third, second])
    expect(await store.list(channelIdOf(2))).toEqual([])
  })

  test('that another process adds or revokes are known to the next look-up', async () => {
    const key = newKey()
    expect(await find(key.keyHash)).toBeUndefined()
    await other.insert(key)
    expect(await find(key.keyHash)).toEqual(key)
    expect(await other.revoke(key.apiKeyId, 7)).toBe(true)
    expect(await revokedAt(key)).toBe(7)
    const granted = newKey()
    await other.grant(granted, 1)
    expect(await find(granted.keyHash)).toEqual(granted)
    await other.revokeByOwner(order(granted, 2), 8)
    expect(await revokedAt(granted)).toBe(8)
  })

  test('are revoked once, and by their own id alone', async () => {
    const key = newKey()
    await store.insert(key)
    expect(await store.revoke('key_other', 7)).toBe(false)
    expect(await store.revoke(key.apiKeyId, 7)).toBe(true)
    expect(await store.revoke(key.apiKeyId, 8)).toBe(false)
    expect(await revokedAt(key)).toBe(7)
  })

  test('are there once: neither a hash nor an id is taken twice', async () => {
    const key = newKey()
    expect(await store.insert(key)).toBe(true)
    expect(await store.insert({ ...key, channelId: channelIdOf(1) })).toBe(false)
    expect(await other.insert({ ...newKey(), apiKeyId: key.apiKeyId })).toBe(false)
    expect(await store.grant(key, 1)).toEqual({ ok: false, error: { reason: 'api_key_exists' } })
    expect(await store.lastNonce(channelId)).toBe(0)
    expect(await store.list()).toEqual([key])
  })

  test('are granted once for ever: not again after their revocation, nor on another channel', async () => {
    const key = newKey()
    expect(await store.grant(key, 1)).toEqual({ ok: true, value: key })
    const revoked = await store.revokeByOwner(order(key, 2), 9)
    expect(revoked).toEqual({ ok: true, value: { ...key, revokedAtMs: 9 } })
    for (const again of [key, { ...key, channelId: channelIdOf(1) }]) {
      expect(await store.grant(again, 3)).toMatchObject({ error: { reason: 'api_key_exists' } })
    }
    expect(await revokedAt(key)).toBe(9)
    expect(await store.lastNonce(channelId)).toBe(2)
    expect(await store.lastNonce(channelIdOf(1))).toBe(0)
  })

  test('are ordered by rising nonces, of each channel its own', async () => {
    const key = newKey()
    await store.grant(key, 10)
    const stale = { ok: false, error: { reason: 'key_nonce_stale', lastNonce: 10 } }
    for (const nonce of [0, 9, 10]) {
      expect(await store.grant(newKey(), nonce)).toEqual(stale)
      expect(await other.revokeByOwner(order(key, nonce), 9)).toEqual(stale)
    }
    expect(await revokedAt(key)).toBeUndefined()
    const elsewhere = newKey({ channelId: channelIdOf(1) })
    expect(await store.grant(elsewhere, 1)).toMatchObject({ ok: true })
    expect(await store.grant(newKey(), Number.MAX_SAFE_INTEGER)).toMatchObject({ ok: true })
    expect(await other.lastNonce(channelId)).toBe(Number.MAX_SAFE_INTEGER)
  })

  test('are revoked by the owner of their channel alone, and an order that fails spends no nonce', async () => {
    const key = newKey()
    await store.grant(key, 1)
    const missing = { ok: false, error: { reason: 'api_key_not_found' } }
    const foreign = { ...order(key, 5), channelId: channelIdOf(1) }
    expect(await store.revokeByOwner(foreign, 9)).toEqual(missing)
    expect(await store.revokeByOwner(order(newKey(), 5), 9)).toEqual(missing)
    expect(await revokedAt(key)).toBeUndefined()
    expect(await store.lastNonce(channelId)).toBe(1)
    expect(await store.lastNonce(channelIdOf(1))).toBe(0)
  })

  test('keep their first revocation when it is ordered again', async () => {
    const key = newKey()
    await store.grant(key, 1)
    await store.revokeByOwner(order(key, 2), 7)
    expect(await store.revokeByOwner(order(key, 3), 8)).toMatchObject({ value: { revokedAtMs: 7 } })
  })

  test('are bounded for each channel', async () => {
    const hashOf = (index: number) => index.toString(16).padStart(64, '0')
    const keyOf = (index: number) => apiKeyOf(hashOf(index), { label: '', channelId, nowMs: 1 })
    for (let index = 0; index < apiKeysPerChannelMax; index += 1) await store.insert(keyOf(index))
    const error = { reason: 'api_keys_exhausted', keysMax: apiKeysPerChannelMax }
    expect(await store.grant(newKey(), 1)).toEqual({ ok: false, error })
    expect(await store.grant(newKey({ channelId: channelIdOf(1) }), 1)).toMatchObject({ ok: true })
  })

  test('are there after a restart, and so is the nonce', async () => {
    const key = newKey({ spendCapAmount: atomic(5n), modelScope: ['m'] })
    await store.grant(key, 4)
    const reopened = await place.open()
    expect(await reopened.find(key.keyHash)).toEqual(key)
    expect(await reopened.lastNonce(channelId)).toBe(4)
    await reopened.close()
  })

  test('of two processes with the same nonce one wins, whatever the order', async () => {
    for (let round = 1; round <= 20; round += 1) {
      const keys = [newKey(), newKey()] as const
      const outcomes = await Promise.all([store.grant(keys[0], round), other.grant(keys[1], round)])
      expect(outcomes.filter(({ ok }) => ok)).toHaveLength(1)
      const found = await Promise.all(keys.map((key) => find(key.keyHash)))
      expect(found.filter((key) => key !== undefined)).toHaveLength(1)
    }
  })

  test('obey the rules in one place, over any orders of two processes', async () => {
    let executed = 0
    let run = 0
    await fc.assert(
      fc.asyncProperty(fc.array(arbitraryOrder, { maxLength: 12 }), async (orders) => {
        run += 1
        const rules = new Rules()
        const hashOf = (name: number) => `${run}${name}`.padStart(64, '0')
        for (const one of orders) {
          const terms = {
            channelId: channelIdOf(10 + 2 * run + one.channel),
            keyHash: hashOf(one.name),
          }
          const done = await execute(one.second ? other : store, one, terms)
          expect(done).toBe(rules.execute(one))
          if (done) executed += 1
        }
        for (let name = 0; name <= 5; name += 1) {
          const key = await find(hashOf(name))
          expect(key && { revoked: key.revokedAtMs !== undefined }).toEqual(rules.state(name))
        }
      }),
      { numRuns: 40 },
    )
    expect(executed).toBeGreaterThan(0)
  })
})

type Ordered = {
  readonly grants: boolean
  readonly name: number
  readonly channel: number
  readonly nonce: number
  readonly second: boolean
}

const arbitraryOrder: fc.Arbitrary<Ordered> = fc.record({
  grants: fc.boolean(),
  name: fc.integer({ min: 0, max: 5 }),
  channel: fc.integer({ min: 0, max: 1 }),
  nonce: fc.integer({ min: 0, max: 12 }),
  second: fc.boolean(),
})

async function execute(
  store: ApiKeyStore,
  { grants, nonce }: Ordered,
  terms: Pick<ApiKey, 'channelId' | 'keyHash'>,
): Promise<boolean> {
  const outcome = grants
    ? await store.grant(apiKeyOf(terms.keyHash, { ...terms, label: '', nowMs: 1 }), nonce)
    : await store.revokeByOwner({ ...terms, nonce }, 2)
  return outcome.ok
}

/** The two invariants of the port, as plainly as they can be put. */
class Rules {
  readonly #nonces = [0, 0]
  readonly #keys = new Map<number, { readonly channel: number; revoked: boolean }>()

  execute({ grants, name, channel, nonce }: Ordered): boolean {
    const key = this.#keys.get(name)
    const mayBe = grants ? key === undefined : key?.channel === channel
    if (!mayBe || nonce <= (this.#nonces[channel] ?? 0)) return false
    this.#nonces[channel] = nonce
    if (key === undefined) this.#keys.set(name, { channel, revoked: false })
    else key.revoked = true
    return true
  }

  state(name: number): { readonly revoked: boolean } | undefined {
    const key = this.#keys.get(name)
    return key && { revoked: key.revoked }
  }
}
