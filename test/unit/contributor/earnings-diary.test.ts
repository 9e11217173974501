import { appendFileSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { ok } from '../../../src/base/result.ts'
import { addWork, emptyCreditBook } from '../../../src/contributor/credit-book.ts'
import {
  EarningsDiary,
  earningsByDay,
  readEarnings,
} from '../../../src/contributor/earnings-diary.ts'
import { atomic } from '../../../src/domain/units.ts'
import { expectOk } from '../../support/dev-chain.ts'
import { temporaryFolder } from '../../support/embedded-chain.ts'

let folder: ReturnType<typeof temporaryFolder>
let path: string
beforeEach(() => {
  folder = temporaryFolder()
  path = join(folder.path, 'earnings.jsonl')
})
afterEach(() => folder.remove())

const hourMs = 3_600_000
const noon = Date.parse('2026-11-22T12:00:00Z')
const days = async () => earningsByDay(expectOk(await readEarnings(path)))

test('a day has what came on it, over restarts and torn lines', async () => {
  let book = addWork(emptyCreditBook, atomic(1_000n))
  let nowMs = noon
  const open = () => new EarningsDiary({ path, book: () => book, nowMs: () => nowMs })
  const earn = (amount: bigint) => {
    book = addWork(book, atomic(amount))
  }
  const diary = open()
  // What was there before the first line belongs to no day.
  await diary.note()
  earn(70n)
  await diary.note()
  nowMs += hourMs
  await diary.note()
  earn(30n)
  await diary.close()
  expect(await days()).toEqual([{ day: '2026-11-22', owedAmount: 100n, promisedAmount: 0n }])

  appendFileSync(path, '\n{"at":"2026-11-22T13:')
  nowMs += 12 * hourMs
  const next = open()
  await next.note()
  earn(5n)
  nowMs += 1
  await next.note()
  nowMs += hourMs
  await next.note()
  expect(await days()).toEqual([
    { day: '2026-11-22', owedAmount: 100n, promisedAmount: 0n },
    { day: '2026-11-23', owedAmount: 5n, promisedAmount: 0n },
  ])
  expect(statSync(path).mode & 0o077).toBe(0)
})

test('is written once an hour, at the turn of a day and at the end, and never twice the same', async () => {
  let book = emptyCreditBook
  let nowMs = Date.parse('2026-11-22T23:59:00Z')
  const diary = new EarningsDiary({ path, book: () => book, nowMs: () => nowMs })
  const lines = () => readFileSync(path, 'utf8').split('\n').length - 1
  await diary.note()
  for (let i = 0; i < 100; i += 1) {
    book = addWork(book, atomic(1n))
    await diary.note()
  }
  expect(lines()).toBe(1)
  nowMs += 60_000
  await diary.note()
  expect(lines()).toBe(2)
  await diary.close()
  nowMs += 2 * hourMs
  await diary.note()
  expect(lines()).toBe(2)
})

test('no file is no earnings, a book that was lost takes nothing away, and rubbish is passed over', async () => {
  expect(await readEarnings(path)).toEqual(ok([]))
  const line = (at: string, owed: number) => `{"at":"${at}","owed":"${owed}","promised":"0"}`
  writeFileSync(
    path,
    [
      line('2026-11-20T10:00:00Z', 50),
      line('2026-11-20T11:00:00Z', 80),
      'rubbish',
      '{"at":"never","owed":"1","promised":"0"}',
      '{"at":"2026-11-20T12:00:00Z","owed":-1,"promised":"0"}',
      line('2026-11-21T10:00:00Z', 0),
      line('2026-11-21T11:00:00Z', 7),
    ].join('\n'),
  )
  expect(await days()).toEqual([
    { day: '2026-11-20', owedAmount: 30n, promisedAmount: 0n },
    { day: '2026-11-21', owedAmount: 7n, promisedAmount: 0n },
  ])
  expect(await readEarnings(folder.path)).toMatchObject({ ok: false })
})
