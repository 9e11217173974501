/*
 * The embedded ledger: channels live in memory and are decided there, in one thread, so that any number of parallel
 * requests sees each other's holds at once; SQLite makes each decision durable (group-commit-sqlite.ts). One process owns
 * the file: `owner` holds a lock on it that the operating system releases on death.
 */
import { DatabaseSync } from 'node:sqlite'
import { storeQueueWritesMax } from '../base/limits.ts'
import { messageOf } from '../base/message-of.ts'
import { err, ok } from '../base/result.ts'
import type { Decided, Hold, OrphanedHold } from '../domain/hold.ts'
import type { AtomicAmount, Bytes32 } from '../domain/units.ts'
import { usdBookOf } from '../domain/usd-book.ts'
import { openDurableFile } from './durable-file-sqlite.ts'
import { GroupCommit } from './group-commit-sqlite.ts'
import { layOut } from './ledger-layout-sqlite.ts'
import { isLasting, readLedger } from './ledger-rows-sqlite.ts'
import { LedgerState } from './ledger-state.ts'
import { type LedgerStore, type PayoutVoucher, StoreFailure } from './ledger-store.ts'
import {
  readBodies,
  readDigestsBySeq,
  readExpiring,
  readReceipt,
  readReceiptOfAnswer,
  readReceiptsBySeq,
  readRequest,
} from './receipt-rows-sqlite.ts'

export type SqliteLedgerOptions = {
  /** Path of the database file; its folder exists. */
  readonly path: string
  /** Told once when the disk fails; from then on every hold is refused with `store_unavailable`. */
  readonly onFailure?: (failure: StoreFailure) => void
}

/** Throws StoreFailure with one line that a person can act on when the file cannot be opened or belongs to another process. */
export function openSqliteLedger(options: SqliteLedgerOptions): LedgerStore {
  return new SqliteLedger(options)
}

const atOnce = Promise.resolve()

class SqliteLedger implements LedgerStore {
  readonly #owner: DatabaseSync
  readonly #reader: DatabaseSync
  readonly #writer: GroupCommit
  readonly #state: LedgerState
  readonly #orphans: readonly OrphanedHold[]
  #closed = false

  constructor(options: SqliteLedgerOptions) {
    this.#owner = lockFile(`${options.path}.lock`)
    try {
      this.#reader = openDurableFile({ path: options.path, layOut, otherWriterPatienceMs: 0 })
    } catch (error) {
      this.#owner.close()
      throw error
    }
    this.#writer = new GroupCommit(options.path, (failure) => options.onFailure?.(failure))
    this.#state = new LedgerState(this.#writer)
    this.#orphans = readLedger(this.#reader, this.#state)
  }

  async openChannel(terms: Parameters<LedgerStore['openChannel']>[0]) {
    return this.#decided(this.#state.openChannel(terms))
  }

  async channel(channelId: Bytes32) {
    return this.#state.channels.get(channelId)
  }

  async channels() {
    return [...this.#state.channels.values()]
  }

  async acceptVoucher(voucher: Parameters<LedgerStore['acceptVoucher']>[0]) {
    const accepted = this.#state.acceptVoucher(voucher)
    return accepted.ok ? ok(this.#decided(accepted.value)) : accepted
  }

  async observeChain(channelId: Bytes32, onChain: Parameters<LedgerStore['observeChain']>[1]) {
    this.#state.observeChain(channelId, onChain)
    await this.#writer.durable()
  }

  async setFrozen(channelId: Bytes32, frozen: boolean) {
    this.#state.setFrozen(channelId, frozen)
    await this.#writer.durable()
  }

  async hold(hold: Hold) {
    if (!this.isWritable()) return err({ reason: 'store_unavailable' } as const)
    if (this.#state.holds.size >= storeQueueWritesMax) return err({ reason: 'overloaded' } as const)
    const held = this.#state.hold(hold)
    if (!held.ok) return held
    // Where an x402 client is told a ceiling, that is written (`Channel.announcedAmount`).
    const isWritten = isLasting(hold) || hold.announces
    return ok(isWritten ? this.#decided(held.value) : { value: held.value, durable: atOnce })
  }

  async extend(requestId: string, additionalAmount: AtomicAmount) {
    if (!this.isWritable()) return err({ reason: 'store_unavailable' } as const)
    const held = this.#state.extend(requestId, additionalAmount)
    return held.ok ? ok(this.#decided(held.value)) : held
  }

  checkpoint(requestId: string, checkpoint: string): void {
    if (this.#state.holds.has(requestId)) this.#writer.putCheckpoint(requestId, checkpoint)
  }

  async charge(
    ...[requestId, actualAmount, seal, earning, worth]: Parameters<LedgerStore['charge']>
  ) {
    const sealed = this.#state.charge(requestId, actualAmount, seal, earning, worth)
    return sealed && this.#decided(sealed)
  }

  async release(requestId: string) {
    return this.#state.release(requestId)
  }

  async orphanedHolds() {
    return this.#orphans.filter((orphan) => this.#state.holds.has(orphan.requestId))
  }

  async usdBook() {
    return usdBookOf(this.#state.head)
  }

  async keySpending(budgetId: string) {
    return this.#state.spending(budgetId)
  }

  async heldOn(requestId: string) {
    return this.#state.holds.get(requestId)?.channelId
  }

  async receipt(receiptId: Bytes32) {
    return this.#written(() => readReceipt(this.#reader, receiptId))
  }

  async requestRecord(requestId: string) {
    return this.#written(() => readRequest(this.#reader, requestId))
  }

  async receiptOfAnswer(channelId: Bytes32, answerId: string) {
    return this.#written(() => readReceiptOfAnswer(this.#reader, { channelId, answerId }))
  }

  async receiptsBySeq(range: Parameters<LedgerStore['receiptsBySeq']>[0]) {
    return readReceiptsBySeq(this.#reader, range)
  }

  async digestsBySeq(range: Parameters<LedgerStore['digestsBySeq']>[0]) {
    return readDigestsBySeq(this.#reader, range)
  }

  async receipts(range: Parameters<LedgerStore['receipts']>[0]) {
    return readBodies(this.#reader, range)
  }

  async expireReceipts(bound: Parameters<LedgerStore['expireReceipts']>[0]) {
    const rows = readExpiring(this.#reader, bound)
    if (rows.length === 0) return 0
    this.#writer.expireReceipts(rows)
    await this.#writer.durable()
    return rows.length
  }

  async openPayout(terms: Parameters<LedgerStore['openPayout']>[0]) {
    return this.#durable(this.#state.openPayout(terms))
  }

  async payout(payoutId: Bytes32) {
    return this.#state.payouts.get(payoutId)
  }

  async payouts() {
    return [...this.#state.payouts.values()]
  }

  async promisePayout(voucher: PayoutVoucher) {
    return this.#durable(this.#state.promisePayout(voucher))
  }

  async recoverPromise(voucher: PayoutVoucher) {
    return this.#durable(this.#state.recoverPromise(voucher))
  }

  async observePayout(payoutId: Bytes32, onChain: Parameters<LedgerStore['observePayout']>[1]) {
    return this.#durable(this.#state.observePayout(payoutId, onChain))
  }

  isWritable(): boolean {
    return this.#writer.failure === undefined && !this.#closed
  }

  async close() {
    if (this.#closed) return
    this.#closed = true
    await this.#writer.close()
    this.#reader.close()
    this.#owner.close()
  }

  /** What is not found may be on its way to the disk: its hold has ended by then, so whoever asks for it must wait. */
  async #written<T>(read: () => T | undefined): Promise<T | undefined> {
    const found = read()
    if (found !== undefined || this.#closed) return found
    await this.#writer.durable()
    return read()
  }

  #decided<T>(value: T): Decided<T> {
    return { value, durable: this.#writer.durable() }
  }

  async #durable<T>(value: T): Promise<T> {
    await this.#writer.durable()
    return value
  }
}

function lockFile(path: string): DatabaseSync {
  try {
    const lock = new DatabaseSync(path, { timeout: 0 })
    lock.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE')
    return lock
  } catch (error) {
    const detail = messageOf(error)
    if (/locked|busy/.test(detail)) {
      throw new StoreFailure(`${path} is locked: another gateway runs on this data folder`)
    }
    throw new StoreFailure(`${path} cannot be written: ${detail}`)
  }
}
