/*
 * Payout ledger: the gateway's debt to one contributor on one chain, as pure transitions. The channel runs from the
 * gateway's treasury to the contributor; the gateway signs cumulative vouchers on it.
 *
 * Invariants (asserted after every transition):
 *   (P1) totalClaimed <= promisedAmount
 *   (P2) promisedAmount <= earnedAmount
 *   (P3) promisedAmount <= balance
 *   (P4) earnedAmount, promisedAmount and totalClaimed never decrease
 *
 * `earnedAmount` may exceed the balance: then the escrow is to be topped up before more is promised.
 */
import { assert } from '../base/assert.ts'
import type { ChannelConfig, ChannelOnChain } from './channel.ts'
import {
  type Address,
  type AtomicAmount,
  atomic,
  type Bytes32,
  noSignature,
  type Signature,
} from './units.ts'

export type Payout = {
  /** Id of the channel from treasury to contributor. */
  readonly payoutId: Bytes32
  readonly chainId: number
  /** Operator address of the contributor. */
  readonly contributor: Address
  readonly config: ChannelConfig
  readonly balance: AtomicAmount
  readonly totalClaimed: AtomicAmount
  /** All that charged answers earned, since ever. */
  readonly earnedAmount: AtomicAmount
  /** The highest voucher that may have left the house. */
  readonly promisedAmount: AtomicAmount
  readonly voucherSignature: Signature
}

export type PayoutTerms = {
  readonly payoutId: Bytes32
  readonly chainId: number
  readonly contributor: Address
  readonly config: ChannelConfig
  readonly onChain: ChannelOnChain
}

/** A book that starts level with the chain: what was claimed was once promised and earned. */
export const openPayout = (terms: PayoutTerms): Payout => {
  const { onChain, ...names } = terms
  return {
    ...names,
    balance: onChain.balance,
    totalClaimed: onChain.totalClaimed,
    earnedAmount: onChain.totalClaimed,
    promisedAmount: onChain.totalClaimed,
    voucherSignature: noSignature,
  }
}

export const earn = (payout: Payout, amount: AtomicAmount): Payout =>
  checked(payout, { earnedAmount: atomic(payout.earnedAmount + amount) })

/** The most that a voucher may promise now: what is earned, as far as the escrow covers it. */
export const promisable = (payout: Payout): AtomicAmount =>
  payout.earnedAmount < payout.balance ? payout.earnedAmount : payout.balance

/** Remembers a voucher before it leaves the house. A lower one than before changes nothing. */
export const promise = (payout: Payout, amount: AtomicAmount, signature: Signature): Payout =>
  amount <= payout.promisedAmount
    ? payout
    : checked(payout, { promisedAmount: amount, voucherSignature: signature })

/**
 * Takes a voucher of our own that the contributor shows and we do not know: our book was lost, and what was signed stays
 * owed. The caller has verified our signature.
 */
export function recoverPromise(payout: Payout, amount: AtomicAmount, signature: Signature): Payout {
  if (amount <= payout.promisedAmount) return payout
  const earnedAmount = amount > payout.earnedAmount ? amount : payout.earnedAmount
  return checked(payout, { earnedAmount, promisedAmount: amount, voucherSignature: signature })
}

/** Takes what the chain says. A claim beyond our book shows that the book was lost: it is raised to the claim. */
export function observePayout(payout: Payout, onChain: ChannelOnChain): Payout {
  const atLeast = (known: AtomicAmount) =>
    onChain.totalClaimed > known ? onChain.totalClaimed : known
  return checked(payout, {
    // A treasury that withdrew cannot take back what was promised: the book keeps to it, and promises no more.
    balance: onChain.balance >= payout.promisedAmount ? onChain.balance : payout.promisedAmount,
    totalClaimed: atLeast(payout.totalClaimed),
    earnedAmount: atLeast(payout.earnedAmount),
    promisedAmount: atLeast(payout.promisedAmount),
  })
}

function checked(before: Payout, change: Partial<Payout>): Payout {
  const after = { ...before, ...change }
  assert(after.totalClaimed <= after.promisedAmount, '(P1) claimed <= promised')
  assert(after.promisedAmount <= after.earnedAmount, '(P2) promised <= earned')
  assert(after.promisedAmount <= after.balance, '(P3) promised <= balance')
  assert(
    after.earnedAmount >= before.earnedAmount &&
      after.promisedAmount >= before.promisedAmount &&
      after.totalClaimed >= before.totalClaimed,
    '(P4) earned, promised and claimed never decrease',
  )
  return after
}
