import type { Result } from '../base/result.ts'
import type { Channel, ChannelConfig, ChannelOnChain, Voucher } from '../domain/channel.ts'
import type { Decided, Hold, OrphanedHold, ReceiptPosition, SealedReceipt } from '../domain/hold.ts'
import type { GatewayRefusal, HoldRefusal, VoucherRefusal } from '../domain/refusal.ts'
import type { AtomicAmount, Bytes32 } from '../domain/units.ts'

/**
 * All money of the gateway. Every method is atomic and idempotent by request id; the transitions and their numbered
 * invariants are those of domain/channel-ledger.ts. Two implementations will stand behind this port, held to each other
 * by test/conformance/ledger-store.test.ts.
 */
export type LedgerStore = {
  /** Opens the book of a channel, or returns the one that exists. */
  readonly openChannel: (terms: {
    readonly channelId: Bytes32
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

  readonly hold: (hold: Hold) => Promise<Result<Decided<Hold>, HoldRefusal | GatewayRefusal>>
  /** Remembers how far an answer got, so that a crash charges what was delivered. Not awaited on the hot path. */
  readonly checkpoint: (requestId: string, checkpoint: string) => void
  /**
   * Charges and writes the receipt in one durable step. `seal` may be called again with another position where replicas
   * compete, so it has no effect of its own. Answers undefined when this request was charged or released before.
   */
  readonly charge: (
    requestId: string,
    actualAmount: AtomicAmount,
    seal: (position: ReceiptPosition) => SealedReceipt,
  ) => Promise<Decided<SealedReceipt> | undefined>
  readonly release: (requestId: string) => Promise<void>

  readonly orphanedHolds: () => Promise<readonly OrphanedHold[]>
  readonly receipt: (
    receiptId: Bytes32,
  ) => Promise<{ readonly channelId: Bytes32; readonly body: string } | undefined>
  /** False once a write failed: from then on nothing more is held. */
  readonly isWritable: () => boolean
  /** Resolves when everything decided so far is durable, then refuses further work. */
  readonly close: () => Promise<void>
}

/** The disk or the server behind the store failed: what was decided may not be durable, so nothing more is decided. */
export class StoreFailure extends Error {
  override readonly name = 'StoreFailure'
}
