/*
 * What contracts ask at once (EIP-3668), by way of whoever called them: paid by whom the operator names, answered as any
 * request is, and given back as what the contract verifies. docs/ccip.md
 */

import { packReceipt } from '../attestation/packed-receipt.ts'
import { Cancellation } from '../base/cancellation.ts'
import { err, ok, type Result } from '../base/result.ts'
import { sha256Hex } from '../base/sha256.ts'
import { decodeTensor } from '../base/wire-tensor.ts'
import type { Lookup, LookupAnswer, LookupSponsor, LookupTerms } from '../domain/offchain-lookup.ts'
import { tier, workStatus } from '../domain/receipt.ts'
import type { ReceiptDocument } from '../domain/receipt-document.ts'
import type { Refusal } from '../domain/refusal.ts'
import type { InferenceRequest, Payer, UnpaidRequest } from '../domain/request.ts'
import { noPreferences } from '../domain/route-preferences.ts'
import { type CollectedAnswer, collectAnswer } from './collect-answer.ts'
import { contractContent } from './contract-content.ts'
import type { Gateway } from './gateway.ts'
import type { GatewayDoor } from './gateway-door.ts'
import { inferenceDialect } from './inference-dialect.ts'
import { SharedAnswers } from './shared-answers.ts'

export type LookupsDoor = {
  /** `read` makes the request of the input; it is called where the question is not being answered already. */
  readonly answer: (
    lookup: Lookup,
    read: () => Promise<Result<UnpaidRequest, Refusal>>,
  ) => Promise<Result<LookupAnswer, Refusal>>
}

export type LookupsDeps = {
  readonly terms: LookupTerms
  /** Who pays, as if it had come with its key. */
  readonly payerOf: (sponsor: LookupSponsor) => Promise<Result<Payer, Refusal>>
}

/** Different questions that are answered at the same time: each waits for a contributor, or for a proof. */
const lookupsAtOnceMax = 128
const keptAnswersBytesMax: number = 32 * 1024 * 1024
/** What an answer takes beside its content. */
const answerBytesLeast = 4_096

export function createLookupsDoor(
  gateway: Pick<Gateway, 'pool' | 'nowMs'>,
  complete: GatewayDoor['complete'],
  { terms, payerOf }: LookupsDeps,
): LookupsDoor {
  const answers = new SharedAnswers<LookupAnswer>({
    keptMs: terms.cacheMs,
    bytesMax: keptAnswersBytesMax,
    bytesOf: ({ content }) => content.length + answerBytesLeast,
    makingMax: lookupsAtOnceMax,
    nowMs: gateway.nowMs,
  })
  return {
    answer: async (lookup, read) => {
      const sponsor = terms.senders.get(lookup.sender) ?? terms.anyone
      if (sponsor === undefined) {
        return err({ reason: 'sender_not_served', sender: lookup.sender })
      }
      return answers.get(questionOf(lookup, sponsor), async () => {
        const request = await read()
        if (!request.ok) return request
        const payer = await payerOf(sponsor)
        if (!payer.ok) return payer
        const only = verifiable(gateway, request.value, lookup)
        if (only.length === 0) {
          return err({ reason: 'model_not_verifiable', modelId: lookup.modelId })
        }
        return infer(gateway, complete, {
          ...{ ...request.value, payer: payer.value, needsSignature: true },
          preferences: { ...noPreferences, only },
          proof: sponsor.attestation === 'zk' ? 'wait' : undefined,
        })
      })
    },
  }
}

/** Whoever pays for an answer, and for what evidence, shares it with nobody else. */
const questionOf = ({ modelId, input }: Lookup, { payer, attestation }: LookupSponsor): string => {
  const paidBy = payer.kind === 'key' ? payer.apiKeyId : payer.channelId
  return `${paidBy} ${attestation} ${modelId} ${sha256Hex(input)}`
}

/**
 * Those that sign their work and are sent the very bytes that the contract hashed: not one whose engine knows the model by
 * another name.
 */
function verifiable(
  { pool }: Pick<Gateway, 'pool'>,
  request: UnpaidRequest,
  { modelId }: Lookup,
): readonly string[] {
  const namesModel = request.endpoint !== 'inference'
  return pool
    .candidates(request)
    .filter(
      ({ contributor, offer }) =>
        contributor.identity !== undefined &&
        offer.modelId === modelId &&
        !(namesModel && offer.upstreamModelName !== offer.modelName),
    )
    .map(({ contributor }) => contributor.contributorId)
}

/** Whoever asked may leave and ask again: wallets do, long before a slow answer is there. It finds this one then. */
async function infer(
  gateway: Pick<Gateway, 'pool'>,
  complete: GatewayDoor['complete'],
  request: InferenceRequest,
): Promise<Result<LookupAnswer, Refusal>> {
  const dialect = request.proof && dialectOf(gateway, request)
  const { client, answered } = collectAnswer(new Cancellation(), dialect)
  const served = await complete(request, client)
  return served.ok ? answerOf(request, answered()) : served
}

/** A proof that is made of it can be asked for by who pays, and is told in numbers there. */
function dialectOf({ pool }: Pick<Gateway, 'pool'>, request: InferenceRequest) {
  const integers = decodeTensor(request.forwardedBody)
  const tensors = pool
    .candidates(request)
    .map(({ offer }) => offer.tensors)
    .find((found) => found !== undefined)
  if (integers === undefined || tensors === undefined) return undefined
  return (named: InferenceRequest) => inferenceDialect(named, { integers, tensors })
}

/** What the answer comes to for the contract, held to what the contract compares: a wrong one would cost its caller gas. */
function answerOf(
  request: InferenceRequest,
  answered: CollectedAnswer | undefined,
): Result<LookupAnswer, Refusal> {
  if (answered === undefined) return err({ reason: 'answer_not_verifiable' })
  const document = JSON.parse(answered.receipt) as ReceiptDocument
  const { work, tiers, receiptId } = document.receipt
  const given = contractContent(request, answered.body)
  const isVerifiable =
    given !== undefined &&
    given.contentHash === work.contentHash &&
    work.status === workStatus.complete &&
    (tiers & tier.contributorSigned) !== 0 &&
    work.inputHash === request.requestHash
  if (!isVerifiable) return err({ reason: 'answer_not_verifiable' })
  return ok({ content: given.content, packed: packReceipt(document), receiptId })
}
