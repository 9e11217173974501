/*
 * The outbox of several replicas. Any of them may drive a lane: the script refuses the second who wants the same step, so
 * that what is sent was decided once.
 */

import type { Redis } from 'ioredis'
import { asStoreFailure } from './as-store-failure.ts'
import { luaScript, runScript } from './connection-redis.ts'
import { connectDurableRedis } from './durable-connection-redis.ts'
import {
  holdsNonce,
  isOpenState,
  type OutboxEntry,
  type OutboxLane,
  type OutboxStore,
} from './outbox-store.ts'
import { decodeOutboxEntry, encodeOutboxEntry } from './outbox-store-json.ts'

/**
 * `keyPrefix` tells gateways on one server apart. Throws StoreFailure with one line for a person when Redis is not there or
 * may lose what it is told.
 */
export async function openRedisOutbox(options: {
  readonly url: string
  readonly keyPrefix: string
}): Promise<OutboxStore> {
  return new RedisOutbox(await connectDurableRedis(options.url), options.keyPrefix)
}

const script = luaScript('outbox')

class RedisOutbox implements OutboxStore {
  readonly #redis: Redis
  readonly #prefix: string

  constructor(redis: Redis, prefix: string) {
    this.#redis = redis
    this.#prefix = prefix
  }

  put(entry: OutboxEntry) {
    return this.#change('put', entry, entry)
  }

  update(entry: OutboxEntry) {
    return this.#change('update', entry, { ...entry, revision: entry.revision + 1 })
  }

  async find(intentId: string) {
    const body = await this.#ask((redis) => redis.hget(this.#key('bodies'), intentId))
    return body === null ? undefined : decodeOutboxEntry(body)
  }

  async open(lane: OutboxLane) {
    return this.#entries(
      await this.#ask((redis) => redis.zrange(this.#laneKey('open', lane), 0, '-1')),
    )
  }

  async recent(limit: number) {
    return this.#entries(
      await this.#ask((redis) => redis.zrevrange(this.#key('order'), 0, limit - 1)),
    )
  }

  async note(key: string) {
    return (await this.#ask((redis) => redis.hget(this.#key('notes'), key))) ?? undefined
  }

  async setNote(key: string, note: string | undefined) {
    await this.#ask((redis) =>
      note === undefined
        ? redis.hdel(this.#key('notes'), key)
        : redis.hset(this.#key('notes'), key, note),
    )
  }

  async notes(prefix: string) {
    const all = await this.#ask((redis) => redis.hgetall(this.#key('notes')))
    return Object.entries(all)
      .filter(([key]) => key.startsWith(prefix))
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, note]) => ({ key, text: note }))
  }

  async close() {
    this.#redis.disconnect()
  }

  /** `stored` is the entry as it is written; its old revision is what the script compares. */
  async #change(what: 'put' | 'update', entry: OutboxEntry, stored: OutboxEntry): Promise<boolean> {
    const keys = [
      ...['bodies', 'revisions', 'arrivals', 'counter', 'order'].map((name) => this.#key(name)),
      this.#laneKey('open', entry),
      this.#laneKey('nonces', entry),
      this.#key('held'),
    ]
    const heldNonce = holdsNonce(entry) ? String(entry.nonce ?? '') : ''
    const isOpen = isOpenState(entry.state) ? '1' : '0'
    const body = encodeOutboxEntry(stored)
    const args = [what, entry.intentId, body, String(entry.revision), isOpen, heldNonce]
    return (await this.#ask((redis) => runScript(redis, script, { keys, args }))) === 1
  }

  async #entries(intentIds: readonly string[]): Promise<readonly OutboxEntry[]> {
    if (intentIds.length === 0) return []
    const bodies = await this.#ask((redis) => redis.hmget(this.#key('bodies'), ...intentIds))
    return bodies.filter((body) => body !== null).map(decodeOutboxEntry)
  }

  /** A write whose answer is lost may be done or not: whoever asked reads before it asks again. */
  async #ask<T>(command: (redis: Redis) => Promise<T>): Promise<T> {
    try {
      return await command(this.#redis)
    } catch (error) {
      throw asStoreFailure('the outbox in Redis did not answer', error)
    }
  }

  /** The prefix is a hash tag: a cluster keeps all of it in one slot, because one script writes it. */
  #key(name: string): string {
    return `{${this.#prefix}}:outbox:${name}`
  }

  #laneKey(name: string, { chainId, sender }: OutboxLane): string {
    return this.#key(`${name}:${chainId}:${sender}`)
  }
}
