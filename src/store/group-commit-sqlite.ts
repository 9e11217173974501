/*
 * Group commit: whatever was decided while the disk was busy goes into the next transaction together, so that the cost of
 * a flush is shared by all requests in flight. At most one batch is at the worker; the next one gathers meanwhile.
 *
 *   IDLE --write--> GATHERING --flush--> COMMITTING --durable--> IDLE | GATHERING
 *                                        COMMITTING --failure--> FAILED (final: nothing more is accepted)
 */
import { Worker } from 'node:worker_threads'
import { messageOf } from '../base/message-of.ts'
import type { Channel } from '../domain/channel.ts'
import type { Hold } from '../domain/hold.ts'
import type { KeySpending } from '../domain/key-spending.ts'
import type { Payout } from '../domain/payout-ledger.ts'
import type { UsdBook } from '../domain/usd-book.ts'
import {
  type AnswerRow,
  channelRow,
  type ExpiredRow,
  type HoldRow,
  holdRow,
  isLasting,
  packedReceipts,
  payoutRow,
  receiptRow,
  spendingRow,
  usdBookRow,
  type WriteBatch,
} from './ledger-rows-sqlite.ts'
import type { LedgerSink, StoredReceipt } from './ledger-state.ts'
import { StoreFailure } from './ledger-store.ts'

class GatheringBatch {
  readonly channels = new Map<string, Channel>()
  readonly holds = new Map<string, HoldRow>()
  /** Of holds that an earlier batch wrote. */
  readonly extendedHolds = new Map<string, string>()
  readonly checkpoints = new Map<string, string>()
  readonly spendings = new Map<string, KeySpending>()
  readonly payouts = new Map<string, Payout>()
  readonly endedHolds: string[] = []
  readonly receipts: StoredReceipt[] = []
  readonly answers: AnswerRow[] = []
  readonly expired: ExpiredRow[] = []
  usdBook: UsdBook | undefined
  readonly written: PromiseWithResolvers<void> = Promise.withResolvers<void>()

  constructor() {
    // A failure reaches whoever awaits a write; when nobody does, it must not end the process.
    this.written.promise.catch(() => {})
  }

  /** Signs its receipts, all by one signature: asked for once, when nothing more can join. */
  toMessage(): WriteBatch {
    return {
      channels: Array.from(this.channels.values(), channelRow),
      holds: [...this.holds.values()],
      extendedHolds: [...this.extendedHolds].map(([requestId, held]) => [held, requestId] as const),
      checkpoints: [...this.checkpoints].map(([requestId, text]) => [text, requestId] as const),
      endedHolds: this.endedHolds,
      spendings: Array.from(this.spendings.values(), spendingRow),
      payouts: Array.from(this.payouts.values(), payoutRow),
      receipts: this.receipts.filter(({ packed }) => packed === undefined).map(receiptRow),
      packed: packedReceipts(this.receipts),
      answers: this.answers,
      expired: this.expired,
      usdBook: this.usdBook && usdBookRow(this.usdBook),
    }
  }
}

/** The gathering side of the one writer. Methods only note what to write; `durable()` is the promise of the next commit. */
export class GroupCommit implements LedgerSink {
  readonly #worker: Worker
  readonly #onFailure: (failure: StoreFailure) => void
  #gathering = new GatheringBatch()
  #dirty = false
  #scheduled = false
  #committing: GatheringBatch | undefined
  #failure: StoreFailure | undefined
  /** The thread has ended, by `close` or by a failure of its own. */
  readonly #exited: Promise<void>

  constructor(path: string, onFailure: (failure: StoreFailure) => void) {
    this.#onFailure = onFailure
    this.#worker = new Worker(new URL('./group-commit-worker-sqlite.ts', import.meta.url), {
      workerData: path,
    })
    this.#worker.on('message', (answer: 'durable' | { readonly failure: string }) => {
      if (answer === 'durable') this.#committed()
      else this.#fail(answer.failure)
    })
    this.#worker.on('error', (error) => this.#fail(String(error)))
    this.#exited = new Promise((resolve) => this.#worker.once('exit', () => resolve()))
    // The thread is waited for through close(); an idle writer does not keep the process alive.
    this.#worker.unref()
  }

  get failure(): StoreFailure | undefined {
    return this.#failure
  }

  putChannel(channel: Channel): void {
    this.#gathering.channels.set(channel.channelId, channel)
    this.#schedule()
  }

  insertHold(hold: Hold): void {
    if (!isLasting(hold)) return
    this.#gathering.holds.set(hold.requestId, holdRow(hold))
    this.#schedule()
  }

  extendHold(hold: Hold): void {
    if (!isLasting(hold)) return
    const { holds, extendedHolds } = this.#gathering
    if (holds.has(hold.requestId)) holds.set(hold.requestId, holdRow(hold))
    else extendedHolds.set(hold.requestId, String(hold.heldAmount))
    this.#schedule()
  }

  putCheckpoint(requestId: string, checkpoint: string): void {
    this.#gathering.checkpoints.set(requestId, checkpoint)
    this.#schedule()
  }

  /** A hold that begins and ends within one batch never touches the disk. */
  endHold(hold: Hold): void {
    if (!isLasting(hold)) return
    const { requestId } = hold
    this.#gathering.checkpoints.delete(requestId)
    this.#gathering.extendedHolds.delete(requestId)
    if (!this.#gathering.holds.delete(requestId)) this.#gathering.endedHolds.push(requestId)
    this.#schedule()
  }

  putSpending(spending: KeySpending): void {
    this.#gathering.spendings.set(spending.budgetId, spending)
    this.#schedule()
  }

  putPayout(payout: Payout): void {
    this.#gathering.payouts.set(payout.payoutId, payout)
    this.#schedule()
  }

  insertReceipt(receipt: StoredReceipt): void {
    const { channelId, answerId, gatewaySeq } = receipt
    this.#gathering.receipts.push(receipt)
    if (answerId !== undefined) this.#gathering.answers.push([channelId, answerId, gatewaySeq])
    this.#schedule()
  }

  expireReceipts(rows: readonly ExpiredRow[]): void {
    this.#gathering.expired.push(...rows)
    this.#schedule()
  }

  putUsdBook(book: UsdBook): void {
    this.#gathering.usdBook = book
    this.#schedule()
  }

  /** Resolves when everything noted so far is on the disk. */
  durable(): Promise<void> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure)
    if (this.#dirty) return this.#gathering.written.promise
    return this.#committing?.written.promise ?? Promise.resolve()
  }

  async close(): Promise<void> {
    await this.durable().catch(() => {})
    this.#worker.ref()
    this.#worker.postMessage('close')
    await this.#exited
  }

  #schedule(): void {
    this.#dirty = true
    if (this.#scheduled || this.#committing !== undefined || this.#failure !== undefined) return
    this.#scheduled = true
    // setImmediate, not a microtask: requests that arrived in the same turn of the loop share the commit.
    setImmediate(() => this.#flush())
  }

  #flush(): void {
    this.#scheduled = false
    if (!this.#dirty || this.#failure !== undefined) return
    const batch = this.#gathering
    this.#gathering = new GatheringBatch()
    this.#dirty = false
    this.#committing = batch
    let message: WriteBatch
    try {
      message = batch.toMessage()
    } catch (error) {
      // A receipt that cannot be signed is in memory already, and so is its charge: nothing more can be right.
      this.#fail(messageOf(error))
      return
    }
    this.#worker.ref()
    this.#worker.postMessage(message, [message.packed.bytes.buffer])
  }

  #committed(): void {
    this.#worker.unref()
    const batch = this.#committing
    this.#committing = undefined
    batch?.written.resolve()
    if (this.#dirty) this.#flush()
  }

  #fail(message: string): void {
    this.#failure ??= new StoreFailure(`the ledger could not be written: ${message}`)
    this.#onFailure(this.#failure)
    this.#committing?.written.reject(this.#failure)
    this.#gathering.written.reject(this.#failure)
    this.#committing = undefined
  }
}
