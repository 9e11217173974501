import { assert } from '../base/assert.ts'
import { ok, type Result } from '../base/result.ts'
import type { Soon } from '../base/soon.ts'
import type { TokenPrices } from '../domain/price-sheet.ts'
import type { RateReservation, RateWindowStore } from '../store/rate-window-store.ts'
import { type AttemptOutcome, attemptBegan, attemptEnded } from './circuit-breaker.ts'
import { quarantineWhenBegan, quarantineWhenEnded } from './key-quarantine.ts'
import { type Candidate, claimsOf, type Lane, type LaneHealth, spentOf } from './lane.ts'
import { sampleLatency } from './latency-estimate.ts'
import { type NoRoom, type Room, type RoomStores, takeRoom } from './take-room.ts'

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

type Beginning = {
  /** The lane's own, or its offer as this payer is asked for it. */
  readonly candidate: Candidate
  readonly reservedTokens: number
  readonly ordinal: number
  readonly stores: RoomStores
  readonly nowMs: number
  /** Called when it ended: there may be room. */
  readonly onEnded: (nowMs: number) => void
}

/** Counts the attempt everywhere before the first wait, so that two requests never take the same last place. */
export function beginAttempt(lane: Lane, begin: Beginning): Soon<Result<Attempt, NoRoom>> {
  const { stores, nowMs } = begin
  const attempt = new LaneAttempt(lane, begin)
  const taking = takeRoom(lane.station, claimsOf(lane, begin.reservedTokens), stores, nowMs)
  if (!(taking instanceof Promise)) return attempt.entered(taking)
  return taking.then(
    (room) => attempt.entered(room),
    (error: unknown) => {
      attempt.undo()
      throw error
    },
  )
}

class LaneAttempt implements Attempt {
  readonly candidate: Candidate
  readonly ordinal: number
  readonly #lane: Lane
  readonly #begin: Beginning
  readonly #isProbe: boolean
  #room: Room | undefined
  #isOver = false

  constructor(lane: Lane, begin: Beginning) {
    const { station, health } = lane
    this.candidate = begin.candidate
    this.ordinal = begin.ordinal
    this.#lane = lane
    this.#begin = begin
    station.inFlight += 1
    const began = attemptBegan(health.breaker, begin.nowMs)
    this.#isProbe = began.isProbe
    health.breaker = began.breaker
    station.quarantine = quarantineWhenBegan(station.quarantine, begin.nowMs)
  }

  get asked(): TokenPrices {
    return this.#lane.candidate.offer.prices
  }

  entered(room: Result<Room, NoRoom>): Result<Attempt, NoRoom> {
    if (!room.ok) {
      this.undo()
      return room
    }
    this.#room = room.value
    return ok(this)
  }

  /** It was never made: nothing is learnt. */
  undo(): void {
    this.#count({ kind: 'neutral' }, this.#begin.nowMs)
  }

  ended(outcome: AttemptOutcome, measures: AnswerMeasures, endMs: number): void {
    assert(!this.#isOver, 'an attempt ends once')
    this.#isOver = true
    const lane = this.#lane
    const { stores, onEnded } = this.#begin
    this.#count(outcome, endMs)
    lane.station.quarantine = quarantineWhenEnded(lane.station.quarantine, outcome, endMs)
    learn(lane.health, outcome, measures, endMs)
    this.#room?.leave()
    const reservation = this.#room?.reservation
    if (reservation !== undefined) {
      giveBack(reservation, stores.windows, { lane, outcome, measures, endMs })
    }
    onEnded(endMs)
  }

  abandoned(endMs: number): void {
    if (!this.#isOver) this.ended({ kind: 'neutral' }, {}, endMs)
  }

  #count(outcome: AttemptOutcome, endMs: number): void {
    const { station, health } = this.#lane
    const attempt = { outcome, beganAtMs: this.#begin.nowMs, isProbe: this.#isProbe }
    station.inFlight -= 1
    health.breaker = attemptEnded(health.breaker, attempt, endMs)
  }
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
