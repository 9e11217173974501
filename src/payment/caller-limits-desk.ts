/*
 * Who is limited, and how much is left: requests are counted before any money is held and before anybody is asked, in all
 * windows of their key and account at once, and corrected once when they end, whatever their end is.
 *
 *   asked --no room--> refused, nothing counted
 *         --counted--> UNDER WAY --ended--> what was used counts
 *                                --end not known--> what was asked counts until its window has passed
 *
 * Invariants:
 *  L1  No span of a window's length admits more than its limit, over all replicas (store/rate-window-store.ts).
 *  L2  A place is left once; what is given back then is what was taken, less what was used.
 */
import { err, ok, type Result } from '../base/result.ts'
import {
  type Caller,
  type CallerLimits,
  type DefaultLimits,
  hasLimit,
  type LimitedCaller,
  type LimitOverride,
  limitsWith,
} from '../domain/caller-limits.ts'
import type { MicroUsd } from '../domain/exchange.ts'
import type { LimitRefusal } from '../domain/limit-refusal.ts'
import type { GatewayRefusal } from '../domain/refusal.ts'
import type { Payer } from '../domain/request.ts'
import type { ChannelPayment } from '../domain/x402-payment.ts'
import type { ConcurrencyStore, Leave } from '../store/concurrency-store.ts'
import { StoreFailure } from '../store/ledger-store.ts'
import type { RateLimit, RateReservation, RateWindowStore } from '../store/rate-window-store.ts'
import {
  amountOf,
  type CallerWindow,
  type CountedIn,
  countedIn,
  type DayClaim,
  type LimitUse,
  neverFits,
  placesRefusal,
  refusalOf,
  wholeNumber,
} from './caller-limits.ts'
import type { LimitOverrides } from './caller-limits-overrides.ts'

/** A payer as far as it matters here; the payment of a channel is known where it was judged. */
type LimitedPayer =
  | Pick<Extract<Payer, { kind: 'api-key' }>, 'kind' | 'apiKeyId' | 'channelId'>
  | {
      readonly kind: 'channel'
      readonly channelId: Payer['channelId']
      readonly payment?: Pick<ChannelPayment, 'scheme'>
    }
  | Pick<Extract<Payer, { kind: 'contract' }>, 'kind' | 'channelId'>

/** One request under its callers' limits. */
export type LimitPlace = {
  /** What of it outlives this process, so that recovery can correct it: a day is long. */
  readonly dayClaim: DayClaim | undefined
  /**
   * Ends it with what was used; undefined where that is for somebody else to say, or unknown. Only the first call counts.
   * Resolves when it is told, and never rejects.
   */
  readonly leave: (used: LimitUse | undefined) => Promise<void>
}

/** How much is left of one limit. */
export type Allowance = {
  readonly caller: Caller
  readonly limitName: CallerWindow['limitName']
  readonly max: number
  readonly remaining: number
  /** Until all of it is there again. */
  readonly resetMs: number
}

export type CallerLimitsDeps = {
  readonly defaults: DefaultLimits
  readonly overrides: Pick<LimitOverrides, 'of' | 'put' | 'remove'>
  readonly windows: RateWindowStore
  readonly concurrency: Pick<ConcurrencyStore, 'enter'>
  readonly nowMs: () => number
}

/** Limits as everybody else sees them. */
export type CallerLimitsStep = Pick<CallerLimitsDesk, keyof CallerLimitsDesk>

export class CallerLimitsDesk {
  readonly #deps: CallerLimitsDeps
  #defaults: DefaultLimits

  constructor(deps: CallerLimitsDeps) {
    this.#deps = deps
    this.#defaults = deps.defaults
  }

  /** What holds for every caller of whom nothing else was said, from now on. */
  replaceDefaults(defaults: DefaultLimits): void {
    this.#defaults = defaults
  }

  /** Undefined for a payer without limits, at the price of two look-ups: then nothing here is asked about it again. */
  limitsOf(payer: LimitedPayer): readonly LimitedCaller[] | undefined {
    // A transfer is the whole account of one request, and settled before it: to refuse it now would keep its money.
    if (payer.kind === 'channel' && payer.payment?.scheme === 'exact') return undefined
    // What it may take was weighed against its fees when the job was judged.
    if (payer.kind === 'contract') return undefined
    const account = this.#limitsOf('account', payer.channelId)
    const key = payer.kind === 'api-key' ? this.#limitsOf('key', payer.apiKeyId) : undefined
    const isKeyLimited = key !== undefined && hasLimit(key)
    if (!isKeyLimited && !hasLimit(account)) return undefined
    const limitedAccount = {
      caller: { kind: 'account', id: payer.channelId },
      limits: account,
    } as const
    if (!isKeyLimited || payer.kind !== 'api-key') return [limitedAccount]
    return [{ caller: { kind: 'key', id: payer.apiKeyId }, limits: key }, limitedAccount]
  }

  /** Counts a request everywhere, or nowhere. */
  async enter(
    callers: readonly LimitedCaller[],
    asked: LimitUse,
  ): Promise<Result<LimitPlace, LimitRefusal | GatewayRefusal>> {
    const counted = countedIn(callers)
    const never = neverFits(counted, asked)
    if (never !== undefined) return err(never)
    try {
      const inside = await this.#enterPlaces(counted)
      if (!inside.ok) return inside
      const reserved = await this.#reserve(counted, asked).catch((error: unknown) => {
        inside.value()
        throw error
      })
      if (reserved.ok) return ok(this.#place(counted, reserved.value, inside.value))
      inside.value()
      return reserved
    } catch (error) {
      if (error instanceof StoreFailure) return err({ reason: 'store_unavailable' })
      throw error
    }
  }

  /** What is left, as this process knows it. */
  allowances(callers: readonly LimitedCaller[]): readonly Allowance[] {
    const { windows } = this.#deps
    const nowMs = this.#deps.nowMs()
    return countedIn(callers).windows.map(({ caller, limitName, limit }) => {
      const remaining = Math.max(0, limit.max - this.#used(limit, nowMs))
      const full = windows.peek([{ limit, amount: limit.max }], nowMs)
      return { caller, limitName, max: limit.max, remaining, resetMs: full?.retryAfterMs ?? 0 }
    })
  }

  /** What is left over all replicas. Refused when the store does not answer. */
  async askAllowances(
    callers: readonly LimitedCaller[],
  ): Promise<Result<readonly Allowance[], GatewayRefusal>> {
    const claims = countedIn(callers).windows.map(({ limit }) => ({ limit, amount: 0 }))
    return stored(async () => {
      // What claims nothing takes nothing; whoever hears the answer knows what is used.
      if (claims.length > 0) await this.#deps.windows.reserve(claims, this.#deps.nowMs())
      return this.allowances(callers)
    })
  }

  /** Of a request whose process died: what it cost takes the place of what it claimed of the day. */
  async correctDay(claim: DayClaim, spent: MicroUsd): Promise<void> {
    const used = claim.claims.map(() => wholeNumber(spent))
    await this.#deps.windows.correct(claim, used, this.#deps.nowMs())
  }

  /** What holds for one caller, and what was said of it alone. */
  show(caller: Caller): {
    readonly limits: CallerLimits
    readonly override: LimitOverride | undefined
  } {
    const override = this.#deps.overrides.of(caller.kind, caller.id)
    return { limits: this.#limitsOf(caller.kind, caller.id), override }
  }

  /** In force here when it resolves, and at other replicas a moment later. */
  put(caller: Caller, override: LimitOverride): Promise<Result<void, GatewayRefusal>> {
    return stored(() => this.#deps.overrides.put(caller, override))
  }

  /** False when nothing was said of the caller. */
  remove(caller: Caller): Promise<Result<boolean, GatewayRefusal>> {
    return stored(() => this.#deps.overrides.remove(caller))
  }

  #limitsOf(kind: Caller['kind'], id: string): CallerLimits {
    return limitsWith(this.#defaults[kind], this.#deps.overrides.of(kind, id))
  }

  async #enterPlaces({ places }: CountedIn): Promise<Result<Leave, LimitRefusal>> {
    if (places.length === 0) return ok(() => {})
    const limits = places.map(({ limit }) => limit)
    const entered = await this.#deps.concurrency.enter(limits, this.#deps.nowMs())
    if (entered.ok) return entered
    const { counter } = entered.error
    const full = places.find(({ limit }) => limit.counter === counter) ?? places[0]
    return full === undefined ? ok(() => {}) : err(placesRefusal(full))
  }

  async #reserve(
    { windows }: CountedIn,
    asked: LimitUse,
  ): Promise<Result<RateReservation, LimitRefusal>> {
    const nowMs = this.#deps.nowMs()
    const claims = windows.map((window) => ({
      limit: window.limit,
      amount: amountOf(window, asked),
    }))
    if (claims.length === 0) return ok({ claims, takenAtMs: [] })
    const reserved = await this.#deps.windows.reserve(claims, nowMs)
    if (reserved.ok) return reserved
    const { counter, retryAfterMs } = reserved.error
    const full = windows.find(({ limit }) => limit.counter === counter) ?? windows[0]
    if (full === undefined) return ok({ claims, takenAtMs: [] })
    return err(refusalOf(full, asked, { used: this.#used(full.limit, nowMs), retryAfterMs }))
  }

  #place({ windows }: CountedIn, reservation: RateReservation, leavePlaces: Leave): LimitPlace {
    let isInside = true
    return {
      dayClaim: dayOf(windows, reservation),
      leave: async (used) => {
        if (!isInside) return
        isInside = false
        leavePlaces()
        if (used === undefined || windows.length === 0) return
        const amounts = windows.map((window) => amountOf(window, used))
        await this.#deps.windows.correct(reservation, amounts, this.#deps.nowMs())
      },
    }
  }

  /** A share of a whole number by itself is exact far beyond every limit. */
  #used(limit: RateLimit, nowMs: number): number {
    return Math.round(this.#deps.windows.usedShare(limit, nowMs) * limit.max)
  }
}

async function stored<T>(act: () => Promise<T>): Promise<Result<T, GatewayRefusal>> {
  try {
    return ok(await act())
  } catch (error) {
    if (error instanceof StoreFailure) return err({ reason: 'store_unavailable' })
    throw error
  }
}

function dayOf(
  windows: readonly CallerWindow[],
  { claims, takenAtMs }: RateReservation,
): DayClaim | undefined {
  const days = windows.flatMap(({ limitName }, index) =>
    limitName === 'spendPerDayMax' ? [index] : [],
  )
  if (days.length === 0) return undefined
  return {
    claims: claims.filter((_, index) => days.includes(index)),
    takenAtMs: takenAtMs.filter((_, index) => days.includes(index)),
  }
}

/** Whether what a request may cost must be known before it is let in. */
export const boundsSpend = (callers: readonly LimitedCaller[]): boolean =>
  callers.some(({ limits }) => limits.spendPerDayMax !== undefined)
