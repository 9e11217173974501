/*
 * What auditors found, for several replicas: whichever an auditor tells, all know within a second.
 */
import type { Redis } from 'ioredis'
import { asStoreFailure } from './as-store-failure.ts'
import { type BookKeys, bookVersion, readBook } from './book-redis.ts'
import { connectDurableRedis } from './durable-connection-redis.ts'
import { type KeptVerdict, type VerdictStore, verdictName } from './verdict-store.ts'

/** `keyPrefix` tells gateways on one server apart. Throws StoreFailure with one line for a person. */
export async function openRedisVerdicts(options: {
  readonly url: string
  readonly keyPrefix: string
}): Promise<VerdictStore> {
  return new RedisVerdicts(await connectDurableRedis(options.url), options.keyPrefix)
}

class RedisVerdicts implements VerdictStore {
  readonly #redis: Redis
  readonly #keys: BookKeys

  constructor(redis: Redis, prefix: string) {
    this.#redis = redis
    const named = (name: string) => `{${prefix}}:${name}`
    this.#keys = { version: named('verdicts-version'), rows: named('verdicts') }
  }

  put(kept: KeptVerdict, forget: readonly string[]): Promise<'stored' | 'known' | 'conflict'> {
    const name = verdictName(kept)
    return this.#ask(async () => {
      // The version is raised also where nothing was put: others read once for nothing.
      const answers = await this.#redis
        .multi()
        .hsetnx(this.#keys.rows, name, JSON.stringify(kept))
        .hget(this.#keys.rows, name)
        .incr(this.#keys.version)
        .exec()
      const [[, put] = [], [, text] = []] = answers ?? []
      if (put === 0) {
        const standing = JSON.parse(String(text)) as KeptVerdict
        return standing.digest === kept.digest ? 'known' : 'conflict'
      }
      if (forget.length > 0) await this.#redis.hdel(this.#keys.rows, ...forget)
      return 'stored'
    })
  }

  read() {
    return this.#ask(async () => {
      const { version, rows } = await readBook(this.#redis, this.#keys)
      return { version, verdicts: rows.map(([, text]) => JSON.parse(text) as KeptVerdict) }
    })
  }

  version(): Promise<number> {
    return this.#ask(() => bookVersion(this.#redis, this.#keys))
  }

  async close(): Promise<void> {
    this.#redis.disconnect()
  }

  async #ask<T>(act: () => Promise<T>): Promise<T> {
    try {
      return await act()
    } catch (error) {
      throw asStoreFailure('the verdicts in Redis could not be reached', error)
    }
  }
}
