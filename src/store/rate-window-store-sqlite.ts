/*
 * Rate windows of a gateway by itself. They are counted in memory; those of an hour or more are also written to a file, so
 * that a gateway that starts again does not give a day's room out a second time. A minute is not worth it.
 *
 * A claim is written before it is admitted, a correction soon after it: what a process that is killed leaves behind is what
 * was reserved at most, and never less than what was used and reserved. A power cut may take the last moments with it
 * (`synchronous = NORMAL`): room is not money, and a flush to the disk for each request would cost more than it is worth.
 */
import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { rateWindowKeptMsMin } from '../base/limits.ts'
import type { Result } from '../base/result.ts'
import { asStoreFailure } from './as-store-failure.ts'
import { bucketsPerWindow, liveBuckets } from './rate-window.ts'
import type {
  OpenRateWindowStore,
  RateClaim,
  RateLimit,
  RateReservation,
  RateWindowFull,
} from './rate-window-store.ts'
import { MemoryRateWindows } from './rate-window-store-memory.ts'
import { inTransaction } from './transaction-sqlite.ts'

/** A bucket has the place of the one 61 before it: a counter has 61 rows at most. */
const schema = `
  CREATE TABLE IF NOT EXISTS rate_windows (
    counter TEXT NOT NULL, place INTEGER NOT NULL, window_ms INTEGER NOT NULL, at_ms INTEGER NOT NULL,
    amount INTEGER NOT NULL, PRIMARY KEY (counter, place)) STRICT, WITHOUT ROWID;
`

/** Throws StoreFailure with one line for a person when the file cannot be opened. */
export function openSqliteRateWindows(path: string, nowMs: number): OpenRateWindowStore {
  try {
    const database = new DatabaseSync(path)
    database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;')
    database.exec(schema)
    return new SqliteRateWindows(database, nowMs)
  } catch (error) {
    throw asStoreFailure(`${path} cannot be opened`, error)
  }
}

/** A bucket of a counter, by a moment within it. */
type Bucket = { readonly limit: RateLimit; readonly atMs: number }

class SqliteRateWindows implements OpenRateWindowStore {
  readonly #database: DatabaseSync
  readonly #put: StatementSync
  readonly #memory = new MemoryRateWindows()
  /** Not written yet as they are in memory. */
  readonly #changed = new Map<string, Bucket>()
  #writing: Promise<void> | undefined

  constructor(database: DatabaseSync, nowMs: number) {
    this.#database = database
    // In a window of 60 buckets, one lives for 61 of them.
    database
      .prepare('DELETE FROM rate_windows WHERE at_ms + window_ms / ? * ? <= ?')
      .run(bucketsPerWindow, liveBuckets, nowMs)
    const rows = database.prepare('SELECT * FROM rate_windows ORDER BY at_ms').all()
    for (const row of rows) {
      const limit = { counter: String(row['counter']), windowMs: Number(row['window_ms']) }
      this.#memory.restore(limit, Number(row['at_ms']), Number(row['amount']))
    }
    this.#put = database.prepare('INSERT OR REPLACE INTO rate_windows VALUES (?,?,?,?,?)')
  }

  readonly reserve = async (
    claims: readonly RateClaim[],
    nowMs: number,
  ): Promise<Result<RateReservation, RateWindowFull>> => {
    const reserved = await this.#memory.reserve(claims, nowMs)
    if (!reserved.ok || !this.#note(reserved.value)) return reserved
    try {
      await this.#written()
    } catch (error) {
      const nothing = claims.map(() => 0)
      await this.correct(reserved.value, nothing, nowMs)
      throw error
    }
    return reserved
  }

  readonly correct = async (
    reservation: RateReservation,
    usedAmounts: readonly number[],
    nowMs: number,
  ): Promise<void> => {
    await this.#memory.correct(reservation, usedAmounts, nowMs)
    // What cannot be written now is written with the next claim; until then the file has what was reserved.
    if (this.#note(reservation)) this.#written().catch(() => {})
  }

  readonly peek = (claims: readonly RateClaim[], nowMs: number): RateWindowFull | undefined =>
    this.#memory.peek(claims, nowMs)

  readonly usedShare = (limit: RateLimit, nowMs: number): number =>
    this.#memory.usedShare(limit, nowMs)

  readonly close = async (): Promise<void> => {
    await this.#written().catch(() => {})
    this.#database.close()
  }

  /** Whether any of it is kept in the file. */
  #note({ claims, takenAtMs }: RateReservation): boolean {
    let isKept = false
    for (const [index, { limit }] of claims.entries()) {
      if (limit.windowMs < rateWindowKeptMsMin) continue
      const atMs = takenAtMs[index] ?? 0
      this.#changed.set(`${bucketOf(limit, atMs)} ${limit.counter}`, { limit, atMs })
      isKept = true
    }
    return isKept
  }

  /** Everything noted in this turn of the loop, in one transaction. Rejects with StoreFailure. */
  #written(): Promise<void> {
    this.#writing ??= new Promise<void>((resolve, reject) => {
      setImmediate(() => {
        this.#writing = undefined
        try {
          this.#write()
          resolve()
        } catch (error) {
          reject(asStoreFailure('the rate windows cannot be written', error))
        }
      })
    })
    return this.#writing
  }

  #write(): void {
    if (this.#changed.size === 0) return
    inTransaction(this.#database, 'BEGIN IMMEDIATE', () => {
      for (const { limit, atMs } of this.#changed.values()) {
        const { counter, windowMs } = limit
        const amount = this.#memory.countedAt(limit, atMs)
        // One that counts no more has lost its place to another.
        if (amount === undefined) continue
        this.#put.run(counter, bucketOf(limit, atMs) % liveBuckets, windowMs, atMs, amount)
      }
    })
    this.#changed.clear()
  }
}

const bucketOf = ({ windowMs }: RateLimit, atMs: number): number =>
  Math.floor(atMs / (windowMs / bucketsPerWindow))
