/*
 * Jobs of contracts, in a file of its own beside the ledger.
 */
import type { DatabaseSync } from 'node:sqlite'
import type { Bytes32 } from '../domain/units.ts'
import { asStoreFailure } from './as-store-failure.ts'
import { countStates, decodeContractJob, encodeContractJob } from './contract-job-json.ts'
import {
  type ContractJob,
  type ContractJobStore,
  endedJobStates,
  isOpenJob,
  type JobNote,
  type KnownSchedule,
  openJobStates,
} from './contract-job-store.ts'
import { openDurableFile } from './durable-file-sqlite.ts'
import { inTransaction } from './transaction-sqlite.ts'

const schema = `
  CREATE TABLE IF NOT EXISTS contract_jobs (
    job_id TEXT PRIMARY KEY, revision INTEGER NOT NULL, state TEXT NOT NULL, owner TEXT,
    not_before_ms INTEGER NOT NULL, found_at_ms INTEGER NOT NULL, ended_at_ms INTEGER, text TEXT NOT NULL) STRICT;
  CREATE INDEX IF NOT EXISTS open_contract_jobs ON contract_jobs (not_before_ms) WHERE ended_at_ms IS NULL;
  CREATE INDEX IF NOT EXISTS ended_contract_jobs ON contract_jobs (ended_at_ms) WHERE ended_at_ms IS NOT NULL;
  CREATE INDEX IF NOT EXISTS contract_jobs_by_state ON contract_jobs (state, found_at_ms);
  CREATE TABLE IF NOT EXISTS job_owners (
    owner TEXT PRIMARY KEY, until_ms INTEGER NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS job_schedules (
    schedule_id TEXT PRIMARY KEY, source TEXT NOT NULL, is_over INTEGER NOT NULL,
    text TEXT NOT NULL, revision INTEGER NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS job_notes (
    key TEXT PRIMARY KEY, text TEXT NOT NULL, revision INTEGER NOT NULL) STRICT;
`
/** Another process writes a row or two, never long. */
const otherWriterPatienceMs = 1_000

type Options = {
  /** How long an ended job is kept. */
  readonly retentionMs: number
  /** No other process has the file: whoever had jobs open in it is gone. */
  readonly isAlone?: boolean
}

/** Throws StoreFailure when the file cannot be opened. */
export function openSqliteContractJobs(path: string, options: Options): ContractJobStore {
  const layOut = (database: DatabaseSync): void => {
    database.exec(schema)
    if (options.isAlone === true) database.exec('DELETE FROM job_owners')
  }
  return new SqliteContractJobs(openDurableFile({ path, layOut, otherWriterPatienceMs }), options)
}

class SqliteContractJobs implements ContractJobStore {
  readonly #database: DatabaseSync
  readonly #retentionMs: number

  constructor(database: DatabaseSync, { retentionMs }: Options) {
    this.#database = database
    this.#retentionMs = retentionMs
  }

  async add(job: ContractJob): Promise<boolean> {
    return this.#ask(() =>
      inTransaction(this.#database, 'BEGIN IMMEDIATE', () => {
        this.#database
          .prepare('DELETE FROM contract_jobs WHERE ended_at_ms <= ?')
          .run(job.foundAtMs - this.#retentionMs)
        const { changes } = this.#database
          .prepare(
            `INSERT INTO contract_jobs
             (text, revision, state, owner, not_before_ms, ended_at_ms, job_id, found_at_ms)
             VALUES (?,?,?,?,?,?,?,?) ON CONFLICT DO NOTHING`,
          )
          .run(...changing(job), job.jobId, job.foundAtMs)
        return changes === 1
      }),
    )
  }

  async find(jobId: Bytes32): Promise<ContractJob | undefined> {
    return this.#ask(() => {
      const row = this.#database
        .prepare('SELECT text FROM contract_jobs WHERE job_id = ?')
        .get(jobId)
      return row && jobOf(row)
    })
  }

  async update(job: ContractJob): Promise<boolean> {
    return this.#ask(() => {
      const { changes } = this.#database
        .prepare(
          `UPDATE contract_jobs SET
           text = ?, revision = ?, state = ?, owner = ?, not_before_ms = ?, ended_at_ms = ?
           WHERE job_id = ? AND revision = ?`,
        )
        .run(...changing({ ...job, revision: job.revision + 1 }), job.jobId, job.revision)
      return changes === 1
    })
  }

  async due(at: Parameters<ContractJobStore['due']>[0]): Promise<readonly ContractJob[]> {
    return this.#ask(() =>
      this.#database
        .prepare(
          `SELECT text FROM contract_jobs WHERE ended_at_ms IS NULL AND not_before_ms <= ?
           AND (owner IS NULL OR owner = ? OR owner NOT IN
             (SELECT owner FROM job_owners WHERE until_ms > ?))
           ORDER BY not_before_ms, rowid LIMIT ?`,
        )
        .all(at.nowMs, at.owner, at.nowMs, at.limit)
        .map(jobOf),
    )
  }

  async list({ states = everyState, limit }: Parameters<ContractJobStore['list']>[0]) {
    return this.#ask(() => {
      const places = states.map(() => '?').join()
      return this.#database
        .prepare(
          `SELECT text FROM contract_jobs WHERE state IN (${places})
           ORDER BY found_at_ms DESC, rowid DESC LIMIT ?`,
        )
        .all(...states, limit)
        .map(jobOf)
    })
  }

  async counts() {
    return this.#ask(() => {
      const rows = this.#database
        .prepare('SELECT state, COUNT(*) AS count FROM contract_jobs GROUP BY state')
        .all()
      return countStates(rows.map((row) => [String(row['state']), Number(row['count'])]))
    })
  }

  async renew(owner: string, { untilMs }: { readonly untilMs: number }): Promise<void> {
    this.#ask(() =>
      this.#database.prepare('INSERT OR REPLACE INTO job_owners VALUES (?,?)').run(owner, untilMs),
    )
  }

  async leave(owner: string): Promise<void> {
    this.#ask(() => this.#database.prepare('DELETE FROM job_owners WHERE owner = ?').run(owner))
  }

  async schedules(source: string): Promise<readonly KnownSchedule[]> {
    return this.#ask(() =>
      this.#database
        .prepare('SELECT * FROM job_schedules WHERE source = ? ORDER BY rowid')
        .all(source)
        .map((row) => ({
          scheduleId: String(row['schedule_id']) as Bytes32,
          source: String(row['source']),
          isOver: row['is_over'] === 1,
          text: String(row['text']),
          revision: Number(row['revision']),
        })),
    )
  }

  async putSchedule({ scheduleId, source, isOver, text, revision }: KnownSchedule) {
    return this.#ask(() => {
      const { changes } = this.#database
        .prepare(
          `INSERT INTO job_schedules SELECT ?1, ?2, ?3, ?4, ?5 + 1
           WHERE ?5 = COALESCE((SELECT revision FROM job_schedules WHERE schedule_id = ?1), 0)
           ON CONFLICT (schedule_id) DO UPDATE SET
             is_over = excluded.is_over, text = excluded.text, revision = excluded.revision`,
        )
        .run(scheduleId, source, isOver ? 1 : 0, text, revision)
      return changes === 1
    })
  }

  async note(key: string): Promise<JobNote | undefined> {
    return this.#ask(() => {
      const row = this.#database
        .prepare('SELECT text, revision FROM job_notes WHERE key = ?')
        .get(key)
      return row && { text: String(row['text']), revision: Number(row['revision']) }
    })
  }

  async setNote(key: string, { text, revision }: JobNote): Promise<boolean> {
    return this.#ask(() => {
      const { changes } = this.#database
        .prepare(
          `INSERT INTO job_notes SELECT ?1, ?2, ?3 + 1
           WHERE ?3 = COALESCE((SELECT revision FROM job_notes WHERE key = ?1), 0)
           ON CONFLICT (key) DO UPDATE SET text = excluded.text, revision = excluded.revision`,
        )
        .run(key, text, revision)
      return changes === 1
    })
  }

  async close(): Promise<void> {
    this.#database.close()
  }

  #ask<T>(act: () => T): T {
    try {
      return act()
    } catch (error) {
      throw asStoreFailure('the jobs of contracts cannot be read or written', error)
    }
  }
}

const everyState = [...openJobStates, ...endedJobStates]

const jobOf = (row: Readonly<Record<string, unknown>>): ContractJob =>
  decodeContractJob(String(row['text']))

function changing(
  job: ContractJob,
): [string, number, string, string | null, number, number | null] {
  const endedAt = isOpenJob(job) ? null : (job.endedAtMs ?? 0)
  const { revision, state, owner, notBeforeMs } = job
  return [encodeContractJob(job), revision, state, owner ?? null, notBeforeMs, endedAt]
}
