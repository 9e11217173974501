/*
 * `GET /v1/usage/requests/{id}`: what one request asked, who was tried for it and what it cost (docs/usage.md).
 */
import type { BillingTerms } from '../../domain/billing-terms.ts'
import type { Channel } from '../../domain/channel.ts'
import type { ReceiptDocument } from '../../domain/receipt-document.ts'
import type { AttemptRecord } from '../../domain/request-record.ts'
import type { FoundRequest } from '../../gateway/find-request.ts'
import { sendError, sendJson } from '../raw-response.ts'
import type { RouteCall } from '../route-call.ts'

/** For an API key of the channel that paid, or its owner: to others the request does not exist. */
export async function retrieveRequestUsage(call: RouteCall): Promise<void> {
  const { door, entrance, incoming, outgoing, id } = call
  const { billing } = door
  const channelId = await entrance.enter(incoming, billing.reader)
  if (!channelId.ok) return sendError(outgoing, channelId.error)
  const found = await door.request(channelId.value, id)
  if (!found.ok) return sendError(outgoing, found.error)
  const channel = await billing.channel(channelId.value)
  if (!channel.ok) return sendError(outgoing, channel.error)
  sendJson(outgoing, requestUsageObject(found.value, channel.value, billing.terms))
}

function requestUsageObject(
  { requestId, status, record, receipt }: FoundRequest,
  channel: Channel,
  terms: BillingTerms,
): Readonly<Record<string, unknown>> {
  const amount = receipt === undefined ? '0' : receipt.document.receipt.cost
  return {
    object: 'vouch.request_usage',
    id: requestId,
    model: record.modelName,
    endpoint: record.endpoint,
    stream: record.stream,
    status,
    reason: record.reason ?? null,
    attempts: record.attempts.map(attemptObject),
    usage: receipt === undefined ? null : usageObject(receipt.document, record.reasoningTokens),
    price: priceObject(amount, channel, terms),
    receipt_id: receipt?.document.receipt.receiptId ?? null,
    receipt_hash: receipt?.digest ?? null,
    created_at: Math.floor(record.createdAtMs / 1000),
    duration_ms: record.durationMs,
  }
}

const attemptObject = (attempt: AttemptRecord): Readonly<Record<string, unknown>> => ({
  contributor: attempt.contributorId,
  outcome: attempt.outcome,
  status: attempt.status ?? null,
  first_token_ms: attempt.firstTokenMs ?? null,
  duration_ms: attempt.durationMs,
})

/** `completion_tokens` are what the receipt counts: tokens of text, elsewhere vectors, images or seconds. */
function usageObject(
  { receipt: { work }, usage: { source } }: ReceiptDocument,
  reasoningTokens: number,
): Readonly<Record<string, unknown>> {
  const { promptTokens, cachedPromptTokens, completionTokens } = work
  return {
    prompt_tokens: promptTokens,
    cached_prompt_tokens: cachedPromptTokens,
    completion_tokens: completionTokens,
    reasoning_tokens: reasoningTokens,
    total_tokens: promptTokens + completionTokens,
    estimated: source !== 'reported',
    source,
  }
}

function priceObject(
  amount: string,
  { chainId, config }: Channel,
  { accepts }: BillingTerms,
): Readonly<Record<string, unknown>> {
  const offer = accepts.find(
    ({ chainId: id, asset }) => id === chainId && asset.address === config.token,
  )
  const decimals = offer?.asset.decimals
  return {
    amount,
    asset: config.token,
    chain_id: chainId,
    decimals: decimals ?? null,
    formatted: decimals === undefined ? null : decimalText(amount, decimals),
  }
}

/** 1234 of 6 decimals: `0.001234`. */
function decimalText(amount: string, decimals: number): string {
  if (decimals === 0) return amount
  const digits = amount.padStart(decimals + 1, '0')
  return `${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`
}
