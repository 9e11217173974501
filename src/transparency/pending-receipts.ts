import { type LogHead, lastSeqOf } from '../domain/log-head.ts'
import type { Bytes32 } from '../domain/units.ts'

/** When a batch is closed: at so many receipts, or so long after the first of them was seen. */
export type BatchPolicy = { readonly receiptsMax: number; readonly everyMs: number }

/** Receipts that are durable and in no batch yet, in the order of `gatewaySeq`. Only a copy: the ledger has them. */
export class PendingReceipts {
  #afterSeq = 0
  #digests: Bytes32[] = []
  #sinceMs: number | undefined

  /** `gatewaySeq` of the last one; the next receipt to read is the one after it. */
  get lastSeq(): number {
    return this.#afterSeq + this.#digests.length
  }

  get digests(): readonly Bytes32[] {
    return this.#digests
  }

  /** When the first of them was seen, or one before it that another process has put into a batch since. */
  get sinceMs(): number | undefined {
    return this.#sinceMs
  }

  /** Forgets what is in the log. */
  dropLogged(newest: LogHead | undefined): void {
    const loggedSeq = newest === undefined ? 0 : lastSeqOf(newest)
    this.#digests.splice(0, Math.max(0, loggedSeq - this.#afterSeq))
    if (this.#digests.length === 0) this.#sinceMs = undefined
    this.#afterSeq = loggedSeq
  }

  add(digests: readonly Bytes32[], nowMs: number): void {
    if (digests.length === 0) return
    this.#digests.push(...digests)
    this.#sinceMs ??= nowMs
  }

  isDue(policy: BatchPolicy, nowMs: number): boolean {
    if (this.#sinceMs === undefined) return false
    return this.#digests.length >= policy.receiptsMax || nowMs - this.#sinceMs >= policy.everyMs
  }
}
