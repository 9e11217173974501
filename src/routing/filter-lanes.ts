/*
 * Who may be asked at all. Filters stand in one order, cheapest and most lasting first; when nobody is left, the filter that
 * the last of them fell at is told.
 */
import { capacityAskIntervalMs } from '../base/limits.ts'
import { err, ok, type Result } from '../base/result.ts'
import type { Endpoint } from '../domain/endpoint.ts'
import type { RoutePreferences } from '../domain/route-preferences.ts'
import type { AtomicAmount } from '../domain/units.ts'
import type { RateWindowStore } from '../store/rate-window-store.ts'
import { judgeBreaker } from './circuit-breaker.ts'
import { judgeQuarantine } from './key-quarantine.ts'
import { claimsOf, type Lane } from './lane.ts'
import { estimateMs } from './latency-estimate.ts'
import { placeRetryMs } from './limits.ts'

/** What the filters and the score must know about a request. */
export type RouteRequest = {
  readonly endpoint: Endpoint
  readonly modelName: string
  /** The caller's key, or account where it has none: nobody else's prefixes. */
  readonly callerId: string
  /** Its own line in the queue, however many keys it has. */
  readonly accountId: string
  /** How many tokens the prompt has at least: a context that is smaller cannot serve it. */
  readonly promptTokensMin: number
  /** What the answer is likely to take, to compare prices and speeds by. */
  readonly promptTokensEstimate: number
  readonly completionTokensEstimate: number
  /** Taken of a contributor's tokens per minute until the real usage is known. */
  readonly reservedTokens: number
  /** Only contributors that sign their work. */
  readonly needsSignature: boolean
  /** The exact bytes of the request: whose beginning was answered by whom is remembered. Empty where that matters not. */
  readonly body: Buffer
  readonly preferences: RoutePreferences | undefined
  /** `preferences.maxPrice` as offers are priced: atomic units per million tokens. */
  readonly priceMax:
    | { readonly prompt: AtomicAmount | undefined; readonly completion: AtomicAmount | undefined }
    | undefined
}

/** What the caller asked for keeps a contributor out, and will in a minute too. */
type ConstraintFilter =
  | 'only'
  | 'ignore'
  | 'order'
  | 'region'
  | 'max_price'
  | 'max_ttft_ms'
  | 'attestation'
  | 'context'
  | 'tokens_per_minute'

export type RouteRefusal =
  | { readonly kind: 'constraint'; readonly filter: ConstraintFilter }
  /** Everybody who may serve is full. */
  | { readonly kind: 'busy'; readonly retryAfterMs: number }
  /** Everybody was tried, or may not be asked any more. */
  | { readonly kind: 'nobody' }
  /** Whether anybody has room cannot be known, so that nobody is asked. */
  | { readonly kind: 'store_unavailable' }

/** Why one lane is out. `rank` counts the filters that it passed. */
type Exclusion =
  | { readonly kind: 'constraint'; readonly filter: ConstraintFilter; readonly rank: number }
  | { readonly kind: 'busy'; readonly retryAfterMs: number }
  /** Not healthy, but better than nobody. */
  | { readonly kind: 'doubtful' }
  | { readonly kind: 'forged' }
  /** By auditors, it answers not what the model says. */
  | { readonly kind: 'failed_audit' }
  /** It said that it is about to leave. */
  | { readonly kind: 'draining' }

const constraint = (filter: ConstraintFilter, rank: number): Exclusion => ({
  kind: 'constraint',
  filter,
  rank,
})
const outs = {
  only: constraint('only', 0),
  ignore: constraint('ignore', 1),
  order: constraint('order', 2),
  region: constraint('region', 3),
  firstToken: constraint('max_ttft_ms', 4),
  maxPrice: constraint('max_price', 5),
  attestation: constraint('attestation', 6),
  context: constraint('context', 7),
  neverFits: constraint('tokens_per_minute', 8),
  doubtful: { kind: 'doubtful' },
  forged: { kind: 'forged' },
  failedAudit: { kind: 'failed_audit' },
  draining: { kind: 'draining' },
  fullHouse: { kind: 'busy', retryAfterMs: placeRetryMs },
  tooDear: { kind: 'busy', retryAfterMs: capacityAskIntervalMs },
} as const satisfies Record<string, Exclusion>

/** Those who may be asked now, in the order given; never empty. */
export function filterLanes(
  lanes: readonly Lane[],
  request: RouteRequest,
  windows: RateWindowStore,
  nowMs: number,
): Result<readonly Lane[], RouteRefusal> {
  const eligible: Lane[] = []
  const doubtful: Lane[] = []
  let retryAfterMs = Number.POSITIVE_INFINITY
  let last: Extract<Exclusion, { readonly kind: 'constraint' }> | undefined
  for (const lane of lanes) {
    const out = whyOut(lane, request, windows, nowMs)
    if (out === undefined) eligible.push(lane)
    else if (out.kind === 'busy') retryAfterMs = Math.min(retryAfterMs, out.retryAfterMs)
    else if (out.kind === 'doubtful') doubtful.push(lane)
    else if (out.kind === 'constraint' && (last === undefined || out.rank > last.rank)) last = out
  }
  if (eligible.length > 0) return ok(eligible)
  // A busy one will have room, and is healthier than those that are left.
  if (retryAfterMs < Number.POSITIVE_INFINITY) return err({ kind: 'busy', retryAfterMs })
  // A breaker protects callers from waiting for the wrong one; where there is no other, an attempt beats a refusal.
  if (doubtful.length > 0) return ok(doubtful)
  return err(last === undefined ? { kind: 'nobody' } : { kind: 'constraint', filter: last.filter })
}

function whyOut(
  lane: Lane,
  request: RouteRequest,
  windows: RateWindowStore,
  nowMs: number,
): Exclusion | undefined {
  const { preferences, priceMax } = request
  const unwanted = preferences && whyUnwanted(lane, preferences, nowMs)
  if (unwanted !== undefined) return unwanted
  if (priceMax !== undefined && isDearer(lane, priceMax)) return outs.maxPrice
  const { station, candidate } = lane
  if (request.needsSignature && candidate.contributor.identity === undefined) {
    return outs.attestation
  }
  if (request.promptTokensMin > candidate.offer.contextTokensMax) return outs.context
  const tokensMax = station.tokenLimit?.max ?? Number.POSITIVE_INFINITY
  if (request.reservedTokens > tokensMax) return outs.neverFits
  return whyUnwell(lane, nowMs) ?? whyFull(lane, request, windows, nowMs)
}

function whyUnwanted(
  lane: Lane,
  preferences: RoutePreferences,
  nowMs: number,
): Exclusion | undefined {
  const { contributor } = lane.candidate
  const { only, ignore, order, region, maxFirstTokenMs } = preferences
  const { contributorId } = contributor
  if (only?.includes(contributorId) === false) return outs.only
  if (ignore?.includes(contributorId)) return outs.ignore
  if (!preferences.allowFallbacks && order?.includes(contributorId) === false) return outs.order
  if (region !== undefined && contributor.region !== region) return outs.region
  if (maxFirstTokenMs !== undefined) {
    const expectedMs = estimateMs(lane.health.firstToken, nowMs)
    if (expectedMs !== undefined && expectedMs > maxFirstTokenMs) return outs.firstToken
  }
  return undefined
}

function isDearer(
  { candidate }: Lane,
  { prompt, completion }: NonNullable<RouteRequest['priceMax']>,
): boolean {
  const { promptAtomicPerMtok, completionAtomicPerMtok } = candidate.offer.prices
  return (
    (prompt !== undefined && promptAtomicPerMtok > prompt) ||
    (completion !== undefined && completionAtomicPerMtok > completion)
  )
}

function whyUnwell(lane: Lane, nowMs: number): Exclusion | undefined {
  const { quarantine, heard } = lane.station
  if (heard?.said.draining) return outs.draining
  if (lane.health.hasFailedAudit) return outs.failedAudit
  if (judgeQuarantine(quarantine, nowMs) === 'quarantined') {
    return quarantine?.cause === 'forged' ? outs.forged : outs.doubtful
  }
  const verdict = judgeBreaker(lane.health.breaker, nowMs)
  if (verdict === 'cooling') {
    return { kind: 'busy', retryAfterMs: lane.health.breaker.coolUntilMs - nowMs }
  }
  return verdict === 'open' ? outs.doubtful : undefined
}

function whyFull(
  lane: Lane,
  request: RouteRequest,
  windows: RateWindowStore,
  nowMs: number,
): Exclusion | undefined {
  const { station } = lane
  if (station.inFlight >= station.concurrencyMax) return outs.fullHouse
  if (lane.health.isTooDear) return outs.tooDear
  const claims = claimsOf(lane, request.reservedTokens)
  if (claims.length === 0) return undefined
  const full = windows.peek(claims, nowMs)
  if (full === undefined) return undefined
  return full.retryAfterMs === undefined
    ? outs.neverFits
    : { kind: 'busy', retryAfterMs: full.retryAfterMs }
}
