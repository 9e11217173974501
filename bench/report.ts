/*
 * Figures → lines for a person. Every ratio is a median of the ratios of single rounds, so that a round in which the
 * machine was slow is slow on both sides of the division.
 */
import type { Contender } from './contenders.ts'
import type { Measured, MemoryFigures } from './measure.ts'
import { median, pairwise } from './statistics.ts'

export type Report = {
  /** By name of the phase. */
  readonly phases: ReadonlyMap<string, Measured>
  readonly restBytes: ReadonlyMap<Contender, number>
  readonly memory: MemoryFigures | undefined
}

/** A budget of performance.md and how this run stands to it. */
type Verdict = { readonly budget: string; readonly measured: string; readonly met: boolean }

const megabyte = 1024 * 1024
const fixed = (value: number, digits: number) => value.toFixed(digits)
const divide = (a: number, b: number) => a / b
const subtract = (a: number, b: number) => a - b

export function renderReport(report: Report): string {
  const lines: string[] = []
  for (const [phase, measured] of report.phases) {
    lines.push('', phase, ...renderPhase(phase, measured))
  }
  lines.push('', ...renderMemory(report))
  const verdicts = judge(report)
  if (verdicts.length > 0) lines.push('', 'budgets')
  for (const { budget, measured, met } of verdicts) {
    lines.push(`  ${met ? 'met    ' : 'NOT MET'}  ${budget.padEnd(58)} ${measured}`)
  }
  return lines.join('\n')
}

/** Everything that was measured, round by round. */
export function reportAsJson(report: Report, run: Readonly<Record<string, unknown>>): string {
  const named = <T>(map: ReadonlyMap<Contender, T>) =>
    Object.fromEntries([...map].map(([contender, value]) => [contender.name, value]))
  const phases = [...report.phases].map(([phase, measured]) => [phase, named(measured)] as const)
  const { restBytes, memory } = report
  return JSON.stringify({
    run,
    ...Object.fromEntries(phases),
    memory: { restBytes: named(restBytes), ...memory },
    budgets: judge(report),
  })
}

function renderPhase(phase: string, measured: Measured): readonly string[] {
  const reference = find(measured, phase === 'latency' ? 'direct' : 'nginx')
  const names = [...new Set([...measured.values()].flatMap((series) => Object.keys(series)))]
  const rows = [...measured].map(([contender, series]) => [
    contender.name,
    ...names.map((name) => {
      const values = series[name] ?? []
      const base = reference?.[name]
      const text = fixed(median(values), name.endsWith('Ms') ? 2 : 1)
      if (base === undefined || base === values) return text
      return phase === 'latency'
        ? `${text} (+${fixed(median(pairwise(values, base, subtract)), 2)})`
        : `${text} (${fixed(median(pairwise(values, base, divide)), 2)}×)`
    }),
  ])
  return table([['', ...names], ...rows])
}

function renderMemory(report: Report): readonly string[] {
  const lines = ['resident memory, MB']
  for (const [contender, bytes] of report.restBytes) {
    lines.push(`  ${contender.name.padEnd(24)} at rest ${fixed(bytes / megabyte, 0)}`)
  }
  if (report.memory !== undefined) {
    const row = (values: readonly number[]) =>
      values.map((bytes) => fixed(bytes / megabyte, 0)).join(' ')
    lines.push(`  gateway, over the requests         ${row(report.memory.afterRequests)}`)
    lines.push(`  gateway, over the aborted streams  ${row(report.memory.afterAbortedStreams)}`)
  }
  return lines
}

function table(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  )
  return rows.map((row) =>
    `  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}`.trimEnd(),
  )
}

function find(measured: Measured | undefined, name: string) {
  for (const [contender, series] of measured ?? []) {
    if (contender.name.startsWith(name)) return series
  }
  return undefined
}

function judge(report: Report): readonly Verdict[] {
  const verdicts: Verdict[] = []
  const most = (budget: string, value: number | undefined, limit: number, unit: string) => {
    if (value === undefined || Number.isNaN(value)) return
    verdicts.push({ budget, measured: `${fixed(value, 2)} ${unit}`, met: value <= limit })
  }
  const against = (phase: string, name: string, peer = 'nginx', own = 'gateway') => {
    const measured = report.phases.get(phase)
    const [ours, theirs] = [find(measured, own), find(measured, peer)]
    return median(pairwise(ours?.[name] ?? [], theirs?.[name] ?? [], divide))
  }
  const measuredUnary = report.phases.get('unary')
  const voucherEach = pairwise(
    find(measuredUnary, 'gateway, a voucher each')?.['cpuMicrosPerRequest'] ?? [],
    find(measuredUnary, 'gateway')?.['cpuMicrosPerRequest'] ?? [],
    divide,
  )
  const ofPortkey = (own: string) => against('unary', 'cpuMicrosPerRequest', 'portkey', own)
  most('unary: CPU of a request ≤ 0.13 × Portkey', ofPortkey('gateway'), 0.13, '×')
  most('a voucher each: ≤ 0.20 × Portkey', ofPortkey('gateway, a voucher each'), 0.2, '×')
  // 0.20 against 0.13 of what Portkey takes, for runs without it.
  most('a voucher each: CPU of a request ≤ 1.54 × with a key', median(voucherEach), 1.54, '×')
  most('unary: CPU of a request ≤ 7 × nginx', against('unary', 'cpuMicrosPerRequest'), 7, '×')
  most('burst: CPU of an event ≤ 2 × nginx', against('burst', 'cpuMicrosPerEvent'), 2, '×')
  const paced = find(report.phases.get('paced'), 'gateway')
  most('paced: CPU of an event ≤ 2.3 × nginx', against('paced', 'cpuMicrosPerEvent'), 2.3, '×')
  most('paced: delay of an event ≤ 1 ms (p50)', median(paced?.['delayP50Ms'] ?? []), 1, 'ms')
  const latency = report.phases.get('latency')
  const added = (name: string) => {
    const own = find(latency, gatewayWithoutDisk)?.[name] ?? []
    return median(pairwise(own, find(latency, 'direct')?.[name] ?? [], subtract))
  }
  most('unary: added p50 beyond the disk ≤ 0.5 ms', added('unaryP50Ms'), 0.5, 'ms')
  most('first streamed byte: added p50 beyond the disk ≤ 1 ms', added('firstByteP50Ms'), 1, 'ms')
  for (const [contender, bytes] of report.restBytes) {
    if (contender.name === 'gateway') most('RSS at rest ≤ 150 MB', bytes / megabyte, 150, 'MB')
  }
  if (report.memory !== undefined) {
    most('memory flat over the requests', growth(report.memory.afterRequests), 1.1, '×')
    most('memory flat over aborted streams', growth(report.memory.afterAbortedStreams), 1.1, '×')
  }
  return verdicts
}

/** The contender whose ledger lies in memory: what is left of its waits is everything but the disk. */
export const gatewayWithoutDisk = 'gateway, ledger in memory'

/** Last third over middle third: the first third fills heap and caches. */
function growth(bytes: readonly number[]): number {
  const third = Math.floor(bytes.length / 3)
  return median(bytes.slice(-third)) / median(bytes.slice(third, 2 * third))
}
