/*
 * Countersignatures for several replicas: whichever was told, each shows it.
 */
import type { Redis } from 'ioredis'
import type { KeptCountersignature } from '../domain/countersignature.ts'
import type { Bytes32 } from '../domain/units.ts'
import { asStoreFailure } from './as-store-failure.ts'
import type { CountersignatureStore } from './countersignature-store.ts'
import { connectDurableRedis } from './durable-connection-redis.ts'

/** `keyPrefix` tells gateways on one server apart. Throws StoreFailure with one line for a person. */
export async function openRedisCountersignatures(options: {
  readonly url: string
  readonly keyPrefix: string
}): Promise<CountersignatureStore> {
  return new RedisCountersignatures(await connectDurableRedis(options.url), options.keyPrefix)
}

class RedisCountersignatures implements CountersignatureStore {
  readonly #redis: Redis
  readonly #rows: string

  constructor(redis: Redis, prefix: string) {
    this.#redis = redis
    this.#rows = `{${prefix}}:countersignatures`
  }

  async put(kept: KeptCountersignature): Promise<KeptCountersignature> {
    await this.#ask(() => this.#redis.hsetnx(this.#rows, kept.receiptId, JSON.stringify(kept)))
    return (await this.of(kept.receiptId)) ?? kept
  }

  async of(receiptId: Bytes32): Promise<KeptCountersignature | undefined> {
    const text = await this.#ask(() => this.#redis.hget(this.#rows, receiptId))
    return text === null ? undefined : (JSON.parse(text) as KeptCountersignature)
  }

  async close(): Promise<void> {
    this.#redis.disconnect()
  }

  async #ask<T>(act: () => Promise<T>): Promise<T> {
    try {
      return await act()
    } catch (error) {
      throw asStoreFailure('the countersignatures in Redis could not be reached', error)
    }
  }
}
