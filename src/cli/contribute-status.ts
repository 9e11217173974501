/*
 * What a contributor earned in this run and how it stands, in one line.
 */
import type { AgentJobEnd } from '../contributor/agent-terms.ts'
import { type CreditBook, unpaidAmount } from '../contributor/credit-book.ts'
import type { AtomicAmount } from '../domain/units.ts'
import { formatAmount } from './amounts.ts'
import { grouped, type ScreenEvent } from './contribute-screen.ts'

export type RunSums = {
  readonly answers: number
  readonly failures: number
  readonly promptTokens: number
  readonly completionTokens: number
}

export const noSums: RunSums = { answers: 0, failures: 0, promptTokens: 0, completionTokens: 0 }

/** A refusal is no answer, and no failure either: the gateway asks somebody else. */
export function addJob(sums: RunSums, ended: AgentJobEnd): RunSums {
  if (ended.outcome === 'failed') return { ...sums, failures: sums.failures + 1 }
  if (ended.outcome !== 'complete') return sums
  return {
    ...sums,
    answers: sums.answers + 1,
    promptTokens: sums.promptTokens + ended.usage.promptTokens,
    completionTokens: sums.completionTokens + ended.usage.completionTokens,
  }
}

export type RunStatus = {
  readonly state: 'online' | 'connecting' | 'engine away' | 'draining' | 'drained'
  readonly running: number
  readonly waiting: number
  readonly sums: RunSums
  readonly book: CreditBook
  /** What was owed when the run began. */
  readonly owedBefore: AtomicAmount
  readonly creditLimit: AtomicAmount
  readonly startedAtMs: number
}

/** An hour is not extrapolated from less than this. */
const rateFromMs = 60_000

/** Of this run, in atomic units of the payout token; undefined while it is too young to say. */
function earnedPerHour(
  { book, owedBefore, startedAtMs }: RunStatus,
  nowMs: number,
): bigint | undefined {
  const ms = nowMs - startedAtMs
  if (ms < rateFromMs) return undefined
  return ((book.owedAmount - owedBefore) * 3_600_000n) / BigInt(Math.round(ms))
}

export function statusLine(
  status: RunStatus,
  token: { readonly symbol: string; readonly decimals: number },
  nowMs: number,
): string {
  const { state, running, waiting, sums, book, owedBefore, creditLimit } = status
  const amount = (of: bigint): string => formatAmount(of, token.decimals)
  const rate = earnedPerHour(status, nowMs)
  const parts = [
    state,
    `${running} running${waiting > 0 ? `, ${waiting} waiting` : ''}`,
    `${grouped(sums.answers)} answered${sums.failures > 0 ? `, ${grouped(sums.failures)} failed` : ''}`,
    `${grouped(sums.promptTokens + sums.completionTokens)} tokens`,
    `${amount(book.owedAmount - owedBefore)} ${token.symbol} earned${rate === undefined ? '' : ` (${amount(rate)} an hour)`}`,
    `${amount(unpaidAmount(book))} of ${amount(creditLimit)} unpaid`,
  ]
  return `  ${parts.join(' · ')}`
}

/** The same for a program. Amounts are atomic units of the payout token. */
export const statusEvent = (status: RunStatus, nowMs: number): ScreenEvent => ({
  event: 'status',
  state: status.state,
  running: status.running,
  waiting: status.waiting,
  ...status.sums,
  earned: status.book.owedAmount - status.owedBefore,
  earnedPerHour: earnedPerHour(status, nowMs) ?? null,
  unpaid: unpaidAmount(status.book),
  creditLimit: status.creditLimit,
})
