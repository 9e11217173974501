/*
 * What a request asks of the limits of its callers, and how it is told that there is not so much. Pure; who counts is
 * caller-limits-desk.ts.
 */
import type { Caller, LimitedCaller } from '../domain/caller-limits.ts'
import { type MicroUsd, microUsd } from '../domain/exchange.ts'
import type { LimitRefusal } from '../domain/limit-refusal.ts'
import type { AtomicAmount } from '../domain/units.ts'
import type { ConcurrencyLimit } from '../store/concurrency-store.ts'
import type { RateLimit, RateReservation } from '../store/rate-window-store.ts'

const minuteMs = 60_000
const dayMs = 86_400_000
/** Nobody waits for a place: whoever has one leaves at any moment. */
const placeRetryMs = 1_000

type CountedLimit = 'requestsPerMinuteMax' | 'tokensPerMinuteMax' | 'spendPerDayMax'

/** What is counted of one caller within a window. */
export type CallerWindow = {
  readonly caller: Caller
  readonly limitName: CountedLimit
  /** Requests, tokens, or millionths of a dollar. */
  readonly limit: RateLimit
}

/** How many requests of one caller may be under way. */
export type CallerPlaces = { readonly caller: Caller; readonly limit: ConcurrencyLimit }

/** Everything that one request is counted in. */
export type CountedIn = {
  readonly windows: readonly CallerWindow[]
  readonly places: readonly CallerPlaces[]
}

/** What a request needs of each window, or used of it. */
export type LimitUse = {
  readonly requests: number
  readonly tokens: number
  readonly spent: MicroUsd
}

/** What a request took of the days of its callers. JSON keeps it as it is. */
export type DayClaim = RateReservation

export const nothingUsed: LimitUse = { requests: 0, tokens: 0, spent: microUsd(0n) }

/** Money comes first: where a day is spent, to wait for the end of a minute is in vain, and nobody is told to. */
export function countedIn(callers: readonly LimitedCaller[]): CountedIn {
  const days: CallerWindow[] = []
  const minutes: CallerWindow[] = []
  const places: CallerPlaces[] = []
  for (const { caller, limits } of callers) {
    const add = (limitName: CountedLimit, max: number | undefined) => {
      if (max === undefined) return
      const counter = `${caller.kind}/${caller.id}/${counterOf[limitName]}`
      const isDay = limitName === 'spendPerDayMax'
      const limit = { counter, max, windowMs: isDay ? dayMs : minuteMs }
      const windows = isDay ? days : minutes
      windows.push({ caller, limitName, limit })
    }
    add('spendPerDayMax', limits.spendPerDayMax && wholeNumber(limits.spendPerDayMax))
    add('requestsPerMinuteMax', limits.requestsPerMinuteMax)
    add('tokensPerMinuteMax', limits.tokensPerMinuteMax)
    const max = limits.concurrencyMax
    if (max === undefined) continue
    places.push({ caller, limit: { counter: `${caller.kind}/${caller.id}/at-once`, max } })
  }
  return { windows: [...days, ...minutes], places }
}

const counterOf = {
  requestsPerMinuteMax: 'requests',
  tokensPerMinuteMax: 'tokens',
  spendPerDayMax: 'spent',
} as const satisfies Record<CountedLimit, string>

export function amountOf({ limitName }: CallerWindow, use: LimitUse): number {
  switch (limitName) {
    case 'requestsPerMinuteMax':
      return use.requests
    case 'tokensPerMinuteMax':
      return use.tokens
    case 'spendPerDayMax':
      return wholeNumber(use.spent)
  }
}

/** Windows count in doubles, exact up to nine thousand million dollars; what is more fits nowhere. */
export const wholeNumber = (amount: MicroUsd): number =>
  amount < BigInt(Number.MAX_SAFE_INTEGER) ? Number(amount) : Number.MAX_SAFE_INTEGER

/**
 * What an amount counts for in a day's spending, rounded up: at the rate at which its request was admitted, or at par with
 * the dollar where one asset alone is taken.
 */
export function spendOf(
  amount: AtomicAmount,
  asset: { readonly decimals: number; readonly rateE18: bigint | undefined },
): MicroUsd {
  const one = 10n ** 18n
  const scale = one * 10n ** BigInt(asset.decimals)
  return microUsd((amount * (asset.rateE18 ?? one) * 1_000_000n + scale - 1n) / scale)
}

/** The limit that is less than the request alone asks for: no waiting helps, so that nobody counts it or is told to wait. */
export function neverFits({ windows }: CountedIn, asked: LimitUse): LimitRefusal | undefined {
  const window = windows.find((one) => amountOf(one, asked) > one.limit.max)
  return window && refusalOf(window, asked, { used: 0, retryAfterMs: undefined })
}

/** `retryAfterMs`: when there is room; undefined where there never is. */
export function refusalOf(
  { caller, limitName, limit }: CallerWindow,
  asked: LimitUse,
  full: { readonly used: number; readonly retryAfterMs: number | undefined },
): LimitRefusal {
  const { max } = limit
  const { used, retryAfterMs } = full
  if (limitName === 'spendPerDayMax') {
    const money = { max: dollars(max), used: dollars(used), requested: asked.spent }
    return { reason: 'spend_limit_reached', caller, ...money, retryAfterMs }
  }
  if (limitName === 'tokensPerMinuteMax' && retryAfterMs === undefined) {
    return { reason: 'request_exceeds_limit', caller, max, requestedTokens: asked.tokens }
  }
  return {
    reason: 'rate_limit_exceeded',
    caller,
    limitName,
    max,
    used,
    requested: limitName === 'tokensPerMinuteMax' ? asked.tokens : asked.requests,
    retryAfterMs: retryAfterMs ?? minuteMs,
  }
}

const dollars = (amount: number): MicroUsd => microUsd(BigInt(amount))

export const placesRefusal = ({ caller, limit: { max } }: CallerPlaces): LimitRefusal => ({
  reason: 'rate_limit_exceeded',
  caller,
  limitName: 'concurrencyMax',
  max,
  used: max,
  requested: 1,
  retryAfterMs: placeRetryMs,
})
