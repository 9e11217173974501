/*
 * What several replicas decide on one ledger, one batch at a time each: operations that arrive while a batch is at Redis
 * gather for the next, which shares its round trip and its flush. A batch is decided here, on rows that may be old, and
 * written only where they were not (lua/compare-and-commit.lua).
 *
 *   GATHERING --load--> DECIDED --sent--> APPLIED
 *                          ^       |--changed--> redone at once on the rows of the answer, with what gathered meanwhile
 *                          |       |--wait-----> sent again: another replica that lost before goes first
 *                          |       '--no answer> sent again under its number, which is applied once; given up in the end
 *                          '--redo--'
 *
 * A seal of a batch that was redone has signed a receipt that is thrown away. It never leaves this function: only what
 * was applied is answered to anybody.
 */
import { setImmediate, setTimeout } from 'node:timers/promises'
import type { Redis } from 'ioredis'
import { assert } from '../base/assert.ts'
import { storeBatchOperationsMax, storeTurnMs, storeTurnPollMs } from '../base/limits.ts'
import type { EncodedCall } from './commit-call-redis.ts'
import { luaScript, runScript } from './connection-redis.ts'
import { type DecidedBatch, decideBatch } from './ledger-batch-redis.ts'
import type { LedgerKeys } from './ledger-keys-redis.ts'
import type { Operation, Reads } from './ledger-operation-redis.ts'
import { parseRow, type RowName, type TableName } from './ledger-rows-redis.ts'
import { StoreFailure } from './ledger-store.ts'
import type { RedisLink } from './link-redis.ts'
import { RowCache } from './row-cache-redis.ts'

const compareAndCommit = luaScript('compare-and-commit')

export class LedgerCommits {
  /** Requests whose last operation was given up: nobody will end them but recovery. */
  readonly abandoned: Set<string> = new Set()
  readonly #link: RedisLink
  readonly #keys: LedgerKeys
  readonly #replica: string
  readonly #cache = new RowCache()
  #gathering: Operation[] = []
  #working: Promise<void> | undefined
  #batchNumber = 0
  #isClosed = false

  constructor(at: {
    readonly link: RedisLink
    readonly keys: LedgerKeys
    readonly replica: string
  }) {
    this.#link = at.link
    this.#keys = at.keys
    this.#replica = at.replica
    at.link.redis.on('close', () => this.#lost())
  }

  /** How many operations wait for the next batch. */
  get gathered(): number {
    return this.#gathering.length
  }

  /** Resolves with what was decided once it is durable. Rejects with what `decide` throws, or with StoreFailure. */
  run<T>(
    reads: Reads,
    decide: (...args: Parameters<Operation['decide']>) => T,
    manner: { readonly impatient?: boolean; readonly abandons?: boolean } = {},
  ): Promise<T> {
    if (this.#isClosed) return Promise.reject(new StoreFailure('the ledger is closed'))
    const { promise, resolve, reject } = Promise.withResolvers<T>()
    const { impatient = false, abandons = false } = manner
    this.#gathering.push({
      reads,
      decide,
      resolve: resolve as (value: unknown) => void,
      reject,
      impatient,
      abandons,
    })
    this.#working ??= this.#work()
    return promise
  }

  /** Resolves when everything that was asked for is settled. Takes nothing more. */
  async close(): Promise<void> {
    this.#isClosed = true
    await this.#working
  }

  async #work(): Promise<void> {
    // Requests that arrived in the same turn of the loop share the batch.
    await setImmediate()
    while (this.#gathering.length > 0) await this.#commit(this.#take(storeBatchOperationsMax))
    this.#working = undefined
  }

  async #commit(operations: Operation[]): Promise<void> {
    try {
      this.#settle(operations, await this.#apply(operations))
    } catch (error) {
      for (const { reads, abandons, reject } of operations) {
        if (abandons && reads.requestId !== undefined) this.abandoned.add(reads.requestId)
        reject(error)
      }
    }
  }

  #settle(operations: readonly Operation[], { outcomes, written }: DecidedBatch): void {
    for (const row of written) {
      if (row.value === undefined) this.#cache.forget(row)
      else this.#cache.keep(row)
    }
    for (const [index, { reads, abandons, resolve, reject }] of operations.entries()) {
      if (abandons && reads.requestId !== undefined) this.abandoned.delete(reads.requestId)
      const outcome = outcomes[index]
      if (outcome === undefined || 'error' in outcome) reject(outcome?.error)
      else resolve(outcome.value)
    }
  }

  /** `operations` grows by what gathers while others win. */
  async #apply(operations: Operation[]): Promise<DecidedBatch> {
    for (;;) {
      await this.#load(operations)
      this.#batchNumber += 1
      const batch = decideBatch(operations, this.#cache.read(operations), {
        keys: this.#keys,
        replica: this.#replica,
        version: `${this.#replica}-${this.#batchNumber}`,
      })
      const changes = await this.#send(batch.call)
      if (changes === 'applied') return batch
      this.#learn(changes, batch.call)
      operations.push(...this.#take(storeBatchOperationsMax - operations.length))
    }
  }

  /** Resolves with 'applied', or with the rows that others changed, and then it is this replica's turn. */
  async #send(call: EncodedCall): Promise<'applied' | readonly unknown[]> {
    const keys = [this.#keys.turn, this.#keys.replicas, ...call.tables]
    const args = [this.#replica, String(this.#batchNumber), String(storeTurnMs), ...call.steps]
    for (;;) {
      const answer = await this.#link.untilAnswered(() =>
        this.#link.write((redis) => runScript(redis, compareAndCommit, { keys, args })),
      )
      const [what, ...changes] = answer as readonly unknown[]
      if (what === 'applied') return what
      if (what === 'changed') return changes
      assert(what !== 'taken', 'a receipt is written once')
      assert(what === 'wait', 'a replica sends its batches one after the other')
      await setTimeout(storeTurnPollMs)
    }
  }

  /** Takes the rows that others changed. */
  #learn(changes: readonly unknown[], call: EncodedCall): void {
    for (let at = 0; at + 2 < changes.length; at += 3) {
      const key = call.tables[Number(changes[at]) - 3]
      const table = versionedTables.find((name) => this.#keys.table(name) === key)
      assert(table !== undefined, 'a row that changed is of a table with versions')
      const name: RowName = { table, id: String(changes[at + 1]) }
      const text = changes[at + 2]
      this.#cache.keep(parseRow(name, typeof text === 'string' ? text : null))
    }
  }

  /** Reads what the operations need and is not remembered. A hold that was read may name a channel to be read too. */
  async #load(operations: readonly Operation[]): Promise<void> {
    for (;;) {
      const missing = this.#cache.missing(operations)
      if (missing.length === 0) return
      await this.#link.untilAnswered(() => this.#link.ask((redis) => this.#read(redis, missing)))
    }
  }

  async #read(redis: Redis, names: readonly RowName[]): Promise<void> {
    const byTable = Map.groupBy(names, ({ table }) => table)
    const pipeline = redis.pipeline()
    for (const [table, rows] of byTable) {
      pipeline.hmget(this.#keys.table(table), ...rows.map(({ id }) => id))
    }
    const answers = (await pipeline.exec()) ?? []
    for (const [index, rows] of [...byTable.values()].entries()) {
      const [error, texts] = answers[index] ?? []
      if (error != null) throw error
      for (const [at, name] of rows.entries()) {
        this.#cache.keep(parseRow(name, (texts as (string | null)[])[at] ?? null))
      }
    }
  }

  #take(count: number): Operation[] {
    return this.#gathering.splice(0, count)
  }

  /** What was not sent yet and need not wait is refused; rows may be restored behind our back, so none is remembered. */
  #lost(): void {
    this.#cache.clear()
    const failure = new StoreFailure('the connection to the ledger in Redis was lost')
    const [refused, kept] = [true, false].map((impatient) =>
      this.#gathering.filter((operation) => operation.impatient === impatient),
    )
    this.#gathering = kept ?? []
    for (const operation of refused ?? []) operation.reject(failure)
  }
}

const versionedTables: readonly TableName[] = ['channels', 'holds', 'spendings', 'payouts', 'book']
