/*
 * Proofs that were asked for, in a file of its own beside the ledger.
 */
import type { DatabaseSync } from 'node:sqlite'
import { asStoreFailure } from './as-store-failure.ts'
import { openDurableFile } from './durable-file-sqlite.ts'
import { openStates, type ProofJob, type ProofJobStore } from './proof-job-store.ts'
import { inTransaction } from './transaction-sqlite.ts'

const schema = `
  CREATE TABLE IF NOT EXISTS proof_jobs (
    proof_id TEXT PRIMARY KEY, owner TEXT NOT NULL, attempt INTEGER NOT NULL, state TEXT NOT NULL,
    ended_at_ms INTEGER, text TEXT NOT NULL) STRICT;
  CREATE INDEX IF NOT EXISTS open_proof_jobs ON proof_jobs (owner) WHERE ended_at_ms IS NULL;
  CREATE INDEX IF NOT EXISTS ended_proof_jobs ON proof_jobs (ended_at_ms) WHERE ended_at_ms IS NOT NULL;
  CREATE TABLE IF NOT EXISTS proof_owners (
    owner TEXT PRIMARY KEY, until_ms INTEGER NOT NULL) STRICT;
`
/** Another process writes a row or two, never long. */
const otherWriterPatienceMs = 1_000

export type SqliteProofJobsOptions = {
  /** How long an ended job is kept. */
  readonly retentionMs: number
  /** No other process has the file: whoever had jobs open in it is gone. */
  readonly isAlone?: boolean
}

/** Throws StoreFailure when the file cannot be opened. */
export function openSqliteProofJobs(path: string, options: SqliteProofJobsOptions): ProofJobStore {
  const layOut = (database: DatabaseSync): void => {
    database.exec(schema)
    if (options.isAlone === true) database.exec('DELETE FROM proof_owners')
  }
  return new SqliteProofJobs(openDurableFile({ path, layOut, otherWriterPatienceMs }), options)
}

class SqliteProofJobs implements ProofJobStore {
  readonly #database: DatabaseSync
  readonly #retentionMs: number

  constructor(database: DatabaseSync, { retentionMs }: SqliteProofJobsOptions) {
    this.#database = database
    this.#retentionMs = retentionMs
  }

  async add(job: ProofJob): Promise<void> {
    this.#inTransaction('BEGIN IMMEDIATE', () => {
      this.#database
        .prepare('DELETE FROM proof_jobs WHERE ended_at_ms <= ?')
        .run(job.createdAtMs - this.#retentionMs)
      this.#database.prepare('INSERT INTO proof_jobs VALUES (?,?,?,?,?,?)').run(...columns(job))
    })
  }

  async find(proofId: string): Promise<ProofJob | undefined> {
    return this.#ask(() => {
      const row = this.#database
        .prepare('SELECT text FROM proof_jobs WHERE proof_id = ?')
        .get(proofId)
      return row && jobOf(row)
    })
  }

  async replace(job: ProofJob, was: Parameters<ProofJobStore['replace']>[1]): Promise<boolean> {
    return this.#inTransaction('BEGIN IMMEDIATE', () => {
      const found = this.#database
        .prepare('SELECT attempt, state FROM proof_jobs WHERE proof_id = ? AND ended_at_ms IS NULL')
        .get(job.proofId)
      const isThere = was.states.some((state) => state === found?.['state'])
      if (!isThere || found?.['attempt'] !== was.attempt) return false
      this.#database
        .prepare('INSERT OR REPLACE INTO proof_jobs VALUES (?,?,?,?,?,?)')
        .run(...columns(job))
      return true
    })
  }

  async renew(
    owner: string,
    { untilMs }: { readonly untilMs: number },
  ): Promise<ReadonlyMap<string, number>> {
    return this.#inTransaction('BEGIN IMMEDIATE', () => {
      this.#database.prepare('INSERT OR REPLACE INTO proof_owners VALUES (?,?)').run(owner, untilMs)
      const rows = this.#database
        .prepare('SELECT proof_id, attempt FROM proof_jobs WHERE owner = ? AND ended_at_ms IS NULL')
        .all(owner)
      return new Map(rows.map((row) => [String(row['proof_id']), Number(row['attempt'])]))
    })
  }

  async leave(owner: string): Promise<void> {
    this.#ask(() => this.#database.prepare('DELETE FROM proof_owners WHERE owner = ?').run(owner))
  }

  async abandoned({
    nowMs,
    limit,
  }: Parameters<ProofJobStore['abandoned']>[0]): Promise<readonly ProofJob[]> {
    return this.#ask(() =>
      this.#database
        .prepare(
          `SELECT text FROM proof_jobs WHERE ended_at_ms IS NULL AND owner NOT IN
           (SELECT owner FROM proof_owners WHERE until_ms > ?) ORDER BY rowid LIMIT ?`,
        )
        .all(nowMs, limit)
        .map(jobOf),
    )
  }

  async close(): Promise<void> {
    this.#database.close()
  }

  #inTransaction<T>(begin: 'BEGIN' | 'BEGIN IMMEDIATE', act: () => T): T {
    return this.#ask(() => inTransaction(this.#database, begin, act))
  }

  #ask<T>(act: () => T): T {
    try {
      return act()
    } catch (error) {
      throw asStoreFailure('the jobs of proofs cannot be read or written', error)
    }
  }
}

const jobOf = (row: Readonly<Record<string, unknown>>): ProofJob =>
  JSON.parse(String(row['text'])) as ProofJob

function columns(job: ProofJob): [string, string, number, string, number | null, string] {
  const { proofId, owner, attempt, state, endedAtMs } = job
  const endedAt = openStates.includes(state) ? null : (endedAtMs ?? 0)
  return [proofId, owner, attempt, state, endedAt, JSON.stringify(job)]
}
