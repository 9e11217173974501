/*
 * What was earned on which day: a file that only grows, a line of the sums so far at a time. It decides nothing (the book of
 * vouchers does), so a line that a crash tore off is passed over.
 */
import { appendFile, readFile } from 'node:fs/promises'
import { err, ok, type Result } from '../base/result.ts'
import { type AtomicAmount, atomic } from '../domain/units.ts'
import { type CreditBook, paidAmount } from './credit-book.ts'

/** Sums since ever, as they stood when the line was written. Atomic units of the payout token. */
export type EarningsLine = {
  readonly atMs: number
  readonly owedAmount: AtomicAmount
  readonly promisedAmount: AtomicAmount
}

/** What came on one day of UTC. */
export type DayOfEarnings = {
  /** `2026-11-22` */
  readonly day: string
  readonly owedAmount: AtomicAmount
  readonly promisedAmount: AtomicAmount
}

/** Rejects with node's error. */
async function noteEarnings(path: string, book: CreditBook, nowMs: number): Promise<void> {
  const at = new Date(nowMs).toISOString()
  const line = { at, owed: String(book.owedAmount), promised: String(paidAmount(book)) }
  // A torn line before it stays one line of its own.
  await appendFile(path, `\n${JSON.stringify(line)}`, { mode: 0o600 })
}

/** In the order in which they were written; none where there is no file. Errors are one line for a person. */
export async function readEarnings(path: string): Promise<Result<readonly EarningsLine[], string>> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    return code === 'ENOENT' ? ok([]) : err(`${path} cannot be read (${code ?? 'unknown'})`)
  }
  return ok(text.split('\n').flatMap((line) => readLine(line) ?? []))
}

function readLine(text: string): EarningsLine | undefined {
  let fields: Readonly<Record<string, unknown>>
  try {
    fields = Object(JSON.parse(text)) as Readonly<Record<string, unknown>>
  } catch {
    return undefined
  }
  const { at, owed, promised } = fields
  const atMs = typeof at === 'string' ? Date.parse(at) : Number.NaN
  if (Number.isNaN(atMs) || !isAmount(owed) || !isAmount(promised)) return undefined
  return { atMs, owedAmount: atomic(BigInt(owed)), promisedAmount: atomic(BigInt(promised)) }
}

const isAmount = (value: unknown): value is string =>
  typeof value === 'string' && /^\d{1,38}$/.test(value)

/** By day, oldest first; days without earnings are left out. What was there before the first line belongs to no day. */
export function earningsByDay(lines: readonly EarningsLine[]): readonly DayOfEarnings[] {
  const days = new Map<string, DayOfEarnings>()
  let [before] = lines
  for (const line of lines) {
    const day = new Date(line.atMs).toISOString().slice(0, 10)
    const known = days.get(day)
    // A book that was lost begins anew, and so do its sums.
    const more = (name: 'owedAmount' | 'promisedAmount'): AtomicAmount =>
      atomic((known?.[name] ?? 0n) + growth(before?.[name] ?? 0n, line[name]))
    days.set(day, { day, owedAmount: more('owedAmount'), promisedAmount: more('promisedAmount') })
    before = line
  }
  return [...days.values()].filter((day) => day.owedAmount > 0n || day.promisedAmount > 0n)
}

const growth = (before: bigint, after: bigint): bigint => (after > before ? after - before : 0n)

/** Writes the sums down whenever they changed, at most once an hour and once more when it is closed. */
export class EarningsDiary {
  readonly #path: string
  readonly #book: () => CreditBook
  readonly #nowMs: () => number
  #writtenAtMs = Number.NEGATIVE_INFINITY
  #written: { readonly owed: bigint; readonly promised: bigint } | undefined

  constructor(terms: {
    readonly path: string
    readonly book: () => CreditBook
    readonly nowMs: () => number
  }) {
    this.#path = terms.path
    this.#book = terms.book
    this.#nowMs = terms.nowMs
  }

  /** To be called now and then, as after each answer. The first call writes what was there before. Rejects with node's error. */
  async note(): Promise<void> {
    const dayOf = (ms: number) => Math.floor(ms / dayMs)
    const nowMs = this.#nowMs()
    const isNextDay = dayOf(nowMs) > dayOf(Math.max(this.#writtenAtMs, 0))
    if (nowMs - this.#writtenAtMs >= hourMs || isNextDay) await this.close()
  }

  /** Rejects with node's error. */
  async close(): Promise<void> {
    const book = this.#book()
    const sums = { owed: book.owedAmount, promised: paidAmount(book) }
    const isSame = this.#written?.owed === sums.owed && this.#written.promised === sums.promised
    if (isSame) return
    this.#written = sums
    this.#writtenAtMs = this.#nowMs()
    await noteEarnings(this.#path, book, this.#writtenAtMs)
  }
}

const hourMs = 3_600_000
const dayMs = 86_400_000
