import { sha256Bytes32 } from '../attestation/answer-transcript.ts'
import { upstreamAttemptsMax } from '../base/limits.ts'
import { err, ok, type Result } from '../base/result.ts'
import type { Offer } from '../domain/contributor.ts'
import { unitAt } from '../domain/endpoint.ts'
import type { AssetAtRate } from '../domain/exchange.ts'
import { voucherHeader } from '../domain/payout-voucher.ts'
import type { GatewayRefusal, UpstreamRefusal } from '../domain/refusal.ts'
import type { InferenceRequest } from '../domain/request.ts'
import type { AttemptRecord } from '../domain/request-record.ts'
import { atomic, type Bytes32 } from '../domain/units.ts'
import type { Admitted } from '../payment/payment-step.ts'
import { type Attempt, nothingSent } from '../routing/attempt.ts'
import type { RouteRefusal } from '../routing/filter-lanes.ts'
import type { Candidate } from '../routing/lane.ts'
import type { Route } from '../routing/route.ts'
import { answerFormats } from '../upstream/answer-formats.ts'
import { openAnswer } from '../upstream/open-answer.ts'
import { prepareBody } from '../upstream/prepare-body.ts'
import { mayTryAnother } from '../upstream/retry-rules.ts'
import type { AnswerClient } from './answer-client.ts'
import type { Gateway } from './gateway.ts'
import { endFailedAttempt } from './note-attempt.ts'
import { readUnary, type UnaryRead } from './read-unary.ts'
import { StreamRelay } from './relay-stream.ts'
import { StreamCredit } from './stream-credit.ts'

/** An answer that has begun: from here on no other contributor is asked. */
export type BegunAnswer = {
  readonly attempt: Attempt
  readonly inputHash: Bytes32
  readonly startedAtMs: number
  /** When its first content was here, or all of an answer in one piece. */
  readonly beganAtMs: number
  /** Who was asked besides, in the order in which they ended. */
  readonly others: readonly AttemptRecord[]
  readonly body:
    | { readonly kind: 'stream'; readonly relay: StreamRelay }
    | { readonly kind: 'unary'; readonly read: UnaryRead; readonly encodedWork: string | undefined }
}

/** Contributors' limits are counted where nobody answers. */
type StoreRefusal = Extract<GatewayRefusal, { readonly reason: 'store_unavailable' }>

export type OpenFailure = {
  readonly refusal: UpstreamRefusal | StoreRefusal
  readonly attempts: readonly AttemptRecord[]
}

type Opened = Omit<BegunAnswer, 'others'>
/** One attempt that came to nothing. */
type Failed = { readonly refusal: UpstreamRefusal; readonly record: AttemptRecord }

/**
 * Asks the best contributor, and the next best until one begins to answer. At most `upstreamAttemptsMax` distinct ones, none
 * for a caller who left.
 */
export async function openFirstAnswer(
  gateway: Gateway,
  job: {
    readonly request: InferenceRequest
    readonly income: AssetAtRate | undefined
    readonly admitted: Admitted
    readonly route: Route
    readonly client: AnswerClient
  },
): Promise<Result<BegunAnswer, OpenFailure>> {
  const { route, client } = job
  const attempts: AttemptRecord[] = []
  let refusal: UpstreamRefusal | undefined
  let next = await route.nextInTurn(gateway.nowMs(), client.cancellation)
  while (next.ok) {
    const attempt = next.value
    if (isSolvent(gateway, job, attempt.candidate)) {
      const begun = await openOrEnd(gateway, job, attempt)
      if (begun.ok) return ok({ ...begun.value, others: attempts })
      attempts.push(begun.error.record)
      refusal = begun.error.refusal
      if (!mayTryAnother(refusal)) break
    } else {
      attempt.ended({ kind: 'neutral' }, nothingSent, gateway.nowMs())
      refusal ??= { reason: 'payout_escrow_exhausted' }
    }
    if (attempts.length === upstreamAttemptsMax || client.cancellation.cancelled) break
    next = await route.next(gateway.nowMs())
  }
  return err({ refusal: refusal ?? (next.ok ? noContributor : unrouted(next.error)), attempts })
}

const noContributor: UpstreamRefusal = { reason: 'no_contributor' }

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

/** Whatever goes wrong, the attempt is ended: its room is another's. */
async function openOrEnd(
  gateway: Gateway,
  job: Parameters<typeof openFirstAnswer>[1],
  attempt: Attempt,
): Promise<Result<Opened, Failed>> {
  const startedAtMs = gateway.nowMs()
  try {
    const begun = await openOne(gateway, job, attempt)
    if (begun.ok) return begun
    const refusal = begun.error
    const unwanted = job.client.cancellation.cancelled ? 'client_gone' : undefined
    const failure = { refusal, unwanted, startedAtMs } as const
    const record = endFailedAttempt(attempt, failure, gateway.nowMs())
    if (refusal.reason === 'upstream_credit_exhausted') {
      gateway.payouts.exhausted(attempt.candidate.contributor.contributorId)
    }
    return err({ refusal, record })
  } catch (error) {
    attempt.abandoned(gateway.nowMs())
    throw error
  }
}

/** Sets the contributor's worst case aside. Who cannot be paid for the answer is not asked for it. */
function isSolvent(
  gateway: Gateway,
  { request, income, admitted }: Parameters<typeof openFirstAnswer>[1],
  { contributor: { contributorId }, offer }: Candidate,
): boolean {
  const worstCase = admitted.bounds.get(offer)?.amount ?? atomic(0n)
  const { requestId } = request
  return gateway.payouts.reserve({ requestId, contributorId, worstCase, income })
}

async function openOne(
  gateway: Gateway,
  job: Parameters<typeof openFirstAnswer>[1],
  attempt: Attempt,
): Promise<Result<Opened, UpstreamRefusal>> {
  const { request, client, admitted } = job
  const { contributor, offer } = attempt.candidate
  const signs = contributor.identity !== undefined
  const bound = admitted.bounds.get(offer)
  const completionTokensMax = bound?.completionTokensMax ?? offer.completionTokensMax
  const body = prepareBody(request, offer, { signs, completionTokensMax })
  const inputHash = body === request.body ? request.requestHash : sha256Bytes32(body)
  const startedAtMs = gateway.nowMs()
  const opened = await openAnswer(gateway.upstreams, {
    baseUrl: contributor.baseUrl,
    isGuarded: contributor.isGuarded,
    path: `/${request.endpoint}`,
    headers: jobHeaders(gateway, request, attempt.candidate),
    body,
    stream: request.stream,
    cancellation: client.cancellation,
    onShownVoucher: (voucher) => gateway.payouts.shown(contributor.contributorId, voucher),
  })
  if (!opened.ok) return opened
  const format = answerFormats[request.endpoint]
  const streamFormat = request.stream ? format.stream : undefined
  const expected = streamFormat === undefined ? format.wholeType : 'text/event-stream'
  if (!opened.value.contentType.toLowerCase().startsWith(expected)) {
    opened.value.abort()
    return err({ reason: 'upstream_bad_response' })
  }
  if (streamFormat === undefined) {
    const { choiceCount, expected: expectedUnits, endpoint } = request
    const unit = unitAt(endpoint, offer.unit)
    const asked = { choiceCount, expected: expectedUnits, unit }
    const read = await readUnary(opened.value, format, asked)
    if (!read.ok) return read
    const { encodedWork } = opened.value
    const unary = { kind: 'unary', read: read.value, encodedWork } as const
    return ok({ attempt, inputHash, startedAtMs, beganAtMs: gateway.nowMs(), body: unary })
  }
  const relay = new StreamRelay(opened.value, {
    jobId: request.jobId,
    inputHash,
    choiceCount: request.choiceCount,
    format: streamFormat,
    dialect: client.startDialect?.(request),
    includeUsage: request.includeUsage,
    expectsWork: signs,
    credit: creditOf(admitted, offer, request),
    onCheckpoint: (contentEvents) =>
      gateway.payment.checkpoint(request.requestId, JSON.stringify({ contentEvents })),
    nowMs: gateway.nowMs,
  })
  client.cancellation.onCancel(() => relay.abort())
  const committed = await relay.committed
  if (!committed.ok) return committed
  const stream = { kind: 'stream', relay } as const
  return ok({ attempt, inputHash, startedAtMs, beganAtMs: gateway.nowMs(), body: stream })
}

/** How far what is held goes at this offer's prices; undefined where it goes to the end. */
function creditOf(
  { growing, bounds }: Admitted,
  offer: Offer,
  { choiceCount, echoedBytes = 0 }: InferenceRequest,
): StreamCredit | undefined {
  const bound = bounds.get(offer)
  if (growing === undefined || bound === undefined) return undefined
  return new StreamCredit(growing, { ...bound, prices: offer.prices, choiceCount, echoedBytes })
}

/** Headers for the contributor. The caller's own headers, its key above all, stay here. */
function jobHeaders(
  gateway: Gateway,
  request: InferenceRequest,
  candidate: Candidate,
): Record<string, string> {
  const { contributor, offer } = candidate
  const headers: Record<string, string> = {
    'content-type': request.contentType ?? 'application/json',
  }
  if (contributor.authorization !== undefined) headers['authorization'] = contributor.authorization
  if (contributor.identity !== undefined) {
    headers['x-vouch-job'] = request.jobId
    headers['x-vouch-gateway'] = gateway.signer.operator
    headers['x-vouch-model'] = offer.modelId
    const voucher = gateway.payouts.voucherFor(contributor.contributorId)
    if (voucher !== undefined) headers[voucherHeader] = voucher
  }
  return headers
}
