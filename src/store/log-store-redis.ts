/*
 * The transparency log of several replicas. Whoever adds the next batch first has added it: lua/put-if-same.lua compares
 * where the log ends and writes the batch in one step.
 */
import type { Redis } from 'ioredis'
import type { LogAnchor } from '../domain/log-documents.ts'
import { type LogHead, lastSeqOf } from '../domain/log-head.ts'
import type { Bytes32, Signature } from '../domain/units.ts'
import { asStoreFailure } from './as-store-failure.ts'
import { luaScript, runScript } from './connection-redis.ts'
import { connectDurableRedis } from './durable-connection-redis.ts'
import { batchOf, packDigests, unpackDigests } from './log-rows.ts'
import type { LogBatch, LogStore } from './log-store.ts'

const putIfSame = luaScript('put-if-same')

/** `keyPrefix` tells gateways on one server apart. Throws StoreFailure with one line for a person. */
export async function openRedisLog(options: {
  readonly url: string
  readonly keyPrefix: string
}): Promise<LogStore> {
  return new RedisLog(await connectDurableRedis(options.url), options.keyPrefix)
}

/** Where the log ends, as one text that a script can compare: `batches:nextSeq`. Empty stands for the beginning. */
const endAfter = (head: LogHead): string => `${head.batch + 1}:${lastSeqOf(head) + 1}`
const endBefore = ({ batch, firstSeq }: LogHead): string =>
  batch === 0 && firstSeq === 1 ? '' : `${batch}:${firstSeq}`

class RedisLog implements LogStore {
  readonly #redis: Redis
  readonly #keys: Record<'ends' | 'heads' | 'digests' | 'signatures' | 'anchors', string>

  constructor(redis: Redis, prefix: string) {
    this.#redis = redis
    const named = (name: string) => `{${prefix}}:log:${name}`
    this.#keys = {
      ends: named('ends'),
      heads: named('heads'),
      digests: named('digests'),
      signatures: named('signatures'),
      anchors: named('anchors'),
    }
  }

  async length(): Promise<{ readonly batches: number; readonly settled: number }> {
    const [end, settled] = await this.#ask((redis) =>
      redis.hmget(this.#keys.ends, 'end', 'settled'),
    )
    return { batches: Number((end ?? '0').split(':')[0]), settled: Number(settled ?? 0) }
  }

  async addBatch(head: LogHead, digests: readonly Bytes32[]): Promise<boolean> {
    const { ends, heads, digests: entries } = this.#keys
    const batch = String(head.batch)
    const args = [
      ...['1', '1', 'end', endBefore(head)],
      ...['2', batch, JSON.stringify(head)],
      ...['3', batch, packDigests(digests).toString('base64')],
      ...['1', 'end', endAfter(head)],
    ]
    const done = await this.#ask((redis) =>
      runScript(redis, putIfSame, { keys: [ends, heads, entries], args }),
    )
    return done === 1
  }

  async sign(batch: number, signature: Signature): Promise<void> {
    await this.#ask((redis) => redis.hsetnx(this.#keys.signatures, String(batch), signature))
  }

  async noteAnchor(batch: number, anchor: LogAnchor | undefined): Promise<void> {
    const { anchors } = this.#keys
    const field = String(batch)
    await this.#ask((redis) =>
      anchor === undefined
        ? redis.hdel(anchors, field)
        : redis.hset(anchors, field, JSON.stringify(anchor)),
    )
  }

  async settle(batches: number): Promise<void> {
    await this.#ask((redis) => redis.hset(this.#keys.ends, 'settled', String(batches)))
  }

  async batches(range: {
    readonly from: number
    readonly limit: number
  }): Promise<readonly LogBatch[]> {
    const { batches } = await this.length()
    const count = Math.max(0, Math.min(range.limit, batches - range.from))
    if (count === 0) return []
    const fields = Array.from({ length: count }, (_, index) => String(range.from + index))
    const { heads, signatures, anchors } = this.#keys
    const [headTexts, signatureTexts, anchorTexts] = await this.#ask((redis) =>
      Promise.all([
        redis.hmget(heads, ...fields),
        redis.hmget(signatures, ...fields),
        redis.hmget(anchors, ...fields),
      ]),
    )
    return headTexts.flatMap((head, at) =>
      head === null
        ? []
        : [batchOf({ head, signature: signatureTexts[at], anchor: anchorTexts[at] })],
    )
  }

  async digests(batch: number): Promise<readonly Bytes32[] | undefined> {
    const text = await this.#ask((redis) => redis.hget(this.#keys.digests, String(batch)))
    return text === null ? undefined : unpackDigests(Buffer.from(text, 'base64'))
  }

  async close(): Promise<void> {
    this.#redis.disconnect()
  }

  /** A write whose answer is lost may be done or not; whoever asked looks at the log again before it goes on. */
  async #ask<T>(command: (redis: Redis) => Promise<T>): Promise<T> {
    try {
      return await command(this.#redis)
    } catch (error) {
      throw asStoreFailure('the transparency log in Redis did not answer', error)
    }
  }
}
