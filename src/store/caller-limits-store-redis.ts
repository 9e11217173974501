/*
 * What the operator said of single callers, for several replicas: a hash, and a version that each of them looks at.
 */
import type { Redis } from 'ioredis'
import type { Caller, LimitOverride } from '../domain/caller-limits.ts'
import {
  type CallerLimitsStore,
  callerName,
  type OverrideBook,
  overrideRow,
  overrideText,
} from './caller-limits-store.ts'
import { connectRedis } from './connection-redis.ts'
import { checkDurability } from './durability-redis.ts'
import { StoreFailure } from './ledger-store.ts'

/** `keyPrefix` tells gateways on one server apart. Throws StoreFailure with one line for a person. */
export async function openRedisCallerLimits(options: {
  readonly url: string
  readonly keyPrefix: string
}): Promise<CallerLimitsStore> {
  const redis = await connectRedis(options.url)
  try {
    await checkDurability(redis)
  } catch (error) {
    redis.disconnect()
    throw error
  }
  return new RedisCallerLimits(redis, options.keyPrefix)
}

class RedisCallerLimits implements CallerLimitsStore {
  readonly #redis: Redis
  readonly #version: string
  readonly #rows: string

  constructor(redis: Redis, prefix: string) {
    this.#redis = redis
    this.#version = `{${prefix}}:caller-limits-version`
    this.#rows = `{${prefix}}:caller-limits`
  }

  version(): Promise<number> {
    return this.#ask(async () => Number((await this.#redis.get(this.#version)) ?? 0))
  }

  read(): Promise<OverrideBook> {
    return this.#ask(async () => {
      const answers = await this.#redis.multi().get(this.#version).hgetall(this.#rows).exec()
      const [[, version] = [], [, texts] = []] = answers ?? []
      const overrides = Object.entries((texts ?? {}) as Readonly<Record<string, string>>)
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([name, text]) => overrideRow(name, text))
      return { version: Number(version ?? 0), overrides }
    })
  }

  put(caller: Caller, override: LimitOverride): Promise<void> {
    return this.#ask(async () => {
      const text = overrideText(override)
      const change = this.#redis.multi().hset(this.#rows, callerName(caller), text)
      await change.incr(this.#version).exec()
    })
  }

  remove(caller: Caller): Promise<boolean> {
    return this.#ask(async () => {
      const change = this.#redis.multi().hdel(this.#rows, callerName(caller))
      const [[, removed] = []] = (await change.incr(this.#version).exec()) ?? []
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
      const message = error instanceof Error ? error.message : String(error)
      throw new StoreFailure(`the callers' limits in Redis could not be reached: ${message}`)
    }
  }
}
