/*
 * Before the first byte: every way to say no. A request walks once through the steps in this order and either is refused,
 * with nothing held and nothing charged, or begins to be answered and is finished by finish-completion.ts.
 */
import { err, type Result } from '../base/result.ts'
import type { Refusal } from '../domain/refusal.ts'
import type { InferenceRequest } from '../domain/request.ts'
import type { Admitted } from '../payment/payment-step.ts'
import { orderCandidates } from '../routing/choose-contributor.ts'
import type { Candidate } from '../routing/contributor-pool.ts'
import type { AnswerClient } from './answer-client.ts'
import { finishStream, finishUnary } from './finish-completion.ts'
import type { Gateway } from './gateway.ts'
import { type BegunAnswer, type OpenFailure, openFirstAnswer } from './open-first-answer.ts'
import { recoveryContext } from './recover-holds.ts'
import type { ServedRequest } from './settle-answer.ts'

/** Answers `client`, or returns why not, before a byte was written. Never throws for the expected. */
export async function serveCompletion(
  gateway: Gateway,
  request: InferenceRequest,
  client: AnswerClient,
): Promise<Result<void, Refusal>> {
  const candidates = gateway.pool.candidates(request.modelName)
  const [first] = candidates
  if (first === undefined) return err({ reason: 'model_not_found', modelId: request.modelName })

  const admitted = await admit(gateway, request, candidates)
  if (!admitted.ok) return admitted

  // The contributor works while the disk makes the hold durable; the client hears nothing before both are there.
  const begun = await openFirstAnswer(gateway, {
    request,
    admitted: admitted.value,
    candidates: order(gateway, candidates, admitted.value),
    client,
  })
  if (!begun.ok) {
    await gateway.payment.release(request.requestId)
    const refusal = asCallerSeesIt(begun.error, first)
    logRefused(gateway, request, begun.error)
    return err(refusal)
  }

  const durable = await isDurable(admitted.value)
  if (!durable) {
    endUnserved(gateway, begun.value)
    return err({ reason: 'store_unavailable' })
  }
  const served: ServedRequest = {
    request,
    client,
    begun: begun.value,
    payerAddress: admitted.value.payerAddress,
    heldAmount: admitted.value.hold.value.heldAmount,
    promptTokensMax: admitted.value.bounds.get(begun.value.candidate.offer)?.promptTokensMax ?? 0,
  }
  return begun.value.body.kind === 'stream'
    ? finishStream(gateway, served, begun.value.body.relay)
    : finishUnary(gateway, served, begun.value.body)
}

function admit(
  gateway: Gateway,
  request: InferenceRequest,
  candidates: readonly Candidate[],
): Promise<Result<Admitted, Refusal>> {
  const context = recoveryContext(request, candidates)
  const offers = candidates.map(({ offer }) => offer)
  return gateway.payment.admit(request, offers, context)
}

/** Those whose bounds the request respects, best first. */
function order(
  gateway: Gateway,
  candidates: readonly Candidate[],
  admitted: Admitted,
): readonly Candidate[] {
  const nowMs = gateway.nowMs()
  return orderCandidates(
    candidates.filter(({ offer }) => admitted.bounds.has(offer)),
    {
      rests: (contributorId) => gateway.pool.rests(contributorId, nowMs),
      inFlight: (contributorId) => gateway.pool.inFlight(contributorId),
    },
  )
}

async function isDurable(admitted: Admitted): Promise<boolean> {
  try {
    await admitted.hold.durable
    return true
  } catch {
    return false
  }
}

/** The ledger failed under an answer that had begun: it is dropped, because nobody could be charged for it. */
function endUnserved(gateway: Gateway, begun: BegunAnswer): void {
  if (begun.body.kind === 'stream') begun.body.relay.abort()
  gateway.pool.ended(begun.candidate.contributor.contributorId, 'rejected', gateway.nowMs())
}

/** An engine's own "too long" is told with the model's figure; its text stays with us. */
function asCallerSeesIt(failure: OpenFailure, candidate: Candidate): Refusal {
  const { refusal } = failure
  if (refusal.reason !== 'upstream_rejected' || refusal.code !== 'context_length_exceeded') {
    return refusal
  }
  return {
    reason: 'context_length_exceeded',
    contextTokensMax: candidate.offer.contextTokensMax,
  }
}

function logRefused(gateway: Gateway, request: InferenceRequest, failure: OpenFailure): void {
  gateway.log({
    requestId: request.requestId,
    apiKeyId: request.payer.apiKeyId,
    modelName: request.modelName,
    contributorId: undefined,
    receiptId: undefined,
    stream: request.stream,
    outcome: 'refused',
    reason: failure.refusal.reason,
    attempts: failure.attempts,
    promptTokens: 0,
    completionTokens: 0,
    costAtomic: '0',
    durationMs: gateway.nowMs() - request.receivedAtMs,
  })
}
