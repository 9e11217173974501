/*
 * Every "no" that a job can be told before the engine is asked, cheapest first. Nothing has been changed or reserved yet, but
 * for the voucher that came with it: that is ours whatever becomes of the job.
 */
import { sha256Bytes32 } from '../attestation/answer-transcript.ts'
import { err, ok, type Result } from '../base/result.ts'
import { usualEndpoints } from '../domain/endpoint.ts'
import { voucherHeader } from '../domain/payout-voucher.ts'
import { priceHeader, readPriceHeader } from '../domain/price-header.ts'
import type { TokenPrices } from '../domain/price-sheet.ts'
import { attemptName } from '../domain/request-id.ts'
import type { Bytes32 } from '../domain/units.ts'
import { admitContractJob } from './admit-contract-job.ts'
import { busyRetryAfterS } from './agent-limits.ts'
import { type AgentParts, loadOf } from './agent-parts.ts'
import type { AgentRequest } from './agent-request.ts'
import type { AgentModel } from './agent-terms.ts'
import { type AskedAnswer, readAsked, type SignedEndpoint } from './asked-answer.ts'
import { askNow, isEnough } from './asked-prices.ts'
import type { PayableJob } from './contract-jobs.ts'
import { unpaidAmount } from './credit-book.ts'
import { modelOfPath } from './inference-path.ts'
import { type Job, type RequestHeaders, readJobHeaders } from './job-headers.ts'
import {
  creditExhausted,
  engineBusy,
  invalidJobHeader,
  jobsNotKept,
  modelNotFound,
  type OpenAiRefusal,
  priceTooLow,
  shuttingDown,
  unsupportedParameter,
} from './openai-refusal.ts'
import { readToldAsk } from './read-contract-job.ts'

export type AdmittedJob = {
  readonly job: Job
  /** What the gateway calls the request: engines that name answers after it are told. */
  readonly requestName: string | undefined
  readonly model: AgentModel
  readonly asked: AskedAnswer
  /** sha256 of what the gateway sent. */
  readonly inputHash: Bytes32
  /** What its gateway pays by; undefined leaves it to the agreement. */
  readonly prices: TokenPrices | undefined
  /** Undefined where its gateway pays. */
  readonly payable: PayableJob | undefined
}

export async function admitJob(
  parts: AgentParts,
  endpoint: SignedEndpoint,
  request: AgentRequest,
): Promise<Result<AdmittedJob, OpenAiRefusal>> {
  const { terms, slots, engineLoad } = parts
  void engineLoad.look(slots.load.running)
  const untaken = whyUntaken(parts)
  if (untaken !== undefined) return err(untaken)
  const asked = readAsked(endpoint, request.body, modelOfPath(request.path))
  if (!asked.ok) return asked
  const model = modelOf(terms.models, asked.value)
  if (!model.ok) return model
  const { modelId } = model.value
  const paidBy = terms.gateway
  const job = readJobHeaders(request.headers, { modelId, signsWork: true, paidBy })
  if (!job.ok) return job
  if (job.value === undefined) return err(invalidJobHeader('x-vouch-job', 'a job'))
  const named = {
    job: job.value,
    requestName: attemptName(request.headers['x-request-id']),
    model: model.value,
    asked: asked.value,
    inputHash: sha256Bytes32(request.body),
  }
  const told = readToldAsk(request.headers)
  if (!told.ok) return told
  if (told.value !== undefined) {
    const payable = await admitContractJob(parts, told.value, named)
    return payable.ok ? ok({ ...named, prices: undefined, payable: payable.value }) : payable
  }
  const prices = pricesOf(parts, { model: model.value, endpoint }, request.headers)
  if (!prices.ok) return prices
  const credit = await admitOnCredit(parts, request.headers)
  if (!credit.ok) return credit
  return ok({ ...named, prices: prices.value, payable: undefined })
}

/** Why nothing at all is taken now; asked again right before a job begins, since it changes while its credit is asked for. */
export function whyUntaken(parts: AgentParts): OpenAiRefusal | undefined {
  const { terms, slots } = parts
  if (slots.isDraining) return shuttingDown
  if (!terms.jobs.isWritable) return jobsNotKept
  const load = loadOf(parts)
  const isFull = load.running + load.waiting >= load.slots + terms.waitingMax
  return isFull ? engineBusy(busyRetryAfterS) : undefined
}

/** By the name that the engine will read: a job for one model must not be signed as another's. */
function modelOf(
  models: readonly AgentModel[],
  { model: id, endpoint }: AskedAnswer,
): Result<AgentModel, OpenAiRefusal> {
  const model = models.find((one) => one.id === id)
  if (model === undefined) return err(modelNotFound(id))
  return (model.endpoints ?? usualEndpoints).includes(endpoint)
    ? ok(model)
    : err(unsupportedParameter('model', `it is not served at ${endpoint}`))
}

/** Where each model asks its own price: the job's, and of one that names none what we ask now, lest silence be the cheapest. */
function pricesOf(
  parts: AgentParts,
  { model, endpoint }: { readonly model: AgentModel; readonly endpoint: SignedEndpoint },
  headers: RequestHeaders,
): Result<TokenPrices | undefined, OpenAiRefusal> {
  const text = single(headers[priceHeader])
  if (model.asks.points.length === 0) return ok(undefined)
  const load = loadOf(parts)
  if (text === undefined) return ok(askNow(model, load))
  const prices = readPriceHeader(text)
  if (prices === undefined) return err(invalidJobHeader(priceHeader, 'three prices'))
  return isEnough(parts, { model, endpoint }, prices) ? ok(prices) : err(priceTooLow(priceHeader))
}

async function admitOnCredit(
  { terms: { credit } }: AgentParts,
  headers: RequestHeaders,
): Promise<Result<void, OpenAiRefusal>> {
  if (credit === undefined || (await credit.admit(single(headers[voucherHeader])))) {
    return ok(undefined)
  }
  return err(creditExhausted(unpaidAmount(credit.book)))
}

const single = (header: string | readonly string[] | undefined): string | undefined =>
  typeof header === 'string' ? header : header?.[0]
