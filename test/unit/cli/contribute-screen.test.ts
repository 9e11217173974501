import { expect, test } from 'vitest'
import { linesOf } from '../../../src/cli/contribute-events.ts'
import { inColumns, labelled, openScreen } from '../../../src/cli/contribute-screen.ts'
import {
  addJob,
  noSums,
  type RunStatus,
  statusEvent,
  statusLine,
} from '../../../src/cli/contribute-status.ts'
import { emptyCreditBook } from '../../../src/contributor/credit-book.ts'
import { atomic } from '../../../src/domain/units.ts'

function screen(isPerson: boolean, columns?: number) {
  const written: string[] = []
  const opened = openScreen({
    isPerson,
    terminal: {
      print: (line) => void written.push(`${line}\n`),
      printError: () => {},
    },
    write: (text) => void written.push(text),
    columns: () => columns,
  })
  return { ...opened, written }
}

test('a person reads lines, and below them one that is written over and never wraps', () => {
  const { tell, status, close, written } = screen(true, 20)
  status('a line that is longer than twenty columns')
  tell({ event: 'one' }, ...labelled('one', 'first', 'second'))
  close()
  expect(written).toEqual([
    '\r\u001b[2Ka line that is long',
    '\r\u001b[2K',
    '  one         first\n',
    '              second\n',
    '\r\u001b[2Ka line that is long',
    '\n',
  ])
})

const online =
  '  online · 12 answered · 0.000047 USDX earned (0.0012 an hour) · 0.00 of 0.50 unpaid'

test('a line that is too long ends between two of its parts, since half a number is another one', () => {
  const shownIn = (columns: number): string | undefined => {
    const { status, written } = screen(true, columns)
    status(online)
    return written[0]?.replace('\r\u001b[2K', '')
  }
  expect(shownIn(online.length + 1)).toBe(online)
  expect(shownIn(60)).toBe('  online · 12 answered · 0.000047 USDX earned')
  expect(shownIn(40)).toBe('  online · 12 answered')
  expect(shownIn(5)).toBe('  on')
})

test('a terminal that does not know its width is shown what fits into eighty columns', () => {
  for (const width of [undefined, 0]) {
    const { status, written } = screen(true, width)
    status(online)
    expect(written).toEqual([`\r\u001b[2K${online.slice(0, online.lastIndexOf(' · '))}`])
  }
})

test('a program reads one line of JSON for each event, amounts as text, and no line that changes', () => {
  const { tell, status, written } = screen(false)
  status('never')
  tell({ event: 'paid', amount: 12n }, 'for a person')
  expect(written).toEqual(['{"event":"paid","amount":"12"}\n'])
})

test('columns stand under each other', () => {
  expect(
    inColumns([
      ['a', 'bbb', 'c'],
      ['aaaa', 'b', ''],
    ]),
  ).toEqual(['a     bbb  c', 'aaaa  b'])
})

const usage = {
  ...{ promptTokens: 1000, cachedPromptTokens: 0, completionTokens: 234, reasoningTokens: 0 },
  source: 'reported',
} as const
const job = { endpoint: 'chat/completions', durationMs: 5 } as const

test('answers count, refusals do not, and a rate is told from a minute on', () => {
  const complete = { outcome: 'complete', usage, usageSource: 'reported', ...job } as const
  const ends = [
    complete,
    complete,
    { outcome: 'refused', code: 'busy', ...job },
    { outcome: 'client_gone', ...job },
    { outcome: 'failed', code: 'broken', ...job },
  ] as const
  const sums = ends.reduce(addJob, noSums)
  expect(sums).toEqual({ answers: 2, failures: 1, promptTokens: 2000, completionTokens: 468 })
  const status: RunStatus = {
    ...{ state: 'online', running: 1, waiting: 2, sums, owedBefore: atomic(500_000n) },
    book: { ...emptyCreditBook, owedAmount: atomic(1_500_000n) },
    ...{ creditLimit: atomic(2_000_000n), startedAtMs: 0 },
  }
  const token = { symbol: 'USDX', decimals: 6 }
  expect(statusLine(status, token, 59_999)).toBe(
    '  online · 1 running, 2 waiting · 2 answered, 1 failed · 2,468 tokens · 1.00 USDX earned · 1.50 of 2.00 unpaid',
  )
  expect(statusLine(status, token, 1_800_000)).toContain('1.00 USDX earned (2.00 an hour)')
  expect(statusEvent(status, 1_800_000)).toMatchObject({
    ...{ earned: 1_000_000n, earnedPerHour: 2_000_000n, unpaid: 1_500_000n, answers: 2 },
  })
})

test('every event of a run has words or none, and amounts are in units of the token', () => {
  const token = { symbol: 'USDX', decimals: 6 }
  const words = (event: string, members: object = {}) =>
    linesOf({ event, ...members }, token).map((line) => line.slice(14))
  expect(words('voucher', { amount: 10n, promised: 1_500_000n })).toEqual([
    'voucher over 0.00001 USDX, 1.50 USDX in all',
  ])
  expect(words('gateway_withdraws', { finalAtS: 1_795_346_000 })).toEqual([
    "the gateway takes its escrow back, finally at 2026-11-22T11:13 UTC: 'vouch contributor claim' before that",
  ])
  expect(words('disconnected', { why: 'the connection ended', againInMs: 1234 })).toEqual([
    'disconnected (the connection ended); dialled again in 1.2 s',
  ])
  expect(words('standing', { state: 'unusable', cause: 'no channel' })).toEqual([
    'not asked yet: no channel',
  ])
  expect(words('voucher_refused', { reason: 'chain_unavailable' })).toEqual([
    'your own node does not answer, so a voucher cannot be checked; work goes on only as far as the credit',
  ])
  expect(words('voucher_refused', { reason: 'above_balance' })).toEqual([
    'a voucher that is no good was refused (above_balance); work goes on only as far as the credit',
  ])
  expect(words('engine_restarted')).toEqual(['the built-in engine ended and is started again'])
  expect(words('status')).toEqual([])
})
