import type { Contributor, ContributorLimits, Offer } from '../domain/contributor.ts'
import type { Endpoint } from '../domain/endpoint.ts'
import type { ConcurrencyLimit } from '../store/concurrency-store.ts'
import type { RateClaim, RateLimit } from '../store/rate-window-store.ts'
import { concurrencyMaxOf, type HeardReport, wantsTooMuch } from './believe-report.ts'
import { type Breaker, closedBreaker } from './circuit-breaker.ts'
import type { Quarantine } from './key-quarantine.ts'
import { type LatencyEstimate, unknownLatency } from './latency-estimate.ts'

/** One way to serve a model: a contributor and its offer. */
export type Candidate = { readonly contributor: Contributor; readonly offer: Offer }

/** A contributor and what is known about it, whatever the model. Changed by the pool only. */
export type Station = {
  readonly contributor: Contributor
  /** Small and never used again: names the contributor in tables of numbers. */
  readonly index: number
  /** Joined while the gateway ran: nobody vouches for it before it has answered. */
  readonly isNewcomer: boolean
  /** The newest that it said of itself, while that is believed. */
  readonly heard: HeardReport | undefined
  readonly concurrencyMax: number
  /** What its load is a part of. A report can make it smaller, and nothing can make it larger than it was without one. */
  readonly loadSlots: number
  /** The same for all replicas together; undefined where nothing is declared. */
  readonly placeLimit: ConcurrencyLimit | undefined
  readonly requestLimit: RateLimit | undefined
  readonly tokenLimit: RateLimit | undefined
  /** Undefined where no day is limited, which is nearly always. */
  readonly daily: DailyLimits | undefined
  inFlight: number
  quarantine: Quarantine | undefined
}

/** What it may be asked for within any 24 hours. Room comes back up to 24 minutes late (rate-window-store.ts). */
type DailyLimits = {
  readonly requests: RateLimit | undefined
  readonly tokens: RateLimit | undefined
  readonly spend: RateLimit | undefined
  /** Atomic units that one of `spend` stands for: an amount in 18 decimals would not fit the numbers of a counter. */
  readonly atomicPerSpendUnit: number
}

/** A candidate and what is known about it. Changed by the pool only. */
export type Lane = {
  readonly candidate: Candidate
  readonly station: Station
  /** Atomic units per million tokens; as floats they are for comparing only. */
  readonly promptPrice: number
  readonly completionPrice: number
  /** The same object in every lane that took this one's place at another price (renew-lane.ts). */
  readonly health: LaneHealth
}

/** How well a contributor does at one model and endpoint, whatever it costs there. Changed by the pool only. */
export type LaneHealth = {
  breaker: Breaker
  firstToken: LatencyEstimate
  perToken: LatencyEstimate
  /** Of attempts that could have been answered, how many were; recent ones weigh more. 429 counts neither way. */
  uptime: number
  answers: number
  /** Attempts that should have been answered and were not. Only told, never decided by. */
  failures: number
  /** Its contributor would refuse what it may be paid at most. Who waits for it must see when that ends. */
  isTooDear: boolean
  /** Auditors found that what it answers is not what the model says. */
  hasFailedAudit: boolean
}

/** Where no concurrency is declared, so many requests at once are taken for a full contributor when loads are compared. */
export const assumedConcurrency = 16
const minuteMs = 60_000
const dayMs = 86_400_000
/** Exact in a double and in Lua, with room to add. */
const spendUnitsMax = 2 ** 50

/** What the lanes of one model at one endpoint are found by. An endpoint has no space in it. */
export const laneNameOf = (asked: {
  readonly endpoint: Endpoint
  readonly modelName: string
}): string => `${asked.endpoint} ${asked.modelName}`

export function createStation(
  contributor: Contributor,
  place: {
    readonly index: number
    readonly isNewcomer: boolean
    readonly heard?: HeardReport | undefined
  },
): Station {
  const { contributorId, limits } = contributor
  const { heard } = place
  const concurrencyMax = concurrencyMaxOf(limits, heard)
  const slotsUsual = limits?.concurrencyMax ?? assumedConcurrency
  const perMinute = (what: string, max: number | undefined): RateLimit | undefined =>
    max === undefined
      ? undefined
      : { counter: `contributor/${contributorId}/${what}`, max, windowMs: minuteMs }
  return {
    contributor,
    ...place,
    heard,
    concurrencyMax: concurrencyMax ?? Number.POSITIVE_INFINITY,
    loadSlots: Math.min(slotsUsual, heard?.said.slots ?? slotsUsual),
    placeLimit:
      concurrencyMax === undefined
        ? undefined
        : { counter: `contributor/${contributorId}/at-once`, max: concurrencyMax },
    requestLimit: perMinute('requests', limits?.requestsPerMinuteMax),
    tokenLimit: perMinute('tokens', limits?.tokensPerMinuteMax),
    daily: limits && dailyLimitsOf(contributorId, limits),
    inFlight: 0,
    quarantine: undefined,
  }
}

function dailyLimitsOf(
  contributorId: string,
  { requestsPerDayMax, tokensPerDayMax, spendPerDayMax }: ContributorLimits,
): DailyLimits | undefined {
  if (
    requestsPerDayMax === undefined &&
    tokensPerDayMax === undefined &&
    spendPerDayMax === undefined
  )
    return undefined
  const perDay = (what: string, max: number | undefined): RateLimit | undefined =>
    max === undefined
      ? undefined
      : { counter: `contributor/${contributorId}/day/${what}`, max, windowMs: dayMs }
  const spendMax = spendPerDayMax === undefined ? undefined : Number(spendPerDayMax)
  const atomicPerSpendUnit = Math.max(1, Math.ceil((spendMax ?? 0) / spendUnitsMax))
  const spendUnits = spendMax && Math.max(1, Math.floor(spendMax / atomicPerSpendUnit))
  return {
    requests: perDay('requests', requestsPerDayMax),
    tokens: perDay('tokens', tokensPerDayMax),
    spend: perDay('spend', spendUnits),
    atomicPerSpendUnit,
  }
}

export function createLane(
  station: Station,
  offer: Offer,
  health: LaneHealth = unknownHealth(),
): Lane {
  health.isTooDear = wantsTooMuch(offer, station.heard)
  return {
    candidate: { contributor: station.contributor, offer },
    station,
    promptPrice: Number(offer.prices.promptAtomicPerMtok),
    completionPrice: Number(offer.prices.completionAtomicPerMtok),
    health,
  }
}

const unknownHealth = (): LaneHealth => ({
  breaker: closedBreaker,
  firstToken: unknownLatency,
  perToken: unknownLatency,
  uptime: 1,
  answers: 0,
  failures: 0,
  isTooDear: false,
  hasFailedAudit: false,
})

/** As on its first day. What auditors found stays: that is for them to take back. */
export function forget({ health }: Lane): void {
  const { answers, failures, isTooDear, hasFailedAudit } = health
  Object.assign(health, unknownHealth(), { answers, failures, isTooDear, hasFailedAudit })
}

const noClaims: readonly RateClaim[] = []

/** What one request takes of a contributor's minute and day; nothing where none is declared, which costs nothing. */
export function claimsOf(lane: Lane, tokens: number): readonly RateClaim[] {
  const { requestLimit, tokenLimit, daily } = lane.station
  if (requestLimit === undefined && tokenLimit === undefined && daily === undefined) return noClaims
  const claims: RateClaim[] = []
  const claim = (limit: RateLimit | undefined, amount: number) => {
    if (limit !== undefined) claims.push({ limit, amount })
  }
  claim(requestLimit, 1)
  claim(tokenLimit, tokens)
  if (daily === undefined) return claims
  claim(daily.requests, 1)
  claim(daily.tokens, tokens)
  // Which of them will be prompt and which completion is not known yet.
  const { promptPrice, completionPrice } = lane
  claim(daily.spend, spendUnitsOf(daily, tokens * Math.max(promptPrice, completionPrice)))
  return claims
}

/** What an answer took of its day, in units of `daily.spend`. */
export function spentOf(
  lane: Lane,
  used: { readonly tokens: number; readonly completionTokens: number },
): number {
  const { daily } = lane.station
  if (daily === undefined) return 0
  const promptTokens = used.tokens - used.completionTokens
  const priced = promptTokens * lane.promptPrice + used.completionTokens * lane.completionPrice
  return spendUnitsOf(daily, priced)
}

/** `priced`: tokens times atomic units per million of them. What is more than any limit is no more than that. */
const spendUnitsOf = ({ atomicPerSpendUnit }: DailyLimits, priced: number): number =>
  Math.min(Math.ceil(priced / 1_000_000 / atomicPerSpendUnit), Number.MAX_SAFE_INTEGER)
