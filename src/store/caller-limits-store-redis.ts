/*
 * What the operator said of single callers, for several replicas.
 */

import type { Redis } from 'ioredis'
import type { Caller, LimitOverride } from '../domain/caller-limits.ts'
import { asStoreFailure } from './as-store-failure.ts'
import { type BookKeys, bookVersion, readBook } from './book-redis.ts'
import {
  type CallerLimitsStore,
  callerName,
  type OverrideBook,
  overrideRow,
  overrideText,
} from './caller-limits-store.ts'
import { connectDurableRedis } from './durable-connection-redis.ts'

/** `keyPrefix` tells gateways on one server apart. Throws StoreFailure with one line for a person. */
export async function openRedisCallerLimits(options: {
  readonly url: string
  readonly keyPrefix: string
}): Promise<CallerLimitsStore> {
  return new RedisCallerLimits(await connectDurableRedis(options.url), options.keyPrefix)
}

class RedisCallerLimits implements CallerLimitsStore {
  readonly #redis: Redis
  readonly #keys: BookKeys

  constructor(redis: Redis, prefix: string) {
    this.#redis = redis
    const rows = `{${prefix}}:caller-limits`
    this.#keys = { version: `${rows}-version`, rows }
  }

  version(): Promise<number> {
    return this.#ask(() => bookVersion(this.#redis, this.#keys))
  }

  read(): Promise<OverrideBook> {
    return this.#ask(async () => {
      const { version, rows } = await readBook(this.#redis, this.#keys)
      const overrides = rows
        .toSorted(([a], [b]) => (a < b ? -1 : 1))
        .map(([name, text]) => overrideRow(name, text))
      return { version, overrides }
    })
  }

  put(caller: Caller, override: LimitOverride): Promise<void> {
    return this.#ask(async () => {
      const text = overrideText(override)
      const change = this.#redis.multi().hset(this.#keys.rows, callerName(caller), text)
      await change.incr(this.#keys.version).exec()
    })
  }

  remove(caller: Caller): Promise<boolean> {
    return this.#ask(async () => {
      const change = this.#redis.multi().hdel(this.#keys.rows, callerName(caller))
      const [[, removed] = []] = (await change.incr(this.#keys.version).exec()) ?? []
      return removed === 1
    })
  }

  async close(): Promise<void> {
    this.#redis.disconnect()
  }

  async #ask<T>(act: () => Promise<T>): Promise<T> {
    try {
      return await act()
    } catch (error) {
      throw asStoreFailure("the callers' limits in Redis could not be reached", error)
    }
  }
}
