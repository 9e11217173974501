/*
 * Jobs that contracts asked for, on the disk: of each what was promised and, once it is signed, its answer.
 *
 *   unknown --promise--> PROMISED --answer--> ANSWERED --forget--> unknown
 *                        PROMISED --forget--> unknown
 *
 *   {folder}/{jobId}-{gateway}           a line of JSON (`writeRecord`)
 *   {folder}/{jobId}-{gateway}.answer    the same with the answer's head and, behind the line, its bytes
 *
 * Invariants
 * C1 when `answer` resolves, a crash leaves the answer and its signature; before, neither may leave the process
 * C2 a job has one answer for ever: the file system lets nobody put a second one in its place, not another process either
 * C3 once the disk refused, nothing is promised or answered any more: what a crash would leave, nobody knows
 */
import { existsSync } from 'node:fs'
import { type FileHandle, link, mkdir, open, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { assert } from '../base/assert.ts'
import { err, ok, type Result } from '../base/result.ts'
import {
  type AnswerHead,
  type ContractJobRecord,
  type PromisedJob,
  readRecord,
  writeRecord,
} from './contract-job-record.ts'
import type { Job } from './job-headers.ts'
import { contractJobHeadBytesMax } from './limits.ts'
import { draftEnd, syncFolder, writeDraft, writeWhole } from './write-whole.ts'

/** Both are hex: nothing in the name leads elsewhere. */
const nameOf = ({ jobId, gateway }: Job): string => `${jobId}-${gateway}`
const answerEnd = '.answer'
const namePattern = /^0x[0-9a-f]{64}-0x[0-9a-f]{40}(\.answer)?$/

type KeptJob = { readonly record: ContractJobRecord; readonly bodyBytes: number }

/** Takes up what an earlier process left. The error is one line for a person. */
export async function openContractJobFiles(
  folder: string,
): Promise<Result<ContractJobFiles, string>> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 })
    for (const file of await readdir(folder)) {
      if (file.endsWith(draftEnd)) await rm(join(folder, file), { force: true })
    }
    const jobs = await readKept(folder)
    return jobs.ok ? ok(new ContractJobFiles(folder, jobs.value)) : jobs
  } catch (error) {
    return unusable(folder, error)
  }
}

/** What is there now, for whoever only looks: an agent may be at work. The error is one line for a person. */
export async function readContractJobs(
  folder: string,
): Promise<Result<readonly ContractJobRecord[], string>> {
  if (!existsSync(folder)) return ok([])
  try {
    const jobs = await readKept(folder)
    return jobs.ok ? ok([...jobs.value.values()].map(({ record }) => record)) : jobs
  } catch (error) {
    return unusable(folder, error)
  }
}

async function readKept(folder: string): Promise<Result<Map<string, KeptJob>, string>> {
  const jobs = new Map<string, KeptJob>()
  // An answer comes behind its promise, and takes its place.
  for (const file of (await readdir(folder)).sort()) {
    if (!namePattern.test(file)) continue
    const path = join(folder, file)
    const kept = await readHead(path)
    // It was forgotten meanwhile.
    if (kept === 'gone') continue
    const isAnswer = file.endsWith(answerEnd)
    const name = isAnswer ? file.slice(0, -answerEnd.length) : file
    const isWhole = kept !== undefined && isAnswer === (kept.record.answer !== undefined)
    if (!isWhole || nameOf(kept.record) !== name) {
      return err(`${path} is no contract's job: bring back a copy of it`)
    }
    jobs.set(name, kept)
  }
  return ok(jobs)
}

const unusable = (folder: string, error: unknown): Result<never, string> =>
  err(`${folder} cannot be used (${(error as NodeJS.ErrnoException).code ?? 'unknown'})`)

export class ContractJobFiles {
  readonly #folder: string
  readonly #jobs: Map<string, KeptJob>
  #bytes: number
  #isWritable = true

  constructor(folder: string, jobs: Map<string, KeptJob>) {
    this.#folder = folder
    this.#jobs = jobs
    this.#bytes = [...jobs.values()].reduce((sum, { bodyBytes }) => sum + bodyBytes, 0)
  }

  get isWritable(): boolean {
    return this.#isWritable
  }

  /** Of all that is kept: the jobs, and the bytes of their answers. */
  get size(): { readonly jobs: number; readonly bytes: number } {
    return { jobs: this.#jobs.size, bytes: this.#bytes }
  }

  find(job: Job): ContractJobRecord | undefined {
    return this.#jobs.get(nameOf(job))?.record
  }

  all(): readonly ContractJobRecord[] {
    return [...this.#jobs.values()].map(({ record }) => record)
  }

  /** Durable when it resolves; found at once. Rejects where it cannot be written. */
  async promise(record: PromisedJob): Promise<void> {
    assert(this.find(record) === undefined, 'a job is promised once')
    this.#jobs.set(nameOf(record), { record, bodyBytes: 0 })
    const line = lineOf(record)
    await this.#write(() => writeWhole(this.#pathOf(record), line))
  }

  /** Durable when it resolves, and found then. Rejects where it cannot be written, or the job has an answer. */
  async answer(record: PromisedJob, answer: AnswerHead, body: Buffer): Promise<void> {
    const known = this.find(record)
    assert(known !== undefined && known.answer === undefined, 'C2: a promised job has one answer')
    const answered = { ...record, answer }
    const bytes = Buffer.concat([lineOf(answered), body])
    const path = `${this.#pathOf(record)}${answerEnd}`
    await this.#write(async () => {
      const draft = `${path}.${process.pid}${draftEnd}`
      await writeDraft(draft, bytes)
      // Unlike a rename it fails where there is one.
      await link(draft, path)
      await rm(draft)
      await syncFolder(this.#folder)
    })
    this.#jobs.set(nameOf(record), { record: answered, bodyBytes: body.length })
    this.#bytes += body.length
  }

  /** The bytes of an answer. Rejects with node's error. */
  async readBody(job: Job): Promise<Buffer> {
    const kept = this.#jobs.get(nameOf(job))
    assert(kept?.record.answer !== undefined, 'only an answered job has bytes')
    const file = await open(`${this.#pathOf(job)}${answerEnd}`, 'r')
    try {
      const { size } = await file.stat()
      return await readAt(file, size - kept.bodyBytes, kept.bodyBytes)
    } finally {
      await file.close()
    }
  }

  /** Rejects where the disk refuses: then the next process finds them again. */
  async forget(jobs: readonly Job[]): Promise<void> {
    if (jobs.length === 0) return
    for (const job of jobs) {
      this.#bytes -= this.#jobs.get(nameOf(job))?.bodyBytes ?? 0
      this.#jobs.delete(nameOf(job))
      await rm(this.#pathOf(job), { force: true })
    }
    // A promise whose answer is gone would look like one that was never answered: the promises go first.
    await syncFolder(this.#folder)
    for (const job of jobs) await rm(`${this.#pathOf(job)}${answerEnd}`, { force: true })
  }

  #pathOf(job: Job): string {
    return join(this.#folder, nameOf(job))
  }

  async #write(write: () => Promise<void>): Promise<void> {
    if (!this.#isWritable) throw new Error('C3: the disk has refused before')
    try {
      await write()
    } catch (error) {
      this.#isWritable = false
      throw error
    }
  }
}

function lineOf(record: ContractJobRecord): Buffer {
  const line = Buffer.from(`${writeRecord(record)}\n`)
  assert(line.length <= contractJobHeadBytesMax, 'the head of a job is read in one piece')
  return line
}

/** Without the bytes of its answer, which may be many. Undefined where it is no such file. */
async function readHead(path: string): Promise<KeptJob | 'gone' | undefined> {
  const file = await open(path, 'r').catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error
    return undefined
  })
  if (file === undefined) return 'gone'
  try {
    const { size } = await file.stat()
    const begin = await readAt(file, 0, Math.min(size, contractJobHeadBytesMax))
    const end = begin.indexOf('\n')
    const record = end < 0 ? undefined : readRecord(begin.toString('utf8', 0, end))
    return record && { record, bodyBytes: size - end - 1 }
  } finally {
    await file.close()
  }
}

async function readAt(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const bytes = Buffer.alloc(length)
  const { bytesRead } = await file.read(bytes, 0, length, position)
  return bytes.subarray(0, bytesRead)
}
