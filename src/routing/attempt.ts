import { assert } from '../base/assert.ts'
import { ok, type Result } from '../base/result.ts'
import type { TokenPrices } from '../domain/price-sheet.ts'
import type { RateReservation, RateWindowStore } from '../store/rate-window-store.ts'
import { type AttemptOutcome, attemptBegan, attemptEnded } from './circuit-breaker.ts'
import { quarantineWhenBegan, quarantineWhenEnded } from './key-quarantine.ts'
import { type Candidate, claimsOf, type Lane, type LaneHealth, spentOf } from './lane.ts'
import { sampleLatency } from './latency-estimate.ts'
import { type NoRoom, type RoomStores, takeRoom } from './take-room.ts'

/** What an answer took; only what was really seen. */
export type AnswerMeasures = {
  /** From the dispatch to the first token of a stream. */
  readonly firstTokenMs?: number
  /** From there, or of a whole answer from the dispatch, to the last. */
  readonly restMs?: number
  readonly completionTokens?: number
  /** Prompt and completion, to take the place of what was reserved. */
  readonly usedTokens?: number
  /** 0 where nothing was sent after all; else it counts there, whatever became of it. */
  readonly usedRequests?: 0
}

/** Of an attempt that was begun and not made. */
export const nothingSent: AnswerMeasures = { usedTokens: 0, usedRequests: 0 }

/** One contributor at work for one request. Ends once, whatever happens. */
export type Attempt = {
  readonly candidate: Candidate
  /** What its contributor asks, whatever this payer pays in. */
  readonly asked: TokenPrices
  /** Counts the attempts of one request from 1. */
  readonly ordinal: number
  readonly ended: (outcome: AttemptOutcome, measures: AnswerMeasures, nowMs: number) => void
  /** Gives the room back where a bug kept `ended` from being called; says nothing about the contributor. */
  readonly abandoned: (nowMs: number) => void
}

/** An outcome weighs a thirtieth: about the last sixty tell how often a contributor answers. */
const uptimeWeight = 1 / 30

/** Counts the attempt everywhere before the first wait, so that two requests never take the same last place. */
export async function beginAttempt(
  lane: Lane,
  begin: {
    /** The lane's own, or its offer as this payer is asked for it. */
    readonly candidate: Candidate
    readonly reservedTokens: number
    readonly ordinal: number
    readonly stores: RoomStores
    readonly nowMs: number
    /** Called when it ended: there may be room. */
    readonly onEnded: (nowMs: number) => void
  },
): Promise<Result<Attempt, NoRoom>> {
  const { station, health } = lane
  const { stores, nowMs } = begin
  station.inFlight += 1
  const began = attemptBegan(health.breaker, nowMs)
  health.breaker = began.breaker
  station.quarantine = quarantineWhenBegan(station.quarantine, nowMs)
  const end = (outcome: AttemptOutcome, endMs: number) => {
    const attempt = { outcome, beganAtMs: nowMs, isProbe: began.isProbe }
    station.inFlight -= 1
    health.breaker = attemptEnded(health.breaker, attempt, endMs)
  }
  const taking = takeRoom(station, claimsOf(lane, begin.reservedTokens), stores, nowMs)
  const undo = (error: unknown): never => {
    end({ kind: 'neutral' }, nowMs)
    throw error
  }
  const room = taking instanceof Promise ? await taking.catch(undo) : taking
  if (!room.ok) {
    end({ kind: 'neutral' }, nowMs)
    return room
  }
  const { reservation, leave } = room.value
  let isOver = false
  const ended: Attempt['ended'] = (outcome, measures, endMs) => {
    assert(!isOver, 'an attempt ends once')
    isOver = true
    end(outcome, endMs)
    station.quarantine = quarantineWhenEnded(station.quarantine, outcome, endMs)
    learn(health, outcome, measures, endMs)
    leave()
    if (reservation !== undefined)
      giveBack(reservation, stores.windows, { lane, outcome, measures, endMs })
    begin.onEnded(endMs)
  }
  return ok({
    candidate: begin.candidate,
    asked: lane.candidate.offer.prices,
    ordinal: begin.ordinal,
    ended,
    abandoned: (endMs) => {
      if (!isOver) ended({ kind: 'neutral' }, {}, endMs)
    },
  })
}

function learn(
  health: LaneHealth,
  outcome: AttemptOutcome,
  measures: AnswerMeasures,
  nowMs: number,
): void {
  if (outcome.kind === 'failed' || outcome.kind === 'forged') {
    health.uptime -= uptimeWeight * health.uptime
    health.failures += 1
    return
  }
  if (outcome.kind !== 'served') return
  health.uptime += uptimeWeight * (1 - health.uptime)
  health.answers += 1
  const { firstTokenMs, restMs, completionTokens } = measures
  if (firstTokenMs !== undefined) {
    health.firstToken = sampleLatency(health.firstToken, firstTokenMs, nowMs)
  }
  if (restMs !== undefined && completionTokens !== undefined && completionTokens > 0) {
    health.perToken = sampleLatency(health.perToken, restMs / completionTokens, nowMs)
  }
}

/** Tokens were used only where there was an answer. */
function giveBack(
  reservation: RateReservation,
  windows: RateWindowStore,
  end: {
    readonly lane: Lane
    readonly outcome: AttemptOutcome
    readonly measures: AnswerMeasures
    readonly endMs: number
  },
): void {
  const wasAnswered = end.outcome.kind === 'served' || end.outcome.kind === 'neutral'
  const usedAmounts = reservation.claims.map(({ limit, amount }) => {
    const { usedRequests, usedTokens: tokens, completionTokens = 0 } = end.measures
    if (limit.counter.endsWith('/requests')) return usedRequests ?? amount
    const used = wasAnswered ? amount : 0
    if (!limit.counter.endsWith('/spend')) return tokens ?? used
    return tokens === undefined ? used : spentOf(end.lane, { tokens, completionTokens })
  })
  void windows.correct(reservation, usedAmounts, end.endMs)
}
