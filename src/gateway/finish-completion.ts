/*
 * After the answer: count, charge, attest, once, whoever hung up first. The last bytes leave when the charge and the
 * receipt are durable, so an answer whose end a client has seen always has its receipt.
 */
import {
  type AnswerHashes,
  type ReceivedHashes,
  sha256Bytes32,
  unaryHashes,
  unitHashes,
} from '../attestation/answer-transcript.ts'
import { type CheckedWork, checkWork } from '../attestation/check-work.ts'
import type { SeenCheckpoint } from '../attestation/seen-checkpoints.ts'
import { err, ok, type Result } from '../base/result.ts'
import type { SignedCheckpoint } from '../domain/checkpoint.ts'
import { workStatus } from '../domain/receipt.ts'
import type { Refusal } from '../domain/refusal.ts'
import type { EndReason } from '../domain/request-record.ts'
import { type Bytes32, unixSecondsOf, zeroBytes32 } from '../domain/units.ts'
import { type MeteredUsage, noUsage } from '../domain/usage.ts'
import { isStoreFailure } from '../payment/payment-step.ts'
import { answerHeaders, wholeAnswerHeaders } from './answer-headers.ts'
import { releaseHold, requestOnly } from './enter-limits.ts'
import type { Gateway } from './gateway.ts'
import { judgeCut } from './judge-cut.ts'
import { meter, meterCut, type Observed, type StreamObserved, usageOf } from './meter-answer.ts'
import type { BegunAnswer } from './open-first-answer.ts'
import { proveAnswer, withoutContributor } from './prove-answer.ts'
import type { StreamRelay } from './relay-stream.ts'
import type { StreamEnd } from './relay-terms.ts'
import { logEnded, type Outcome, type ServedRequest, settleAnswer } from './settle-answer.ts'

export async function finishStream(
  gateway: Gateway,
  served: ServedRequest,
  relay: StreamRelay,
): Promise<Result<void, Refusal>> {
  const { client } = served
  const { requestId } = served.request
  if (client.cancellation.cancelled) return releaseUnserved(gateway, served)
  client.startStream(answerHeaders(served))
  const end = await relay.relayTo(client, served.sentBefore)
  const closing = await finishRelayed(gateway, served, { relay, end })
  if (client.cancellation.cancelled) return ok(undefined)
  if (closing.ok) client.endStream(closing.value)
  else client.endStream(relay.failed(closing.error, requestId) ?? client.errorEvent(closing.error))
  return ok(undefined)
}

/** Charges and attests a stream whose last content was handed over. Answers the bytes that close it, or what went wrong. */
async function finishRelayed(
  gateway: Gateway,
  served: ServedRequest,
  stream: { readonly relay: StreamRelay; readonly end: StreamEnd },
): Promise<Result<Buffer, Refusal>> {
  const { relay, end } = stream
  const received = relay.transcript.finishReceived(served.request.choiceCount)
  const observed = {
    content: relay.transcript.content,
    reported: relay.usage,
  }
  if (end.kind === 'complete') {
    return settleComplete(gateway, served, {
      received,
      observed,
      encodedWork: relay.encodedWork,
      close: (usage) => {
        const closing = relay.closing(usage, 'complete')
        relay.transcript.added(closing)
        return { value: closing, responseHash: relay.transcript.finishSent() }
      },
    })
  }
  const judged = judgeCut(gateway, served)
  if (!judged.ok) {
    // As of a false Work: the gateway stands for none of these bytes.
    const hashes = { ...received, responseHash: zeroBytes32 }
    const refusal = { reason: 'attestation_failed' } as const
    return settleFailed(gateway, served, { hashes, refusal, ...judged.error })
  }
  const vouched = judged.value
  if (end.kind === 'budget_spent')
    return settleCutShort(gateway, served, { relay, received, observed, vouched })
  const hashes = { ...received, responseHash: relay.transcript.finishSent() }
  if (end.kind === 'failed') {
    const { refusal } = end
    return settleFailed(gateway, served, { hashes, refusal, reason: refusal.reason, vouched })
  }
  const usage = meterCut(served, observed, vouched)
  const status = workStatus.clientDisconnected
  const gone = { hashes, status, usage, signedWork: undefined, vouched }
  const failure = await settleAnswer(gateway, served, gone, 'client_gone')
  return failure === undefined ? ok(nothing) : err(failure)
}

const nothing = Buffer.alloc(0)

/**
 * An answer that ended where its payer's money did. The client sees a normal end; a contributor that signs was stopped
 * before it could, so it vouches as far as its newest checkpoint, and the gateway alone for the rest.
 */
async function settleCutShort(
  gateway: Gateway,
  served: ServedRequest,
  cut: {
    readonly relay: StreamRelay
    readonly received: ReceivedHashes
    readonly observed: StreamObserved
    readonly vouched: SeenCheckpoint | undefined
  },
): Promise<Result<Buffer, Refusal>> {
  const { vouched } = cut
  const { transcript } = cut.relay
  const usage = meterCut(served, cut.observed, vouched)
  const closing = cut.relay.closing(usage, 'budget_spent')
  transcript.added(closing)
  const hashes = { ...cut.received, responseHash: transcript.finishSent() }
  const status = workStatus.truncatedByBudget
  const outcome = { hashes, status, usage, signedWork: undefined, vouched }
  const failure = await settleAnswer(gateway, served, outcome, 'budget_spent')
  return failure === undefined ? ok(closing) : err(failure)
}

export async function finishUnary(
  gateway: Gateway,
  served: ServedRequest,
  body: Extract<BegunAnswer['body'], { kind: 'unary' }>,
): Promise<Result<void, Refusal>> {
  const { client, request } = served
  const { answer, content, received } = body.read
  if (client.cancellation.cancelled) return releaseUnserved(gateway, served)
  const { choiceCount } = request
  const hashes =
    'units' in content
      ? unitHashes({ received, delivered: content.delivered })
      : unaryHashes({ received, content, choiceCount })
  let charged: MeteredUsage = { ...noUsage, source: 'counted' }
  const settled = await settleComplete(gateway, served, {
    received: hashes,
    observed: { content, reported: answer.usage },
    encodedWork: body.encodedWork,
    proven: request.proof === undefined ? undefined : received,
    close: (usage) => {
      const value = client.startDialect?.(request).whole(answer.bytes, usage) ?? answer.bytes
      const responseHash = value === received ? hashes.outputHash : sha256Bytes32(value)
      charged = usage
      return { value, responseHash }
    },
  })
  if (!settled.ok) return settled
  const headers = wholeAnswerHeaders(gateway, served, charged)
  const { contentType } = answer
  client.answer(
    contentType === undefined ? headers : { ...headers, 'content-type': contentType },
    settled.value,
  )
  return ok(undefined)
}

/** The client left before its first byte: nothing was delivered, so nothing is charged. */
async function releaseUnserved(
  gateway: Gateway,
  served: ServedRequest,
): Promise<Result<void, Refusal>> {
  await releaseHold(gateway, served)
  await served.place?.leave(requestOnly)
  logEnded(gateway, served, { outcome: 'client_gone', reason: 'client_gone' })
  return ok(undefined)
}

/** A whole answer: the contributor's Work must agree with what we saw before anything is charged. */
async function settleComplete(
  gateway: Gateway,
  served: ServedRequest,
  answer: {
    readonly received: ReceivedHashes
    readonly observed: Observed
    readonly encodedWork: string | undefined
    /** What the contributor sent, where that is to be proven before anybody gets it. */
    readonly proven?: Buffer | undefined
    /** The last bytes for the client, once it is known what they cost, and the hash of all that it gets. */
    readonly close: (usage: MeteredUsage) => {
      readonly value: Buffer
      readonly responseHash: Bytes32
    }
  },
): Promise<Result<Buffer, Refusal>> {
  const { request, begun } = served
  const { contributor, offer } = begun.attempt.candidate
  const { received } = answer
  let signedWork: CheckedWork | undefined
  if (contributor.identity !== undefined) {
    const checked = checkWork(gateway.signer.domain, answer.encodedWork, {
      jobId: request.jobId,
      gateway: gateway.signer.operator,
      contributor: contributor.identity.operator,
      modelId: offer.modelId,
      inputHash: begun.inputHash,
      ...received,
      signingAddresses: contributor.identity.signingAddresses,
      nowS: unixSecondsOf(gateway.nowMs()),
    })
    if (!checked.ok) {
      const fault = checked.error
      const reason =
        fault.fault === 'work_mismatch' ? (`work_mismatch:${fault.member}` as const) : fault.fault
      // The gateway stands for none of the bytes that such an answer was made of.
      const hashes = { ...received, responseHash: zeroBytes32 }
      return settleFailed(gateway, served, {
        hashes,
        refusal: { reason: 'attestation_failed' },
        reason,
      })
    }
    signedWork = checked.value
  }
  const reported = signedWork === undefined ? answer.observed.reported : usageOf(signedWork.work)
  const usage = meter(served, { ...answer.observed, reported })
  const status = signedWork?.work.status ?? workStatus.complete
  const { value, responseHash } = answer.close(usage)
  const outcome = { hashes: { ...received, responseHash }, status, usage, signedWork }
  if (answer.proven !== undefined) {
    return settleProven(gateway, served, { outcome, wire: answer.proven, value })
  }
  const unkept = await whyUnkept(gateway, served, value)
  const failure = unkept ?? (await settleAnswer(gateway, served, outcome, undefined))
  return failure === undefined ? ok(value) : err(failure)
}

/** Gives the answer to a client that keeps it before it is charged; undefined, at no cost, for all others. */
async function whyUnkept(
  gateway: Gateway,
  served: ServedRequest,
  value: Buffer,
): Promise<Refusal | undefined> {
  const { keep } = served.client
  if (keep === undefined) return undefined
  let reason: 'answer_not_verifiable' | 'store_unavailable' = 'answer_not_verifiable'
  try {
    if (await keep(value)) return undefined
  } catch (error) {
    if (!isStoreFailure(error)) throw error
    reason = 'store_unavailable'
  }
  await releaseHold(gateway, served)
  await served.place?.leave(requestOnly)
  logEnded(gateway, served, { outcome: 'failed', reason })
  return { reason }
}

/** The same of an answer that is to be proven: it is charged when its proof is there, or not at all. */
async function settleProven(
  gateway: Gateway,
  served: ServedRequest,
  answered: { readonly outcome: Outcome; readonly wire: Buffer; readonly value: Buffer },
): Promise<Result<Buffer, Refusal>> {
  const { outcome, value } = answered
  const alone = withoutContributor(gateway, served, outcome.usage)
  const proven = await proveAnswer(gateway, alone, answered)
  if (!proven.ok) return proven
  const { proof, settled } = proven.value
  const unkept = await whyUnkept(gateway, alone, value)
  const failure = unkept ?? (await settleAnswer(gateway, alone, { ...outcome, proof }, undefined))
  await settled(failure)
  return failure === undefined ? ok(value) : err(failure)
}

/** An answer that broke off or was not proven is not charged, and its receipt says so. */
async function settleFailed(
  gateway: Gateway,
  served: ServedRequest,
  failed: {
    readonly hashes: AnswerHashes
    readonly refusal: Refusal
    readonly reason: EndReason
    readonly vouched?: SeenCheckpoint | undefined
    readonly contradiction?: readonly SignedCheckpoint[]
  },
): Promise<Result<never, Refusal>> {
  const { hashes, refusal, reason, vouched, contradiction } = failed
  const usage = { ...noUsage, source: 'counted' } as const
  const status = workStatus.upstreamFailed
  const outcome = { hashes, status, usage, signedWork: undefined, vouched, contradiction }
  return err((await settleAnswer(gateway, served, outcome, reason)) ?? refusal)
}
