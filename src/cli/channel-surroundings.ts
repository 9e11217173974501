import type { Terminal } from './command.ts'

/** Everything outside that the commands of a payer touch, besides files, the gateway and the chain. */
export type PayerSurroundings = { readonly terminal: Terminal; readonly nowMs: () => number }

/**
 * With `--json` one value on standard output and nothing else, amounts as decimal strings; progress goes to standard error in
 * either case.
 */
export function report(
  { terminal }: PayerSurroundings,
  options: { readonly json: boolean },
  outcome: {
    readonly lines: readonly string[]
    readonly value: Readonly<Record<string, unknown>>
  },
): void {
  if (options.json) terminal.print(JSON.stringify(outcome.value, writeAmount, 2))
  else for (const line of outcome.lines) terminal.print(line)
}

const writeAmount = (_name: string, value: unknown): unknown =>
  typeof value === 'bigint' ? String(value) : value
