import { spawn } from 'node:child_process'
import {
  appendFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type JobBook, openJobBook } from '../../../src/contributor/job-book.ts'
import type { Job } from '../../../src/contributor/job-headers.ts'
import { address, type Bytes32, bytes32 } from '../../../src/domain/units.ts'

const gateway = address(`0x${'6a'.repeat(20)}`)
const job = (index: number): Job => ({
  jobId: bytes32(`0x${index.toString(16).padStart(64, '0')}`),
  gateway,
})

let folder: string
let path: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'vouch-jobs-'))
  path = join(folder, 'jobs')
})
afterEach(() => rmSync(folder, { recursive: true }))

async function opened(listedMax?: number): Promise<JobBook> {
  const book = await openJobBook(path, listedMax)
  if (!book.ok) throw new Error(book.error)
  return book.value
}

async function sign(book: JobBook, which: Job): Promise<void> {
  const begun = book.begin(which)
  expect(begun).toBeDefined()
  await begun?.durable
  begun?.signed()
  begun?.over()
}

test('a job runs once at a time, and never again when it was signed', async () => {
  const book = await opened()
  const first = book.begin(job(1))
  expect(book.begin(job(1))).toBeUndefined()
  await first?.durable
  first?.signed()
  first?.over()
  expect(book.begin(job(1))).toBeUndefined()
  // The id of another gateway's job is another job.
  expect(book.begin({ ...job(1), gateway: address(`0x${'6b'.repeat(20)}`) })).toBeDefined()
  await book.close()
})

test('a job that came to nothing may be asked for again, by this process alone', async () => {
  const book = await opened()
  book.begin(job(1))?.over()
  const again = book.begin(job(1))
  expect(again).toBeDefined()
  await again?.durable
  again?.over()
  await book.close()
  const next = await opened()
  expect(next.begin(job(1))).toBeUndefined()
  await next.close()
})

test('of too many that came to nothing the oldest counts as signed', async () => {
  const book = await opened()
  for (let index = 0; index < 4_097; index += 1) book.begin(job(index))?.over()
  expect(book.begin(job(0))).toBeUndefined()
  expect(book.begin(job(1))).toBeDefined()
  await book.close()
})

test('what was begun is known to whoever opens the book next', async () => {
  const book = await opened()
  for (const index of [1, 2, 3]) await sign(book, job(index))
  await book.close()
  const next = await opened()
  for (const index of [1, 2, 3]) expect(next.begin(job(index))).toBeUndefined()
  expect(next.begin(job(4))).toBeDefined()
  await next.close()
})

test('a long list becomes a filter that knows all of it', async () => {
  const book = await opened(16)
  for (let index = 0; index < 100; index += 1) await sign(book, job(index))
  await book.close()
  expect(readdirSync(folder).sort()).toEqual(['jobs', 'jobs.filter-0'])
  expect(readFileSync(path).length).toBeLessThanOrEqual(17 * 16)
  const next = await opened(16)
  for (let index = 0; index < 100; index += 1) expect(next.begin(job(index))).toBeUndefined()
  expect(next.begin(job(100))).toBeDefined()
  await next.close()
})

test('a record that a crash tore is cut off, and those behind it are read', async () => {
  const book = await opened()
  await sign(book, job(1))
  await book.close()
  appendFileSync(path, Buffer.alloc(7, 9))
  const next = await opened()
  await sign(next, job(2))
  await next.close()
  const last = await opened()
  expect(last.begin(job(1))).toBeUndefined()
  expect(last.begin(job(2))).toBeUndefined()
  await last.close()
})

test('a book that another process writes to signs nothing more', async () => {
  const book = await opened()
  await sign(book, job(1))
  const other = await opened()
  await sign(other, job(2))
  await expect(book.begin(job(3))?.durable).rejects.toThrow(/another process/)
  expect(book.isWritable).toBe(false)
  await expect(book.begin(job(4))?.durable).rejects.toThrow(/another process/)
  await book.close()
  await other.close()
})

test('a file of something else is left alone', async () => {
  writeFileSync(path, 'a letter to my grandmother, and not a list of jobs')
  expect(await openJobBook(path)).toMatchObject({ ok: false })
  expect(readFileSync(path, 'utf8')).toMatch(/^a letter/)
  expect(await openJobBook(join(folder, 'none', 'jobs'))).toEqual({
    ok: false,
    error: `${join(folder, 'none', 'jobs')} cannot be used (ENOENT)`,
  })
})

test('every job that was durable is known behind a kill -9, in the list or in the filter', async () => {
  const known: Bytes32[] = []
  for (let round = 0; round < 3; round += 1) {
    const roundPath = `${path}-${round}`
    const child = spawn(
      process.execPath,
      [join(import.meta.dirname, '../../support/job-book-child.ts'), roundPath],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    )
    const said: Bytes32[] = []
    const ended = new Promise((resolve) => child.once('exit', resolve))
    for await (const line of createInterface({ input: child.stdout })) {
      if (/^0x[0-9a-f]{64}$/.test(line)) said.push(bytes32(line))
      // Somewhere in the middle of the writes of many, and of a fold.
      if (said.length === 150 + 37 * round) child.kill('SIGKILL')
    }
    await ended
    const book = await openJobBook(roundPath, 64)
    if (!book.ok) throw new Error(book.error)
    for (const jobId of said) expect(book.value.begin({ jobId, gateway })).toBeUndefined()
    await book.value.close()
    known.push(...said)
  }
  expect(known.length).toBeGreaterThan(500)
})
