import type { AttemptOutcome } from '../src/routing/circuit-breaker.ts'
import { seededRandom } from '../src/routing/seeded-random.ts'
import { type SimulatedContributor, type SimulatedRequest, within } from './routing-world.ts'

/** What becomes of one request at one contributor, and when. */
export type Fate = {
  readonly outcome: AttemptOutcome
  readonly firstTokenMs: number
  readonly wholeMs: number
  readonly cachedTokens: number
}

const minuteMs = 60_000
const cacheKeptMs = 10 * minuteMs
/** A gateway gives up on one that does not begin. */
const firstTokenTimeoutMs = 10_000
const quickMs = 30

/** A contributor at work: what it has in its cache, what it counted and how busy it is. Each policy has its own. */
export class ContributorAtWork {
  readonly #of: SimulatedContributor
  readonly #index: number
  /** When a conversation's or a caller's beginning was computed last, and how many tokens of it; oldest first. */
  readonly #cache = new Map<string, { readonly tokens: number; readonly atMs: number }>()
  #minute = 0
  #countedInMinute = 0
  inFlight = 0

  constructor(of: SimulatedContributor, index: number) {
    this.#of = of
    this.#index = index
  }

  /** Counts the request in; whoever drives the simulation counts it out after `wholeMs`. */
  begin(request: SimulatedRequest, seed: number, nowMs: number): Fate {
    const of = this.#of
    this.inFlight += 1
    const quick = (outcome: AttemptOutcome, wholeMs = quickMs): Fate => ({
      outcome,
      wholeMs,
      firstTokenMs: wholeMs,
      cachedTokens: 0,
    })
    if (within(of.hanging, nowMs)) return quick({ kind: 'failed' }, firstTokenTimeoutMs)
    if (within(of.refusing, nowMs)) return quick({ kind: 'failed' })
    if (within(of.denying, nowMs)) return quick({ kind: 'denied' })
    const retryAfterMs = this.#limitedForMs(nowMs)
    if (retryAfterMs !== undefined) return quick({ kind: 'limited', retryAfterMs })
    const luck = seededRandom(
      seed ^
        Math.imul(request.conversation, 0x9e37_79b1) ^
        Math.imul(this.#index, 0x85eb_ca6b) ^
        Math.floor(request.atMs),
    )
    const slowdown = (within(of.slow, nowMs) ? 4 : 1) * Math.max(1, this.inFlight / of.slots)
    const cachedTokens = this.#readPrompt(request, nowMs)
    const readMs = ((request.promptTokens - cachedTokens) / of.promptTokensPerS) * 1_000
    const jitter = 0.8 + 0.4 * luck() + (luck() < 0.01 ? 4 : 0)
    const firstTokenMs = (of.firstTokenMs * jitter + readMs) * slowdown
    if (luck() < of.failureRate) return quick({ kind: 'failed' }, firstTokenMs)
    if (firstTokenMs > firstTokenTimeoutMs) return quick({ kind: 'failed' }, firstTokenTimeoutMs)
    const wholeMs = firstTokenMs + (request.completionTokens / of.tokensPerS) * 1_000 * slowdown
    return { outcome: { kind: 'served' }, firstTokenMs, wholeMs, cachedTokens }
  }

  /** A fixed window, as most who enforce one have it. */
  #limitedForMs(nowMs: number): number | undefined {
    const minute = Math.floor(nowMs / minuteMs)
    if (minute !== this.#minute) {
      this.#minute = minute
      this.#countedInMinute = 0
    }
    if (this.#countedInMinute >= this.#of.requestsPerMinuteMax) {
      return (minute + 1) * minuteMs - nowMs
    }
    this.#countedInMinute += 1
    return undefined
  }

  /** Tokens of the prompt that need not be read again; afterwards all of it is in the cache. */
  #readPrompt(request: SimulatedRequest, nowMs: number): number {
    const cachedOf = (key: string): number => {
      const entry = this.#cache.get(key)
      return entry !== undefined && nowMs - entry.atMs < cacheKeptMs ? entry.tokens : 0
    }
    const keep = (key: string, tokens: number): void => {
      this.#cache.delete(key)
      this.#cache.set(key, { tokens, atMs: nowMs })
    }
    const conversation = `conversation ${request.conversation}`
    const caller = `caller ${request.caller}`
    const cached = Math.max(cachedOf(conversation), cachedOf(caller))
    keep(conversation, request.promptTokens + request.completionTokens)
    keep(caller, request.systemTokens)
    for (const key of this.#cache.keys()) {
      if (this.#cache.size <= this.#of.cachedConversations) break
      this.#cache.delete(key)
    }
    return Math.min(cached, request.knownTokens)
  }
}
