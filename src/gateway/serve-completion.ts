/*
 * Before the first byte: every way to say no. A request walks once through the steps in this order and either is refused,
 * with nothing held and nothing charged, or begins to be answered and is finished by finish-completion.ts.
 */
import { err, ok, type Result } from '../base/result.ts'
import { type Soon, whenThere } from '../base/soon.ts'
import type { LimitedCaller } from '../domain/caller-limits.ts'
import type { Offer } from '../domain/contributor.ts'
import { promptParams } from '../domain/endpoint.ts'
import type { Refusal } from '../domain/refusal.ts'
import type { InferenceRequest } from '../domain/request.ts'
import type { AttemptRecord } from '../domain/request-record.ts'
import { nothingUsed } from '../payment/caller-limits.ts'
import type { LimitPlace } from '../payment/caller-limits-desk.ts'
import type { Admitted } from '../payment/payment-step.ts'
import type { Pricing } from '../payment/price-exchange.ts'
import type { Offered } from '../routing/contributor-pool.ts'
import type { Candidate } from '../routing/lane.ts'
import type { AnswerClient } from './answer-client.ts'
import { enterLimits, releaseHold, requestOnly } from './enter-limits.ts'
import { finishStream, finishUnary } from './finish-completion.ts'
import type { Gateway } from './gateway.ts'
import { KeepAlive } from './keep-alive.ts'
import { logUnserved } from './log-unserved.ts'
import { attemptRecordsOf } from './note-attempt.ts'
import { type BegunAnswer, openFirstAnswer } from './open-first-answer.ts'
import { recoveryContext } from './recover-holds.ts'
import { routeRequestOf } from './route-request.ts'
import type { ServedRequest } from './settle-answer.ts'
import { whyUnprovable } from './why-unprovable.ts'
import { whyUnserved } from './why-unserved.ts'

/** Answers `client`, or returns why not, before a byte was written. Never throws for the expected. */
export function serveCompletion(
  gateway: Gateway,
  request: InferenceRequest,
  client: AnswerClient,
): Soon<Result<void, Refusal>> {
  // The configuration may change while this request waits: it keeps to what there was when it came.
  const offered = gateway.pool.offered(request)
  const { tokenCounters } = gateway
  if (offered.candidates.length === 0) {
    return refuse(gateway, request, whyUnserved(gateway.pool, request))
  }
  const unprovable = whyUnprovable(gateway, request, offered.candidates)
  if (unprovable !== undefined) return refuse(gateway, request, unprovable)
  const { payer, modelName } = request
  if (payer.kind === 'api-key' && payer.modelScope?.includes(modelName) === false) {
    return refuse(gateway, request, { reason: 'model_not_allowed', modelId: modelName })
  }
  return whenThere(gateway.payment.pricing(payer.channelId), (known) => {
    if (!known.ok) return refuse(gateway, request, known.error)
    const pricing = known.value
    const candidates = priced(offered.candidates, pricing)
    const job = { request, client, offered, tokenCounters, candidates, pricing, place: undefined }
    const callers = gateway.limits.limitsOf(payer)
    return callers === undefined ? serveOnHold(gateway, job) : serveLimited(gateway, job, callers)
  })
}

type Job = {
  readonly request: InferenceRequest
  readonly client: AnswerClient
  readonly offered: Offered
  readonly tokenCounters: Gateway['tokenCounters']
  readonly candidates: readonly Candidate[]
  readonly pricing: Pricing
  /** Undefined for a caller without limits. */
  readonly place: LimitPlace | undefined
}

async function serveLimited(
  gateway: Gateway,
  job: Job,
  callers: readonly LimitedCaller[],
): Promise<Result<void, Refusal>> {
  const { income } = job.pricing
  const place = await enterLimits(gateway, callers, { ...job, income })
  if (!place.ok) return refuse(gateway, job.request, place.error)
  try {
    return await serveOnHold(gateway, { ...job, place: place.value })
  } finally {
    // Whoever was charged or left has told before: what ends here was refused.
    await place.value.leave(nothingUsed)
  }
}

async function serveOnHold(gateway: Gateway, job: Job): Promise<Result<void, Refusal>> {
  const { request, client, place } = job
  const admitted = await admit(gateway, job)
  if (!admitted.ok) {
    // The hold may stand after all: then recovery ends it.
    if (admitted.error.reason === 'store_unavailable') await place?.leave(undefined)
    return refuse(gateway, request, admitted.error)
  }
  try {
    return await serveAdmitted(gateway, job, admitted.value)
  } catch (error) {
    // A bug must not keep a customer's money held, nor an engine at work for nobody. What was charged stays charged.
    client.cancellation.cancel()
    await releaseHold(gateway, job)
    throw error
  } finally {
    gateway.payouts.release(request.requestId)
  }
}

async function serveAdmitted(
  gateway: Gateway,
  job: Job,
  admitted: Admitted,
): Promise<Result<void, Refusal>> {
  const { request, client, candidates, place } = job
  const { income, offerOf } = job.pricing
  const routeRequest = routeRequestOf(request, gateway.priceDecimals)
  const offerFor = (offer: Offer): Offer | undefined => {
    const asked = offerOf(offer)
    return admitted.bounds.has(asked) ? asked : undefined
  }
  const kept = keepAliveOf(gateway, job, admitted)
  // The contributor works while the disk makes the hold durable; the client hears nothing before both are there.
  const route = gateway.pool.route(routeRequest, offerFor, job.offered)
  const opening = openFirstAnswer(gateway, { request, income, admitted, route, client })
  const begun = await (kept === undefined ? opening : opening.finally(() => kept.stop()))
  if (!begun.ok) {
    await releaseHold(gateway, job)
    const { refusal, attempts } = begun.error
    if (client.cancellation.cancelled) {
      await place?.leave(requestOnly)
      return leave(gateway, request, attempts)
    }
    // An engine read it and found it wrong; whoever sends nothing else makes work without end.
    if (refusal.reason === 'upstream_rejected') await place?.leave(requestOnly)
    return refuseIn(
      kept,
      refuse(gateway, request, asCallerSeesIt(refusal, candidates, request), attempts),
      job,
    )
  }

  if (!(await isDurable(admitted.hold.durable))) {
    const reason = 'store_unavailable'
    const attempts = attemptRecordsOf(begun.value, reason, gateway.nowMs())
    endUnserved(gateway, begun.value)
    await releaseHold(gateway, job)
    return refuseIn(kept, refuse(gateway, request, { reason }, attempts), job)
  }
  const served: ServedRequest = {
    request,
    client: kept?.client ?? client,
    begun: begun.value,
    sentBefore: kept?.sent,
    income,
    admitted,
    place,
    tokenCounter: job.tokenCounters.get(request.modelName),
    promptTokensMax: admitted.bounds.get(begun.value.attempt.candidate.offer)?.promptTokensMax ?? 0,
  }
  try {
    return begun.value.body.kind === 'stream'
      ? await finishStream(gateway, served, begun.value.body.relay)
      : await finishUnary(gateway, served, begun.value.body)
  } finally {
    begun.value.attempt.abandoned(gateway.nowMs())
  }
}

function keepAliveOf(
  { keepAlive }: Gateway,
  { request, client }: Job,
  { headers }: Admitted,
): KeepAlive | undefined {
  if (keepAlive === undefined || !request.stream) return undefined
  const { requestId, receiptId } = request
  const names = { 'x-request-id': requestId, 'x-vouch-receipt': receiptId }
  return new KeepAlive(client, keepAlive, { ...names, ...headers })
}

/** Where the stream has begun, a refusal is told in it. */
function refuseIn(
  kept: KeepAlive | undefined,
  refused: Result<void, Refusal>,
  { request }: Job,
): Result<void, Refusal> {
  return !refused.ok && kept?.fail(refused.error, request) === true ? ok(undefined) : refused
}

/** The candidates as this payer is asked for them: from here on all prices are in its channel's asset. */
const priced = (offered: readonly Candidate[], { offerOf }: Pricing): readonly Candidate[] =>
  offered.map((candidate) => {
    const offer = offerOf(candidate.offer)
    return offer === candidate.offer ? candidate : { ...candidate, offer }
  })

function admit(gateway: Gateway, job: Job): Promise<Result<Admitted, Refusal>> {
  const { request, candidates, pricing, place } = job
  const { income } = pricing
  const context = recoveryContext(request, candidates, { income, dayClaim: place?.dayClaim })
  const offers = candidates.map(({ offer }) => offer)
  return gateway.payment.admit(request, offers, context)
}

const isDurable = (durable: Promise<void>): Promise<boolean> =>
  durable.then(
    () => true,
    () => false,
  )

/** The ledger failed under an answer that had begun: it is dropped, because nobody could be charged for it. */
function endUnserved(gateway: Gateway, begun: BegunAnswer): void {
  if (begun.body.kind === 'stream') begun.body.relay.abort()
  begun.attempt.abandoned(gateway.nowMs())
}

/** An engine's own "too long" is told with the model's figure; its text stays with us. */
function asCallerSeesIt(
  refusal: Refusal,
  candidates: readonly Candidate[],
  { endpoint }: InferenceRequest,
): Refusal {
  const [first] = candidates
  if (
    first === undefined ||
    refusal.reason !== 'upstream_rejected' ||
    refusal.code !== 'context_length_exceeded'
  ) {
    return refusal
  }
  const { contextTokensMax } = first.offer
  return { reason: 'context_length_exceeded', contextTokensMax, param: promptParams[endpoint] }
}

function refuse(
  gateway: Gateway,
  request: InferenceRequest,
  refusal: Refusal,
  attempts: readonly AttemptRecord[] = [],
): Result<void, Refusal> {
  logUnserved(gateway, request, { outcome: 'refused', reason: refusal.reason, attempts })
  return err(refusal)
}

/** The client left before an answer began: nobody is there to be refused. */
function leave(
  gateway: Gateway,
  request: InferenceRequest,
  attempts: readonly AttemptRecord[],
): Result<void, Refusal> {
  logUnserved(gateway, request, { outcome: 'client_gone', reason: 'client_gone', attempts })
  return ok(undefined)
}
