/*
 * The ledger of several replicas: rows lie in Redis, any replica decides on them, and a decision counts once Redis found
 * the rows unchanged and its disk has the new ones (ledger-commits-redis.ts). So whatever a method here answers is
 * durable already, a no is as current as a yes, and nothing of the ledger is lost with a replica.
 */
import type { Redis } from 'ioredis'
import { storeLeaseMs, storeLeaseRenewalMs, storeQueueWritesMax } from '../base/limits.ts'
import { randomHex } from '../base/random-ids.ts'
import { err, ok, type Result } from '../base/result.ts'
import type { Decided, Held, Hold } from '../domain/hold.ts'
import { nothingSpent } from '../domain/key-spending.ts'
import { requestIdOf } from '../domain/request-id.ts'
import type { AtomicAmount, Bytes32 } from '../domain/units.ts'
import { emptyUsdBook, usdBookOf } from '../domain/usd-book.ts'
import { asStoreFailure } from './as-store-failure.ts'
import { connectRedis } from './connection-redis.ts'
import { checkDurability } from './durability-redis.ts'
import { LedgerCommits } from './ledger-commits-redis.ts'
import { type LedgerKeys, ledgerKeys } from './ledger-keys-redis.ts'
import { layOut } from './ledger-layout-redis.ts'
import { bookRow } from './ledger-rows-redis.ts'
import { type LedgerStore, type PayoutVoucher, StoreFailure } from './ledger-store.ts'
import { RedisLink } from './link-redis.ts'
import { readOrphanedHolds } from './orphaned-holds-redis.ts'
import { readRow, readTable } from './read-rows-redis.ts'
import {
  expireReceipts,
  readBodies,
  readDigestsBySeq,
  readReceiptOfAnswer,
  readReceiptsBySeq,
  readRequest,
} from './receipt-rows-redis.ts'
import { ReplicaLease } from './replica-lease-redis.ts'

export type RedisLedgerOptions = {
  /** `redis://` or `rediss://`, with user and password where the server asks for them. */
  readonly url: string
  /** Tells ledgers of one server apart. */
  readonly keyPrefix: string
  /** Told at the beginning of each outage; while it lasts, every hold is refused with `store_unavailable`. */
  readonly onFailure?: (failure: StoreFailure) => void
  readonly lease?: { readonly durationMs: number; readonly renewalMs: number }
  /** So long after a start of Redis, holds of other replicas are left alone: see orphaned-holds-redis.ts. */
  readonly restartGraceMs?: number
  /** How long a charge waits for a Redis that went away before it fails. */
  readonly outageWaitMs?: number
  /** A Redis that says nothing for so long is taken for gone. */
  readonly replyTimeoutMs?: number
}

/** Throws StoreFailure with one line that a person can act on when Redis is not there or may lose what it is told. */
export async function openRedisLedger(options: RedisLedgerOptions): Promise<LedgerStore> {
  const redis = await connectRedis(options.url, options.replyTimeoutMs)
  try {
    await checkDurability(redis)
    const keys = ledgerKeys(options.keyPrefix)
    await layOut(redis, keys)
    const ledger = new RedisLedger(redis, keys, options)
    await ledger.begin()
    return ledger
  } catch (error) {
    redis.disconnect()
    throw asStoreFailure('the ledger in Redis cannot be opened', error)
  }
}

class RedisLedger implements LedgerStore {
  readonly #link: RedisLink
  readonly #keys: LedgerKeys
  readonly #commits: LedgerCommits
  readonly #lease: ReplicaLease
  /** Of this process: another one that starts in its place is another replica. */
  readonly #replica = randomHex(8)
  readonly #restartGraceMs: number
  #isClosed = false

  constructor(redis: Redis, keys: LedgerKeys, options: RedisLedgerOptions) {
    this.#keys = keys
    this.#link = new RedisLink(
      redis,
      (failure) => options.onFailure?.(failure),
      options.outageWaitMs,
    )
    const at = { link: this.#link, keys, replica: this.#replica }
    this.#commits = new LedgerCommits(at)
    this.#lease = new ReplicaLease(
      at,
      options.lease ?? { durationMs: storeLeaseMs, renewalMs: storeLeaseRenewalMs },
    )
    this.#restartGraceMs = options.restartGraceMs ?? storeLeaseMs
  }

  begin(): Promise<void> {
    return this.#lease.renew()
  }

  async openChannel(terms: Parameters<LedgerStore['openChannel']>[0]) {
    const { channelId } = terms
    return durable(await this.#commits.run({ channelId }, (state) => state.openChannel(terms)))
  }

  async channel(channelId: Bytes32) {
    return this.#link.ask((redis) =>
      readRow(redis, this.#keys, { table: 'channels', id: channelId }),
    )
  }

  async channels() {
    return this.#link.ask((redis) => readTable(redis, this.#keys, 'channels'))
  }

  async acceptVoucher(voucher: Parameters<LedgerStore['acceptVoucher']>[0]) {
    const { channelId } = voucher
    const accepted = await this.#commits.run({ channelId }, (state) => state.acceptVoucher(voucher))
    return accepted.ok ? ok(durable(accepted.value)) : accepted
  }

  async observeChain(...[channelId, onChain]: Parameters<LedgerStore['observeChain']>) {
    await this.#commits.run({ channelId }, (state) => state.observeChain(channelId, onChain))
  }

  async setFrozen(channelId: Bytes32, frozen: boolean) {
    await this.#commits.run({ channelId }, (state) => state.setFrozen(channelId, frozen))
  }

  async hold(hold: Hold) {
    if (!this.isWritable()) return err({ reason: 'store_unavailable' } as const)
    if (this.#commits.gathered >= storeQueueWritesMax) return err({ reason: 'overloaded' } as const)
    const { requestId, channelId } = hold
    const reads = { requestId, channelId, budgetId: hold.budget?.budgetId, isNew: true }
    // One that is given up and may have been taken is released by recovery.
    return whileWritable(
      this.#commits.run(reads, (state) => state.hold(hold), { impatient: true, abandons: true }),
    )
  }

  async extend(requestId: string, additionalAmount: AtomicAmount) {
    if (!this.isWritable()) return err({ reason: 'store_unavailable' } as const)
    return whileWritable(
      this.#commits.run({ requestId }, (state) => state.extend(requestId, additionalAmount), {
        impatient: true,
      }),
    )
  }

  checkpoint(requestId: string, checkpoint: string): void {
    // One that is lost in an outage is replaced by the next.
    this.#commits
      .run({ requestId }, (state, noteCheckpoint) => {
        if (state.holds.has(requestId)) noteCheckpoint(requestId, checkpoint)
      })
      .catch(() => {})
  }

  async charge(
    ...[requestId, actualAmount, seal, earning, worth]: Parameters<LedgerStore['charge']>
  ) {
    const sealed = await this.#commits.run(
      { requestId, payoutId: earning?.payoutId, numbersReceipts: true },
      (state) => state.charge(requestId, actualAmount, seal, earning, worth),
      { abandons: true },
    )
    return sealed && durable(sealed)
  }

  async release(requestId: string) {
    try {
      return await this.#commits.run({ requestId }, (state) => state.release(requestId), {
        abandons: true,
      })
    } catch (error) {
      // Recovery releases what could not be released now.
      if (error instanceof StoreFailure) return false
      throw error
    }
  }

  async orphanedHolds() {
    const { abandoned } = this.#commits
    const orphans = await this.#link.ask((redis) =>
      readOrphanedHolds(redis, {
        keys: this.#keys,
        replica: this.#replica,
        abandoned,
        restartGraceMs: this.#restartGraceMs,
      }),
    )
    const open = new Set(orphans.map(({ requestId }) => requestId))
    for (const requestId of abandoned) if (!open.has(requestId)) abandoned.delete(requestId)
    return orphans
  }

  async usdBook() {
    const head = await this.#link.ask((redis) => readRow(redis, this.#keys, bookRow))
    return usdBookOf(head ?? emptyUsdBook)
  }

  async keySpending(budgetId: string) {
    const name = { table: 'spendings', id: budgetId } as const
    const spending = await this.#link.ask((redis) => readRow(redis, this.#keys, name))
    return spending ?? nothingSpent(budgetId)
  }

  async heldOn(requestId: string) {
    const name = { table: 'holds', id: requestId } as const
    const hold = await this.#link.ask((redis) => readRow(redis, this.#keys, name))
    return hold?.channelId
  }

  async receipt(receiptId: Bytes32) {
    const found = await this.requestRecord(requestIdOf(receiptId))
    return found?.receiptId === receiptId ? found : undefined
  }

  async requestRecord(requestId: string) {
    return this.#link.ask((redis) => readRequest(redis, this.#keys, requestId))
  }

  async receiptOfAnswer(channelId: Bytes32, answerId: string) {
    return this.#link.ask((redis) =>
      readReceiptOfAnswer(redis, this.#keys, { channelId, answerId }),
    )
  }

  async receiptsBySeq(range: Parameters<LedgerStore['receiptsBySeq']>[0]) {
    return this.#link.ask((redis) => readReceiptsBySeq(redis, this.#keys, range))
  }

  async digestsBySeq(range: Parameters<LedgerStore['digestsBySeq']>[0]) {
    return this.#link.ask((redis) => readDigestsBySeq(redis, this.#keys, range))
  }

  async receipts(range: Parameters<LedgerStore['receipts']>[0]) {
    return this.#link.ask((redis) => readBodies(redis, this.#keys, range))
  }

  async expireReceipts(bound: Parameters<LedgerStore['expireReceipts']>[0]) {
    return this.#link.write((redis) => expireReceipts(redis, this.#keys, bound))
  }

  openPayout(terms: Parameters<LedgerStore['openPayout']>[0]) {
    const { payoutId } = terms
    return this.#commits.run({ payoutId }, (state) => state.openPayout(terms))
  }

  async payout(payoutId: Bytes32) {
    return this.#link.ask((redis) => readRow(redis, this.#keys, { table: 'payouts', id: payoutId }))
  }

  async payouts() {
    return this.#link.ask((redis) => readTable(redis, this.#keys, 'payouts'))
  }

  promisePayout(voucher: PayoutVoucher) {
    const { payoutId } = voucher
    return this.#commits.run({ payoutId }, (state) => state.promisePayout(voucher))
  }

  recoverPromise(voucher: PayoutVoucher) {
    const { payoutId } = voucher
    return this.#commits.run({ payoutId }, (state) => state.recoverPromise(voucher))
  }

  observePayout(...[payoutId, onChain]: Parameters<LedgerStore['observePayout']>) {
    return this.#commits.run({ payoutId }, (state) => state.observePayout(payoutId, onChain))
  }

  isWritable(): boolean {
    return this.#link.isWritable && !this.#isClosed
  }

  async close() {
    if (this.#isClosed) return
    this.#isClosed = true
    await this.#commits.close()
    await this.#lease.end()
    this.#link.close()
  }
}

const isDurable = Promise.resolve()
const durable = <T>(value: T): Decided<T> => ({ value, durable: isDurable })

async function whileWritable<Refusal>(
  reserving: Promise<Result<Held, Refusal>>,
): Promise<Result<Decided<Held>, Refusal | { readonly reason: 'store_unavailable' }>> {
  try {
    const held = await reserving
    return held.ok ? ok(durable(held.value)) : held
  } catch (error) {
    if (error instanceof StoreFailure) return err({ reason: 'store_unavailable' })
    throw error
  }
}
