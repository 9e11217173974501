/*
 * Rate windows of several replicas: every claim is one script call (lua/rate-window.lua), decided by Redis' own clock. What
 * can be answered without asking is answered from what was heard last (rate-window-views.ts).
 *
 * An answer that is lost leaves a claim counted or not; it counts until its window has passed, which errs on the strict
 * side. A correction that is lost would do so only downwards:
 *  - one that gives room back is sent once: applied twice, it would open room that nobody left;
 *  - one that takes more than was reserved is sent until it is answered: counted twice, it is strict.
 */
import { storeOutageWaitMs } from '../base/limits.ts'
import { err, ok, type Result } from '../base/result.ts'
import { connectRedis, luaScript, runScript } from './connection-redis.ts'
import { StoreFailure } from './ledger-store.ts'
import { RedisLink } from './link-redis.ts'
import {
  assertAmounts,
  assertClaims,
  type OpenRateWindowStore,
  type RateClaim,
  type RateLimit,
  type RateReservation,
  type RateWindowFull,
} from './rate-window-store.ts'
import { RateWindowViews } from './rate-window-views.ts'

export type RedisRateWindowsOptions = {
  readonly url: string
  /** Tells gateways on one server apart. */
  readonly keyPrefix: string
  /** Whose clock a window slides by: that of Redis, on which all replicas agree, unless a test brings its own. */
  readonly clock?: 'server' | 'caller'
  /** How long a correction upwards waits for a Redis that went away. */
  readonly outageWaitMs?: number
  /** A Redis that says nothing for so long is taken for gone. */
  readonly replyTimeoutMs?: number
}

/** Throws StoreFailure with one line for a person when Redis is not there. */
export async function openRedisRateWindows(
  options: RedisRateWindowsOptions,
): Promise<OpenRateWindowStore> {
  const redis = await connectRedis(options.url, options.replyTimeoutMs)
  // An outage is reported by the ledger, whose server this is.
  const link = new RedisLink(redis, () => {}, options.outageWaitMs ?? storeOutageWaitMs)
  return new RedisRateWindows(link, options)
}

const script = luaScript('rate-window')

/** What a counter is asked for, in the order of the script's arguments. */
type Question = { readonly limit: RateLimit; readonly amounts: readonly [number, number] }

class RedisRateWindows implements OpenRateWindowStore {
  readonly #link: RedisLink
  readonly #prefix: string
  readonly #isServersClock: boolean
  readonly #views = new RateWindowViews()

  constructor(link: RedisLink, options: RedisRateWindowsOptions) {
    this.#link = link
    this.#prefix = options.keyPrefix
    this.#isServersClock = options.clock !== 'caller'
  }

  readonly reserve = async (
    claims: readonly RateClaim[],
    nowMs: number,
  ): Promise<Result<RateReservation, RateWindowFull>> => {
    assertClaims(claims)
    if (claims.length === 0) return ok({ claims, takenAtMs: [] })
    const questions = claims.map(({ limit, amount }): Question => {
      return { limit, amounts: [amount, limit.max] }
    })
    const { full, retryAfterMs, countedAtMs } = await this.#ask('reserve', questions, nowMs)
    const refused = claims[full - 1]
    if (refused === undefined) return ok({ claims, takenAtMs: countedAtMs })
    const { counter } = refused.limit
    return err({ counter, retryAfterMs: retryAfterMs < 0 ? undefined : retryAfterMs })
  }

  readonly correct = async (
    { claims, takenAtMs }: RateReservation,
    usedAmounts: readonly number[],
    nowMs: number,
  ): Promise<void> => {
    assertAmounts(usedAmounts)
    const questions = claims
      .map(({ limit, amount }, index): Question => {
        const difference = (usedAmounts[index] ?? amount) - amount
        return { limit, amounts: [difference, takenAtMs[index] ?? 0] }
      })
      .filter(({ amounts: [difference] }) => difference !== 0)
    await this.#correct(questions, nowMs).catch((error: unknown) => {
      if (!(error instanceof StoreFailure)) throw error
    })
  }

  readonly peek = (claims: readonly RateClaim[], nowMs: number): RateWindowFull | undefined =>
    this.#views.peek(claims, nowMs)

  readonly usedShare = (limit: RateLimit, nowMs: number): number =>
    this.#views.usedShare(limit, nowMs)

  readonly close = async (): Promise<void> => {
    this.#link.close()
  }

  async #correct(questions: readonly Question[], nowMs: number): Promise<void> {
    if (questions.length === 0) return
    try {
      await this.#ask('correct', questions, nowMs)
    } catch (error) {
      const upwards = questions.filter(({ amounts: [difference] }) => difference > 0)
      if (upwards.length === 0) throw error
      await this.#link.untilAnswered(() => this.#ask('correct', upwards, nowMs))
    }
  }

  async #ask(what: 'reserve' | 'correct', questions: readonly Question[], nowMs: number) {
    const args = [what, this.#isServersClock ? '' : String(nowMs)]
    for (const { limit, amounts } of questions) {
      args.push(String(limit.windowMs), ...amounts.map(String))
    }
    // The prefix is a hash tag: a cluster keeps all counters in one slot, because one script reads several.
    const keys = questions.map(({ limit }) => `{${this.#prefix}}:rate:${limit.counter}`)
    const answer = await this.#link.ask((redis) => runScript(redis, script, { keys, args }))
    const [full = 0, retryAfterMs = -1, ...counted] = answer as readonly number[]
    for (const [index, { limit }] of questions.entries()) {
      this.#views.heard(limit, counted[2 * index] ?? 0, nowMs)
    }
    const countedAtMs = questions.map((_, index) => counted[2 * index + 1] ?? 0)
    return { full, retryAfterMs, countedAtMs }
  }
}
