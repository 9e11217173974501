/*
 * What a contributor knows of the money that one gateway owes it, as pure transitions.
 *
 * Invariants (asserted after every transition):
 *   (1) owedAmount >= paidAmount: what is promised beyond our own count raises the count. Work is never done for promises
 *       that were made before it, so a gateway cannot buy credit, and a book that was lost does not give any.
 *   (2) owedAmount and paidAmount never decrease
 */
import { assert } from '../base/assert.ts'
import type { OfferedPayoutVoucher } from '../domain/payout-voucher.ts'
import { type AtomicAmount, atomic, type Bytes32 } from '../domain/units.ts'

/** A voucher as it was found good, and where it can be claimed. */
export type HeldVoucher = OfferedPayoutVoucher & { readonly channelId: Bytes32 }

export type CreditBook = {
  /** By our own signed Work at the agreed prices, since ever. */
  readonly owedAmount: AtomicAmount
  /** The highest voucher of each channel. A gateway that changes its key or its treasury opens another. */
  readonly vouchers: readonly HeldVoucher[]
}

export const emptyCreditBook: CreditBook = { owedAmount: atomic(0n), vouchers: [] }

/** What is promised in vouchers that the contract accepts, over all channels. */
export const paidAmount = ({ vouchers }: CreditBook): AtomicAmount =>
  atomic(vouchers.reduce((sum, { maxClaimableAmount }) => sum + maxClaimableAmount, 0n))

/** What was worked on credit. */
export const unpaidAmount = (book: CreditBook): AtomicAmount =>
  atomic(book.owedAmount - paidAmount(book))

export const addWork = (book: CreditBook, amount: AtomicAmount): CreditBook =>
  checked(book, { ...book, owedAmount: atomic(book.owedAmount + amount) })

/** Keeps a voucher that was found good, when it is higher than the one that we have of its channel. */
export function holdVoucher(book: CreditBook, voucher: HeldVoucher): CreditBook {
  const known = voucherOf(book, voucher.channelId)
  if (known !== undefined && known.maxClaimableAmount >= voucher.maxClaimableAmount) return book
  const others = book.vouchers.filter(({ channelId }) => channelId !== voucher.channelId)
  // The newest is last: it is the one that is shown.
  const vouchers = [...others, voucher]
  const paid = paidAmount({ ...book, vouchers })
  const owedAmount = book.owedAmount > paid ? book.owedAmount : paid
  return checked(book, { owedAmount, vouchers })
}

export const voucherOf = (book: CreditBook, channelId: Bytes32): HeldVoucher | undefined =>
  book.vouchers.find((voucher) => voucher.channelId === channelId)

function checked(before: CreditBook, after: CreditBook): CreditBook {
  const paid = paidAmount(after)
  assert(paid <= after.owedAmount, '(1) owed >= paid')
  assert(
    after.owedAmount >= before.owedAmount && paid >= paidAmount(before),
    '(2) owed and paid never decrease',
  )
  return after
}
