/*
 * x402 v2's headers as domain values and back: base64 of JSON. Source: x402 specification v2, HTTP transport, and its
 * schemes `batch-settlement` and `exact` on EVM chains. Whatever is not exactly a payment of that form is refused by name.
 */

import { encodeJsonHeader } from '../base/json-header.ts'
import { authorizationValidS, parallelRequestsMax, paymentHeaderLengthMax } from '../base/limits.ts'
import { err, ok, type Result } from '../base/result.ts'
import type { Channel } from '../domain/channel.ts'
import type { DepositAuthorization } from '../domain/deposit.ts'
import type { Refusal } from '../domain/refusal.ts'
import { noSignature, type UnixSeconds, unixSeconds } from '../domain/units.ts'
import type {
  PaymentQuote,
  PresentedPayment,
  PresentedVoucher,
  TransferAuthorization,
} from '../domain/x402-payment.ts'
import { type BodyFields, configOf, parse } from './billing/billing-body.ts'
import type { VoucherDocuments } from './voucher-documents.ts'

const base64Pattern = /^[A-Za-z0-9+/]+={0,2}$/

/** What a `PAYMENT-SIGNATURE` header says: the same with or without documents that were read before. */
export function readPayment(
  header: string,
  documents?: VoucherDocuments,
): Result<PresentedPayment, Refusal> {
  if (header.length > paymentHeaderLengthMax) return malformed('it is too long')
  const bytes = Buffer.from(header, 'base64')
  if (!isBase64(header, bytes.length)) return malformed('it is not base64')
  const again = documents?.read(bytes)
  if (again !== undefined) return ok(again)
  const read = parse(bytes, paymentOf)
  if (!read.ok) return malformed(describe(read.error))
  if (read.value?.ok) documents?.keep(bytes, read.value.value)
  return read.value ?? malformed('it is no payload of batch-settlement or exact in x402 version 2')
}

/**
 * Buffer.from skips what is no base64, so that text of whole groups has fewer bytes than its length says; of base64url's two
 * signs it says nothing. Asked so, a header costs a tenth of what the pattern takes, which judges text of another length.
 */
function isBase64(header: string, decodedLength: number): boolean {
  if (header.length % 4 !== 0 || header === '') return base64Pattern.test(header)
  const padding = header.endsWith('==') ? 2 : header.endsWith('=') ? 1 : 0
  const isWhole = decodedLength === (header.length / 4) * 3 - padding
  return isWhole && !header.includes('-') && !header.includes('_')
}

/** `x-payment-parallel`: requests that the client wants to have under way with one voucher. Undefined where it is silent. */
export function readParallel(
  header: string | string[] | undefined,
): Result<number | undefined, Refusal> {
  if (header === undefined) return ok(undefined)
  const parallel = typeof header === 'string' && /^\d{1,2}$/.test(header) ? Number(header) : 0
  return parallel >= 1 && parallel <= parallelRequestsMax
    ? ok(parallel)
    : malformed(`x-payment-parallel must be a number from 1 to ${parallelRequestsMax}`)
}

const malformed = (detail: string): Result<never, Refusal> =>
  err({ reason: 'payment_malformed', detail })

function describe(refusal: Refusal): string {
  if (refusal.reason === 'invalid_type') return `${refusal.param} must be ${refusal.expected}`
  return refusal.reason === 'invalid_json' ? refusal.detail : refusal.reason
}

function paymentOf(fields: BodyFields): Result<PresentedPayment, Refusal> | undefined {
  if (fields.integer('x402Version') !== 2) return undefined
  const accepted = fields.object('accepted')
  const answered = {
    network: accepted.text('network'),
    quotedAmount: accepted.amount('amount'),
  }
  const payload = fields.object('payload')
  if (accepted.text('scheme') === 'exact') {
    return ok({ kind: 'exact', ...answered, authorization: transferOf(payload) })
  }
  if (accepted.text('scheme') !== 'batch-settlement') return undefined
  const voucher = voucherOf(payload)
  switch (payload.text('type')) {
    case 'voucher':
      return ok({ kind: 'voucher', ...answered, voucher, deposit: undefined })
    case 'deposit': {
      const asked = payload.object('deposit')
      const authorization = authorizationOf(asked.object('authorization'))
      const deposit = { config: voucher.config, amount: asked.amount('amount'), authorization }
      return ok({ kind: 'voucher', ...answered, voucher, deposit })
    }
    case 'refund': {
      const amount = payload.has('amount') ? payload.amount('amount') : undefined
      return ok({ kind: 'refund', ...answered, voucher, amount })
    }
    default:
      return undefined
  }
}

function voucherOf(payload: BodyFields): PresentedVoucher {
  const voucher = payload.object('voucher')
  return {
    config: configOf(payload.object('channelConfig')),
    channelId: voucher.bytes32('channelId'),
    maxClaimableAmount: voucher.amount('maxClaimableAmount'),
    signature: voucher.signature('signature'),
  }
}

function authorizationOf(fields: BodyFields): DepositAuthorization {
  if (fields.has('permit2Authorization')) {
    const permit = fields.object('permit2Authorization')
    return {
      kind: 'permit2',
      nonce: permit.uint256('nonce'),
      deadline: secondsOf(permit, 'deadline'),
      signature: permit.signature('signature'),
    }
  }
  const authorization = fields.object('erc3009Authorization')
  return {
    kind: 'eip3009',
    validAfter: secondsOf(authorization, 'validAfter'),
    validBefore: secondsOf(authorization, 'validBefore'),
    salt: authorization.bytes32('salt'),
    signature: authorization.signature('signature'),
  }
}

function transferOf(payload: BodyFields): TransferAuthorization {
  const authorization = payload.object('authorization')
  return {
    from: authorization.address('from'),
    to: authorization.address('to'),
    value: authorization.amount('value'),
    validAfter: secondsOf(authorization, 'validAfter'),
    validBefore: secondsOf(authorization, 'validBefore'),
    nonce: authorization.bytes32('nonce'),
    signature: payload.signature('signature'),
  }
}

/** x402 writes times as it writes amounts: decimal strings. */
const secondsOf = (fields: BodyFields, name: string): UnixSeconds =>
  unixSeconds(fields.decimal(name))

/** The `PAYMENT-REQUIRED` header: what the request may cost and how it can be paid. */
export function paymentRequiredHeader(terms: {
  readonly quote: PaymentQuote
  readonly resourceUrl: string
  /** The least that `exact` is offered for, atomic units. */
  readonly exactMinimumAmount: bigint
  readonly refusal: Refusal
}): string {
  const { quote, resourceUrl, exactMinimumAmount, refusal } = terms
  const channel = refusal.reason === 'cumulative_amount_mismatch' ? refusal.channel : undefined
  const exact = quote.ceilingAmount >= exactMinimumAmount ? [exactTerms(quote)] : []
  return encodeJsonHeader({
    x402Version: 2,
    error: wireErrors[refusal.reason] ?? refusal.reason,
    resource: {
      url: resourceUrl,
      description: 'An OpenAI chat completion, priced by its tokens.',
      mimeType: 'application/json',
    },
    accepts: [
      batchTerms(quote, channel),
      ...exact,
      ...(quote.alternatives ?? []).map((one) => batchTerms(one, channel)),
    ],
  })
}

/** Names that x402's clients know and act on; everything else goes by our own. */
const wireErrors: Partial<Record<Refusal['reason'], string>> = {
  cumulative_amount_mismatch: 'invalid_batch_settlement_evm_cumulative_amount_mismatch',
  voucher_signature_invalid: 'invalid_batch_settlement_evm_voucher_signature',
  voucher_channel_mismatch: 'invalid_batch_settlement_evm_channel_id_mismatch',
  channel_not_found: 'invalid_batch_settlement_evm_channel_not_found',
  deposit_below_minimum: 'invalid_batch_settlement_evm_deposit_below_min_deposit',
  deposit_rejected: 'invalid_batch_settlement_evm_deposit_simulation_failed',
  nothing_to_refund: 'invalid_batch_settlement_evm_refund_no_balance',
}

const termsOf = ({ offer }: PaymentQuote) => ({
  network: `eip155:${offer.chainId}`,
  asset: offer.asset.address,
  payTo: offer.receiver,
  maxTimeoutSeconds: authorizationValidS,
})

const tokenTerms = ({ offer }: PaymentQuote) => ({
  name: offer.asset.name,
  version: offer.asset.version,
  assetTransferMethod: 'eip3009',
})

function batchTerms(quote: PaymentQuote, channel: Channel | undefined) {
  return {
    scheme: 'batch-settlement',
    ...termsOf(quote),
    amount: String(quote.voucherAmount),
    extra: {
      ...tokenTerms(quote),
      receiverAuthorizer: quote.offer.receiverAuthorizer,
      withdrawDelay: quote.offer.withdrawDelayMinS,
      minDeposit: String(quote.depositAmount),
      ...(channel !== undefined && isOn(quote, channel) ? corrections(channel) : {}),
    },
  }
}

/** Only a quote for the asset of the channel can be corrected by the channel's sums. */
const isOn = ({ offer }: PaymentQuote, { chainId, config }: Channel): boolean =>
  offer.chainId === chainId && offer.asset.address === config.token

const exactTerms = (quote: PaymentQuote) => ({
  scheme: 'exact',
  ...termsOf(quote),
  amount: String(quote.ceilingAmount),
  extra: tokenTerms(quote),
})

/** From where a client must count, with its own signature as the proof that it once did. */
const corrections = (channel: Channel) => ({
  channelState: {
    channelId: channel.channelId,
    balance: String(channel.balance),
    totalClaimed: String(channel.totalClaimed),
    chargedCumulativeAmount: String(channel.announcedAmount),
  },
  ...(channel.voucherSignature === noSignature
    ? {}
    : {
        voucherState: {
          signedMaxClaimable: String(channel.signedMaxClaimable),
          signature: channel.voucherSignature,
        },
      }),
})
