import type { Result } from '../base/result.ts'
import type { Channel, ChannelConfig, ChannelOnChain, Voucher } from '../domain/channel.ts'
import type {
  Decided,
  Earning,
  Held,
  Hold,
  OrphanedHold,
  ReceiptPosition,
  SealedReceipt,
} from '../domain/hold.ts'
import type { KeySpending } from '../domain/key-spending.ts'
import type { Payout, PayoutTerms } from '../domain/payout-ledger.ts'
import type { GatewayRefusal, HoldRefusal, VoucherRefusal } from '../domain/refusal.ts'
import type { AtomicAmount, Bytes32, Signature, UnixSeconds } from '../domain/units.ts'
import type { UsdBook } from '../domain/usd-book.ts'

/**
 * All money of the gateway. Every method is atomic and idempotent by request id; the transitions and their numbered
 * invariants are those of domain/channel-ledger.ts, key-spending.ts and payout-ledger.ts. Implementations are held to each
 * other by test/conformance/ledger-store.test.ts.
 */
export type LedgerStore = ChannelBook &
  HoldBook &
  ReceiptBook &
  PayoutBook & {
    /** False once a write failed: from then on nothing more is held. */
    readonly isWritable: () => boolean
    /** Resolves when everything decided so far is durable, then refuses further work. */
    readonly close: () => Promise<void>
  }

/** What payers deposited and signed. */
export type ChannelBook = {
  /** Opens the book of a channel, or returns the one that exists. */
  readonly openChannel: (terms: {
    readonly channelId: Bytes32
    readonly chainId: number
    readonly config: ChannelConfig
    readonly onChain: ChannelOnChain
  }) => Promise<Decided<Channel>>
  readonly channel: (channelId: Bytes32) => Promise<Channel | undefined>
  readonly channels: () => Promise<readonly Channel[]>
  /** The caller has verified the signature. */
  readonly acceptVoucher: (
    voucher: Voucher,
  ) => Promise<Result<Decided<Channel>, VoucherRefusal | HoldRefusal>>
  readonly observeChain: (channelId: Bytes32, onChain: ChannelOnChain) => Promise<void>
  /** Takes no new hold on the channel, or takes them again. Durable when it resolves. */
  readonly setFrozen: (channelId: Bytes32, frozen: boolean) => Promise<void>
}

/** What requests hold and cost. */
type HoldBook = {
  /** Reserves on the channel and, where the key has a cap, under it. The same request id again answers the first hold. */
  readonly hold: (hold: Hold) => Promise<Result<Decided<Held>, HoldRefusal | GatewayRefusal>>
  /** Reserves more for a request that is being answered. Refused, never partial; `hold_lost` when it has ended. */
  readonly extend: (
    requestId: string,
    additionalAmount: AtomicAmount,
  ) => Promise<Result<Decided<Held>, HoldRefusal | GatewayRefusal>>
  /** Remembers how far an answer got, so that a crash charges what was delivered. Not awaited on the hot path. */
  readonly checkpoint: (requestId: string, checkpoint: string) => void
  /**
   * Charges, credits what was earned, adds `worth` to the dollar book and writes the receipt, in one durable step. `seal` may be called again with another
   * position where replicas compete, so it has no effect of its own. Answers undefined when this request was charged or
   * released before.
   */
  readonly charge: (
    requestId: string,
    actualAmount: AtomicAmount,
    seal: (position: ReceiptPosition) => SealedReceipt,
    earning?: Earning | undefined,
    worth?: UsdBook | undefined,
  ) => Promise<Decided<SealedReceipt> | undefined>
  /** True when this call ended the hold; false when there is none any more, or the store does not say. */
  readonly release: (requestId: string) => Promise<boolean>
  /** Holds whose gateway process is gone: of an earlier process, or of a replica that stopped renewing its lease. */
  readonly orphanedHolds: () => Promise<readonly OrphanedHold[]>
  /** What all charges so far were worth, and what was earned of them. */
  readonly usdBook: () => Promise<UsdBook>
  readonly keySpending: (budgetId: string) => Promise<KeySpending>
  /** The channel that a request holds on, at whichever replica it is being answered; undefined once that has ended. */
  readonly heldOn: (requestId: string) => Promise<Bytes32 | undefined>
}

/**
 * Every receipt that was given. All that is read here is durable, at every replica as soon as `Decided.durable` has resolved
 * at one. Numbers of the gateway have no gaps, and digests stay for ever; bodies and records go when their time is over.
 */
type ReceiptBook = {
  readonly receipt: (receiptId: Bytes32) => Promise<KeptReceipt | undefined>
  /** What is kept of a request that has a receipt, and that receipt. */
  readonly requestRecord: (requestId: string) => Promise<KeptRequest | undefined>
  /** The newest receipt of the channel that was sealed with this `answerId`. */
  readonly receiptOfAnswer: (
    channelId: Bytes32,
    answerId: string,
  ) => Promise<KeptReceipt | undefined>
  /** Receipts of all channels by `gatewaySeq`, without a gap from the one after `afterSeq`, at most `limit`. */
  readonly receiptsBySeq: (range: {
    readonly afterSeq: number
    readonly limit: number
  }) => Promise<readonly KeptReceipt[]>
  /** Their digests alone, for a fiftieth of the bytes. */
  readonly digestsBySeq: (range: {
    readonly afterSeq: number
    readonly limit: number
  }) => Promise<readonly Bytes32[]>
  /**
   * Bodies of a channel's receipts in their order, from the one after `afterSeq`, at most `limit`. None where that one's body
   * is gone.
   */
  readonly receipts: (range: {
    readonly channelId: Bytes32
    readonly afterSeq: number
    readonly limit: number
  }) => Promise<readonly string[]>
  /**
   * Deletes the bodies and records of the oldest receipts, at most `limit` of them and none sealed at `before` or later.
   * Answers how many; fewer than `limit` says that none is left. Durable when it resolves; replicas may do it at once.
   */
  readonly expireReceipts: (bound: {
    readonly before: UnixSeconds
    readonly limit: number
  }) => Promise<number>
}

export type KeptReceipt = {
  readonly channelId: Bytes32
  readonly receiptId: Bytes32
  readonly gatewaySeq: number
  /** What the gateway signed. */
  readonly digest: Bytes32
  /** The document as it was sealed; undefined once it has expired. */
  readonly body: string | undefined
}

export type KeptRequest = KeptReceipt & {
  /** A `RequestRecord` in JSON; undefined once it has expired, and of a ledger from before there were any. */
  readonly record: string | undefined
}

/** What contributors earned and were promised. Everything here is durable when it resolves. */
type PayoutBook = {
  /** Opens the book of a payout channel, or returns the one that exists. */
  readonly openPayout: (terms: PayoutTerms) => Promise<Payout>
  readonly payout: (payoutId: Bytes32) => Promise<Payout | undefined>
  readonly payouts: () => Promise<readonly Payout[]>
  /** Remembers a voucher before it leaves the house. */
  readonly promisePayout: (voucher: PayoutVoucher) => Promise<Payout>
  /** Takes a voucher of ours that the contributor showed and whose signature the caller verified. */
  readonly recoverPromise: (voucher: PayoutVoucher) => Promise<Payout>
  readonly observePayout: (payoutId: Bytes32, onChain: ChannelOnChain) => Promise<Payout>
}

export type PayoutVoucher = {
  readonly payoutId: Bytes32
  readonly amount: AtomicAmount
  readonly signature: Signature
}

/** The disk or the server behind the store failed: what was decided may not be durable, so nothing more is decided. */
export class StoreFailure extends Error {
  override readonly name = 'StoreFailure'
}
