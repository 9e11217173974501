import { sha256Bytes32 } from '../attestation/answer-transcript.ts'
import { upstreamAttemptsMax } from '../base/limits.ts'
import { err, ok, type Result } from '../base/result.ts'
import type { Offer } from '../domain/contributor.ts'
import type { AssetAtRate } from '../domain/exchange.ts'
import { voucherHeader } from '../domain/payout-voucher.ts'
import type { UpstreamRefusal } from '../domain/refusal.ts'
import type { InferenceRequest } from '../domain/request.ts'
import { atomic, type Bytes32 } from '../domain/units.ts'
import type { Admitted } from '../payment/payment-step.ts'
import type { Candidate } from '../routing/contributor-pool.ts'
import { openAnswer } from '../upstream/open-answer.ts'
import { prepareBody } from '../upstream/prepare-body.ts'
import { mayTryAnother } from '../upstream/retry-rules.ts'
import type { AnswerClient } from './answer-client.ts'
import type { Gateway } from './gateway.ts'
import { readUnary, type UnaryRead } from './read-unary.ts'
import { StreamRelay } from './relay-stream.ts'
import { StreamCredit } from './stream-credit.ts'

/** An answer that has begun: from here on no other contributor is asked. */
export type BegunAnswer = {
  readonly candidate: Candidate
  readonly inputHash: Bytes32
  readonly startedAtMs: number
  readonly attempts: number
  readonly body:
    | { readonly kind: 'stream'; readonly relay: StreamRelay }
    | { readonly kind: 'unary'; readonly read: UnaryRead; readonly encodedWork: string | undefined }
}

export type OpenFailure = { readonly refusal: UpstreamRefusal; readonly attempts: number }

/** A contributor that waits for its voucher is asked last: the voucher is signed and goes with the next request. */
const unpaidRestMs = 1_000

/** Asks candidates in order until one begins to answer. At most `upstreamAttemptsMax` distinct ones, none for a caller who left. */
export async function openFirstAnswer(
  gateway: Gateway,
  job: {
    readonly request: InferenceRequest
    readonly income: AssetAtRate | undefined
    readonly admitted: Admitted
    readonly candidates: readonly Candidate[]
    readonly client: AnswerClient
  },
): Promise<Result<BegunAnswer, OpenFailure>> {
  let refusal: UpstreamRefusal = { reason: 'no_contributor' }
  let attempts = 0
  for (const candidate of job.candidates) {
    if (attempts === upstreamAttemptsMax || job.client.cancellation.cancelled) break
    const { contributorId } = candidate.contributor
    if (!isSolvent(gateway, job, candidate)) {
      if (attempts === 0) refusal = { reason: 'payout_escrow_exhausted' }
      continue
    }
    attempts += 1
    gateway.pool.started(contributorId)
    const begun = await openOne(gateway, job, candidate)
    if (begun.ok) return ok({ ...begun.value, attempts })
    refusal = begun.error
    noteFailure(gateway, contributorId, { refusal, left: job.client.cancellation.cancelled })
    if (!mayTryAnother(refusal)) break
  }
  return err({ refusal, attempts })
}

/** What a failed attempt says about the contributor: what the caller did wrong, or left, says nothing. */
function noteFailure(
  gateway: Gateway,
  contributorId: string,
  { refusal, left }: { readonly refusal: UpstreamRefusal; readonly left: boolean },
): void {
  const nowMs = gateway.nowMs()
  const { reason } = refusal
  const unpaid = reason === 'upstream_credit_exhausted'
  const limited = reason === 'upstream_rate_limited'
  const isWell = left || unpaid || limited || reason === 'upstream_rejected'
  gateway.pool.ended(contributorId, isWell ? 'rejected' : 'failed', nowMs)
  if (limited) gateway.pool.rest(contributorId, refusal.retryAfterS * 1000, nowMs)
  if (unpaid) {
    gateway.pool.rest(contributorId, unpaidRestMs, nowMs)
    gateway.payouts.exhausted(contributorId)
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
  candidate: Candidate,
): Promise<Result<Omit<BegunAnswer, 'attempts'>, UpstreamRefusal>> {
  const { request, client, admitted } = job
  const { contributor, offer } = candidate
  const signs = contributor.identity !== undefined
  const bound = admitted.bounds.get(offer)
  const completionTokensMax = bound?.completionTokensMax ?? offer.completionTokensMax
  const body = prepareBody(request, offer, { signs, completionTokensMax })
  const inputHash = body === request.body ? request.requestHash : sha256Bytes32(body)
  const startedAtMs = gateway.nowMs()
  const opened = await openAnswer(gateway.upstreams, {
    baseUrl: contributor.baseUrl,
    path: '/chat/completions',
    headers: jobHeaders(gateway, request, candidate),
    body,
    stream: request.stream,
    cancellation: client.cancellation,
    onShownVoucher: (voucher) => gateway.payouts.shown(contributor.contributorId, voucher),
  })
  if (!opened.ok) return opened
  const expected = request.stream ? 'text/event-stream' : 'application/json'
  if (!opened.value.contentType.toLowerCase().startsWith(expected)) {
    opened.value.abort()
    return err({ reason: 'upstream_bad_response' })
  }
  if (!request.stream) {
    const read = await readUnary(opened.value, request.choiceCount)
    if (!read.ok) return read
    const { encodedWork } = opened.value
    const unary = { kind: 'unary', read: read.value, encodedWork } as const
    return ok({ candidate, inputHash, startedAtMs, body: unary })
  }
  const relay = new StreamRelay(opened.value, {
    jobId: request.jobId,
    inputHash,
    choiceCount: request.choiceCount,
    includeUsage: request.includeUsage,
    expectsWork: signs,
    credit: creditOf(admitted, offer, request.choiceCount),
    onCheckpoint: (contentEvents) =>
      gateway.payment.checkpoint(request.requestId, JSON.stringify({ contentEvents })),
    nowMs: gateway.nowMs,
  })
  client.cancellation.onCancel(() => relay.abort())
  const committed = await relay.committed
  if (!committed.ok) return committed
  return ok({ candidate, inputHash, startedAtMs, body: { kind: 'stream', relay } })
}

/** How far what is held goes at this offer's prices; undefined where it goes to the end. */
function creditOf(
  { growing, bounds }: Admitted,
  offer: Offer,
  choiceCount: number,
): StreamCredit | undefined {
  const bound = bounds.get(offer)
  return (
    growing && bound && new StreamCredit(growing, { ...bound, prices: offer.prices, choiceCount })
  )
}

/** Headers for the contributor. The caller's own headers, its key above all, stay here. */
function jobHeaders(
  gateway: Gateway,
  request: InferenceRequest,
  candidate: Candidate,
): Record<string, string> {
  const { contributor, offer } = candidate
  const headers: Record<string, string> = { 'content-type': 'application/json' }
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
