/*
 * Requests without an API key: each is priced, and paid by what comes in `PAYMENT-SIGNATURE` (x402 v2).
 * docs/x402.md has the protocol as a client sees it.
 */
import { encodeJsonHeader } from '../base/json-header.ts'
import { err, type Result } from '../base/result.ts'
import type { Refusal } from '../domain/refusal.ts'
import type { UnpaidRequest } from '../domain/request.ts'
import type { PaymentQuote, PresentedPayment, RefundRequest } from '../domain/x402-payment.ts'
import type { GatewayDoor } from '../gateway/gateway-door.ts'
import { newRequestIds } from '../gateway/request-ids.ts'
import { authorizationOf } from './authorization.ts'
import { evidenceHeaders, tellingSignature } from './evidence/signature-headers.ts'
import type { Exchange, Incoming, Outgoing } from './exchange.ts'
import { provingOf } from './inference/proof-client.ts'
import { tellingReceipt } from './inline-receipt.ts'
import { errorAnswer } from './openai-error.ts'
import { paymentRequiredHeader, readParallel, readPayment } from './payment-headers.ts'
import { type RateHeaders, rateHeadersFor, tellingRates } from './rate-headers.ts'
import { rawAnswerClient, sendError, sendJson, watchClient } from './raw-response.ts'
import { readAsked } from './read-asked.ts'
import type { Surface } from './surface.ts'
import { VoucherDocuments } from './voucher-documents.ts'

type PaidDoor = NonNullable<GatewayDoor['paid']>

/** One for the process: they change what reading costs and nothing else. */
const documents = new VoucherDocuments()

/** Whether a request is for this page and not for the one with keys: the payment of the request itself comes first. */
export const isPaidByItself = (incoming: Incoming): boolean =>
  incoming.headers['payment-signature'] !== undefined || authorizationOf(incoming) === undefined

/** A request for inference without a key. */
export async function paidInference(
  surface: Surface,
  terms: { readonly door: GatewayDoor; readonly paid: PaidDoor; readonly stallMs: number },
  { incoming, outgoing }: Exchange,
): Promise<void> {
  const { door, paid, stallMs } = terms
  const { path, errorBody } = surface
  const receivedAtMs = door.nowMs()
  const ids = newRequestIds(receivedAtMs)
  const { requestId } = ids
  try {
    const asked = await readAsked(surface, incoming, { ...ids, receivedAtMs })
    if (!asked.ok) return sendError(outgoing, asked.error, requestId, { errorBody })
    const { request, startDialect } = asked.value
    const quote = quoteFor(paid, incoming, request)
    if (!quote.ok) return sendError(outgoing, quote.error, requestId, { errorBody })
    const refuse = (refusal: Refusal, rates?: RateHeaders) =>
      sendPaymentRefusal(outgoing, refusal, {
        paid,
        quote: quote.value,
        requestId,
        path,
        rates,
        errorBody,
      })
    const payment = paymentOf(incoming)
    if (!payment.ok) return refuse(payment.error)
    if (payment.value.kind === 'refund') {
      return refuse({ reason: 'payment_unacceptable', detail: 'a refund is asked for with GET' })
    }
    const named = evidenceHeaders(door.evidence, ids.receiptId)
    const watched = { cancellation: watchClient(outgoing), requestId, stallMs, startDialect, named }
    const rates = ratesOf(door, payment.value)
    const signed = tellingSignature(rawAnswerClient(outgoing, watched), incoming, door.evidence)
    const told = tellingRates(tellingReceipt(signed, incoming), rates)
    const proving = provingOf(told, { door, outgoing, request })
    const client = proving?.client ?? told
    const served = await paid.complete(request, payment.value, { quote: quote.value, client })
    if ((await proving?.finish(served)) === true) return
    if (!served.ok) refuse(served.error, rates)
  } catch (error) {
    door.failed(requestId, error)
    sendError(outgoing, { reason: 'internal_error' }, requestId, { errorBody })
  }
}

/** `GET` of a surface: what a payer needs to know before it has a request, and where it asks for its money back. */
export async function paymentTerms(
  { path }: Surface,
  door: GatewayDoor,
  { incoming, outgoing }: Exchange,
): Promise<void> {
  const { paid } = door
  // Whoever pays by a key has nothing to learn here.
  if (paid === undefined || !isPaidByItself(incoming)) {
    sendError(outgoing, { reason: 'method_not_allowed', method: 'GET', allowed: 'POST' })
    return
  }
  const refuse = (refusal: Refusal) =>
    sendPaymentRefusal(outgoing, refusal, {
      paid,
      quote: paid.terms,
      requestId: undefined,
      path,
    })
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
  incoming: Incoming,
  refused: { readonly request: UnpaidRequest; readonly refusal: Refusal; readonly path: string },
): Readonly<Record<string, string>> {
  const quote = quoteFor(paid, incoming, refused.request)
  if (!quote.ok) return {}
  return requiredHeader(incoming, { paid, quote: quote.value, ...refused })
}

function quoteFor(
  paid: PaidDoor,
  incoming: Incoming,
  request: UnpaidRequest,
): Result<PaymentQuote, Refusal> {
  const parallel = readParallel(incoming.headers['x-payment-parallel'])
  if (!parallel.ok) return parallel
  return paid.quote(request, parallel.value ?? paid.parallelDefault)
}

/** A transfer says only when it is credited for which channel it was. */
const ratesOf = (door: GatewayDoor, payment: PresentedPayment): RateHeaders | undefined =>
  payment.kind === 'exact'
    ? undefined
    : rateHeadersFor(door, { kind: 'channel', channelId: payment.voucher.channelId })

function paymentOf({ headers }: Incoming): ReturnType<typeof readPayment> {
  const header = headers['payment-signature']
  return typeof header === 'string'
    ? readPayment(header, documents)
    : err({ reason: 'payment_required' })
}

async function sendRefund(
  paid: PaidDoor,
  outgoing: Outgoing,
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
  outgoing: Outgoing,
  refusal: Refusal,
  asked: {
    readonly paid: PaidDoor
    readonly quote: PaymentQuote
    readonly requestId: string | undefined
    readonly path: string
    /** Of a payer whose payment did: nobody else learns what a channel uses. */
    readonly rates?: RateHeaders | undefined
    readonly errorBody?: Surface['errorBody']
  },
): void {
  const { requestId, rates, errorBody } = asked
  if (refusal.reason === 'payment_replayed') {
    const { response } = refusal
    const headers = response === undefined ? {} : { 'payment-response': response }
    sendError(outgoing, refusal, requestId, { headers, errorBody })
  } else if (mendable.has(refusal.reason)) {
    const headers = requiredHeader(outgoing.req, { ...asked, refusal })
    sendError(outgoing, refusal, requestId, { status: 402, headers, errorBody })
  } else {
    sendError(outgoing, refusal, requestId, { headers: rates?.(), errorBody })
  }
}

function requiredHeader(
  incoming: Incoming,
  terms: {
    readonly paid: PaidDoor
    readonly quote: PaymentQuote
    readonly refusal: Refusal
    readonly path: string
  },
): Readonly<Record<string, string>> {
  const { paid, quote, refusal } = terms
  const { exactMinimumAmount } = paid
  const resourceUrl = urlOf(incoming, terms.path)
  return {
    'payment-required': paymentRequiredHeader({ quote, resourceUrl, exactMinimumAmount, refusal }),
    'x-should-retry': 'false',
    // A quote is for this request now.
    'cache-control': 'no-store',
  }
}

/** As the client may have called it. Only told, never used. */
function urlOf({ headers }: Incoming, path: string): string {
  const scheme = headers['x-forwarded-proto'] === 'https' ? 'https' : 'http'
  return `${scheme}://${headers.host ?? 'localhost'}${path}`
}

/** Whether an API key's refusal is about money. */
export const isAboutMoney = (refusal: Refusal): boolean => errorAnswer(refusal).status === 402
