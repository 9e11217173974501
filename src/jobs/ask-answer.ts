/*
 * One answer of a job, asked for as any request is. What a contract will be given is in the record before anything is charged or
 * signed by this gateway, and its receipt is found by its name: a process that dies in between loses neither.
 *
 *   asked --answered--> charging (content kept) --receipt sealed--> kept
 */
import { packReceipt } from '../attestation/packed-receipt.ts'
import type { Cancellation } from '../base/cancellation.ts'
import { type Hex, hexOf } from '../base/hex.ts'
import { err, ok, type Result } from '../base/result.ts'
import { tier, workStatus } from '../domain/receipt.ts'
import type { ReceiptDocument } from '../domain/receipt-document.ts'
import type { Refusal } from '../domain/refusal.ts'
import type { InferenceRequest, Payer, UnpaidRequest } from '../domain/request.ts'
import { noPreferences } from '../domain/route-preferences.ts'
import { type Bytes32, zeroAddress } from '../domain/units.ts'
import { collectAnswer } from '../gateway/collect-answer.ts'
import { contractContent } from '../gateway/contract-content.ts'
import type { GatewayDoor } from '../gateway/gateway-door.ts'
import { newRequestIds } from '../gateway/request-ids.ts'
import type { ContractJob, JobAnswer } from '../store/contract-job-store.ts'
import type { HeldJob } from './held-job.ts'
import { encodeInferenceProof } from './inference-proof.ts'

/** A receipt as it is kept: its document, and what was signed. */
type SealedBody = { readonly body: string | undefined; readonly digest: Bytes32 }

export type AnswerDeps = {
  readonly complete: GatewayDoor['complete']
  /** What is kept of a request that has a receipt. */
  readonly receiptOf: (requestId: string) => Promise<SealedBody | undefined>
  readonly nowMs: () => number
}

export type AnswerOrder = {
  readonly request: UnpaidRequest
  readonly payer: Payer
  /** Contributors that may answer. */
  readonly only: readonly string[]
  readonly cancellation: Cancellation
}

type AskFailure = Refusal | { readonly reason: 'answer_unusable' }

/** Undefined: the answer is kept, or the job is somebody else's by now. Throws StoreFailure. */
export async function askAnswer(
  deps: AnswerDeps,
  held: HeldJob,
  order: AnswerOrder,
): Promise<AskFailure | undefined> {
  const ids = newRequestIds(deps.nowMs())
  const { requestId, receiptId } = ids
  const asked: JobAnswer = { requestId, receiptId, state: 'asked' }
  if (!(await held.change(({ answers }) => ({ answers: [...answers, asked] })))) return undefined
  const { job } = held
  const request = requestOf(job, order, ids)
  const { client } = collectAnswer(order.cancellation)
  const keep = (body: Buffer): Promise<boolean> => {
    const content = contractContent(request, body)
    if (content === undefined) return Promise.resolve(false)
    const charging = {
      state: 'charging' as const,
      content: hexOf(content.content.toString('hex')),
      contentHash: content.contentHash,
    }
    return held.change((now) => ({ answers: withAnswer(now, requestId, charging) }))
  }
  const served = await deps.complete(request, { ...client, keep })
  if (!served.ok) {
    // A charge whose outcome is unknown stays in the record: its receipt is there or not when the books can be read.
    if (served.error.reason !== 'store_unavailable') await dropAnswer(held, requestId)
    return served.error
  }
  return keepAnswer(deps, held, requestId)
}

/** Looks for the receipt of an answer that was being charged, and keeps both, or drops the answer. Throws StoreFailure. */
export async function keepAnswer(
  deps: Pick<AnswerDeps, 'receiptOf'>,
  held: HeldJob,
  requestId: string,
): Promise<{ readonly reason: 'answer_unusable' } | undefined> {
  const answer = held.job.answers.find((one) => one.requestId === requestId)
  if (answer === undefined || answer.state === 'kept') return undefined
  const receipt = await deps.receiptOf(requestId)
  const kept = receipt && keptAnswer(held.job, answer, receipt)
  if (kept?.ok !== true) {
    await dropAnswer(held, requestId)
    return { reason: 'answer_unusable' }
  }
  await held.change((now) => ({ answers: withAnswer(now, requestId, kept.value) }))
  return undefined
}

export const dropAnswer = (held: HeldJob, requestId: string): Promise<boolean> =>
  held.change(({ answers }) => ({
    answers: answers.filter((answer) => answer.requestId !== requestId),
  }))

const withAnswer = (
  { answers }: ContractJob,
  requestId: string,
  change: Partial<JobAnswer>,
): readonly JobAnswer[] =>
  answers.map((answer) => (answer.requestId === requestId ? { ...answer, ...change } : answer))

/** What the coordinator would not take is not kept: it looks at the same members. */
function keptAnswer(
  { ask, account, input, answers }: ContractJob,
  { content, contentHash, requestId }: JobAnswer,
  { body, digest }: SealedBody,
): Result<Partial<JobAnswer>, undefined> {
  if (body === undefined || content === undefined) return err(undefined)
  const document = JSON.parse(body) as ReceiptDocument
  const { work, tiers } = document.receipt
  const { terms, inputHash } = ask
  if (work.status !== workStatus.complete || work.contentHash !== contentHash) return err(undefined)
  const { contributor } = work
  // Under an account of this gateway each attempt has an id of its own (requestOf).
  const isOurs = account !== undefined || work.jobId === ask.jobId
  const isAsked = work.inputHash === inputHash && work.modelId === terms.modelId
  const claimed = terms.minTiers & ~lookedUpOnChain
  if (!isOurs || !isAsked || (tiers & claimed) !== claimed) return err(undefined)
  const isTwice = answers.some(
    (other) => other.requestId !== requestId && other.contributor === contributor,
  )
  if (contributor === zeroAddress || isTwice) return err(undefined)
  const packed = packReceipt(document)
  const kept = { state: 'kept' as const, receiptDigest: digest, packed, contributor }
  if ((terms.minTiers & tier.zkInferred) === 0) return ok(kept)
  const proof = document.evidence?.proof?.proof
  if (proof === undefined || input === undefined) return err(undefined)
  return ok({
    ...kept,
    proof: encodeInferenceProof({ input: bytesOf(input), output: bytesOf(content), proof }),
  })
}

/** What the coordinator asks of TierEvidence, whatever a receipt says. */
const lookedUpOnChain = tier.teeBoundKey | tier.zkInferred

const bytesOf = (hex: Hex): Buffer => Buffer.from(hex.slice(2), 'hex')

/** Under the chain's own id, where the chain pays: a contributor signs one work for it, and gives the same one again. */
function requestOf(
  { ask, account }: ContractJob,
  { request, payer, only }: AnswerOrder,
  ids: ReturnType<typeof newRequestIds>,
): InferenceRequest {
  const isProven = (ask.terms.minTiers & tier.zkInferred) !== 0
  const own = account === undefined ? { ...ids, jobId: ask.jobId } : ids
  return {
    ...request,
    ...own,
    payer,
    needsSignature: true,
    // Asked again, the same contributor gives the same work, where it is there.
    preferences: { ...noPreferences, only, affinity: ask.jobId },
    ...(isProven && { proof: 'wait' as const }),
  }
}
