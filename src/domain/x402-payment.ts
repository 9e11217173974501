import type { ChannelOffer } from './billing-terms.ts'
import type { ChannelConfig } from './channel.ts'
import type { DepositOrder } from './deposit.ts'
import type { Address, AtomicAmount, Bytes32, Signature, UnixSeconds } from './units.ts'

/*
 * Payments that come with a request, as x402 v2 has them. What a payload says of the quote that it answers is the client's
 * own account: it decides nothing, but tells from where the client counts.
 */

/** A voucher as it is presented: the id that the client computed, and the terms that it must follow from. */
export type PresentedVoucher = {
  readonly config: ChannelConfig
  readonly channelId: Bytes32
  readonly maxClaimableAmount: AtomicAmount
  readonly signature: Signature
}

/** ERC-3009: leave to transfer `value`, once, to whomever it names. */
export type TransferAuthorization = {
  readonly from: Address
  readonly to: Address
  readonly value: AtomicAmount
  /** Exclusive, as is `validBefore`. */
  readonly validAfter: UnixSeconds
  readonly validBefore: UnixSeconds
  readonly nonce: Bytes32
  readonly signature: Signature
}

type Answered = {
  /** CAIP-2 name of the chain that the client paid on. */
  readonly network: string
  /** `amount` of the quote that the client answers. */
  readonly quotedAmount: AtomicAmount
}

export type VoucherPayment = Answered & {
  readonly kind: 'voucher'
  readonly voucher: PresentedVoucher
  /** A deposit that is to be made first. */
  readonly deposit: DepositOrder | undefined
}

export type RefundRequest = Answered & {
  readonly kind: 'refund'
  /** For exactly what was charged: it pays for nothing more. */
  readonly voucher: PresentedVoucher
  /** A part of what is left; undefined asks for all of it. */
  readonly amount: AtomicAmount | undefined
}

export type ExactPayment = Answered & {
  readonly kind: 'exact'
  readonly authorization: TransferAuthorization
}

export type PresentedPayment = VoucherPayment | RefundRequest | ExactPayment

/** What a request may cost, and what a client must sign for it. */
export type PaymentQuote = {
  readonly offer: ChannelOffer
  /** The most that the request can cost. */
  readonly ceilingAmount: AtomicAmount
  /** So many requests of this size may be under way with one voucher. 1 is x402's own rule. */
  readonly parallel: number
  /** `parallel` ceilings: what the voucher must leave room for. */
  readonly voucherAmount: AtomicAmount
  /** What a deposit should bring, so that not every request needs one. */
  readonly depositAmount: AtomicAmount
  /** The same request in the other assets whose rates are known now. */
  readonly alternatives?: readonly PaymentQuote[]
}

/** What a request that was accepted came with, as far as its answer must speak of it. */
export type ChannelPayment = {
  readonly scheme: 'batch-settlement' | 'exact'
  /** Cumulative: the presented voucher pays for nothing beyond it, whatever others allow. */
  readonly maxClaimableAmount: AtomicAmount
  /** What the client had been told before (`Channel.announcedAmount`). */
  readonly toldAmount: AtomicAmount
  /** From where the client counts, by its own account. */
  readonly clientBaseAmount: AtomicAmount | undefined
  /** What was settled on the chain for this request alone. */
  readonly transactionHash: Bytes32 | undefined
}
