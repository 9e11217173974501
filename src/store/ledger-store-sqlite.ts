/*
 * The embedded ledger: channels live in memory and are decided there, in one thread, so that any number of parallel
 * requests sees each other's holds at once; SQLite makes each decision durable (group-commit-sqlite.ts). One process owns
 * the file: `owner` holds a lock on it that the operating system releases on death.
 */
import { DatabaseSync } from 'node:sqlite'
import { assert } from '../base/assert.ts'
import { storeQueueWritesMax } from '../base/limits.ts'
import { err, ok } from '../base/result.ts'
import type { Channel } from '../domain/channel.ts'
import * as ledger from '../domain/channel-ledger.ts'
import type { Hold, OrphanedHold, ReceiptPosition, SealedReceipt } from '../domain/hold.ts'
import { type AtomicAmount, atomic, type Bytes32, bytes32 } from '../domain/units.ts'
import { GroupCommit } from './group-commit-sqlite.ts'
import { amountFrom, durablePragmas, ledgerSchema, readChannels } from './ledger-rows-sqlite.ts'
import { type LedgerStore, StoreFailure } from './ledger-store.ts'

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

class SqliteLedger implements LedgerStore {
  readonly #owner: DatabaseSync
  readonly #reader: DatabaseSync
  readonly #writer: GroupCommit
  readonly #channels = new Map<Bytes32, Channel>()
  readonly #holds = new Map<string, Hold>()
  readonly #orphans: readonly OrphanedHold[]
  #gatewaySeq: number
  #closed = false

  constructor(options: SqliteLedgerOptions) {
    this.#owner = lockFile(`${options.path}.lock`)
    try {
      this.#reader = openFile(options.path)
    } catch (error) {
      this.#owner.close()
      throw error
    }
    for (const channel of readChannels(this.#reader)) this.#channels.set(channel.channelId, channel)
    this.#orphans = readOrphans(this.#reader)
    for (const { checkpoint: _, ...hold } of this.#orphans) this.#holds.set(hold.requestId, hold)
    const newest = this.#reader.prepare('SELECT max(gateway_seq) AS seq FROM receipts').get()
    this.#gatewaySeq = Number(newest?.['seq'] ?? 0)
    this.#writer = new GroupCommit(options.path, (failure) => options.onFailure?.(failure))
  }

  async openChannel(terms: Parameters<LedgerStore['openChannel']>[0]) {
    const known = this.#channels.get(terms.channelId)
    if (known === undefined) this.#put(ledger.openChannel(terms))
    return { value: this.#known(terms.channelId), durable: this.#writer.durable() }
  }

  async channel(channelId: Bytes32) {
    return this.#channels.get(channelId)
  }

  async channels() {
    return [...this.#channels.values()]
  }

  async acceptVoucher(voucher: Parameters<LedgerStore['acceptVoucher']>[0]) {
    const channel = this.#channels.get(voucher.channelId)
    if (channel === undefined) return err({ reason: 'channel_not_found' } as const)
    const accepted = ledger.acceptVoucher(channel, voucher)
    if (!accepted.ok) return accepted
    if (accepted.value !== channel) this.#put(accepted.value)
    return ok({ value: accepted.value, durable: this.#writer.durable() })
  }

  async observeChain(channelId: Bytes32, onChain: Parameters<LedgerStore['observeChain']>[1]) {
    this.#put(ledger.observeChain(this.#known(channelId), onChain))
    await this.#writer.durable()
  }

  async hold(hold: Hold) {
    if (!this.isWritable()) {
      return err({ reason: 'store_unavailable' } as const)
    }
    if (this.#holds.size >= storeQueueWritesMax) return err({ reason: 'overloaded' } as const)
    const known = this.#holds.get(hold.requestId)
    if (known !== undefined) return ok({ value: known, durable: this.#writer.durable() })
    const channel = this.#channels.get(hold.channelId)
    if (channel === undefined) return err({ reason: 'channel_not_found' } as const)
    const held = ledger.hold(channel, hold.heldAmount)
    if (!held.ok) return held
    this.#holds.set(hold.requestId, hold)
    this.#channels.set(hold.channelId, held.value)
    // Only the hold is written: a channel's held amount is the sum of its holds.
    this.#writer.insertHold([
      hold.requestId,
      hold.channelId,
      String(hold.heldAmount),
      hold.context,
      null,
    ])
    return ok({ value: hold, durable: this.#writer.durable() })
  }

  checkpoint(requestId: string, checkpoint: string): void {
    if (this.#holds.has(requestId)) this.#writer.putCheckpoint(requestId, checkpoint)
  }

  async charge(
    requestId: string,
    actualAmount: AtomicAmount,
    seal: (position: ReceiptPosition) => SealedReceipt,
  ) {
    const hold = this.#holds.get(requestId)
    if (hold === undefined) return undefined
    const before = this.#known(hold.channelId)
    const charged = ledger.charge(before, { held: hold.heldAmount, actual: actualAmount })
    const gatewaySeq = this.#gatewaySeq + 1
    const sealed = seal({
      gatewaySeq,
      channelSeq: charged.receiptSeq,
      cumulative: charged.chargedCumulativeAmount,
      prevReceipt: before.receiptDigest,
    })
    // Nothing was changed before this line: a seal that throws leaves the hold as it was.
    this.#gatewaySeq = gatewaySeq
    this.#holds.delete(requestId)
    this.#put(ledger.chainReceipt(charged, sealed.digest))
    this.#writer.endHold(requestId)
    this.#writer.insertReceipt([
      gatewaySeq,
      sealed.receiptId,
      hold.channelId,
      charged.receiptSeq,
      sealed.body,
    ])
    return { value: sealed, durable: this.#writer.durable() }
  }

  async release(requestId: string) {
    const hold = this.#holds.get(requestId)
    if (hold === undefined) return
    this.#holds.delete(requestId)
    this.#channels.set(hold.channelId, ledger.release(this.#known(hold.channelId), hold.heldAmount))
    this.#writer.endHold(requestId)
  }

  async orphanedHolds() {
    return this.#orphans.filter((orphan) => this.#holds.has(orphan.requestId))
  }

  async receipt(receiptId: Bytes32) {
    const row = this.#reader
      .prepare('SELECT channel_id, body FROM receipts WHERE receipt_id = ?')
      .get(receiptId)
    if (row === undefined) return undefined
    return { channelId: bytes32(String(row['channel_id'])), body: String(row['body']) }
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

  #put(channel: Channel): void {
    this.#channels.set(channel.channelId, channel)
    this.#writer.putChannel(channel)
  }

  #known(channelId: Bytes32): Channel {
    const channel = this.#channels.get(channelId)
    assert(channel !== undefined, 'a hold belongs to a channel of this ledger')
    return channel
  }
}

function lockFile(path: string): DatabaseSync {
  try {
    const lock = new DatabaseSync(path, { timeout: 0 })
    lock.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE')
    return lock
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error)
    if (/locked|busy/.test(detail)) {
      throw new StoreFailure(`${path} is locked: another gateway runs on this data folder`)
    }
    throw new StoreFailure(`${path} cannot be written: ${detail}`)
  }
}

function openFile(path: string): DatabaseSync {
  try {
    const database = new DatabaseSync(path)
    database.exec(durablePragmas)
    database.exec(ledgerSchema)
    return database
  } catch (error) {
    throw new StoreFailure(
      `${path} cannot be opened: ${error instanceof Error ? error.message : String(error)}`,
    )
  }
}

function readOrphans(database: DatabaseSync): OrphanedHold[] {
  return database
    .prepare('SELECT * FROM holds')
    .all()
    .map((row) => ({
      requestId: String(row['request_id']),
      channelId: bytes32(String(row['channel_id'])),
      heldAmount: atomic(amountFrom(row['held'])),
      context: String(row['context']),
      checkpoint: row['checkpoint'] === null ? undefined : String(row['checkpoint']),
    }))
}
