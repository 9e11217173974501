import type { AtomicAmount, Bytes32 } from './units.ts'

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
