/*
 * Transcripts for audits of several replicas: an auditor gets each from any of them. Redis itself forgets what is past its
 * time; the books over it (how much is kept) are put right at the next look.
 */
import type { Redis } from 'ioredis'
import { asStoreFailure } from './as-store-failure.ts'
import { connectRedis, luaScript, runScript } from './connection-redis.ts'
import type { SealedTranscript, TranscriptRoom, TranscriptStore } from './transcript-store.ts'

const putTranscripts = luaScript('put-transcripts')
const forgetTranscripts = luaScript('forget-transcripts')

/** So many are forgotten at a time: Redis serves nobody else meanwhile. */
const forgottenAtOnceMax = 500

/** `keyPrefix` tells gateways on one server apart. Throws StoreFailure with one line for a person. */
export async function openRedisTranscripts(options: {
  readonly url: string
  readonly keyPrefix: string
}): Promise<TranscriptStore> {
  return new RedisTranscripts(await connectRedis(options.url), options.keyPrefix)
}

class RedisTranscripts implements TranscriptStore {
  readonly #redis: Redis
  readonly #bytes: string
  readonly #sizes: string
  readonly #expiries: string
  readonly #numbers: string
  readonly #prunedTo: string
  readonly #transcript: (gatewaySeq: number) => string

  constructor(redis: Redis, prefix: string) {
    const named = (name: string) => `{${prefix}}:${name}`
    this.#redis = redis
    this.#bytes = named('transcript-bytes')
    this.#sizes = named('transcript-sizes')
    this.#expiries = named('transcript-expiries')
    this.#numbers = named('transcript-numbers')
    this.#prunedTo = named('transcripts-pruned-to')
    this.#transcript = (gatewaySeq) => named(`transcript:${gatewaySeq}`)
  }

  put(
    transcripts: readonly SealedTranscript[],
    { bytesMax, nowMs }: { readonly bytesMax: number; readonly nowMs: number },
  ): Promise<number> {
    const args = transcripts.flatMap(({ gatewaySeq, expiresAtMs, sealed }) => [
      ...[String(gatewaySeq), String(expiresAtMs)],
      sealed,
    ])
    const input = {
      keys: this.#keysOf(transcripts.map(({ gatewaySeq }) => gatewaySeq)),
      args: [String(bytesMax), String(nowMs), ...args],
    }
    return this.#ask(async () => Number(await runScript(this.#redis, putTranscripts, input)))
  }

  get(gatewaySeqs: readonly number[], nowMs: number): Promise<ReadonlyMap<number, Buffer>> {
    return this.#ask(async () => {
      const found = new Map<number, Buffer>()
      for (const gatewaySeq of gatewaySeqs) {
        const expiresAtMs = await this.#redis.zscore(this.#expiries, gatewaySeq)
        if (expiresAtMs === null || Number(expiresAtMs) <= nowMs) continue
        const sealed = await this.#redis.getBuffer(this.#transcript(gatewaySeq))
        if (sealed !== null) found.set(gatewaySeq, sealed)
      }
      return found
    })
  }

  replace(gatewaySeq: number, sealed: Buffer): Promise<void> {
    return this.#ask(async () => {
      const before = await this.#redis.hget(this.#sizes, String(gatewaySeq))
      if (before === null) return
      // Should it be past its time by now, the books are put right when that is noticed: they say what is taken off.
      await this.#redis
        .multi()
        .set(this.#transcript(gatewaySeq), sealed, 'KEEPTTL', 'XX')
        .hset(this.#sizes, String(gatewaySeq), sealed.length)
        .incrby(this.#bytes, sealed.length - Number(before))
        .exec()
    })
  }

  prune(range: {
    readonly firstSeq: number
    readonly lastSeq: number
    readonly keep: ReadonlySet<number>
  }): Promise<void> {
    const { firstSeq, lastSeq, keep } = range
    return this.#ask(async () => {
      const numbers = await this.#redis.zrangebyscore(this.#numbers, firstSeq, lastSeq)
      await this.#forget(numbers.filter((number) => !keep.has(Number(number))))
      // Another replica may prune another batch at the same time: what is pruned once more is not lost by that.
      if ((await this.prunedTo()) < lastSeq) await this.#redis.set(this.#prunedTo, lastSeq)
    })
  }

  prunedTo(): Promise<number> {
    return this.#ask(async () => Number((await this.#redis.get(this.#prunedTo)) ?? 0))
  }

  expire(nowMs: number): Promise<void> {
    return this.#ask(async () =>
      this.#forget(await this.#redis.zrangebyscore(this.#expiries, '-inf', nowMs)),
    )
  }

  room(): Promise<TranscriptRoom> {
    return this.#ask(async () => ({
      transcripts: await this.#redis.hlen(this.#sizes),
      bytes: Number((await this.#redis.get(this.#bytes)) ?? 0),
    }))
  }

  async close(): Promise<void> {
    this.#redis.disconnect()
  }

  async #forget(numbers: readonly string[]): Promise<void> {
    for (let at = 0; at < numbers.length; at += forgottenAtOnceMax) {
      const args = numbers.slice(at, at + forgottenAtOnceMax)
      await runScript(this.#redis, forgetTranscripts, {
        keys: this.#keysOf(args.map(Number)),
        args,
      })
    }
  }

  #keysOf(gatewaySeqs: readonly number[]): readonly string[] {
    const books = [this.#bytes, this.#sizes, this.#expiries, this.#numbers]
    return [...books, ...gatewaySeqs.map(this.#transcript)]
  }

  async #ask<T>(act: () => Promise<T>): Promise<T> {
    try {
      return await act()
    } catch (error) {
      throw asStoreFailure('the transcripts in Redis could not be reached', error)
    }
  }
}
