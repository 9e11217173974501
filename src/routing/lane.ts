import type { Contributor, Offer } from '../domain/contributor.ts'
import type { Endpoint } from '../domain/endpoint.ts'
import type { RateClaim, RateLimit } from '../store/rate-window-store.ts'
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
  readonly concurrencyMax: number
  readonly requestLimit: RateLimit | undefined
  readonly tokenLimit: RateLimit | undefined
  inFlight: number
  quarantine: Quarantine | undefined
}

/** A candidate and what is known about it. Changed by the pool only. */
export type Lane = {
  readonly candidate: Candidate
  readonly station: Station
  /** Atomic units per million tokens; as floats they are for comparing only. */
  readonly promptPrice: number
  readonly completionPrice: number
  breaker: Breaker
  firstToken: LatencyEstimate
  perToken: LatencyEstimate
  /** Of attempts that could have been answered, how many were; recent ones weigh more. 429 counts neither way. */
  uptime: number
  answers: number
}

/** Where no concurrency is declared, so many requests at once are taken for a full contributor when loads are compared. */
export const assumedConcurrency = 16
const minuteMs = 60_000

/** What the lanes of one model at one endpoint are found by. An endpoint has no space in it. */
export const laneNameOf = (asked: {
  readonly endpoint: Endpoint
  readonly modelName: string
}): string => `${asked.endpoint} ${asked.modelName}`

export function createStation(
  contributor: Contributor,
  place: { readonly index: number; readonly isNewcomer: boolean },
): Station {
  const { contributorId, limits } = contributor
  const perMinute = (what: string, max: number | undefined): RateLimit | undefined =>
    max === undefined
      ? undefined
      : { counter: `contributor/${contributorId}/${what}`, max, windowMs: minuteMs }
  return {
    contributor,
    ...place,
    concurrencyMax: limits?.concurrencyMax ?? Number.POSITIVE_INFINITY,
    requestLimit: perMinute('requests', limits?.requestsPerMinuteMax),
    tokenLimit: perMinute('tokens', limits?.tokensPerMinuteMax),
    inFlight: 0,
    quarantine: undefined,
  }
}

export function createLane(station: Station, offer: Offer): Lane {
  return {
    candidate: { contributor: station.contributor, offer },
    station,
    promptPrice: Number(offer.prices.promptAtomicPerMtok),
    completionPrice: Number(offer.prices.completionAtomicPerMtok),
    breaker: closedBreaker,
    firstToken: unknownLatency,
    perToken: unknownLatency,
    uptime: 1,
    answers: 0,
  }
}

/** As on its first day. */
export function forget(lane: Lane): void {
  lane.breaker = closedBreaker
  lane.firstToken = unknownLatency
  lane.perToken = unknownLatency
  lane.uptime = 1
}

const noClaims: readonly RateClaim[] = []

/** What one request takes of a contributor's minute; nothing where none is declared, which costs nothing. */
export function claimsOf(station: Station, tokens: number): readonly RateClaim[] {
  const { requestLimit, tokenLimit } = station
  if (requestLimit === undefined && tokenLimit === undefined) return noClaims
  const claims: RateClaim[] = []
  if (requestLimit !== undefined) claims.push({ limit: requestLimit, amount: 1 })
  if (tokenLimit !== undefined) claims.push({ limit: tokenLimit, amount: tokens })
  return claims
}
