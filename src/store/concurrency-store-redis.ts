/*
 * Who is inside, of all replicas. This process knows its own; Redis knows the sum (lua/concurrency.lua). They may come
 * apart when an answer is lost, or when others took this process for dead. Then it states its own anew, under a new number:
 *
 *   STATED --answer lost | not known under this number--> UNSTATED --stated before anybody enters--> STATED
 *
 * A statement counts exactly those who are inside: Redis answers in order, and nobody is asked for while one is under way.
 */
import type { Redis } from 'ioredis'
import {
  concurrencyLookMs,
  storeLeaseMs,
  storeLeaseRenewalMs,
  storeWriteAttemptsMax,
} from '../base/limits.ts'
import { randomHex } from '../base/random-ids.ts'
import { err, ok, type Result } from '../base/result.ts'
import { ConcurrencyPlaces } from './concurrency-places.ts'
import type {
  ConcurrencyFull,
  ConcurrencyLimit,
  ConcurrencyStore,
  Leave,
} from './concurrency-store.ts'
import { connectRedis, luaScript, runScript } from './connection-redis.ts'
import { ledgerKeys } from './ledger-keys-redis.ts'
import { StoreFailure } from './ledger-store.ts'
import { RedisLink } from './link-redis.ts'
import { ReplicaLease } from './replica-lease-redis.ts'
import { uptimeMs } from './uptime-redis.ts'

export type RedisConcurrencyOptions = {
  readonly url: string
  /** Tells gateways on one server apart. */
  readonly keyPrefix: string
  readonly lease?: { readonly durationMs: number; readonly renewalMs: number }
  /** So long after a start of Redis no replica counts as dead: none could renew while it was down. */
  readonly restartGraceMs?: number
  /** A Redis that says nothing for so long is taken for gone. */
  readonly replyTimeoutMs?: number
}

/** Throws StoreFailure with one line for a person when Redis is not there. */
export async function openRedisConcurrency(
  options: RedisConcurrencyOptions,
): Promise<ConcurrencyStore> {
  const redis = await connectRedis(options.url, options.replyTimeoutMs)
  const store = new RedisConcurrency(redis, options)
  try {
    await store.state()
  } catch (error) {
    await store.close()
    throw error
  }
  return store
}

const script = luaScript('concurrency')
const done = 0
const stranger = -1

/** The prefix is a hash tag: a cluster keeps all of it in one slot, because one script writes it. */
function concurrencyKeys(prefix: string) {
  const named = (name: string) => `{${prefix}}:${name}`
  return {
    inside: named('inside'),
    statements: named('inside-replicas'),
    own: (replica: string) => named(`inside:${replica}`),
    lease: ledgerKeys(prefix).lease,
  }
}

class RedisConcurrency implements ConcurrencyStore {
  readonly #link: RedisLink
  readonly #keys: ReturnType<typeof concurrencyKeys>
  readonly #replica = randomHex(8)
  readonly #lease: ReplicaLease
  readonly #restartGraceMs: number
  readonly #timer: NodeJS.Timeout
  readonly #places = new ConcurrencyPlaces()
  /** Number of the newest statement. */
  #number = 0
  #isStated = false
  #stating: Promise<void> | undefined
  #lookedAtMs = Number.NEGATIVE_INFINITY

  constructor(redis: Redis, options: RedisConcurrencyOptions) {
    this.#keys = concurrencyKeys(options.keyPrefix)
    // An outage is reported by the ledger, whose server this is.
    this.#link = new RedisLink(redis, () => {})
    const terms = options.lease ?? { durationMs: storeLeaseMs, renewalMs: storeLeaseRenewalMs }
    const keys = ledgerKeys(options.keyPrefix)
    this.#lease = new ReplicaLease({ link: this.#link, keys, replica: this.#replica }, terms)
    this.#restartGraceMs = options.restartGraceMs ?? storeLeaseMs
    // So that no place is taken for long by somebody who left untold, or whose replica died.
    const lookAfter = async () => {
      await this.state()
      await this.#forgetDead()
    }
    this.#timer = setInterval(() => void lookAfter().catch(() => {}), terms.renewalMs)
    this.#timer.unref()
  }

  readonly enter = async (
    limits: readonly ConcurrencyLimit[],
    nowMs: number,
  ): Promise<Result<Leave, ConcurrencyFull>> => {
    if (limits.length === 0) return ok(() => {})
    // What this process alone fills needs no question.
    const filled = this.#places.full(limits)
    if (filled !== undefined) return err({ counter: filled.counter })
    let full = await this.#tryEnter(limits)
    if (full !== undefined && (await this.#forgetDeadNow(nowMs))) {
      full = await this.#tryEnter(limits)
    }
    if (full !== undefined) return err({ counter: full.counter })
    let isInside = true
    return ok(() => {
      if (!isInside) return
      isInside = false
      this.#places.give(limits)
      this.#tellLeft(limits)
    })
  }

  /** Says how many are inside here, where Redis may not know. Rejects with StoreFailure. */
  async state(): Promise<void> {
    while (!this.#isStated || this.#stating !== undefined) {
      this.#stating ??= this.#stateOnce().finally(() => {
        this.#stating = undefined
      })
      await this.#stating
    }
  }

  readonly close = async (): Promise<void> => {
    clearInterval(this.#timer)
    await this.#lease.end()
    await this.#ask('forget', this.#replica, []).catch(() => {})
    this.#link.close()
  }

  async #stateOnce(): Promise<void> {
    await this.#lease.renew()
    this.#number += 1
    this.#isStated = true
    try {
      const words = this.#places.entries().flatMap(([counter, taken]) => [counter, String(taken)])
      const answer = await this.#ask('state', this.#replica, words)
      if (answer === stranger) this.#isStated = false
    } catch (error) {
      this.#isStated = false
      throw error
    }
  }

  /** The counter that is full, or undefined when somebody is inside. */
  async #tryEnter(limits: readonly ConcurrencyLimit[]): Promise<ConcurrencyLimit | undefined> {
    for (let attempt = 0; attempt < storeWriteAttemptsMax; attempt += 1) {
      if (!this.#isStated || this.#stating !== undefined) await this.state()
      const full = this.#places.full(limits)
      if (full !== undefined) return full
      const answer = await this.#askToEnter(limits)
      if (answer === done) return undefined
      if (answer !== stranger) return limits[answer - 1]
    }
    throw new StoreFailure('Redis keeps forgetting who is inside')
  }

  async #askToEnter(limits: readonly ConcurrencyLimit[]): Promise<number> {
    this.#places.take(limits)
    try {
      const words = limits.flatMap(({ counter, max }) => [counter, String(max)])
      const answer = await this.#ask('enter', this.#replica, words)
      if (answer === stranger) this.#isStated = false
      if (answer !== done) this.#places.give(limits)
      return answer
    } catch (error) {
      // Redis counts them or not.
      this.#places.give(limits)
      this.#isStated = false
      throw error
    }
  }

  #tellLeft(limits: readonly ConcurrencyLimit[]): void {
    // The next statement says it.
    if (!this.#isStated) return
    const isUnknown = () => {
      this.#isStated = false
    }
    const counters = limits.map(({ counter }) => counter)
    this.#ask('leave', this.#replica, counters).then((answer) => {
      if (answer === stranger) isUnknown()
    }, isUnknown)
  }

  /** As often as it is worth it: somebody was refused. Answers whether there may be room now. */
  async #forgetDeadNow(nowMs: number): Promise<boolean> {
    if (Math.abs(nowMs - this.#lookedAtMs) < concurrencyLookMs) return false
    this.#lookedAtMs = nowMs
    return this.#forgetDead()
  }

  async #forgetDead(): Promise<boolean> {
    const { statements, lease } = this.#keys
    const replicas = await this.#link.ask((redis) => redis.hkeys(statements))
    const others = replicas.filter((replica) => replica !== this.#replica)
    const alive = await Promise.all(
      others.map((other) => this.#link.ask((redis) => redis.exists(lease(other)))),
    )
    const dead = others.filter((_, index) => alive[index] === 0)
    if (dead.length === 0) return false
    if ((await this.#link.ask(uptimeMs)) < this.#restartGraceMs) return false
    for (const replica of dead) await this.#ask('forget', replica, [])
    return true
  }

  /** Sent in the order in which it is called. */
  async #ask(
    what: 'state' | 'enter' | 'leave' | 'forget',
    replica: string,
    words: readonly string[],
  ): Promise<number> {
    const { inside, own, statements, lease } = this.#keys
    const keys = [inside, own(replica), statements, lease(replica)]
    const args = [what, replica, String(this.#number), ...words]
    return (await this.#link.ask((redis) => runScript(redis, script, { keys, args }))) as number
  }
}
