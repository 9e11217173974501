/*
 * After the answer: count, charge, attest, once, whoever hung up first. The last bytes leave when the charge and the
 * receipt are durable, so an answer whose end a client has seen always has its receipt.
 */
import { type AnswerHashes, unaryHashes } from '../attestation/answer-transcript.ts'
import { checkWork } from '../attestation/check-work.ts'
import { err, ok, type Result } from '../base/result.ts'
import { type SignedWork, type Work, workStatus } from '../domain/receipt.ts'
import type { Refusal } from '../domain/refusal.ts'
import { unixSecondsOf } from '../domain/units.ts'
import { type MeteredUsage, noUsage, type Usage } from '../domain/usage.ts'
import { settleUsage } from '../metering/settle-usage.ts'
import { countPrompt } from '../metering/token-counter.ts'
import type { AnswerHeaders } from './answer-client.ts'
import type { Gateway } from './gateway.ts'
import type { BegunAnswer } from './open-first-answer.ts'
import { doneEvent, type StreamEnd, type StreamRelay } from './relay-stream.ts'
import { logEnded, type ServedRequest, settleAnswer } from './settle-answer.ts'

export async function finishStream(
  gateway: Gateway,
  served: ServedRequest,
  relay: StreamRelay,
): Promise<Result<void, Refusal>> {
  const { client } = served
  if (client.cancellation.cancelled) return releaseUnserved(gateway, served)
  client.startStream(answerHeaders(served))
  const end = await relay.relayTo(client)
  const failure = await finishRelayed(gateway, served, { relay, end })
  if (client.cancellation.cancelled) return ok(undefined)
  client.endStream(failure === undefined ? doneEvent : client.errorEvent(failure))
  return ok(undefined)
}

/** Charges and attests a stream whose last content was handed over. Answers what to tell the client instead of [DONE]. */
async function finishRelayed(
  gateway: Gateway,
  served: ServedRequest,
  stream: { readonly relay: StreamRelay; readonly end: StreamEnd },
): Promise<Refusal | undefined> {
  const { relay, end } = stream
  const hashes = relay.transcript.finish(served.request.choiceCount)
  const observed = {
    content: relay.transcript.content,
    contentEvents: relay.contentEvents,
    reported: relay.usage,
  }
  if (end.kind === 'failed') {
    // An answer that broke off is not charged, and its receipt says so.
    const usage = { ...noUsage, source: 'counted' } as const
    const failed = { hashes, status: workStatus.upstreamFailed, usage, signedWork: undefined }
    return (await settleAnswer(gateway, served, failed, end.refusal.reason)) ?? end.refusal
  }
  if (end.kind === 'client_gone') {
    const usage = meter(gateway, served, observed)
    const status = workStatus.clientDisconnected
    return settleAnswer(
      gateway,
      served,
      { hashes, status, usage, signedWork: undefined },
      'client_gone',
    )
  }
  return settleComplete(gateway, served, { hashes, observed, encodedWork: relay.encodedWork })
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
  const hashes = unaryHashes({ received, sent: answer.bytes, content, choiceCount })
  const observed = { content, contentEvents: 0, reported: answer.usage }
  const { encodedWork } = body
  const failure = await settleComplete(gateway, served, { hashes, observed, encodedWork })
  if (failure !== undefined) return err(failure)
  client.answer(answerHeaders(served), answer.bytes)
  return ok(undefined)
}

/** The client left before its first byte: nothing was delivered, so nothing is charged. */
async function releaseUnserved(
  gateway: Gateway,
  served: ServedRequest,
): Promise<Result<void, Refusal>> {
  await gateway.payment.release(served.request.requestId)
  logEnded(gateway, served, { outcome: 'client_gone', reason: 'client_gone' })
  return ok(undefined)
}

type Observed = {
  readonly content: { readonly byteLength: number; readonly text: string }
  readonly contentEvents: number
  readonly reported: Usage | undefined
}

/** A whole answer: the contributor's Work must agree with what we saw before anything is charged. */
async function settleComplete(
  gateway: Gateway,
  served: ServedRequest,
  answer: {
    readonly hashes: AnswerHashes
    readonly observed: Observed
    readonly encodedWork: string | undefined
  },
): Promise<Refusal | undefined> {
  const { request, begun } = served
  const { contributor, offer } = begun.candidate
  const { hashes } = answer
  let signedWork: SignedWork | undefined
  if (contributor.identity !== undefined) {
    const checked = checkWork(gateway.signer.domain, answer.encodedWork, {
      jobId: request.jobId,
      gateway: gateway.signer.operator,
      contributor: contributor.identity.operator,
      modelId: offer.modelId,
      inputHash: begun.inputHash,
      outputHash: hashes.outputHash,
      contentHash: hashes.contentHash,
      streamRoot: hashes.streamRoot,
      signingAddresses: contributor.identity.signingAddresses,
      nowS: unixSecondsOf(gateway.nowMs()),
    })
    if (!checked.ok) {
      const usage = { ...noUsage, source: 'counted' } as const
      const failed = { hashes, status: workStatus.upstreamFailed, usage, signedWork: undefined }
      const fault = checked.error
      const reason = fault.fault === 'work_mismatch' ? `work_mismatch:${fault.member}` : fault.fault
      return (
        (await settleAnswer(gateway, served, failed, reason)) ?? { reason: 'attestation_failed' }
      )
    }
    signedWork = checked.value
  }
  const reported = signedWork === undefined ? answer.observed.reported : usageOf(signedWork.work)
  const usage = meter(gateway, served, { ...answer.observed, reported })
  const status = signedWork?.work.status ?? workStatus.complete
  return settleAnswer(gateway, served, { hashes, status, usage, signedWork }, undefined)
}

const usageOf = (work: Work): Usage => ({
  promptTokens: work.promptTokens,
  cachedPromptTokens: work.cachedPromptTokens,
  completionTokens: work.completionTokens,
  reasoningTokens: 0,
})

function meter(gateway: Gateway, served: ServedRequest, observed: Observed): MeteredUsage {
  const { request, begun, promptTokensMax } = served
  const counter = gateway.tokenCounters.get(begun.candidate.offer.modelName)
  return settleUsage(observed.reported, {
    promptTokensCounted: counter && countPrompt(counter, request.body),
    completionTokensCounted: counter?.count(observed.content.text),
    promptTokensMax,
    completionBytes: observed.content.byteLength,
    completionEvents: observed.contentEvents,
    messageCount: request.messageCount,
  })
}

function answerHeaders(served: ServedRequest): AnswerHeaders {
  const { request, begun } = served
  return {
    'x-request-id': request.requestId,
    'x-vouch-receipt': request.receiptId,
    'x-vouch-contributor': begun.candidate.contributor.contributorId,
    'x-vouch-attempts': String(begun.attempts),
  }
}
