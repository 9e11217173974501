/*
 * Whether one contributor may be asked for one model. Plain states and pure transitions; the clock is passed in.
 *
 *             opened by failures                     rest is over: attemptBegan
 *   closed ───────────────────────────▶ open ──────────────────────────────────▶ probing
 *     ▲                                  ▲  │                                      │  │
 *     │   attemptEnded: an answer that   │  │      attemptEnded: probe failed      │  │
 *     │   was asked for since it opened  │  └──────────────────────────────────────┘  │
 *     └──────────────────────────────────┴───────────────────────────────────────────┘
 *                                          attemptEnded: probe was answered
 * Invariants:
 *  B1  While probing, nobody but the probe is admitted.
 *  B2  A rest lasts 5 s the first time and twice as long each time in a row, at most 5 minutes.
 *  B3  Being limited (429) is no failure: it cools down for as long as was asked and says nothing about health.
 */

/** How an attempt ended, as far as the contributor's health goes. */
export type AttemptOutcome =
  | { readonly kind: 'served' }
  /** 5xx, timeouts, connections that broke, answers that cannot be read. */
  | { readonly kind: 'failed' }
  | { readonly kind: 'limited'; readonly retryAfterMs: number }
  /** 401, 402, 403: our key is not accepted; see key-quarantine.ts. */
  | { readonly kind: 'denied' }
  /** A signature or a proof that does not hold; see key-quarantine.ts. */
  | { readonly kind: 'forged' }
  /** The caller's own fault, or a caller who left: nothing was learnt. */
  | { readonly kind: 'neutral' }

export type Breaker = {
  readonly phase: 'closed' | 'open' | 'probing'
  /** While open: when a probe may go. */
  readonly opensProbeAtMs: number
  /** When it last opened; attempts that began earlier prove nothing any more. */
  readonly openedAtMs: number
  readonly restMs: number
  readonly closedAtMs: number
  /** 429: nobody is asked before this. */
  readonly coolUntilMs: number
  /** Outcomes and failures so far, older ones weighing less. */
  readonly outcomeWeight: number
  readonly failureWeight: number
  readonly lastOutcomeAtMs: number
  /** Times of the last outcomes, oldest first, at most `outcomesMin`. */
  readonly recentMs: readonly number[]
}

export const outcomesMin = 5
export const windowMs = 30_000
export const restFirstMs = 5_000
export const restMaxMs = 300_000
const failureRatioMax = 0.5
/**
 * What an outcome still weighs after the next one: about the last ten count, so that a busy contributor that breaks is
 * found after ten failures instead of after half a window of them.
 */
const keptPerOutcome = 0.9

export const closedBreaker: Breaker = {
  phase: 'closed',
  opensProbeAtMs: 0,
  openedAtMs: Number.NEGATIVE_INFINITY,
  restMs: 0,
  closedAtMs: Number.NEGATIVE_INFINITY,
  coolUntilMs: 0,
  outcomeWeight: 0,
  failureWeight: 0,
  lastOutcomeAtMs: 0,
  recentMs: [],
}

export type BreakerVerdict = 'admits' | 'admits_probe' | 'open' | 'cooling'

export function judgeBreaker(breaker: Breaker, nowMs: number): BreakerVerdict {
  if (breaker.coolUntilMs > nowMs) return 'cooling'
  if (breaker.phase === 'closed') return 'admits'
  if (breaker.phase === 'open' && nowMs >= breaker.opensProbeAtMs) return 'admits_probe'
  return 'open'
}

/** An attempt begins. Answers whether it is the probe; `attemptEnded` must hear of it again. */
export function attemptBegan(
  breaker: Breaker,
  nowMs: number,
): { readonly breaker: Breaker; readonly isProbe: boolean } {
  if (judgeBreaker(breaker, nowMs) !== 'admits_probe') return { breaker, isProbe: false }
  return { breaker: { ...breaker, phase: 'probing' }, isProbe: true }
}

export function attemptEnded(
  breaker: Breaker,
  attempt: {
    readonly outcome: AttemptOutcome
    readonly beganAtMs: number
    readonly isProbe: boolean
  },
  nowMs: number,
): Breaker {
  const { outcome, isProbe } = attempt
  switch (outcome.kind) {
    case 'served':
      if (breaker.phase === 'closed') return weigh(breaker, false, nowMs)
      return isProbe || attempt.beganAtMs >= breaker.openedAtMs ? closed(breaker, nowMs) : breaker
    case 'failed':
      if (breaker.phase === 'closed') return openIfFailing(weigh(breaker, true, nowMs), nowMs)
      return isProbe ? opened(breaker, nowMs) : breaker
    case 'limited': {
      const coolUntilMs = Math.max(breaker.coolUntilMs, nowMs + outcome.retryAfterMs)
      // Whoever counts our requests is alive.
      return { ...(isProbe ? closed(breaker, nowMs) : breaker), coolUntilMs }
    }
    case 'denied':
    case 'forged':
    case 'neutral':
      // The next attempt is the probe instead.
      return isProbe ? { ...breaker, phase: 'open', opensProbeAtMs: nowMs } : breaker
  }
}

function weigh(breaker: Breaker, failed: boolean, nowMs: number): Breaker {
  const elapsedMs = Math.max(0, nowMs - breaker.lastOutcomeAtMs)
  const kept = keptPerOutcome * Math.exp(-elapsedMs / windowMs)
  const recentMs =
    breaker.recentMs.length < outcomesMin ? breaker.recentMs : breaker.recentMs.slice(1)
  return {
    ...breaker,
    outcomeWeight: breaker.outcomeWeight * kept + 1,
    failureWeight: breaker.failureWeight * kept + (failed ? 1 : 0),
    lastOutcomeAtMs: nowMs,
    recentMs: [...recentMs, nowMs],
  }
}

function openIfFailing(breaker: Breaker, nowMs: number): Breaker {
  const { recentMs, failureWeight, outcomeWeight } = breaker
  const [oldestMs] = recentMs
  const isEnough =
    recentMs.length === outcomesMin && oldestMs !== undefined && nowMs - oldestMs <= windowMs
  const isFailing = failureWeight > failureRatioMax * outcomeWeight
  return isEnough && isFailing ? opened(breaker, nowMs) : breaker
}

/** A rest that follows a shorter time of health than the rest before it is in a row with that one. */
function opened(breaker: Breaker, nowMs: number): Breaker {
  const isInRow = breaker.phase !== 'closed' || nowMs - breaker.closedAtMs < breaker.restMs
  const restMs = isInRow
    ? Math.min(Math.max(breaker.restMs * 2, restFirstMs), restMaxMs)
    : restFirstMs
  return { ...breaker, phase: 'open', restMs, openedAtMs: nowMs, opensProbeAtMs: nowMs + restMs }
}

function closed(breaker: Breaker, nowMs: number): Breaker {
  const { restMs, coolUntilMs } = breaker
  return { ...closedBreaker, restMs, coolUntilMs, closedAtMs: nowMs }
}
