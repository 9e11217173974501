import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { StoreFailure } from '../../../src/store/ledger-store.ts'
import type { RateClaim, RateLimit, RateReservation } from '../../../src/store/rate-window-store.ts'
import { MemoryRateWindows } from '../../../src/store/rate-window-store-memory.ts'
import { openSqliteRateWindows } from '../../../src/store/rate-window-store-sqlite.ts'

const startMs = 1_000_000_000_000
const hourMs = 3_600_000
const day: RateLimit = {
  counter: 'account/spend',
  max: Number.MAX_SAFE_INTEGER,
  windowMs: 24 * hourMs,
}
const minute: RateLimit = { counter: 'account/requests', max: 3, windowMs: 60_000 }

let folder: string
let path: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'vouch-windows-'))
  path = join(folder, 'windows.db')
})
afterEach(() => rmSync(folder, { recursive: true }))

async function taken(
  store: MemoryRateWindows | ReturnType<typeof openSqliteRateWindows>,
  claims: readonly RateClaim[],
  nowMs: number,
): Promise<RateReservation> {
  const reserved = await store.reserve(claims, nowMs)
  if (!reserved.ok) throw new Error('there is room')
  return reserved.value
}

const rows = (): number => {
  const database = new DatabaseSync(path)
  const count = database.prepare('SELECT count(*) AS n FROM rate_windows').get()?.['n']
  database.close()
  return Number(count)
}

describe('a restart', () => {
  test('gives no part of the day a second time, and of the minute does', async () => {
    const before = openSqliteRateWindows(path, startMs)
    const all = Number.MAX_SAFE_INTEGER
    await taken(
      before,
      [
        { limit: day, amount: all - 1 },
        { limit: minute, amount: 3 },
      ],
      startMs,
    )
    await before.close()
    const after = openSqliteRateWindows(path, startMs + 1)
    expect((await after.reserve([{ limit: minute, amount: 3 }], startMs + 1)).ok).toBe(true)
    expect((await after.reserve([{ limit: day, amount: 2 }], startMs + 1)).ok).toBe(false)
    expect((await after.reserve([{ limit: day, amount: 1 }], startMs + 1)).ok).toBe(true)
    await after.close()
  })

  test('a day later nothing of it is kept', async () => {
    const before = openSqliteRateWindows(path, startMs)
    await taken(before, [{ limit: day, amount: 1 }], startMs)
    await taken(before, [{ limit: { ...day, counter: 'late' }, amount: 5 }], startMs + 20 * hourMs)
    await before.close()
    expect(rows()).toBe(2)
    const after = openSqliteRateWindows(path, startMs + 25 * hourMs)
    expect(after.usedShare({ ...day, max: 10 }, startMs + 25 * hourMs)).toBe(0)
    expect(after.usedShare({ ...day, counter: 'late', max: 10 }, startMs + 25 * hourMs)).toBe(0.5)
    await after.close()
    expect(rows()).toBe(1)
  })

  test('what is corrected too late does not erase what has its place since', async () => {
    const limit = { ...day, max: 10 }
    const before = openSqliteRateWindows(path, startMs)
    const early = await taken(before, [{ limit, amount: 4 }], startMs)
    const nextMs = startMs + 61 * 24 * 60_000
    await taken(before, [{ limit, amount: 5 }], nextMs)
    await before.correct(early, [1], nextMs)
    await before.close()
    expect(rows()).toBe(1)
    const after = openSqliteRateWindows(path, nextMs)
    expect(after.usedShare(limit, nextMs)).toBe(0.5)
    await after.close()
  })

  const step = fc.record({
    waitMs: fc.oneof(fc.nat(hourMs), fc.nat(30 * hourMs)),
    amount: fc.integer({ min: 1, max: 40 }),
    used: fc.nat(60),
    what: fc.constantFrom('go on', 'correct', 'restart', 'correct late'),
  })
  const limit: RateLimit = { counter: 'a', max: 100, windowMs: 24 * hourMs }
  const seen = { true: 0, false: 0, restarts: 0, corrected: 0 }

  /** The same to memory, which is never started again, and to the file. */
  async function walk(
    file: string,
    steps: readonly (typeof step extends fc.Arbitrary<infer One> ? One : never)[],
  ) {
    const memory = new MemoryRateWindows()
    let store = openSqliteRateWindows(file, startMs)
    const reservations: RateReservation[] = []
    let nowMs = startMs
    for (const { waitMs, amount, used, what } of steps) {
      nowMs += waitMs
      const expected = await memory.reserve([{ limit, amount }], nowMs)
      expect(await store.reserve([{ limit, amount }], nowMs)).toEqual(expected)
      seen[`${expected.ok}`] += 1
      if (expected.ok) reservations.push(expected.value)
      if (what === 'restart') {
        seen.restarts += 1
        await store.close()
        store = openSqliteRateWindows(file, nowMs)
      }
      const corrected = what.startsWith('correct') && reservations.at(what === 'correct' ? -1 : 0)
      if (!corrected) continue
      reservations.splice(reservations.indexOf(corrected), 1)
      seen.corrected += 1
      await memory.correct(corrected, [used], nowMs)
      await store.correct(corrected, [used], nowMs)
    }
    await store.close()
  }

  test('at any moment changes nothing that is answered', async () => {
    let runs = 0
    const all = fc.array(step, { minLength: 5, maxLength: 40 })
    await fc.assert(
      fc.asyncProperty(all, (steps) => {
        runs += 1
        return walk(join(folder, `${runs}.db`), steps)
      }),
    )
    expect(seen.true).toBeGreaterThan(200)
    expect(seen.false).toBeGreaterThan(50)
    expect(seen.restarts).toBeGreaterThan(50)
    expect(seen.corrected).toBeGreaterThan(100)
  })
})

test('a process that is killed leaves what it had reserved, less at most what it had corrected down', async () => {
  const journal = join(folder, 'journal')
  const child = spawn(
    process.execPath,
    [join(import.meta.dirname, '../../support/rate-window-child.ts'), path, journal],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )
  await once(child.stdout, 'data')
  child.kill('SIGKILL')
  await once(child, 'exit')
  const said = { reserved: 0, corrected: 0 }
  for (const line of readFileSync(journal, 'utf8').trimEnd().split('\n')) {
    const [what = '', amount] = line.split(' ')
    said[what as keyof typeof said] += Number(amount)
  }
  const store = openSqliteRateWindows(path, startMs)
  const limit = { ...day, counter: 'account', max: 2 ** 40 }
  const left = store.usedShare(limit, startMs) * limit.max
  await store.close()
  expect(said.corrected).toBeGreaterThan(1_000)
  expect(left).toBeGreaterThanOrEqual(said.reserved - said.corrected)
  // Of each of the eight at once, one claim may be written and not said.
  expect(left).toBeLessThanOrEqual(said.reserved + 8 * 16)
})

describe('a file that cannot be written', () => {
  test('refuses what would have to be kept, and nothing else, and is written again when it can be', async () => {
    const store = openSqliteRateWindows(path, startMs)
    await taken(store, [{ limit: day, amount: 1 }], startMs)
    const other = new DatabaseSync(path)
    other.exec('BEGIN IMMEDIATE')
    await expect(store.reserve([{ limit: day, amount: 5 }], startMs)).rejects.toThrow(StoreFailure)
    await taken(store, [{ limit: minute, amount: 1 }], startMs)
    expect(store.usedShare({ ...day, max: 10 }, startMs)).toBe(0.1)
    other.exec('ROLLBACK')
    other.close()
    await taken(store, [{ limit: day, amount: 2 }], startMs)
    await store.close()
    const after = openSqliteRateWindows(path, startMs)
    expect(after.usedShare({ ...day, max: 10 }, startMs)).toBe(0.3)
    await after.close()
  })

  test('is told with its name', () => {
    expect(() => openSqliteRateWindows(join(folder, 'no', 'windows.db'), startMs)).toThrow(
      /windows\.db cannot be opened/,
    )
  })
})
