/*
 * What the pool knows of a contributor, for people: nothing here is decided by.
 */
import type { Endpoint } from '../domain/endpoint.ts'
import type { TokenPrices } from '../domain/price-sheet.ts'
import type { RateLimit, RateWindowStore } from '../store/rate-window-store.ts'
import type { HeardReport } from './believe-report.ts'
import { judgeBreaker } from './circuit-breaker.ts'
import { judgeQuarantine } from './key-quarantine.ts'
import type { Lane, Station } from './lane.ts'
import { estimateMs } from './latency-estimate.ts'

export type ContributorReport = {
  readonly contributorId: string
  readonly inFlight: number
  readonly concurrencyMax: number | undefined
  /** What it said of itself and when, while that is believed. What of it counts: believe-report.ts. */
  readonly heard: HeardReport | undefined
  /** Why it is asked for nothing, whatever the model; `credentials` is tried again by itself, `forged` is not. */
  readonly quarantine: 'credentials' | 'forged' | undefined
  /** How full its declared limits are, as this process knows it. */
  readonly windows: readonly WindowReport[]
  readonly lanes: readonly LaneReport[]
}

type WindowReport = {
  readonly name: 'requests' | 'tokens' | 'day/requests' | 'day/tokens' | 'day/spend'
  readonly max: number
  /** Never below 0. */
  readonly left: number
  readonly windowMs: number
}

type LaneReport = {
  readonly endpoint: Endpoint
  readonly modelName: string
  readonly upstreamModelName: string
  /** Asked now. */
  readonly prices: TokenPrices
  /** The most that may be asked; undefined where the price is fixed. */
  readonly priceMax: TokenPrices | undefined
  /** `cooling`: limited by itself for a while; `open` and `probing`: it failed lately; `failed_audit`: by auditors. */
  readonly state: 'healthy' | 'cooling' | 'open' | 'probing' | 'failed_audit'
  readonly served: number
  readonly failed: number
  /** Share of the last attempts that were answered, 0 … 1. */
  readonly uptime: number
  readonly firstTokenMs: number | undefined
  readonly perTokenMs: number | undefined
}

/** `lanes`: all of the station's, by their endpoint. */
export function reportOn(
  station: Station,
  lanes: readonly { readonly endpoint: Endpoint; readonly lane: Lane }[],
  at: { readonly windows: RateWindowStore; readonly nowMs: number },
): ContributorReport {
  const { contributorId } = station.contributor
  const isQuarantined = judgeQuarantine(station.quarantine, at.nowMs) === 'quarantined'
  return {
    contributorId,
    inFlight: station.inFlight,
    concurrencyMax: Number.isFinite(station.concurrencyMax) ? station.concurrencyMax : undefined,
    heard: station.heard,
    quarantine: isQuarantined ? station.quarantine?.cause : undefined,
    windows: windowsOf(station, at),
    lanes: lanes.map(({ endpoint, lane }) => laneReport(endpoint, lane, at.nowMs)),
  }
}

function laneReport(endpoint: Endpoint, lane: Lane, nowMs: number): LaneReport {
  const { breaker, answers, failures, uptime, firstToken, perToken, hasFailedAudit } = lane.health
  const verdict = judgeBreaker(breaker, nowMs)
  const failing = breaker.phase === 'closed' ? 'healthy' : breaker.phase
  const state = verdict === 'cooling' ? 'cooling' : failing
  const { modelName, upstreamModelName, prices, priceMax } = lane.candidate.offer
  return {
    endpoint,
    modelName,
    upstreamModelName,
    prices,
    priceMax: priceMax?.prices,
    state: hasFailedAudit ? 'failed_audit' : state,
    served: answers,
    failed: failures,
    uptime,
    firstTokenMs: estimateMs(firstToken, nowMs),
    perTokenMs: estimateMs(perToken, nowMs),
  }
}

function windowsOf(
  { requestLimit, tokenLimit, daily }: Station,
  { windows, nowMs }: { readonly windows: RateWindowStore; readonly nowMs: number },
): readonly WindowReport[] {
  const declared: readonly (readonly [WindowReport['name'], RateLimit | undefined, number?])[] = [
    ['requests', requestLimit],
    ['tokens', tokenLimit],
    ['day/requests', daily?.requests],
    ['day/tokens', daily?.tokens],
    ['day/spend', daily?.spend, daily?.atomicPerSpendUnit ?? 1],
  ]
  return declared.flatMap(([name, limit, unit = 1]) => {
    if (limit === undefined) return []
    const free = Math.max(0, 1 - windows.usedShare(limit, nowMs))
    const { windowMs } = limit
    return [{ name, max: limit.max * unit, left: Math.floor(limit.max * free) * unit, windowMs }]
  })
}
