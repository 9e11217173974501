import type { MicroUsd } from './exchange.ts'

/** What one caller may have at most. Undefined leaves it to everything else that bounds a request. */
export type CallerLimits = {
  /** Requests in any minute. */
  readonly requestsPerMinuteMax: number | undefined
  /** Tokens of prompts and answers in any minute. */
  readonly tokensPerMinuteMax: number | undefined
  /** Requests under way at the same time. */
  readonly concurrencyMax: number | undefined
  /** What answers may cost in any 24 hours, whatever asset they are paid in. */
  readonly spendPerDayMax: MicroUsd | undefined
}

export type LimitName = keyof CallerLimits

export const limitNames: readonly LimitName[] = [
  'requestsPerMinuteMax',
  'tokensPerMinuteMax',
  'concurrencyMax',
  'spendPerDayMax',
]

export const noLimits: CallerLimits = {
  requestsPerMinuteMax: undefined,
  tokensPerMinuteMax: undefined,
  concurrencyMax: undefined,
  spendPerDayMax: undefined,
}

/** An API key by its public name, or an account, which is a channel. */
export type Caller =
  | { readonly kind: 'key'; readonly id: string }
  | { readonly kind: 'account'; readonly id: string }

/** What the operator says of every caller of a kind. */
export type DefaultLimits = Readonly<Record<Caller['kind'], CallerLimits>>

export const unlimited: DefaultLimits = { key: noLimits, account: noLimits }

/** What the operator says of one caller. A member that is not there is the default's; null lifts the default. */
export type LimitOverride = {
  readonly [Name in LimitName]?: NonNullable<CallerLimits[Name]> | null
}

/** A caller and what holds for it. */
export type LimitedCaller = { readonly caller: Caller; readonly limits: CallerLimits }

export function limitsWith(
  defaults: CallerLimits,
  override: LimitOverride | undefined,
): CallerLimits {
  if (override === undefined) return defaults
  const one = <Name extends LimitName>(name: Name): CallerLimits[Name] => {
    const said: LimitOverride[Name] = override[name]
    return said === undefined ? defaults[name] : (said ?? undefined)
  }
  return {
    requestsPerMinuteMax: one('requestsPerMinuteMax'),
    tokensPerMinuteMax: one('tokensPerMinuteMax'),
    concurrencyMax: one('concurrencyMax'),
    spendPerDayMax: one('spendPerDayMax'),
  }
}

/** Asked for every request: nothing is made for it. */
export const hasLimit = (limits: CallerLimits): boolean =>
  limits.requestsPerMinuteMax !== undefined ||
  limits.tokensPerMinuteMax !== undefined ||
  limits.concurrencyMax !== undefined ||
  limits.spendPerDayMax !== undefined
