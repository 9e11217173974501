/*
 * The ledger's decisions, wherever its rows lie: each operation reads the state it needs, applies the transitions of
 * domain/, and hands what changed to a sink. It never waits, so that operations on one state are in one order.
 */
import { assert } from '../base/assert.ts'
import { err, ok, type Result } from '../base/result.ts'
import type { Channel, Voucher } from '../domain/channel.ts'
import * as ledger from '../domain/channel-ledger.ts'
import type {
  Earning,
  Held,
  Hold,
  ReceiptPosition,
  SealedReceipt,
  SpendCap,
} from '../domain/hold.ts'
import { endHold, holdUnderCap, type KeySpending, nothingSpent } from '../domain/key-spending.ts'
import * as payouts from '../domain/payout-ledger.ts'
import type { GatewayRefusal, HoldRefusal, VoucherRefusal } from '../domain/refusal.ts'
import { type AtomicAmount, atomic, type Bytes32 } from '../domain/units.ts'
import { addToUsdBook, emptyUsdBook, type UsdBook } from '../domain/usd-book.ts'
import type { ChannelBook, PayoutVoucher } from './ledger-store.ts'

export type StoredReceipt = SealedReceipt & {
  readonly gatewaySeq: number
  readonly channelId: Bytes32
  readonly channelSeq: number
}

/** What all receipts have in common: the number of the newest, and what all of them together were worth. */
export type LedgerHead = UsdBook & { readonly gatewaySeq: number }

export const emptyHead: LedgerHead = { gatewaySeq: 0, ...emptyUsdBook }

/** Where changes go. A row that changes often is put again: the last one counts. */
export type LedgerSink = {
  readonly putChannel: (channel: Channel) => void
  /** A hold changed nothing but its channel's held amount, which is the sum of its holds. */
  readonly insertHold: (hold: Hold) => void
  readonly extendHold: (hold: Hold) => void
  readonly endHold: (hold: Hold) => void
  readonly putSpending: (spending: KeySpending) => void
  readonly putPayout: (payout: payouts.Payout) => void
  readonly insertReceipt: (receipt: StoredReceipt) => void
  readonly putUsdBook: (book: UsdBook) => void
}

export class LedgerState {
  readonly channels: Map<Bytes32, Channel> = new Map()
  readonly holds: Map<string, Hold> = new Map()
  readonly spendings: Map<string, KeySpending> = new Map()
  readonly payouts: Map<Bytes32, payouts.Payout> = new Map()
  head: LedgerHead = emptyHead
  readonly #sink: LedgerSink

  constructor(sink: LedgerSink) {
    this.#sink = sink
  }

  openChannel(terms: Parameters<ChannelBook['openChannel']>[0]): Channel {
    const known = this.channels.get(terms.channelId)
    return known ?? this.#put(ledger.openChannel(terms))
  }

  acceptVoucher(voucher: Voucher): Result<Channel, VoucherRefusal | HoldRefusal> {
    const channel = this.channels.get(voucher.channelId)
    if (channel === undefined) return err({ reason: 'channel_not_found' })
    const accepted = ledger.acceptVoucher(channel, voucher)
    if (accepted.ok && accepted.value !== channel) this.#put(accepted.value)
    return accepted
  }

  observeChain(...[channelId, onChain]: Parameters<ChannelBook['observeChain']>): void {
    this.#put(ledger.observeChain(this.#channel(channelId), onChain))
  }

  setFrozen(...[channelId, frozen]: Parameters<ChannelBook['setFrozen']>): void {
    const channel = this.#channel(channelId)
    if (channel.frozen !== frozen) this.#put(frozen ? ledger.freeze(channel) : ledger.thaw(channel))
  }

  hold(hold: Hold): Result<Held, HoldRefusal> {
    const known = this.holds.get(hold.requestId)
    if (known !== undefined) return ok({ hold: known, channel: this.#channel(known.channelId) })
    const reserved = this.#reserve(hold, hold.heldAmount)
    if (reserved.ok) this.#sink.insertHold(hold)
    return reserved
  }

  extend(
    requestId: string,
    additionalAmount: AtomicAmount,
  ): Result<Held, HoldRefusal | GatewayRefusal> {
    const hold = this.holds.get(requestId)
    if (hold === undefined) return err({ reason: 'hold_lost' })
    const larger = { ...hold, heldAmount: atomic(hold.heldAmount + additionalAmount) }
    const reserved = this.#reserve(larger, additionalAmount)
    if (reserved.ok) this.#sink.extendHold(larger)
    return reserved
  }

  /** Answers undefined when this request was charged or released before. */
  charge(
    requestId: string,
    actualAmount: AtomicAmount,
    seal: (position: ReceiptPosition) => SealedReceipt,
    earning: Earning | undefined,
    worth: UsdBook = emptyUsdBook,
  ): SealedReceipt | undefined {
    const hold = this.holds.get(requestId)
    if (hold === undefined) return undefined
    const { channelId } = hold
    const before = this.#channel(channelId)
    const amounts = { held: hold.heldAmount, actual: actualAmount }
    const charged = ledger.charge(before, amounts)
    const gatewaySeq = this.head.gatewaySeq + 1
    const channelSeq = charged.receiptSeq
    const sealed = seal({
      gatewaySeq,
      channelSeq,
      cumulative: charged.chargedCumulativeAmount,
      prevReceipt: before.receiptDigest,
    })
    const chained = ledger.chainReceipt(charged, sealed.digest)
    const earned = earning && payouts.earn(this.#payout(earning.payoutId), earning.amount)
    const spent = this.#spendingAfter(hold, actualAmount)
    // Nothing was changed before this line and nothing throws after it: a seal that fails leaves the hold as it was.
    const usd = addToUsdBook(this.head, worth)
    if (usd !== this.head) this.#sink.putUsdBook(usd)
    this.head = { ...usd, gatewaySeq }
    this.#put(chained)
    if (earned !== undefined) this.putPayout(earned)
    this.#endHold(hold, spent)
    if (spent !== undefined && actualAmount > 0n) this.#sink.putSpending(spent)
    this.#sink.insertReceipt({ ...sealed, gatewaySeq, channelId, channelSeq })
    return sealed
  }

  release(requestId: string): boolean {
    const hold = this.holds.get(requestId)
    if (hold === undefined) return false
    const released = ledger.release(this.#channel(hold.channelId), hold.heldAmount)
    const spent = this.#spendingAfter(hold, atomic(0n))
    this.channels.set(hold.channelId, released)
    this.#endHold(hold, spent)
    return true
  }

  spending(budgetId: string): KeySpending {
    return this.spendings.get(budgetId) ?? nothingSpent(budgetId)
  }

  openPayout(terms: payouts.PayoutTerms): payouts.Payout {
    return this.payouts.get(terms.payoutId) ?? this.putPayout(payouts.openPayout(terms))
  }

  promisePayout({ payoutId, amount, signature }: PayoutVoucher): payouts.Payout {
    return this.putPayout(payouts.promise(this.#payout(payoutId), amount, signature))
  }

  recoverPromise({ payoutId, amount, signature }: PayoutVoucher): payouts.Payout {
    return this.putPayout(payouts.recoverPromise(this.#payout(payoutId), amount, signature))
  }

  observePayout(
    payoutId: Bytes32,
    onChain: Parameters<typeof payouts.observePayout>[1],
  ): payouts.Payout {
    return this.putPayout(payouts.observePayout(this.#payout(payoutId), onChain))
  }

  putPayout(payout: payouts.Payout): payouts.Payout {
    this.payouts.set(payout.payoutId, payout)
    this.#sink.putPayout(payout)
    return payout
  }

  /** Takes `amount` from the channel and from the key's cap, both or neither, and keeps `hold`. */
  #reserve(hold: Hold, amount: AtomicAmount): Result<Held, HoldRefusal> {
    const channel = this.channels.get(hold.channelId)
    if (channel === undefined) return err({ reason: 'channel_not_found' })
    const reserved = ledger.hold(channel, amount)
    if (!reserved.ok) return reserved
    const spending = hold.budget && this.#spendingWith(hold.budget, amount)
    if (spending?.ok === false) return spending
    const held = hold.announces ? ledger.announce(reserved.value) : reserved.value
    if (spending !== undefined) this.spendings.set(spending.value.budgetId, spending.value)
    this.holds.set(hold.requestId, hold)
    if (held.announcedAmount === channel.announcedAmount) this.channels.set(hold.channelId, held)
    else this.#put(held)
    return ok({ hold, channel: held })
  }

  #spendingWith(
    { budgetId, capAmount }: SpendCap,
    amount: AtomicAmount,
  ): Result<KeySpending, HoldRefusal> {
    return holdUnderCap(this.spending(budgetId), amount, capAmount)
  }

  /** What the key has spent once the hold ended at this cost; undefined without a cap. */
  #spendingAfter({ budget, heldAmount }: Hold, actual: AtomicAmount): KeySpending | undefined {
    return budget && endHold(this.spending(budget.budgetId), { held: heldAmount, actual })
  }

  #endHold(hold: Hold, spent: KeySpending | undefined): void {
    this.holds.delete(hold.requestId)
    this.#sink.endHold(hold)
    if (spent !== undefined) this.spendings.set(spent.budgetId, spent)
  }

  #put(channel: Channel): Channel {
    this.channels.set(channel.channelId, channel)
    this.#sink.putChannel(channel)
    return channel
  }

  #channel(channelId: Bytes32): Channel {
    const channel = this.channels.get(channelId)
    assert(channel !== undefined, 'a hold belongs to a channel of this ledger')
    return channel
  }

  #payout(payoutId: Bytes32): payouts.Payout {
    const payout = this.payouts.get(payoutId)
    assert(payout !== undefined, 'a payout is opened before it is used')
    return payout
  }
}
