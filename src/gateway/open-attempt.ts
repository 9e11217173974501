import { sha256Bytes32 } from '../attestation/answer-transcript.ts'
import { SeenCheckpoints } from '../attestation/seen-checkpoints.ts'
import type { Cancellation } from '../base/cancellation.ts'
import { err, ok, type Result } from '../base/result.ts'
import type { Contributor, Offer } from '../domain/contributor.ts'
import { type Endpoint, unitAt } from '../domain/endpoint.ts'
import type { AssetAtRate } from '../domain/exchange.ts'
import { voucherHeader } from '../domain/payout-voucher.ts'
import { priceHeader, writePriceHeader } from '../domain/price-header.ts'
import type { UpstreamRefusal } from '../domain/refusal.ts'
import type { InferenceRequest } from '../domain/request.ts'
import { attemptNameOf } from '../domain/request-id.ts'
import type { AttemptRecord } from '../domain/request-record.ts'
import { atomic, type Bytes32 } from '../domain/units.ts'
import type { Admitted } from '../payment/payment-step.ts'
import type { Attempt } from '../routing/attempt.ts'
import { answerFormats } from '../upstream/answer-formats.ts'
import { askHeaders } from '../upstream/ask-headers.ts'
import { openAnswer } from '../upstream/open-answer.ts'
import { prepareBody } from '../upstream/prepare-body.ts'
import type { AnswerClient } from './answer-client.ts'
import type { Gateway } from './gateway.ts'
import { endFailedAttempt } from './note-attempt.ts'
import { readUnary, type UnaryRead } from './read-unary.ts'
import { StreamRelay } from './relay-stream.ts'
import { StreamCredit } from './stream-credit.ts'

/** A request that is paid for and wants somebody to answer it. */
export type AnswerJob = {
  readonly request: InferenceRequest
  readonly income: AssetAtRate | undefined
  readonly admitted: Admitted
  readonly client: AnswerClient
}

/** One contributor asked. */
type Asked = {
  readonly attempt: Attempt
  /** Of this attempt alone, or the client's own where nobody else is asked at the same time. */
  readonly cancellation: Cancellation
}

/** One attempt whose answer has begun. */
export type BegunAttempt = {
  readonly attempt: Attempt
  readonly inputHash: Bytes32
  /** What the contributor was sent, where the client agreed that it is kept for auditors. */
  readonly inputBody?: Buffer | undefined
  readonly startedAtMs: number
  /** When its first content was here, or all of an answer in one piece. */
  readonly beganAtMs: number
  readonly body:
    | {
        readonly kind: 'stream'
        readonly relay: StreamRelay
        /** Of a contributor that signs. */
        readonly checkpoints: SeenCheckpoints | undefined
      }
    | { readonly kind: 'unary'; readonly read: UnaryRead; readonly encodedWork: string | undefined }
}

/** One attempt that came to nothing, and was ended. */
export type FailedAttempt = { readonly refusal: UpstreamRefusal; readonly record: AttemptRecord }

/** Sets the contributor's worst case aside. Who cannot be paid for the answer is not asked for it. */
export function isSolvent(
  gateway: Gateway,
  { request, income, admitted }: AnswerJob,
  { candidate }: Attempt,
  beside = false,
): boolean {
  const { contributorId } = candidate.contributor
  const worstCase = admitted.bounds.get(candidate.offer)?.amount ?? atomic(0n)
  const { requestId } = request
  return gateway.payouts.reserve({ requestId, contributorId, worstCase, income, beside })
}

/** Asks one contributor and waits until its answer begins. Whatever goes wrong, the attempt is ended: its room is another's. */
export async function openAttempt(
  gateway: Gateway,
  job: AnswerJob,
  asked: Asked,
): Promise<Result<BegunAttempt, FailedAttempt>> {
  const { attempt } = asked
  const startedAtMs = gateway.nowMs()
  try {
    const begun = await open(gateway, job, asked)
    if (begun.ok) return begun
    const refusal = begun.error
    const unwanted = whyUnwanted(job.client.cancellation, asked.cancellation)
    const failure = { refusal, unwanted, startedAtMs }
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

function whyUnwanted(
  client: Cancellation,
  own: Cancellation,
): 'client_gone' | 'hedge_lost' | undefined {
  if (client.cancelled) return 'client_gone'
  return own.cancelled ? 'hedge_lost' : undefined
}

async function open(
  gateway: Gateway,
  job: AnswerJob,
  { attempt, cancellation }: Asked,
): Promise<Result<BegunAttempt, UpstreamRefusal>> {
  const { request, client, admitted } = job
  const { contributor, offer } = attempt.candidate
  const signs = contributor.identity !== undefined
  const bound = admitted.bounds.get(offer)
  const completionTokensMax = bound?.completionTokensMax ?? offer.completionTokensMax
  const body = prepareBody(request, offer, { signs, completionTokensMax })
  const inputHash = body === request.body ? request.requestHash : sha256Bytes32(body)
  const startedAtMs = gateway.nowMs()
  const mayBeAudited = request.mayBeAudited === true && gateway.audits?.keeps === true
  const asked = { attempt, inputHash, inputBody: mayBeAudited ? body : undefined, startedAtMs }
  const opened = await openAnswer(gateway.upstreams, {
    baseUrl: contributor.baseUrl,
    isGuarded: contributor.isGuarded,
    path: pathAt(request.endpoint, offer),
    headers: jobHeaders(gateway, request, attempt),
    body,
    stream: request.stream,
    cancellation,
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
    const units = { choiceCount, expected: expectedUnits, unit }
    const read = await readUnary(opened.value, format, units)
    if (!read.ok) return read
    const { encodedWork } = opened.value
    const unary = { kind: 'unary', read: read.value, encodedWork } as const
    return ok({ ...asked, beganAtMs: gateway.nowMs(), body: unary })
  }
  const checkpoints = checkpointsOf(gateway, request, contributor)
  const relay = new StreamRelay(opened.value, {
    jobId: request.jobId,
    inputHash,
    keepsReceived: mayBeAudited,
    choiceCount: request.choiceCount,
    format: streamFormat,
    dialect: client.startDialect?.(request),
    includeUsage: request.includeUsage,
    expectsWork: signs,
    checkpoints,
    credit: creditOf(admitted, offer, request),
    onCheckpoint: (contentEvents) =>
      gateway.payment.checkpoint(request.requestId, JSON.stringify({ contentEvents })),
    beginWithinMs: gateway.upstreams.timeouts.wholeAnswerMs,
    nowMs: gateway.nowMs,
  })
  cancellation.onCancel(() => relay.abort())
  const committed = await relay.committed
  if (!committed.ok) return committed
  const stream = { kind: 'stream', relay, checkpoints } as const
  return ok({ ...asked, beganAtMs: gateway.nowMs(), body: stream })
}

/** Behind the base URL. Of what goes as bytes the path names the model, where a body would. */
const pathAt = (endpoint: Endpoint, { upstreamModelName }: Offer): string =>
  endpoint === 'inference' ? `/inference/${encodeURIComponent(upstreamModelName)}` : `/${endpoint}`

function checkpointsOf(
  { signer, nowMs }: Gateway,
  { jobId }: InferenceRequest,
  { identity }: Contributor,
): SeenCheckpoints | undefined {
  if (identity === undefined) return undefined
  const parties = { gateway: signer.operator, contributor: identity.operator }
  return new SeenCheckpoints({ jobId, ...parties }, nowMs)
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
  { candidate, asked, ordinal }: Attempt,
): Record<string, string> {
  const { contributor, offer } = candidate
  const headers: Record<string, string> = {
    'content-type': request.contentType ?? 'application/json',
    // Engines that name their answers after it spare the ledger an entry.
    'x-request-id': attemptNameOf(request.requestId, ordinal),
  }
  if (contributor.authorization !== undefined) headers['authorization'] = contributor.authorization
  if (contributor.identity !== undefined) {
    headers['x-vouch-job'] = request.jobId
    headers['x-vouch-gateway'] = gateway.signer.operator
    headers['x-vouch-model'] = offer.modelId
    headers[priceHeader] = writePriceHeader(asked)
    if (request.payer.kind === 'contract') Object.assign(headers, askHeaders(request.payer.ask))
    const voucher = gateway.payouts.voucherFor(contributor.contributorId)
    if (voucher !== undefined) headers[voucherHeader] = voucher
  }
  return headers
}
