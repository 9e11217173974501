/*
 * The end of one answer in the books: its price, its charge, its receipt and its line in the log.
 */
import type { AnswerHashes } from '../attestation/answer-transcript.ts'
import type { CheckedWork } from '../attestation/check-work.ts'
import { sealReceipt, type UnsealedReceipt } from '../attestation/seal-receipt.ts'
import type { SeenCheckpoint } from '../attestation/seen-checkpoints.ts'
import type { SignedCheckpoint } from '../domain/checkpoint.ts'
import { type AssetAtRate, type MicroUsd, microUsd, microUsdOf } from '../domain/exchange.ts'
import type { Earning, SealedReceipt } from '../domain/hold.ts'
import { priceRoundedUp } from '../domain/price-sheet.ts'
import type { ProofDocument } from '../domain/proof-document.ts'
import { type Work, type WorkStatus, workStatus } from '../domain/receipt.ts'
import type { Refusal } from '../domain/refusal.ts'
import { apiKeyIdOf, type InferenceRequest } from '../domain/request.ts'
import { answerIdToKeep, isAnswerId } from '../domain/request-id.ts'
import type { EndReason, RequestRecord } from '../domain/request-record.ts'
import {
  type AtomicAmount,
  atomic,
  noSignature,
  type Signature,
  unixSecondsOf,
  zeroAddress,
  zeroBytes32,
} from '../domain/units.ts'
import type { MeteredUsage, Usage } from '../domain/usage.ts'
import type { UsdBook } from '../domain/usd-book.ts'
import type { TokenCounter } from '../metering/token-counter.ts'
import type { LimitPlace } from '../payment/caller-limits-desk.ts'
import { type Admitted, heldAmountOf, isStoreFailure } from '../payment/payment-step.ts'
import { isText } from '../upstream/answer-formats.ts'
import type { AnswerClient } from './answer-client.ts'
import { limitUseOf } from './enter-limits.ts'
import type { Gateway } from './gateway.ts'
import { keepForAudits } from './keep-for-audits.ts'
import { attemptRecordsOf, endServedAttempt, outcomeWhenEnded } from './note-attempt.ts'
import type { BegunAnswer } from './open-first-answer.ts'
import { evidenceOf, standingOf } from './receipt-evidence.ts'

export type ServedRequest = {
  readonly request: InferenceRequest
  readonly client: AnswerClient
  readonly begun: BegunAnswer
  /** Of its stream, what the client got while it waited. */
  readonly sentBefore: Buffer | undefined
  /** What the answer is charged in; undefined where one asset alone is taken. */
  readonly income: AssetAtRate | undefined
  readonly admitted: Admitted
  /** Undefined for a caller without limits. */
  readonly place: LimitPlace | undefined
  /** Undefined where tokens are bounded by bytes. */
  readonly tokenCounter: TokenCounter | undefined
  readonly promptTokensMax: number
}

/** What an answer turned out to be, before it is priced. */
export type Outcome = {
  readonly hashes: AnswerHashes
  readonly status: WorkStatus
  readonly usage: MeteredUsage
  /** The contributor's own signed account, checked; undefined where it cannot sign or did not get that far. */
  readonly signedWork: CheckedWork | undefined
  /** Of a stream without a Work: how far its contributor vouches for it, checked. */
  readonly vouched?: SeenCheckpoint | undefined
  /** That the answer is the model's, made and verified. */
  readonly proof?: ProofDocument | undefined
  /** Two checkpoints that it signed under one index. */
  readonly contradiction?: readonly SignedCheckpoint[] | undefined
}

/**
 * Charges the outcome and seals its receipt in one durable step. Answers a refusal when that could not be made durable:
 * then the client must not see an end that says all is well.
 */
export async function settleAnswer(
  gateway: Gateway,
  served: ServedRequest,
  outcome: Outcome,
  reason: EndReason | undefined,
): Promise<Refusal | undefined> {
  const { request, begun, place } = served
  const { usage } = outcome
  const cost = answerCost(served, usage)
  const receipt = unsealed(gateway, served, { outcome, cost, reason })
  let sealed: SealedReceipt
  try {
    await gateway.payouts.recovering(begun.attempt.candidate.contributor.contributorId)
    const earned = earningOf(gateway, served, { outcome, cost })
    const decided = await gateway.payment.charge(
      request.requestId,
      cost,
      (position) => sealReceipt(gateway.signer, receipt, position),
      earned,
      worthOf(served.income, cost, earned?.microUsd),
    )
    if (decided === undefined) {
      // Somebody took this gateway for dead and ended the request in its place: its receipt is not of what we sent.
      await place?.leave(undefined)
      logEnded(gateway, served, { outcome: 'failed', reason: 'hold_lost' })
      return { reason: 'hold_lost' }
    }
    await decided.durable
    sealed = decided.value
  } catch (error) {
    await place?.leave(undefined)
    logEnded(gateway, served, { outcome: 'failed', reason: 'store_unavailable' })
    if (isStoreFailure(error)) return { reason: 'store_unavailable' }
    throw error
  }
  // Before the last bytes, so that whoever has them finds its place free.
  await place?.leave(limitUseOf({ usage, cost }, served.income, gateway.priceDecimals))
  const ended = endings[outcome.status]
  logEnded(gateway, served, { outcome: ended, reason, usage, cost })
  served.client.sealed?.(sealed.body())
  keepForAudits(gateway, served, { outcome, sealed })
  return undefined
}

/** Zero output costs nothing, and no answer costs more than was held for it. */
export function answerCost({ begun, admitted }: ServedRequest, usage: Usage): AtomicAmount {
  if (usage.completionTokens === 0) return atomic(0n)
  const heldAmount = heldAmountOf(admitted)
  const price = priceRoundedUp(begun.attempt.candidate.offer.prices, usage)
  return price < heldAmount ? price : heldAmount
}

/**
 * What the contributor earns of it. Whoever can sign its Work is paid only for what it signed, and was checked: of a stream
 * that was cut, for the tokens of its newest checkpoint. Of a lent key the gateway made the call itself, and its own account
 * of the answer is enough.
 */
function earningOf(
  gateway: Gateway,
  { request, begun, income }: ServedRequest,
  { outcome, cost }: { readonly outcome: Outcome; readonly cost: AtomicAmount },
): Earning | undefined {
  const { contributor, offer } = begun.attempt.candidate
  const of = { requestId: request.requestId, income }
  if (contributor.identity === undefined || outcome.signedWork !== undefined) {
    return gateway.payouts.earning(contributor.contributorId, cost, of)
  }
  if (outcome.vouched === undefined) return undefined
  const vouchedTokens = outcome.vouched.checkpoint.completionTokens
  const completionTokens = Math.min(outcome.usage.completionTokens, vouchedTokens)
  if (completionTokens === 0) return undefined
  const vouchedCost = priceRoundedUp(offer.prices, { ...outcome.usage, completionTokens })
  const earnedOf = vouchedCost < cost ? vouchedCost : cost
  return gateway.payouts.earning(contributor.contributorId, earnedOf, of)
}

/** What a charge adds to the dollar book; undefined where one asset alone is taken. */
const worthOf = (
  income: AssetAtRate | undefined,
  cost: AtomicAmount,
  earnedMicroUsd: MicroUsd = microUsd(0n),
): UsdBook | undefined =>
  income && { chargedMicroUsd: microUsdOf(income.asset, cost, income.rate), earnedMicroUsd }

const endings = {
  [workStatus.complete]: 'complete',
  [workStatus.clientDisconnected]: 'client_gone',
  [workStatus.upstreamFailed]: 'failed',
  [workStatus.truncatedByBudget]: 'complete',
} as const satisfies Record<WorkStatus, string>

function unsealed(
  gateway: Gateway,
  served: ServedRequest,
  priced: {
    readonly outcome: Outcome
    readonly cost: AtomicAmount
    readonly reason: EndReason | undefined
  },
): UnsealedReceipt {
  const { request, begun } = served
  const { outcome, cost, reason } = priced
  const { offer } = begun.attempt.candidate
  const nowMs = gateway.nowMs()
  const contributorSignature: Signature = outcome.signedWork?.signature ?? noSignature
  return {
    receiptId: request.receiptId,
    work: outcome.signedWork?.work ?? ownAccount(gateway, served, outcome),
    contributorSignature,
    evidence: evidenceOf(gateway, begun.attempt.candidate.contributor.contributorId, outcome),
    standing: standingOf(gateway, outcome),
    client: served.admitted.payerAddress,
    requestHash: request.requestHash,
    responseHash: outcome.hashes.responseHash,
    channelId: request.payer.channelId,
    cost,
    prices: offer.prices,
    priceHash: offer.priceHash,
    usageSource: outcome.usage.source,
    record: JSON.stringify(recordOf(served, { reason, usage: outcome.usage }, nowMs)),
    sealedAt: unixSecondsOf(nowMs),
    answerId: answerIdToKeep(request.requestId, answerIdOf(served)),
  }
}

/** The contributor's word for the answer; undefined where its client reads another's. */
function answerIdOf({ begun: { body }, client }: ServedRequest): unknown {
  if (client.startDialect !== undefined) return undefined
  if (body.kind === 'stream') return body.relay.answerId
  return isText(body.read.answer) ? body.read.answer.answerId : undefined
}

function recordOf(
  served: ServedRequest,
  ending: { readonly reason: EndReason | undefined; readonly usage?: Usage | undefined },
  nowMs: number,
): RequestRecord {
  const { modelName, endpoint, path, stream, receivedAtMs, mayBeAudited } = served.request
  const answerId = answerIdOf(served)
  return {
    modelName,
    endpoint,
    path,
    answerId: isAnswerId(answerId) ? answerId : undefined,
    stream,
    createdAtMs: receivedAtMs,
    durationMs: nowMs - receivedAtMs,
    reason: ending.reason,
    reasoningTokens: ending.usage?.reasoningTokens ?? 0,
    mayBeAudited: mayBeAudited || undefined,
    attempts: attemptRecordsOf(served.begun, ending.reason, nowMs),
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
    contributor: begun.attempt.candidate.contributor.identity?.operator ?? zeroAddress,
    modelId: begun.attempt.candidate.offer.modelId,
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

export function logEnded(
  gateway: Gateway,
  served: ServedRequest,
  ending: {
    readonly outcome: 'complete' | 'client_gone' | 'failed'
    readonly reason: EndReason | undefined
    readonly usage?: Usage
    /** Undefined where nothing was charged and there is no receipt. */
    readonly cost?: AtomicAmount
  },
): void {
  const { request, begun } = served
  const { contributorId } = begun.attempt.candidate.contributor
  const nowMs = gateway.nowMs()
  endServedAttempt(begun, ending, nowMs)
  if (ending.cost === undefined) {
    const status = ending.outcome === 'client_gone' ? 'aborted' : 'failed'
    const record = recordOf(served, ending, nowMs)
    gateway.unserved.note(request.requestId, { channelId: request.payer.channelId, status, record })
  }
  const { others } = begun
  gateway.metrics.ended({
    ...ending,
    endpoint: request.endpoint,
    modelName: request.modelName,
    durationMs: nowMs - request.receivedAtMs,
    firstTokenMs: begun.body.kind === 'stream' ? begun.beganAtMs - begun.startedAtMs : undefined,
    others,
    own: { contributorId, outcome: outcomeWhenEnded(ending.reason) },
  })
  gateway.log({
    requestId: request.requestId,
    apiKeyId: apiKeyIdOf(request.payer),
    modelName: request.modelName,
    contributorId,
    receiptId: request.receiptId,
    stream: request.stream,
    outcome: ending.outcome,
    reason: ending.reason,
    attempts: others.length + 1,
    promptTokens: ending.usage?.promptTokens ?? 0,
    completionTokens: ending.usage?.completionTokens ?? 0,
    costAtomic: String(ending.cost ?? 0n),
    durationMs: nowMs - request.receivedAtMs,
  })
}
