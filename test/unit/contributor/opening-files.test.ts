import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { writeTokens } from '../../../src/attestation/token-openings.ts'
import { openingDaysKept } from '../../../src/contributor/agent-limits.ts'
import { OpeningFiles } from '../../../src/contributor/opening-files.ts'
import { address, bytes32 } from '../../../src/domain/units.ts'

const tokens = [[{ tokenId: 1, logprobQ16: -2, top: [] }]]
const gateway = address(`0x${'0a'.repeat(20)}`)
const jobOf = (byte: string) => ({ jobId: bytes32(`0x${byte.repeat(32)}`), gateway })
const dayMs = 86_400_000
const startMs = Date.parse('2026-11-22T23:59:00Z')

let folder: string
let nowMs: number
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'vouch-openings-'))
  nowMs = startMs
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

test('what was kept is given back, also by the next process, to its gateway alone', async () => {
  const files = new OpeningFiles(folder, () => nowMs)
  await files.keep(jobOf('01'), tokens)
  nowMs += 120_000
  await files.keep(jobOf('02'), tokens)
  const next = new OpeningFiles(folder, () => nowMs)
  expect(await next.of(jobOf('01'))).toBe(writeTokens(tokens))
  expect(await next.of(jobOf('02'))).toBe(writeTokens(tokens))
  expect(
    await next.of({ ...jobOf('01'), gateway: address(`0x${'0b'.repeat(20)}`) }),
  ).toBeUndefined()
  expect(await next.of(jobOf('03'))).toBeUndefined()
})

test('days that are over go, and nothing else', async () => {
  const files = new OpeningFiles(folder, () => nowMs)
  await files.keep(jobOf('01'), tokens)
  mkdirSync(join(folder, 'mine'))
  writeFileSync(join(folder, '2020.txt'), '')
  nowMs += openingDaysKept * dayMs
  await files.keep(jobOf('02'), tokens)
  expect(await files.of(jobOf('01'))).toBe(writeTokens(tokens))
  nowMs += dayMs
  await files.keep(jobOf('03'), tokens)
  expect(await files.of(jobOf('01'))).toBeUndefined()
  expect(readdirSync(folder).sort()).toEqual(['2020.txt', '2026-11-30', '2026-12-01', 'mine'])
})

test('where nothing can be written, whoever wants to commit is told', async () => {
  const path = join(folder, 'file')
  writeFileSync(path, '')
  await expect(new OpeningFiles(path, () => nowMs).keep(jobOf('01'), tokens)).rejects.toThrow()
})

test('a disk that is nearly full is left to what may not miss a job', async () => {
  const files = new OpeningFiles(folder, () => nowMs, Number.MAX_SAFE_INTEGER)
  await expect(files.keep(jobOf('01'), tokens)).rejects.toThrow('nearly full')
  expect(await files.of(jobOf('01'))).toBeUndefined()
})
