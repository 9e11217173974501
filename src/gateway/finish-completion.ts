/*
 * After the answer: count, charge, attest, once, whoever hung up first. The last bytes leave when the charge and the
 * receipt are durable, so an answer whose end a client has seen always has its receipt.
 */
import { type AnswerHashes, unaryHashes } from '../attestation/answer-transcript.ts'
import { checkWork } from '../attestation/check-work.ts'
import { sealReceipt, type UnsealedReceipt } from '../attestation/seal-receipt.ts'
import { assert } from '../base/assert.ts'
import { err, ok, type Result } from '../base/result.ts'
import { priceRoundedUp } from '../domain/price-sheet.ts'
import { type SignedWork, type Work, type WorkStatus, workStatus } from '../domain/receipt.ts'
import type { Refusal } from '../domain/refusal.ts'
import type { InferenceRequest } from '../domain/request.ts'
import {
  type Address,
  type AtomicAmount,
  atomic,
  noSignature,
  type Signature,
  unixSecondsOf,
  zeroAddress,
  zeroBytes32,
} from '../domain/units.ts'
import { type MeteredUsage, noUsage, type Usage } from '../domain/usage.ts'
import { settleUsage } from '../metering/settle-usage.ts'
import { countPrompt } from '../metering/token-counter.ts'
import type { AnswerClient, AnswerHeaders } from './answer-client.ts'
import type { Gateway } from './gateway.ts'
import type { BegunAnswer } from './open-first-answer.ts'
import { doneEvent, type StreamEnd, type StreamRelay } from './relay-stream.ts'

export type ServedRequest = {
  readonly request: InferenceRequest
  readonly client: AnswerClient
  readonly begun: BegunAnswer
  readonly payerAddress: Address
  readonly heldAmount: AtomicAmount
  readonly promptTokensMax: number
}

/** What an answer turned out to be, before it is priced. */
type Outcome = {
  readonly hashes: AnswerHashes
  readonly status: WorkStatus
  readonly usage: MeteredUsage
  /** The contributor's own signed account, checked; undefined where it cannot sign or did not get that far. */
  readonly signedWork: SignedWork | undefined
}

export async function finishStream(
  gateway: Gateway,
  served: ServedRequest,
  relay: StreamRelay,
): Promise<Result<void, Refusal>> {
  const { client } = served
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
    return (await settle(gateway, served, failed, end.refusal.reason)) ?? end.refusal
  }
  if (end.kind === 'client_gone') {
    const usage = meter(gateway, served, observed)
    const status = workStatus.clientDisconnected
    return settle(gateway, served, { hashes, status, usage, signedWork: undefined }, 'client_gone')
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
  if (client.cancellation.cancelled) {
    await gateway.payment.release(request.requestId)
    settled(gateway, served, { outcome: 'client_gone', reason: 'client_gone' })
    return ok(undefined)
  }
  const { choiceCount } = request
  const hashes = unaryHashes({ received, sent: answer.bytes, content, choiceCount })
  const observed = { content, contentEvents: 0, reported: answer.usage }
  const { encodedWork } = body
  const failure = await settleComplete(gateway, served, { hashes, observed, encodedWork })
  if (failure !== undefined) return err(failure)
  client.answer(answerHeaders(served), answer.bytes)
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
      return (await settle(gateway, served, failed, reason)) ?? { reason: 'attestation_failed' }
    }
    signedWork = checked.value
  }
  const reported = signedWork === undefined ? answer.observed.reported : usageOf(signedWork.work)
  const usage = meter(gateway, served, { ...answer.observed, reported })
  const status = signedWork?.work.status ?? workStatus.complete
  return settle(gateway, served, { hashes, status, usage, signedWork }, undefined)
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

/**
 * Charges the outcome and seals its receipt in one durable step. Answers a refusal when that could not be made durable:
 * then the client must not see an end that says all is well.
 */
async function settle(
  gateway: Gateway,
  served: ServedRequest,
  outcome: Outcome,
  reason: string | undefined,
): Promise<Refusal | undefined> {
  const { request, begun, heldAmount } = served
  const { usage } = outcome
  const price = priceRoundedUp(begun.candidate.offer.prices, usage)
  // Zero output costs nothing, and no answer costs more than was held for it.
  const owed = usage.completionTokens === 0 ? atomic(0n) : price
  const cost = owed < heldAmount ? owed : heldAmount
  const receipt = unsealed(gateway, served, { outcome, cost })
  try {
    const decided = await gateway.payment.charge(request.requestId, cost, (position) =>
      sealReceipt(gateway.signer, receipt, position),
    )
    assert(decided !== undefined, 'a request is charged once')
    await decided.durable
  } catch (error) {
    settled(gateway, served, { outcome: 'failed', reason: 'store_unavailable' })
    if (error instanceof Error && error.name === 'StoreFailure') {
      return { reason: 'store_unavailable' }
    }
    throw error
  }
  const ended = endings[outcome.status]
  settled(gateway, served, { outcome: ended, reason, usage, cost })
  return undefined
}

const endings = {
  [workStatus.complete]: 'complete',
  [workStatus.clientDisconnected]: 'client_gone',
  [workStatus.upstreamFailed]: 'failed',
  [workStatus.truncatedByBudget]: 'complete',
} as const satisfies Record<WorkStatus, string>

function unsealed(
  gateway: Gateway,
  served: ServedRequest,
  priced: { readonly outcome: Outcome; readonly cost: AtomicAmount },
): UnsealedReceipt {
  const { request, begun } = served
  const { outcome, cost } = priced
  const { offer } = begun.candidate
  const contributorSignature: Signature = outcome.signedWork?.signature ?? noSignature
  return {
    receiptId: request.receiptId,
    work: outcome.signedWork?.work ?? ownAccount(gateway, served, outcome),
    contributorSignature,
    client: served.payerAddress,
    requestHash: request.requestHash,
    responseHash: outcome.hashes.responseHash,
    channelId: request.payer.channelId,
    cost,
    prices: offer.prices,
    priceHash: offer.priceHash,
    usageSource: outcome.usage.source,
  }
}

/** The Work as the gateway itself tells it, where no contributor signed one. */
function ownAccount(gateway: Gateway, served: ServedRequest, outcome: Outcome): Work {
  const { request, begun } = served
  const { outputHash, contentHash, streamRoot } = outcome.hashes
  const { promptTokens, cachedPromptTokens, completionTokens } = outcome.usage
  return {
    jobId: request.jobId,
    gateway: gateway.signer.operator,
    contributor: begun.candidate.contributor.identity?.operator ?? zeroAddress,
    modelId: begun.candidate.offer.modelId,
    inputHash: begun.inputHash,
    outputHash,
    contentHash,
    streamRoot,
    promptTokens,
    cachedPromptTokens,
    completionTokens,
    commitment: zeroBytes32,
    startedAt: unixSecondsOf(begun.startedAtMs),
    finishedAt: unixSecondsOf(Math.max(gateway.nowMs(), begun.startedAtMs)),
    status: outcome.status,
  }
}

function settled(
  gateway: Gateway,
  served: ServedRequest,
  ending: {
    readonly outcome: 'complete' | 'client_gone' | 'failed'
    readonly reason: string | undefined
    readonly usage?: Usage
    readonly cost?: AtomicAmount
  },
): void {
  const { request, begun } = served
  const { contributorId } = begun.candidate.contributor
  const nowMs = gateway.nowMs()
  const health = { complete: 'served', client_gone: 'rejected', failed: 'failed' } as const
  gateway.pool.ended(contributorId, health[ending.outcome], nowMs)
  gateway.log({
    requestId: request.requestId,
    apiKeyId: request.payer.apiKeyId,
    modelName: request.modelName,
    contributorId,
    receiptId: request.receiptId,
    stream: request.stream,
    outcome: ending.outcome,
    reason: ending.reason,
    attempts: begun.attempts,
    promptTokens: ending.usage?.promptTokens ?? 0,
    completionTokens: ending.usage?.completionTokens ?? 0,
    costAtomic: String(ending.cost ?? 0n),
    durationMs: nowMs - request.receivedAtMs,
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
