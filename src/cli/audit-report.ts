import type { AuditState } from '../auditor/audit-state.ts'
import { type WindowState, windowTokensMin } from '../auditor/audit-window.ts'
import { shareOfAlarm, type TestTerms } from '../auditor/sequential-test.ts'
import type { AuditVerdict } from '../domain/audit.ts'

type Row = readonly string[]

const heading: Row = [
  'contributor',
  'model',
  'answers',
  'canaries',
  'tokens',
  'matched',
  'identical',
  'suspicion',
  'verdict',
]

/** What is known of everybody: a line for each open window, and for each verdict of this run. */
export function auditTable(
  state: AuditState,
  decided: readonly { readonly verdict: AuditVerdict; readonly window: WindowState }[],
  terms: TestTerms,
): readonly string[] {
  const rows = [
    heading,
    ...decided.map(({ verdict, window }) =>
      rowOf(window, terms, verdict.passed ? 'passed' : 'FAILED'),
    ),
    ...state.windows.map((window) => rowOf(window, terms, openWord(window))),
  ]
  const widths = heading.map((_, at) => Math.max(...rows.map((row) => row[at]?.length ?? 0)))
  return rows.map((row) =>
    row
      .map((cell, at) => cell.padEnd(widths[at] ?? 0))
      .join('  ')
      .trimEnd(),
  )
}

function rowOf(window: WindowState, terms: TestTerms, verdict: string): Row {
  const { contributor, modelId, samples, canaries, tokens, matchedTokens, identical } = window
  return [
    contributor,
    `${modelId.slice(0, 10)}…`,
    String(samples),
    String(canaries),
    String(tokens),
    tokens === 0 ? '-' : `${((100 * matchedTokens) / tokens).toFixed(2)} %`,
    String(identical),
    `${(100 * shareOfAlarm(window.test, terms)).toFixed(0)} %`,
    verdict,
  ]
}

const openWord = ({ tokens, unjudged }: WindowState): string => {
  const needed = tokens < windowTokensMin ? `, ${windowTokensMin - tokens} tokens at least` : ''
  const skipped = unjudged === 0 ? '' : `, ${unjudged} not judged`
  return `more answers needed${needed}${skipped}`
}

/** What the gateway did not open, by its reason. */
export function unopenedLines({ unopened }: AuditState): readonly string[] {
  const counts = new Map<string, number>()
  for (const { reason } of unopened) counts.set(reason, (counts.get(reason) ?? 0) + 1)
  return [...counts].map(([reason, count]) => `not opened, ${reason}: ${count}`)
}
