/*
 * The keys of several replicas. Orders are decided here, on what was read, and put where that still stands
 * (lua/put-if-same.lua); a look-up is one question to Redis, so that a revocation counts for the next request anywhere.
 */

import type { Redis } from 'ioredis'
import { apiKeysPerChannelMax, storeScanRows, storeWriteAttemptsMax } from '../base/limits.ts'
import { err, ok, type Result } from '../base/result.ts'
import type { ApiKey, KeyOrder } from '../domain/api-key.ts'
import type { KeyOrderRefusal } from '../domain/refusal.ts'
import { type AtomicAmount, atomic, type Bytes32 } from '../domain/units.ts'
import type { ApiKeyStore } from './api-key-store.ts'
import { asStoreFailure } from './as-store-failure.ts'
import { luaScript, runScript } from './connection-redis.ts'
import { connectDurableRedis } from './durable-connection-redis.ts'
import { StoreFailure } from './ledger-store.ts'

const putIfSame = luaScript('put-if-same')

/** `keyPrefix` tells gateways on one server apart. Throws StoreFailure with one line for a person. */
export async function openRedisApiKeys(options: {
  readonly url: string
  readonly keyPrefix: string
}): Promise<ApiKeyStore> {
  return new RedisApiKeys(await connectDurableRedis(options.url), options.keyPrefix)
}

/** A text that was read, and with which it is replaced. Empty where there is none. */
type Change = {
  readonly key: string
  readonly field: string
  readonly was: string
  readonly is: string
}

/** What an order comes to: its answer, and what is put for it; nothing for a refusal. */
type Plan<T> = { readonly outcome: T; readonly changes: readonly Change[] }

class RedisApiKeys implements ApiKeyStore {
  readonly #redis: Redis
  readonly #names: {
    readonly keys: string
    readonly ids: string
    readonly nonces: string
    readonly ofChannel: (channelId: Bytes32) => string
  }

  constructor(redis: Redis, prefix: string) {
    this.#redis = redis
    const named = (name: string) => `{${prefix}}:${name}`
    this.#names = {
      keys: named('api-keys'),
      ids: named('api-key-ids'),
      nonces: named('api-key-nonces'),
      ofChannel: (channelId) => named(`api-keys-of:${channelId}`),
    }
  }

  async find(keyHash: string): Promise<ApiKey | undefined> {
    return this.#ask(async () => keyOf(await this.#text(this.#names.keys, keyHash)))
  }

  named(apiKeyId: string): Promise<ApiKey | undefined> {
    return this.#ask(async () => {
      const keyHash = await this.#text(this.#names.ids, apiKeyId)
      return keyOf(await this.#text(this.#names.keys, keyHash))
    })
  }

  async list(channelId?: Bytes32): Promise<readonly ApiKey[]> {
    const texts = await this.#ask(() =>
      channelId === undefined ? this.#allTexts() : this.#textsOf(channelId),
    )
    return texts
      .map(decode)
      .toSorted((a, b) => a.createdAtMs - b.createdAtMs || (a.apiKeyId < b.apiKeyId ? -1 : 1))
  }

  insert(key: ApiKey): Promise<boolean> {
    return this.#write(async () => {
      const changes = await this.#insertion(key)
      return { outcome: changes.length > 0, changes }
    })
  }

  revoke(apiKeyId: string, nowMs: number): Promise<boolean> {
    return this.#write(async () => {
      const keyHash = await this.#text(this.#names.ids, apiKeyId)
      const was = await this.#text(this.#names.keys, keyHash)
      const key = keyOf(was)
      if (key === undefined || key.revokedAtMs !== undefined) return { outcome: false, changes: [] }
      return { outcome: true, changes: [this.#replacement(was, { ...key, revokedAtMs: nowMs })] }
    })
  }

  grant(key: ApiKey, nonce: number): Promise<Result<ApiKey, KeyOrderRefusal>> {
    return this.#write<Result<ApiKey, KeyOrderRefusal>>(async () => {
      const refuse = (error: KeyOrderRefusal) => ({ outcome: err(error), changes: [] })
      const insertion = await this.#insertion(key)
      if (insertion.length === 0) return refuse({ reason: 'api_key_exists' })
      const spent = await this.#spendNonce(key.channelId, nonce)
      if (!spent.ok) return refuse(spent.error)
      // Grants of one channel are in the order of their nonces, so none is counted by two at once.
      if ((await this.#redis.hlen(this.#names.ofChannel(key.channelId))) >= apiKeysPerChannelMax) {
        return refuse({ reason: 'api_keys_exhausted', keysMax: apiKeysPerChannelMax })
      }
      return { outcome: ok(key), changes: [...insertion, spent.value] }
    })
  }

  revokeByOwner(order: KeyOrder, nowMs: number): Promise<Result<ApiKey, KeyOrderRefusal>> {
    return this.#write<Result<ApiKey, KeyOrderRefusal>>(async () => {
      const refuse = (error: KeyOrderRefusal) => ({ outcome: err(error), changes: [] })
      const was = await this.#text(this.#names.keys, order.keyHash)
      const key = keyOf(was)
      if (key?.channelId !== order.channelId) return refuse({ reason: 'api_key_not_found' })
      const spent = await this.#spendNonce(order.channelId, order.nonce)
      if (!spent.ok) return refuse(spent.error)
      const revoked = { ...key, revokedAtMs: key.revokedAtMs ?? nowMs }
      return { outcome: ok(revoked), changes: [this.#replacement(was, revoked), spent.value] }
    })
  }

  async lastNonce(channelId: Bytes32): Promise<number> {
    return Number(await this.#ask(() => this.#text(this.#names.nonces, channelId)))
  }

  async close(): Promise<void> {
    this.#redis.disconnect()
  }

  /** What adds the key; nothing where its hash or its id is taken. */
  async #insertion(key: ApiKey): Promise<readonly Change[]> {
    const { keyHash, apiKeyId } = key
    const { keys, ids, ofChannel } = this.#names
    const isTaken = (await this.#text(keys, keyHash)) + (await this.#text(ids, apiKeyId)) !== ''
    if (isTaken) return []
    return [
      { key: keys, field: keyHash, was: '', is: encode(key) },
      { key: ids, field: apiKeyId, was: '', is: keyHash },
      { key: ofChannel(key.channelId), field: keyHash, was: '', is: apiKeyId },
    ]
  }

  #replacement(was: string, key: ApiKey): Change {
    return { key: this.#names.keys, field: key.keyHash, was, is: encode(key) }
  }

  async #spendNonce(channelId: Bytes32, nonce: number): Promise<Result<Change, KeyOrderRefusal>> {
    const was = await this.#text(this.#names.nonces, channelId)
    const lastNonce = Number(was)
    if (nonce <= lastNonce) return err({ reason: 'key_nonce_stale', lastNonce })
    return ok({ key: this.#names.nonces, field: channelId, was, is: String(nonce) })
  }

  /** Plans anew while another process changes what was read. Whose plan is put first, wins. */
  #write<T>(plan: () => Promise<Plan<T>>): Promise<T> {
    return this.#ask(async () => {
      for (let attempt = 0; attempt < storeWriteAttemptsMax; attempt += 1) {
        const { outcome, changes } = await plan()
        if (changes.length === 0 || (await this.#put(changes))) return outcome
      }
      throw new StoreFailure('the API keys are being changed by too many at once')
    })
  }

  async #put(changes: readonly Change[]): Promise<boolean> {
    const keys = [...new Set(changes.map(({ key }) => key))]
    const indexOf = (key: string) => String(keys.indexOf(key) + 1)
    const args = [
      String(changes.length),
      ...changes.flatMap(({ key, field, was }) => [indexOf(key), field, was]),
      ...changes.flatMap(({ key, field, is }) => [indexOf(key), field, is]),
    ]
    return (await runScript(this.#redis, putIfSame, { keys, args })) === 1
  }

  async #text(key: string, field: string): Promise<string> {
    return (await this.#redis.hget(key, field)) ?? ''
  }

  async #textsOf(channelId: Bytes32): Promise<string[]> {
    const hashes = await this.#redis.hkeys(this.#names.ofChannel(channelId))
    if (hashes.length === 0) return []
    const texts = await this.#redis.hmget(this.#names.keys, ...hashes)
    return texts.filter((text) => text !== null)
  }

  async #allTexts(): Promise<string[]> {
    const texts = new Map<string, string>()
    let cursor = '0'
    do {
      const [next, flat] = await this.#redis.hscan(this.#names.keys, cursor, 'COUNT', storeScanRows)
      for (let at = 0; at + 1 < flat.length; at += 2) texts.set(flat[at] ?? '', flat[at + 1] ?? '')
      cursor = next
    } while (cursor !== '0')
    return [...texts.values()]
  }

  async #ask<T>(act: () => Promise<T>): Promise<T> {
    try {
      return await act()
    } catch (error) {
      throw asStoreFailure('the API keys in Redis could not be reached', error)
    }
  }
}

type StoredKey = Omit<ApiKey, 'spendCapAmount'> & { readonly spendCapAmount?: string }

/** The cap is decimal text: JSON's numbers are doubles. */
const encode = (key: ApiKey): string =>
  JSON.stringify({
    ...key,
    spendCapAmount: key.spendCapAmount === undefined ? undefined : String(key.spendCapAmount),
  })

function decode(text: string): ApiKey {
  const key = JSON.parse(text) as StoredKey
  const cap: AtomicAmount | undefined =
    key.spendCapAmount === undefined ? undefined : atomic(BigInt(key.spendCapAmount))
  // JSON leaves out what is undefined.
  return {
    ...key,
    spendCapAmount: cap,
    modelScope: key.modelScope,
    expiresAtMs: key.expiresAtMs,
    revokedAtMs: key.revokedAtMs,
  }
}

const keyOf = (text: string): ApiKey | undefined => (text === '' ? undefined : decode(text))
