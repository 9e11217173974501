/*
 * Digests of jobs on the disk: a list that is only appended to and, when that is long, a filter of all that was in it.
 *
 *   {path}            16 bytes of magic, 16 bytes for each job. A record that a crash tore stands for a job that nobody has.
 *   {path}.filter-N   `JobFilter`; the next begins when one is full
 *
 * Digests that come while others are written go to the disk together, with one flush for all of them.
 */
import { type FileHandle, open, readFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { err, ok, type Result } from '../base/result.ts'
import { JobFilter } from './job-filter.ts'
import { syncFolder, writeWhole } from './write-whole.ts'

const recordBytes = 16
const addedAtOnce = 1024
const magic = Buffer.from('vouch-jobs/1   \n')

type Waiting = {
  readonly record: Buffer
  readonly resolve: () => void
  readonly reject: (error: Error) => void
}

/** The error is one line for a person. Rejects with node's error. */
export async function openJobFiles(
  path: string,
  listedMax: number,
): Promise<Result<JobFiles, string>> {
  const filters = await readFilters(path)
  const list = await readOrEmpty(path)
  const isOurs = list.length < recordBytes || list.subarray(0, recordBytes).equals(magic)
  if (filters === undefined || !isOurs) {
    return err(`${path} is not a contributor's list of jobs: move it away, or bring back a copy`)
  }
  const file = await open(path, 'a', 0o600)
  // What a crash left of a record would shift all that follow.
  const wholeBytes = list.length - (list.length % recordBytes)
  if (wholeBytes < list.length) await file.truncate(wholeBytes)
  if (wholeBytes === 0) await file.appendFile(magic)
  await file.datasync()
  await syncFolder(dirname(path))
  const records: string[] = []
  for (let at = recordBytes; at < wholeBytes; at += recordBytes) {
    records.push(list.toString('latin1', at, at + recordBytes))
  }
  return ok(new JobFiles({ path, file, filters, records, listedMax }))
}

export class JobFiles {
  readonly #path: string
  #file: FileHandle
  readonly #filters: JobFilter[]
  readonly #listedMax: number
  /** What the list has, and what is being written to it. */
  #listed: Set<string>
  /** Of the list, as far as this process wrote it. */
  #bytes: number
  #waiting: Waiting[] = []
  #writing: Promise<void> | undefined
  #fault: Error | undefined

  constructor(opened: {
    readonly path: string
    readonly file: FileHandle
    readonly filters: JobFilter[]
    readonly records: readonly string[]
    readonly listedMax: number
  }) {
    this.#path = opened.path
    this.#file = opened.file
    this.#filters = opened.filters
    this.#listedMax = opened.listedMax
    this.#listed = new Set(opened.records)
    this.#bytes = recordBytes * (1 + opened.records.length)
  }

  get isWritable(): boolean {
    return this.#fault === undefined
  }

  has(record: Buffer): boolean {
    return (
      this.#listed.has(record.toString('latin1')) ||
      this.#filters.some((filter) => filter.has(record))
    )
  }

  /** Resolves when it outlives a crash; rejects where it cannot be written. `has` knows it at once. */
  append(record: Buffer): Promise<void> {
    this.#listed.add(record.toString('latin1'))
    if (this.#fault !== undefined) return Promise.reject(this.#fault)
    return new Promise((resolve, reject) => {
      this.#waiting.push({ record, resolve, reject })
      this.#writing ??= this.#write()
    })
  }

  async close(): Promise<void> {
    await this.#writing
    this.#fault ??= new Error('the list of jobs is closed')
    await this.#file.close()
  }

  /** Never rejects. */
  async #write(): Promise<void> {
    let batch: Waiting[] = []
    try {
      while (this.#waiting.length > 0) {
        batch = this.#waiting
        this.#waiting = []
        await this.#append(batch.map(({ record }) => record))
        for (const { resolve } of batch) resolve()
        if (this.#listed.size >= this.#listedMax) await this.#fold()
      }
    } catch (error) {
      this.#fault = error as Error
      for (const { reject } of [...batch, ...this.#waiting]) reject(this.#fault)
      this.#waiting = []
    }
    this.#writing = undefined
  }

  async #append(records: readonly Buffer[]): Promise<void> {
    await this.#file.appendFile(Buffer.concat(records))
    await this.#file.datasync()
    this.#bytes += records.length * recordBytes
    const { size } = await this.#file.stat()
    // Two agents with one key and one list would each sign what the other signed already.
    if (size !== this.#bytes) throw new Error('another process writes to the list of jobs')
  }

  /** Into the newest filter, and begins the list anew. A crash in between leaves both: a job may be in either. */
  async #fold(): Promise<void> {
    if (this.#filters.at(-1)?.isFull !== false) this.#filters.push(JobFilter.empty())
    const filter = this.#filters.at(-1) as JobFilter
    let added = 0
    // With what still waits or comes meanwhile: it is in the list as well, after this.
    for (const name of this.#listed) {
      filter.add(Buffer.from(name, 'latin1'))
      added += 1
      // A hundred thousand at once would hold up every stream that runs.
      if (added % addedAtOnce === 0) await new Promise(setImmediate)
    }
    await writeWhole(`${this.#path}.filter-${this.#filters.length - 1}`, filter.bytes)
    await writeWhole(this.#path, magic)
    await this.#file.close()
    this.#file = await open(this.#path, 'a', 0o600)
    this.#bytes = recordBytes
    this.#listed = new Set(this.#waiting.map(({ record }) => record.toString('latin1')))
  }
}

async function readOrEmpty(path: string): Promise<Buffer> {
  try {
    return await readFile(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return Buffer.alloc(0)
    throw error
  }
}

/** The oldest first; undefined where one is no filter. */
async function readFilters(path: string): Promise<JobFilter[] | undefined> {
  const filters: JobFilter[] = []
  for (;;) {
    const bytes = await readOrEmpty(`${path}.filter-${filters.length}`)
    if (bytes.length === 0) return filters
    const filter = JobFilter.of(bytes)
    if (filter === undefined) return undefined
    filters.push(filter)
  }
}
