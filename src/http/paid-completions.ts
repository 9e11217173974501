/*
 * Chat completions without an API key: the request is priced, and paid by what comes in `PAYMENT-SIGNATURE` (x402 v2).
 * docs/x402.md has the protocol as a client sees it.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { HttpBindings } from '@hono/node-server'
import { encodeJsonHeader } from '../base/json-header.ts'
import { requestBodyBytesMax } from '../base/limits.ts'
import { err, ok, type Result } from '../base/result.ts'
import { sha256Hex } from '../base/sha256.ts'
import type { Refusal } from '../domain/refusal.ts'
import type { UnpaidRequest } from '../domain/request.ts'
import { bytes32 } from '../domain/units.ts'
import type { PaymentQuote, RefundRequest } from '../domain/x402-payment.ts'
import type { GatewayDoor } from '../gateway/gateway-door.ts'
import { errorAnswer } from './openai-error.ts'
import { parseChatBody } from './openai-schema.ts'
import { paymentRequiredHeader, readParallel, readPayment } from './payment-headers.ts'
import { rawAnswerClient, sendError, sendJson, watchClient } from './raw-response.ts'
import { readBody } from './read-body.ts'
import { newRequestIds, type RequestIds } from './request-ids.ts'

type PaidDoor = NonNullable<GatewayDoor['paid']>

/** Whether a request is for this page and not for the one with keys: the payment of the request itself comes first. */
export const isPaidByItself = ({ headers }: IncomingMessage): boolean =>
  headers['payment-signature'] !== undefined || headers.authorization === undefined

/** `POST /v1/chat/completions` without a key. */
export async function paidCompletions(
  door: GatewayDoor,
  { incoming, outgoing }: HttpBindings,
  terms: { readonly paid: PaidDoor; readonly stallMs: number },
): Promise<void> {
  const { paid, stallMs } = terms
  const ids = newRequestIds(door.nowMs())
  const { requestId } = ids
  try {
    const request = await readUnpaid(door, incoming, ids)
    if (!request.ok) return sendError(outgoing, request.error, requestId)
    const quote = quoteFor(paid, incoming, request.value)
    if (!quote.ok) return sendError(outgoing, quote.error, requestId)
    const refuse = (refusal: Refusal) =>
      sendPaymentRefusal(outgoing, refusal, { paid, quote: quote.value, requestId })
    const payment = paymentOf(incoming)
    if (!payment.ok) return refuse(payment.error)
    if (payment.value.kind === 'refund') {
      return refuse({ reason: 'payment_unacceptable', detail: 'a refund is asked for with GET' })
    }
    const watched = { cancellation: watchClient(outgoing), requestId, stallMs }
    const client = rawAnswerClient(outgoing, watched)
    const served = await paid.complete(request.value, payment.value, {
      quote: quote.value,
      client,
    })
    if (!served.ok) refuse(served.error)
  } catch (error) {
    door.failed(requestId, error)
    sendError(outgoing, { reason: 'internal_error' }, requestId)
  }
}

/** `GET /v1/chat/completions`: what a payer needs to know before it has a request, and where it asks for its money back. */
export async function paymentTerms(
  door: GatewayDoor,
  { incoming, outgoing }: HttpBindings,
): Promise<void> {
  const { paid } = door
  if (paid === undefined) {
    sendError(outgoing, { reason: 'method_not_allowed', method: 'GET', allowed: 'POST' })
    return
  }
  const refuse = (refusal: Refusal) =>
    sendPaymentRefusal(outgoing, refusal, { paid, quote: paid.terms, requestId: undefined })
  const payment = paymentOf(incoming)
  if (!payment.ok) return refuse(payment.error)
  if (payment.value.kind !== 'refund') {
    return refuse({ reason: 'payment_unacceptable', detail: 'a completion is asked for with POST' })
  }
  const refused = await sendRefund(paid, outgoing, payment.value)
  if (refused !== undefined) refuse(refused)
}

/** The header that lets a client pay for this request alone, for the 402 of a key that has run out. */
export function quotedHeaders(
  paid: PaidDoor,
  incoming: IncomingMessage,
  refused: { readonly request: UnpaidRequest; readonly refusal: Refusal },
): Readonly<Record<string, string>> {
  const quote = quoteFor(paid, incoming, refused.request)
  if (!quote.ok) return {}
  return requiredHeader(incoming, { paid, quote: quote.value, refusal: refused.refusal })
}

async function readUnpaid(
  door: GatewayDoor,
  incoming: IncomingMessage,
  ids: RequestIds,
): Promise<Result<UnpaidRequest, Refusal>> {
  const receivedAtMs = door.nowMs()
  const body = await readBody(incoming, requestBodyBytesMax)
  if (!body.ok) return body
  const chat = parseChatBody(body.value, incoming.headers)
  if (!chat.ok) return chat
  return ok({
    ...chat.value,
    ...ids,
    body: body.value,
    requestHash: bytes32(`0x${sha256Hex(body.value)}`),
    receivedAtMs,
  })
}

function quoteFor(
  paid: PaidDoor,
  incoming: IncomingMessage,
  request: UnpaidRequest,
): Result<PaymentQuote, Refusal> {
  const parallel = readParallel(incoming.headers['x-payment-parallel'])
  if (!parallel.ok) return parallel
  return paid.quote(request, parallel.value ?? paid.parallelDefault)
}

function paymentOf({ headers }: IncomingMessage): ReturnType<typeof readPayment> {
  const header = headers['payment-signature']
  return typeof header === 'string' ? readPayment(header) : err({ reason: 'payment_required' })
}

async function sendRefund(
  paid: PaidDoor,
  outgoing: ServerResponse,
  request: RefundRequest,
): Promise<Refusal | undefined> {
  const refunded = await paid.refund(request)
  if (!refunded.ok) return refunded.error
  const { channel, transactionHash, amount } = refunded.value
  outgoing.setHeader(
    'payment-response',
    encodeJsonHeader({
      success: true,
      transaction: transactionHash,
      network: request.network,
      payer: channel.config.payer,
      amount: String(amount),
      extra: { channelState: { channelId: channel.channelId, balance: String(channel.balance) } },
    }),
  )
  sendJson(outgoing, {
    object: 'vouch.refund',
    channel_id: channel.channelId,
    amount: String(amount),
    transaction: transactionHash,
  })
  return undefined
}

/** Refusals that a client can mend by paying otherwise: it is told how. */
const mendable: ReadonlySet<Refusal['reason']> = new Set<Refusal['reason']>([
  'payment_required',
  'payment_unacceptable',
  'cumulative_amount_mismatch',
  'insufficient_balance',
  'channel_closing',
  'channel_frozen',
  'channel_not_found',
  'voucher_channel_mismatch',
  'voucher_above_balance',
  'voucher_signature_invalid',
  'channel_terms_unacceptable',
  'deposit_below_minimum',
  'deposit_rejected',
  'nothing_to_refund',
  'requests_in_flight',
  'refunded_recently',
])

function sendPaymentRefusal(
  outgoing: ServerResponse,
  refusal: Refusal,
  asked: {
    readonly paid: PaidDoor
    readonly quote: PaymentQuote
    readonly requestId: string | undefined
  },
): void {
  const { requestId } = asked
  if (refusal.reason === 'payment_replayed') {
    const { response } = refusal
    const headers = response === undefined ? {} : { 'payment-response': response }
    sendError(outgoing, refusal, requestId, { headers })
  } else if (mendable.has(refusal.reason)) {
    const headers = requiredHeader(outgoing.req, { ...asked, refusal })
    sendError(outgoing, refusal, requestId, { status: 402, headers })
  } else {
    sendError(outgoing, refusal, requestId)
  }
}

function requiredHeader(
  incoming: IncomingMessage,
  terms: { readonly paid: PaidDoor; readonly quote: PaymentQuote; readonly refusal: Refusal },
): Readonly<Record<string, string>> {
  const { paid, quote, refusal } = terms
  const { exactMinimumAmount } = paid
  const resourceUrl = urlOf(incoming)
  return {
    'payment-required': paymentRequiredHeader({ quote, resourceUrl, exactMinimumAmount, refusal }),
    'x-should-retry': 'false',
    // A quote is for this request now.
    'cache-control': 'no-store',
  }
}

/** As the client may have called it. Only told, never used. */
function urlOf({ headers }: IncomingMessage): string {
  const scheme = headers['x-forwarded-proto'] === 'https' ? 'https' : 'http'
  return `${scheme}://${headers.host ?? 'localhost'}/v1/chat/completions`
}

/** Whether an API key's refusal is about money. */
export const isAboutMoney = (refusal: Refusal): boolean => errorAnswer(refusal).status === 402
