import type { Cancellation } from '../base/cancellation.ts'
import { upstreamRetryPauseMaxMs, upstreamRetryPauseMinMs } from '../base/limits.ts'
import { err, type Result } from '../base/result.ts'
import { type Soon, whenThere } from '../base/soon.ts'
import type { Offer } from '../domain/contributor.ts'
import { type Attempt, beginAttempt, nothingSent } from './attempt.ts'
import { judgeBreaker } from './circuit-breaker.ts'
import { filterLanes, type RouteRefusal, type RouteRequest } from './filter-lanes.ts'
import { type Candidate, type Lane, laneNameOf } from './lane.ts'
import { queueDeadlineMs } from './limits.ts'
import { noPrefix, type PrefixKeys, promptBytesOf } from './prefix-affinity.ts'
import { RequestHedge } from './request-hedge.ts'
import type { RoutingState } from './routing-state.ts'
import type { Visitor, WaitingRoom } from './waiting-room.ts'

type Begun = Result<Attempt, RouteRefusal>
type Busy = Extract<RouteRefusal, { readonly kind: 'busy' }>

/** Another replica took the last room of a lane since it was seen here. */
type LostRoom = { readonly lane: Lane | undefined; readonly retryAfterMs: number }

/** An offer as this payer is asked for it; undefined where the request does not respect its bounds. */
export type OfferFor = (offer: Offer) => Offer | undefined

/**
 * Two agents of one operator do not know of each other's jobs: both would sign a Work of this one, and two Works of one job
 * convict the operator, who did nothing wrong.
 */
function isSameOperator({ candidate: one }: Lane, { candidate: other }: Lane): boolean {
  const { identity } = one.contributor
  return identity !== undefined && identity.operator === other.contributor.identity?.operator
}

/** The way of one request through the pool: each attempt asks somebody else. */
export class Route {
  readonly #state: RoutingState
  readonly #request: RouteRequest
  readonly #offerFor: OfferFor
  #left: readonly Lane[]
  readonly #isOnly: boolean
  #attempts = 0
  /** The same, but that the only one of a model may be asked twice. */
  #begun = 0
  /** The last that was asked. */
  #asked: Lane | undefined
  #prefixKeys: PrefixKeys | undefined

  constructor(
    state: RoutingState,
    request: RouteRequest,
    { lanes, offerFor }: { readonly lanes: readonly Lane[]; readonly offerFor: OfferFor },
  ) {
    this.#state = state
    this.#request = request
    this.#offerFor = offerFor
    const mayServe = ({ candidate }: Lane) => offerFor(candidate.offer) !== undefined
    this.#left = lanes.every(mayServe) ? lanes : lanes.filter(mayServe)
    this.#isOnly = lanes.length === 1
  }

  /** Where a second contributor may be asked beside the first; undefined where nobody wants that, or may ask anybody else. */
  hedge(stream: boolean): RequestHedge | undefined {
    const { preferences } = this.#request
    if (!(preferences?.hedge ?? this.#state.hedgesAll) || this.#left.length < 2) return undefined
    const name = `${laneNameOf(this.#request)}${stream ? '' : ' whole'}`
    return new RequestHedge(this.#state, name, (nowMs) => this.next(nowMs))
  }

  /** The best of those who were not asked yet, at work. Never waits for room. */
  next(nowMs: number): Soon<Begun> {
    const { preferences } = this.#request
    const isLast = preferences?.allowFallbacks === false && preferences.order === undefined
    if (isLast && this.#attempts > 0) return err({ kind: 'nobody' })
    return this.#nextOf(this.#left, nowMs)
  }

  /** `lostForMs`: of lanes that lost their last room to another replica meanwhile, when the first has some again. */
  #nextOf(lanes: readonly Lane[], nowMs: number, lostForMs?: number): Soon<Begun> {
    const eligible = filterLanes(lanes, this.#request, this.#state.windows, nowMs)
    if (!eligible.ok) {
      return lostForMs === undefined ? eligible : err({ kind: 'busy', retryAfterMs: lostForMs })
    }
    return whenThere(this.#begin(eligible.value, nowMs), (begun) => {
      if (begun.ok) return begun
      if (begun.error === 'store_unavailable') return err({ kind: begun.error })
      const { lane: lost, retryAfterMs } = begun.error
      const left = lanes.filter((lane) => lane !== lost)
      return this.#nextOf(left, nowMs, Math.min(lostForMs ?? retryAfterMs, retryAfterMs))
    })
  }

  /**
   * The only one of this model, once more after a moment: for a connection that broke, say. Nobody where it is not well, or
   * signs: two Works for one job would convict it.
   */
  async again(clock: () => number, cancellation: Cancellation): Promise<Begun> {
    const lane = this.#asked
    const mayBeAsked = lane !== undefined && lane.candidate.contributor.identity === undefined
    if (!mayBeAsked || !this.#isOnly || this.#attempts !== 1) return err({ kind: 'nobody' })
    const isWell = () => judgeBreaker(lane.health.breaker, clock()) === 'admits'
    if (!isWell() || !(await this.#pause(cancellation)) || !isWell()) return err({ kind: 'nobody' })
    this.#left = [lane]
    this.#attempts = 0
    const begun = await this.next(clock())
    this.#attempts = 2
    return begun
  }

  /** False when the caller left meanwhile. */
  #pause(cancellation: Cancellation): Promise<boolean> {
    const { random, schedule } = this.#state
    const spreadMs = upstreamRetryPauseMaxMs - upstreamRetryPauseMinMs
    const paused = Promise.withResolvers<boolean>()
    const callOff = schedule(upstreamRetryPauseMinMs + random() * spreadMs, () =>
      paused.resolve(true),
    )
    cancellation.onCancel(() => {
      callOff()
      paused.resolve(false)
    })
    return paused.promise
  }

  /** As `next`; where all are full it waits for its turn, until `queueDeadlineMs` or the caller leaves. */
  nextInTurn(nowMs: number, cancellation: Cancellation): Soon<Begun> {
    const room = this.#state.roomOf(laneNameOf(this.#request))
    const full = { kind: 'busy', retryAfterMs: 0 } as const
    if (!room.isEmpty) return this.#wait(room, full, { nowMs, cancellation })
    return whenThere(this.next(nowMs), (first) => {
      if (first.ok || first.error.kind !== 'busy') return first
      return this.#wait(room, first.error, { nowMs, cancellation })
    })
  }

  #wait(
    room: WaitingRoom,
    busy: Busy,
    { nowMs, cancellation }: { readonly nowMs: number; readonly cancellation: Cancellation },
  ): Soon<Begun> {
    let refusal = busy
    if (refusal.retryAfterMs > queueDeadlineMs) return err(busy)
    const turn = Promise.withResolvers<Begun>()
    let isGone = false
    const visitor: Visitor = {
      callerId: this.#request.accountId,
      deadlineMs: nowMs + queueDeadlineMs,
      tryServe: async (turnMs) => {
        const begun = await this.next(turnMs)
        if (!begun.ok && begun.error.kind === 'busy') {
          refusal = begun.error
          return begun.error.retryAfterMs
        }
        if (isGone && begun.ok) begun.value.ended({ kind: 'neutral' }, nothingSent, turnMs)
        turn.resolve(begun)
        return undefined
      },
      late: () => turn.resolve(err(refusal)),
    }
    if (!room.enter(visitor, refusal.retryAfterMs, nowMs)) return err(busy)
    cancellation.onCancel(() => {
      isGone = true
      room.leave(visitor)
      turn.resolve(err({ kind: 'nobody' }))
    })
    return turn.promise
  }

  #begin(
    eligible: readonly Lane[],
    nowMs: number,
  ): Soon<Result<Attempt, LostRoom | 'store_unavailable'>> {
    const { windows, affinity, random, choose } = this.#state
    const keys = this.#keys(eligible.length)
    const prefixOwner = affinity.find(keys)
    const lane = choose(eligible, this.#request, { windows, nowMs, random, prefixOwner })
    if (lane === undefined) return err({ lane, retryAfterMs: 0 })
    const beginning = beginAttempt(lane, {
      candidate: this.#asAsked(lane.candidate),
      reservedTokens: this.#request.reservedTokens,
      ordinal: this.#begun + 1,
      stores: this.#state,
      nowMs,
      onEnded: this.#state.wakeRooms,
    })
    return whenThere(beginning, (begun) => {
      if (!begun.ok) {
        if (begun.error === 'store_unavailable') return err(begun.error)
        return err({ lane, retryAfterMs: begun.error.retryAfterMs ?? 0 })
      }
      // From now on, not from when it is answered: requests that begin alike often come together.
      affinity.remember(keys, lane.station.index)
      this.#left = this.#left.filter((other) => other !== lane && !isSameOperator(other, lane))
      this.#attempts += 1
      this.#begun += 1
      this.#asked = lane
      return begun
    })
  }

  #asAsked(candidate: Candidate): Candidate {
    const offer = this.#offerFor(candidate.offer) ?? candidate.offer
    return offer === candidate.offer ? candidate : { ...candidate, offer }
  }

  /** Where there is no choice, nothing is hashed. */
  #keys(eligibleCount: number): PrefixKeys {
    if (eligibleCount < 2) return noPrefix
    const { callerId, modelName, preferences, body } = this.#request
    const of = { callerId, modelName, name: preferences?.affinity }
    this.#prefixKeys ??= this.#state.affinity.keysOf(promptBytesOf(body), of)
    return this.#prefixKeys
  }
}
