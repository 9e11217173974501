import { upstreamAttemptsMax, upstreamAttemptsTimeoutMs } from '../base/limits.ts'
import { err, ok, type Result } from '../base/result.ts'
import type { Soon } from '../base/soon.ts'
import type { GatewayRefusal, UpstreamRefusal } from '../domain/refusal.ts'
import type { AttemptRecord } from '../domain/request-record.ts'
import { type Attempt, nothingSent } from '../routing/attempt.ts'
import type { RouteRefusal } from '../routing/filter-lanes.ts'
import type { RequestHedge } from '../routing/request-hedge.ts'
import type { Route } from '../routing/route.ts'
import { mayAskAgain, mayTryAnother } from '../upstream/retry-rules.ts'
import type { Gateway } from './gateway.ts'
import {
  type AnswerJob,
  type BegunAttempt,
  type FailedAttempt,
  isSolvent,
  openAttempt,
} from './open-attempt.ts'
import { raceHedge, type Tried } from './race-hedge.ts'

/** An answer that has begun: from here on no other contributor is asked. */
export type BegunAnswer = BegunAttempt & {
  /** Who was asked besides, in the order in which they ended. */
  readonly others: readonly AttemptRecord[]
}

type RoutedJob = AnswerJob & { readonly route: Route }

/** Contributors' limits are counted where nobody answers. */
type StoreRefusal = Extract<GatewayRefusal, { readonly reason: 'store_unavailable' }>

export type OpenFailure = {
  readonly refusal: UpstreamRefusal | StoreRefusal
  readonly attempts: readonly AttemptRecord[]
}

/**
 * Asks the best contributor, and the next best until one begins to answer: at most `upstreamAttemptsMax` distinct ones, or the
 * only one twice; none for a caller who left, nor after a while. Where the request is hedged, the first two at the same time.
 */
export async function openFirstAnswer(
  gateway: Gateway,
  job: RoutedJob,
): Promise<Result<BegunAnswer, OpenFailure>> {
  const { route, client, request } = job
  const { cancellation } = client
  const attempts: AttemptRecord[] = []
  let refusal: UpstreamRefusal | undefined
  const hedge = route.hedge(request.stream)
  const deadlineMs = gateway.nowMs() + upstreamAttemptsTimeoutMs
  const first = route.nextInTurn(gateway.nowMs(), cancellation)
  let next = first instanceof Promise ? await first : first
  while (next.ok) {
    const tried = await tryOn(gateway, job, next.value, attempts.length === 0 ? hedge : undefined)
    attempts.push(...tried.others)
    if (tried.begun !== undefined) return ok({ ...tried.begun, others: attempts })
    // Who could not be paid was not asked: what whoever was asked answered says more.
    if (tried.others.length > 0 || refusal === undefined) refusal = tried.refusal
    const isOver = attempts.length >= upstreamAttemptsMax || gateway.nowMs() >= deadlineMs
    if (isOver || cancellation.cancelled || !mayTryAnother(tried.refusal)) break
    next = await nextAfter(tried.refusal, gateway, job)
  }
  const told = next.ok ? (refusal ?? noContributor) : whyNobody(next.error, refusal)
  return err({ refusal: told, attempts })
}

/** Somebody else; where there is nobody, whoever failed by chance once more. */
async function nextAfter(
  refusal: UpstreamRefusal,
  { nowMs }: Gateway,
  { route, client }: RoutedJob,
): Promise<Awaited<ReturnType<Route['next']>>> {
  const next = await route.next(nowMs())
  return next.ok || !mayAskAgain(refusal) ? next : route.again(nowMs, client.cancellation)
}

function tryOn(
  gateway: Gateway,
  job: AnswerJob,
  attempt: Attempt,
  hedge: RequestHedge | undefined,
): Soon<Tried> {
  const { cancellation } = job.client
  if (cancellation.cancelled || !isSolvent(gateway, job, attempt)) {
    attempt.ended({ kind: 'neutral' }, nothingSent, gateway.nowMs())
    return { begun: undefined, refusal: { reason: 'payout_escrow_exhausted' }, others: [] }
  }
  if (hedge !== undefined) return raceHedge(gateway, job, { first: attempt, hedge })
  return openAttempt(gateway, job, { attempt, cancellation }).then(triedAlone)
}

function triedAlone(begun: Result<BegunAttempt, FailedAttempt>): Tried {
  if (begun.ok) return { begun: begun.value, others: [] }
  const { refusal, record } = begun.error
  return { begun: undefined, refusal, others: [record] }
}

const noContributor: UpstreamRefusal = { reason: 'no_contributor' }

/** Who is left is only full: to come again is what helps, whatever was wrong with the key of who was asked. */
function whyNobody(
  left: RouteRefusal,
  refusal: OpenFailure['refusal'] | undefined,
): OpenFailure['refusal'] {
  const isFull = left.kind === 'busy' && refusal?.reason === 'upstream_credentials_exhausted'
  return isFull || refusal === undefined ? unrouted(left) : refusal
}

/** Why nobody could be asked at all. */
function unrouted(refusal: RouteRefusal): OpenFailure['refusal'] {
  switch (refusal.kind) {
    case 'busy':
      return {
        reason: 'upstream_rate_limited',
        retryAfterS: Math.max(1, Math.ceil(refusal.retryAfterMs / 1000)),
      }
    case 'constraint':
      // As an engine would say it, had one been asked.
      if (refusal.filter === 'context') {
        return { reason: 'upstream_rejected', status: 400, code: 'context_length_exceeded' }
      }
      return { reason: 'constraint_filtered', filter: refusal.filter }
    case 'store_unavailable':
      return { reason: refusal.kind }
    case 'nobody':
      return noContributor
  }
}
