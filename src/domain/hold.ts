import type { Channel } from './channel.ts'
import type { MicroUsd } from './exchange.ts'
import type { AtomicAmount, Bytes32, UnixSeconds } from './units.ts'

/** One request's claim on a channel, open from admission until it is charged or released. */
export type Hold = {
  readonly requestId: string
  readonly channelId: Bytes32
  readonly heldAmount: AtomicAmount
  /**
   * What recovery needs to end a request whose gateway died; opaque to the store. Undefined of one of which a death leaves
   * nothing to charge and nothing to give back but the hold itself: a store that dies with its gateway need not write it.
   */
  readonly context: string | undefined
  /** The API key's own limit, where it has one. */
  readonly budget: SpendCap | undefined
  /** Whether an x402 client waits to be told its ceiling (`Channel.announcedAmount`). */
  readonly announces: boolean
}

/** What one API key may spend in all. */
export type SpendCap = { readonly budgetId: string; readonly capAmount: AtomicAmount }

/** A hold that stands, and its channel as it is with it. */
export type Held = { readonly hold: Hold; readonly channel: Channel }

/** What a charge earns the contributor that did the work, in atomic units of the asset that it is paid in. */
export type Earning = {
  readonly payoutId: Bytes32
  readonly amount: AtomicAmount
  /** The same in the dollar book; undefined where no dollars are counted. */
  readonly microUsd?: MicroUsd | undefined
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

/** A receipt as it is stored and served. */
export type SealedReceipt = {
  readonly receiptId: Bytes32
  readonly digest: Bytes32
  /**
   * The JSON body that `GET /v1/receipts/{id}` answers. Signed when it is asked for first, together with all that were sealed
   * until then: a store asks once it knows what it writes together, and nobody else before it is durable.
   */
  readonly body: () => string
  /**
   * Body and record in a third of the bytes (receipt-bytes.ts), signed as `body` is; undefined of a receipt with evidence,
   * which is JSON of any form.
   */
  readonly packed?: (() => Uint8Array) | undefined
  /** The `RequestRecord` that is kept beside it, as JSON. */
  readonly record: string
  /** By the gateway's clock: when its time to be kept begins. */
  readonly sealedAt: UnixSeconds
  /** The id that stands in the answer, where it does not follow from the request's (`requestIdOfAnswer`). */
  readonly answerId: string | undefined
}

/** Decided at once; `durable` resolves when the decision survives a power cut and rejects with StoreFailure. */
export type Decided<T> = { readonly value: T; readonly durable: Promise<void> }
