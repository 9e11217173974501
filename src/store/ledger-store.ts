import type { Result } from '../base/result.ts'
import type { Channel, ChannelConfig, ChannelOnChain, Voucher } from '../domain/channel.ts'
import type { GatewayRefusal, HoldRefusal, VoucherRefusal } from '../domain/refusal.ts'
import type { AtomicAmount, Bytes32 } from '../domain/units.ts'

/** One request's claim on a channel, open from admission until it is charged or released. */
export type Hold = {
  readonly requestId: string
  readonly channelId: Bytes32
  readonly heldAmount: AtomicAmount
  /** What recovery needs to write a receipt for a request whose gateway died; opaque to the store. */
  readonly context: string
}

/** A hold that an earlier process left open, with the last progress it made durable. */
export type OrphanedHold = Hold & { readonly checkpoint: string | undefined }

/** Where a receipt stands on its channel: handed out with the charge, never twice. */
export type ReceiptPosition = {
  readonly gatewaySeq: number
  readonly channelSeq: number
  readonly cumulative: AtomicAmount
  readonly prevReceipt: Bytes32
}

/** A signed receipt as it is stored and served. */
export type SealedReceipt = {
  readonly receiptId: Bytes32
  readonly digest: Bytes32
  /** The JSON body that `GET /v1/receipts/{id}` answers. */
  readonly body: string
}

/** Decided at once; `durable` resolves when the decision survives a power cut and rejects with StoreFailure. */
export type Decided<T> = { readonly value: T; readonly durable: Promise<void> }

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
  /** Resolves when everything decided so far is durable, then refuses further work. */
  readonly close: () => Promise<void>
}

/** The disk or the server behind the store failed: what was decided may not be durable, so nothing more is decided. */
export class StoreFailure extends Error {
  override readonly name = 'StoreFailure'
}
