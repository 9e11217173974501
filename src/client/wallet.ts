/*
 * The rules of a wallet that renews a gateway's tranche by itself. Plain data in, a verdict out: what was verified, what may
 * be signed next, or which receipt is wrong and why. It never promises more than what it verified plus one tranche.
 *
 * Invariants:
 *   (1) seq and cumulative are those of the last receipt that was verified, and digest is its digest;
 *   (2) a voucher is signed for at most cumulative + tranche, at most total, and at most perDay more within a UTC day;
 *   (3) signed never decreases, and is remembered before the voucher leaves the house.
 */

import { err, ok, type Result } from '../base/result.ts'
import type { ChannelConfig } from '../domain/channel.ts'
import type { PriceSheet } from '../domain/price-sheet.ts'
import {
  type Address,
  type AtomicAmount,
  atomic,
  type Bytes32,
  type UnixSeconds,
  zeroBytes32,
} from '../domain/units.ts'
import { type CheckLine, joinLines } from './check-line.ts'
import { anyReceipt } from './check-policy.ts'
import { isNoDearer } from './is-no-dearer.ts'
import type { ParsedReceipt } from './parse-receipt-document.ts'
import { recoverSigners } from './recover-signers.ts'
import type { TrustAnchors } from './trust-anchors.ts'
import { verifyReceipt } from './verify-receipt.ts'

/** What a wallet must not forget. */
export type WalletState = {
  readonly channelId: Bytes32
  readonly seq: number
  readonly gatewaySeq: number
  readonly digest: Bytes32
  readonly cumulative: AtomicAmount
  /** The highest voucher that was signed for the channel, by this wallet or before it. */
  readonly signed: AtomicAmount
  /** UTC day, `YYYY-MM-DD`, and what was signed on it beyond what was signed before. */
  readonly day: string
  readonly signedOnDay: AtomicAmount
}

export const freshWallet = (channelId: Bytes32): WalletState => ({
  channelId,
  seq: 0,
  gatewaySeq: 0,
  digest: zeroBytes32,
  cumulative: atomic(0n),
  signed: atomic(0n),
  day: '',
  signedOnDay: atomic(0n),
})

/** Whom and what the payer agreed to deal with. */
export type WalletTrust = {
  readonly config: ChannelConfig
  /** Operator address of the gateway. */
  readonly gateway: Address
  readonly anchors: TrustAnchors
  /** Price sheets that were agreed to. */
  readonly priceHashes: ReadonlySet<Bytes32>
  /** The same as far as they are at hand: whatever is no dearer than one of them is agreed to as well. */
  readonly priceSheets: readonly PriceSheet[]
  /** No receipt of the channel is older than the channel. */
  readonly openedAt: UnixSeconds
}

/** Why nothing more is signed. */
export type WalletObjection = {
  /** The receipt it is about: its number on the channel, and its id where there is one. */
  readonly seq: number
  readonly receiptId: Bytes32 | undefined
  readonly check: string
  readonly detail: string
}

/** Clocks of an honest gateway and ours differ by no more. */
const clockToleranceS = 15 * 60
/** Without these two a receipt is nobody's word. */
const decisive: readonly string[] = ['gateway-signature', 'gateway-key']

/**
 * The state after one more receipt. `registered` are lines about the keys from a chain, where one was asked. Tokens are
 * taken as signed: a wallet sees no prompts.
 */
export function takeReceipt(
  state: WalletState,
  parsed: ParsedReceipt,
  terms: {
    readonly trust: WalletTrust
    readonly registered: readonly CheckLine[]
    readonly nowMs: number
  },
): Result<WalletState, WalletObjection> {
  const { receipt } = parsed
  const object = (check: string, detail: string) =>
    err({ seq: state.seq + 1, receiptId: receipt.receiptId, check, detail })
  const mismatch = chainMismatch(state, parsed, terms.trust)
  if (mismatch !== undefined) return object(...mismatch)
  const lines = joinLines(
    verifyReceipt({
      receipt: parsed,
      evidence: { content: [], request: undefined, response: undefined },
      anchors: terms.trust.anchors,
      policy: { ...anyReceipt, gateway: terms.trust.gateway },
      nowMs: terms.nowMs,
    }),
    terms.registered,
  )
  const wrong = lines.find(
    ({ check, verdict }) =>
      verdict === 'fails' || (verdict === 'unknown' && decisive.includes(check)),
  )
  if (wrong !== undefined) return object(wrong.check, wrong.detail)
  return ok({
    ...state,
    seq: receipt.channelSeq,
    gatewaySeq: receipt.gatewaySeq,
    digest: recoverSigners(parsed).receiptDigest,
    cumulative: receipt.cumulative,
  })
}

/** Where the receipt does not continue the chain of those before it, or was made under other terms. */
function chainMismatch(
  state: WalletState,
  { receipt, priceSheet }: ParsedReceipt,
  trust: WalletTrust,
): readonly [check: string, detail: string] | undefined {
  const { channelId, channelSeq, client, cost, cumulative, gatewaySeq, prevReceipt } = receipt
  const { config } = trust
  if (channelId !== state.channelId) return ['foreign-channel', `it is for channel ${channelId}`]
  if (client !== config.payer) return ['foreign-payer', `it names the payer ${client}`]
  if (channelSeq !== state.seq + 1) {
    return ['sequence-gap', `number ${channelSeq} came where ${state.seq + 1} was due`]
  }
  if (prevReceipt !== state.digest) {
    return [
      'chain-forked',
      `it points back to ${prevReceipt}, but the one before was ${state.digest}`,
    ]
  }
  if (cumulative !== state.cumulative + cost) {
    const expected = state.cumulative + cost
    return [
      'sum-wrong',
      `it brings the channel to ${cumulative}, but the receipts sum up to ${expected}`,
    ]
  }
  if (gatewaySeq <= state.gatewaySeq) {
    return [
      'gateway-sequence',
      `number ${gatewaySeq} of its gateway, after number ${state.gatewaySeq}`,
    ]
  }
  if (!trust.priceHashes.has(receipt.priceHash) && !isNoDearer(priceSheet, trust.priceSheets)) {
    return ['price-not-agreed', `priced by a sheet that you did not agree to: ${receipt.priceHash}`]
  }
  if (priceSheet.asset !== config.token) {
    return ['foreign-asset', `priced in ${priceSheet.asset}, not in the channel's asset`]
  }
  if (receipt.work.finishedAt < trust.openedAt - clockToleranceS) {
    return [
      'too-old',
      `finished at second ${receipt.work.finishedAt}, before the channel was opened`,
    ]
  }
  return undefined
}

/** What the gateway says of the channel, as far as it matters here. */
export type ClaimedBook = { readonly charged: AtomicAmount; readonly receipts: number }

/** The book against the receipts, when as many were verified as it counts. */
export function objectionToBook(
  state: WalletState,
  book: ClaimedBook,
): WalletObjection | undefined {
  if (state.seq !== book.receipts || state.cumulative === book.charged) return undefined
  return {
    seq: state.seq,
    receiptId: undefined,
    check: 'charged-without-receipt',
    detail: `the gateway's book has ${book.charged} charged, but its ${book.receipts} receipts sum up to ${state.cumulative}`,
  }
}

/** The gateway counts receipts that it does not show. */
export const missingReceipt = (state: WalletState, book: ClaimedBook): WalletObjection => ({
  seq: state.seq + 1,
  receiptId: undefined,
  check: 'receipt-missing',
  detail: `the gateway counts ${book.receipts} receipts and shows none after number ${state.seq}`,
})

/** What they cost cannot be told any more, so nothing is promised beyond them. */
export const expiredReceipt = (state: WalletState): WalletObjection => ({
  seq: state.seq + 1,
  receiptId: undefined,
  check: 'receipt-expired',
  detail: `the gateway does not keep the receipts right after number ${state.seq} any more`,
})

/** The chain has more claimed than there are receipts for: the proof of an overclaim. */
export function objectionToClaims(
  state: WalletState,
  totalClaimed: AtomicAmount,
): WalletObjection | undefined {
  if (totalClaimed <= state.cumulative) return undefined
  return {
    seq: state.seq,
    receiptId: undefined,
    check: 'overclaimed',
    detail: `${totalClaimed} is claimed on the chain, but the receipts sum up to ${state.cumulative}`,
  }
}

export type WalletLimits = {
  /** The most that the gateway is trusted with beyond what it has shown receipts for. */
  readonly tranche: AtomicAmount
  /** A voucher is signed when less than this is free. */
  readonly threshold: AtomicAmount
  /** Of the whole channel; undefined leaves it to the balance. */
  readonly total: AtomicAmount | undefined
  readonly perDay: AtomicAmount | undefined
}

export type NextVoucher =
  | { readonly kind: 'sign'; readonly maxClaimableAmount: AtomicAmount }
  /** Enough is free. */
  | { readonly kind: 'enough' }
  /** More would be signed but for this limit. */
  | { readonly kind: 'limited'; readonly by: 'tranche' | 'balance' | 'total' | 'day' }

/** What to sign after everything was verified. `balance` and `free` may be the gateway's word: they only ever lower it. */
export function nextVoucher(
  state: WalletState,
  book: {
    readonly free: AtomicAmount
    readonly balance: AtomicAmount
  },
  terms: { readonly limits: WalletLimits; readonly nowMs: number },
): NextVoucher {
  const { limits } = terms
  if (book.free >= limits.threshold) return { kind: 'enough' }
  const before = state.signed
  const leftToday =
    limits.perDay === undefined ? undefined : limits.perDay - signedOn(state, dayOf(terms.nowMs))
  const bounds: readonly (readonly ['tranche' | 'balance' | 'total' | 'day', bigint])[] = [
    ['tranche', state.cumulative + limits.tranche],
    ['balance', book.balance],
    ...(limits.total === undefined ? [] : [['total', limits.total] as const]),
    ...(leftToday === undefined
      ? []
      : [['day', before + (leftToday > 0n ? leftToday : 0n)] as const]),
  ]
  const [by, most] = bounds.reduce((least, bound) => (bound[1] < least[1] ? bound : least))
  return most > before
    ? { kind: 'sign', maxClaimableAmount: atomic(most) }
    : { kind: 'limited', by }
}

/** The state to remember before the voucher is sent. */
export function withSigned(
  state: WalletState,
  maxClaimableAmount: AtomicAmount,
  nowMs: number,
): WalletState {
  if (maxClaimableAmount <= state.signed) return state
  const day = dayOf(nowMs)
  const more = maxClaimableAmount - state.signed
  return {
    ...state,
    signed: maxClaimableAmount,
    day,
    signedOnDay: atomic(signedOn(state, day) + more),
  }
}

const dayOf = (nowMs: number): string => new Date(nowMs).toISOString().slice(0, 10)

const signedOn = (state: WalletState, day: string): bigint =>
  state.day === day ? state.signedOnDay : 0n
