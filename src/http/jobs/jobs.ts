/*
 * Jobs of contracts, for whoever asks with no key: how one goes on, the bytes of one whose input is private, and what one would
 * cost. What is told of a job is on the chain, or no more than why it is not yet; docs/jobs.md
 */
import type { HttpBindings } from '@hono/node-server'
import { lookupInputBytesMax } from '../../base/limits.ts'
import { err, ok, type Result } from '../../base/result.ts'
import type { ChainQuote, JobQuote, QuoteWish } from '../../domain/job-quote.ts'
import { tier } from '../../domain/receipt.ts'
import type { Refusal } from '../../domain/refusal.ts'
import { type Bytes32, bytes32, isBytes32 } from '../../domain/units.ts'
import type { JobsDoor } from '../../gateway/jobs-door.ts'
import { contractJobObject } from '../operator/contract-job-object.ts'
import { sendError, sendJson } from '../raw-response.ts'
import { readBody } from '../read-body.ts'
import type { RouteCall } from '../route-call.ts'

/** `GET /v1/jobs/{id}` */
export async function retrieveJob(call: RouteCall): Promise<void> {
  const asked = jobsOf(call)
  if (!asked.ok) return sendError(call.outgoing, asked.error)
  const { jobs, jobId } = asked.value
  const found = await jobs.find(jobId)
  if (found.ok) sendJson(call.outgoing, contractJobObject(found.value))
  else sendError(call.outgoing, found.error)
}

/**
 * `POST /v1/jobs/{id}/input`: the very bytes, whatever their content type. Only those are taken whose hash the chain has, so
 * that anybody may bring them, and as often as they like.
 */
export async function giveJobInput(call: RouteCall): Promise<void> {
  const { incoming, outgoing } = call
  const asked = jobsOf(call)
  if (!asked.ok) return sendError(outgoing, asked.error)
  const { jobs, jobId } = asked.value
  // A stranger's body is read only for a job that is there.
  const found = await jobs.find(jobId)
  if (!found.ok) return sendError(outgoing, found.error)
  if (!found.value.isPrivate) {
    return sendError(outgoing, { reason: 'job_input_closed', state: found.value.state })
  }
  const body = await readBody(incoming, lookupInputBytesMax)
  if (!body.ok) return sendError(outgoing, body.error)
  const given = await jobs.giveInput(jobId, body.value)
  if (given.ok) sendJson(outgoing, contractJobObject(given.value))
  else sendError(outgoing, given.error)
}

function jobsOf({
  door,
  id,
}: RouteCall): Result<{ readonly jobs: JobsDoor; readonly jobId: Bytes32 }, Refusal> {
  if (door.jobs === undefined) return err({ reason: 'jobs_off' })
  return isBytes32(id)
    ? ok({ jobs: door.jobs, jobId: bytes32(id) })
    : err({ reason: 'job_not_found' })
}

/** `GET /v1/jobs/quote?model=…`, and what else the job would be. */
export async function quoteContractJob(
  door: RouteCall['door'],
  { outgoing }: HttpBindings,
  query: Readonly<Record<string, string>>,
): Promise<void> {
  if (door.jobs === undefined) return sendError(outgoing, { reason: 'jobs_off' })
  const wish = readWish(query)
  if (!wish.ok) return sendError(outgoing, wish.error)
  const quote = await door.jobs.quote(wish.value)
  if (quote.ok) sendJson(outgoing, quoteObject(quote.value, wish.value))
  else sendError(outgoing, quote.error)
}

type WishNumber = { readonly usual: number; readonly min: number; readonly max: number }

/** What is asked for where nothing is said: a short chat, signed by both sides, and a small callback. */
const wishNumbers = {
  input_bytes: { usual: 1_024, min: 0, max: lookupInputBytesMax },
  completion_tokens: { usual: 256, min: 0, max: 1_000_000 },
  callback_gas: { usual: 200_000, min: 0, max: 30_000_000 },
  agreement: { usual: 1, min: 1, max: 16 },
  tiers: { usual: tier.gatewaySigned | tier.contributorSigned, min: 0, max: 65_535 },
} as const satisfies Readonly<Record<string, WishNumber>>

function readWish(query: Readonly<Record<string, string>>): Result<QuoteWish, Refusal> {
  const { model } = query
  if (model === undefined || model === '') {
    return err({ reason: 'missing_required_parameter', param: 'model' })
  }
  const read: Record<string, number> = {}
  for (const [param, { usual, min, max }] of Object.entries(wishNumbers)) {
    const text = query[param] ?? String(usual)
    const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN
    if (!(value >= min && value <= max)) {
      return err({
        reason: 'invalid_value',
        param,
        expected: `a whole number from ${min} to ${max}`,
      })
    }
    read[param] = value
  }
  const wish = read as Record<keyof typeof wishNumbers, number>
  return ok({
    model,
    inputBytes: wish.input_bytes,
    completionTokens: wish.completion_tokens,
    callbackGas: wish.callback_gas,
    agreement: wish.agreement,
    tiers: wish.tiers,
  })
}

/** Amounts as decimal strings of atomic units. */
const quoteObject = (quote: JobQuote, { agreement }: QuoteWish) => ({
  object: 'vouch.job_quote',
  model: quote.model,
  model_id: quote.modelId,
  gateway: quote.gateway,
  contributors: quote.contributors,
  tiers: quote.tiers,
  prices: {
    prompt: String(quote.promptAtomicPerMtok),
    completion: String(quote.completionAtomicPerMtok),
  },
  max_fee: String(quote.maxFee),
  chains: quote.chains.map((chain) => ({
    ...chainObject(chain),
    escrow:
      chain.deliveryFee === undefined
        ? null
        : String(quote.maxFee * BigInt(agreement) + chain.deliveryFee),
  })),
})

const chainObject = ({ offer, ...chain }: ChainQuote) => ({
  chain_id: chain.chainId,
  coordinator: chain.coordinator,
  job_offers: chain.jobOffers ?? null,
  offer:
    offer === undefined
      ? null
      : {
          tiers: offer.tiers,
          prompt: String(offer.promptAtomicPerMtok),
          completion: String(offer.completionAtomicPerMtok),
          delivery_fee: String(offer.deliveryFee),
          callback_fee_per_mgas: String(offer.callbackFeePerMgas),
          proof_fee: String(offer.proofFee),
          callback_gas_max: offer.callbackGasMax,
          delivery_time_min: offer.deliveryTimeMin,
          answers_max: offer.answersMax,
        },
  gas_max: String(chain.gasMax),
  gas_price_wei: String(chain.gasPriceWei),
  delivery_fee: chain.deliveryFee === undefined ? null : String(chain.deliveryFee),
})
