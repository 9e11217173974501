/*
 * One connection to Redis, as all stores on it need it: it comes back by itself, loses nothing silently and never sends a
 * command twice by itself. What a lost answer means is for whoever asked (ledger-commits-redis.ts).
 */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { Redis, type RedisOptions } from 'ioredis'
import { storeConnectTimeoutMs, storeReconnectLastMs, storeReplyTimeoutMs } from '../base/limits.ts'
import { StoreFailure } from './ledger-store.ts'

type LuaScript = { readonly text: string; readonly sha: string }

export function luaScript(
  name:
    | 'change-contract-job'
    | 'change-contributors'
    | 'compare-and-commit'
    | 'concurrency'
    | 'forget-replica'
    | 'forget-transcripts'
    | 'outbox'
    | 'put-if-same'
    | 'put-revised'
    | 'put-transcripts'
    | 'replace-proof-job'
    | 'rate-window',
): LuaScript {
  const text = readFileSync(new URL(`./lua/${name}.lua`, import.meta.url), 'utf8')
  return { text, sha: createHash('sha1').update(text).digest('hex') }
}

/** Runs a script that the server may have forgotten: it keeps none over a restart. */
export async function runScript(
  redis: Redis,
  script: LuaScript,
  input: { readonly keys: readonly string[]; readonly args: readonly (string | Buffer)[] },
): Promise<unknown> {
  const { keys, args } = input
  try {
    return await redis.evalsha(script.sha, keys.length, ...keys, ...args)
  } catch (error) {
    if (!(error instanceof Error && error.message.startsWith('NOSCRIPT'))) throw error
    return redis.eval(script.text, keys.length, ...keys, ...args)
  }
}

const options = {
  lazyConnect: true,
  // A command that cannot be sent now fails now, and one whose answer was lost fails when the connection does.
  enableOfflineQueue: false,
  autoResendUnfulfilledCommands: false,
  maxRetriesPerRequest: 0,
  connectTimeout: storeConnectTimeoutMs,
} satisfies RedisOptions

/** Connects, or throws StoreFailure with one line that says where Redis was sought and why it was not found. */
export async function connectRedis(
  url: string,
  replyTimeoutMs: number = storeReplyTimeoutMs,
): Promise<Redis> {
  let isOpen = false
  const redis = new Redis(url, {
    ...options,
    // A server that hangs is as good as one that is gone.
    socketTimeout: replyTimeoutMs,
    retryStrategy: (attempts) => (isOpen ? Math.min(attempts * 25, storeReconnectLastMs) : null),
  })
  let cause: Error | undefined
  // Every failed attempt says so here; what matters is that commands fail.
  redis.on('error', (error: Error) => {
    cause = error
  })
  try {
    await redis.connect()
  } catch (error) {
    redis.disconnect()
    const { message } = cause ?? (error as Error)
    throw new StoreFailure(`Redis at ${placeOf(url)} cannot be used: ${message}`)
  }
  isOpen = true
  return redis
}

/** Host and port alone: the rest of the URL is secret. */
const placeOf = (url: string): string => (URL.canParse(url) ? new URL(url).host : 'store.redisUrl')
