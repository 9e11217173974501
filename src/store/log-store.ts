import type { LogAnchor } from '../domain/log-documents.ts'
import type { LogHead } from '../domain/log-head.ts'
import type { Bytes32, Signature } from '../domain/units.ts'

/** A closed batch, without its entries. */
export type LogBatch = {
  readonly head: LogHead
  /** Undefined between the moment it was closed and the one it was signed. */
  readonly signature: Signature | undefined
  /** Undefined while no block is known to have it. */
  readonly anchor: LogAnchor | undefined
}

/**
 * The transparency log as the gateway keeps it. Entries are kept here and not read back from the ledger: what was signed is
 * told from what it was signed over, whatever becomes of receipts. Every method that changes something resolves when the
 * change survives a power cut, and throws StoreFailure when it may not. Implementations are held to each other by
 * test/conformance/log-store.test.ts.
 *
 * Invariants:
 *   (1) batches are numbered from 0 and their receipts from 1, both without a gap;
 *   (2) a batch that is there never changes: not its head, not its entries, and not its signature once it has one.
 *
 *   (no such batch) --addBatch--> closed --sign--> signed --noteAnchor--> anchored --settle--> settled
 *                                                 ^                        |
 *                                                 '---- block vanished ----'
 */
export type LogStore = {
  /** Of `batches` there are, the first `settled` are anchored for good, as far as is known. */
  readonly length: () => Promise<{ readonly batches: number; readonly settled: number }>
  /** False, and nothing changed, unless it is the next batch and begins with the next receipt. */
  readonly addBatch: (head: LogHead, digests: readonly Bytes32[]) => Promise<boolean>
  /** The first signature stands; a later one changes nothing. */
  readonly sign: (batch: number, signature: Signature) => Promise<void>
  /** Undefined: the block that had it is no more. */
  readonly noteAnchor: (batch: number, anchor: LogAnchor | undefined) => Promise<void>
  readonly settle: (batches: number) => Promise<void>
  /** From `from` on, in order, at most `limit`. */
  readonly batches: (range: {
    readonly from: number
    readonly limit: number
  }) => Promise<readonly LogBatch[]>
  /** The entries of a batch in their order; undefined where there is no such batch. */
  readonly digests: (batch: number) => Promise<readonly Bytes32[] | undefined>
  readonly close: () => Promise<void>
}
