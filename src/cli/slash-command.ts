import type { PayerSurroundings } from './channel-surroundings.ts'
import { type Command, CommandFailure, terminal } from './command.ts'
import { checkPile } from './slash-check.ts'
import {
  type FaultOptions,
  faultAccountHelp,
  faultPlaceHelp,
  parseFaultOptions,
} from './slash-options.ts'
import { reportFault, showFault } from './slash-report.ts'

const help = `Usage: vouch slash check PATH... [--rpc URL] [--out FOLDER] [--promises] [--jobs]
       vouch slash report EVIDENCE.json --rpc URL --key-file FILE
       vouch slash status EVIDENCE.json --rpc URL

From a lie to the stake that it costs (docs/slashing.md). Whoever reports one gets a fifth of it.

  check   finds what can be proven in receipts, Works, checkpoints and evidence: files of JSON or
          JSONL, and folders of them. Sends nothing. Without --rpc it says what contradicts itself;
          with it, only what the contracts would take
  report  shows the fault, what would be taken and paid and what it costs, asks, reports it and has
          the reward paid out. A broken promise (S4) is challenged first: run it again after a day.
          Of a wrong answer (S7) it makes the accusation: the rest is 'vouch panel'
  status  where the fault stands

A command that was killed is run again: it looks at the chain and goes on.

Options:
${faultPlaceHelp}
  --json                 one JSON object on standard output; amounts are decimal strings of atomic
                         units
  --help                 this text

Options of check:
  --out FOLDER           writes fault-S1-….json and so on: what 'report' takes
  --promises             also receipts whose promised anchor is due and not on record (S4); only
                         the log knows whether it came ('vouch log audit')
  --jobs                 also accepted jobs that were not delivered (S6), by the chain's events;
                         without receipts it needs --verifier

Options of report:
${faultAccountHelp}

Examples
  vouch slash check receipts/ batches/*.jsonl --rpc http://127.0.0.1:8545 --out faults
  vouch slash report faults/fault-S2-1b2c3d4e5f607182.json --rpc http://127.0.0.1:8545 \\
    --key-file reporter.key

Exit codes: check: 0 nothing can be proven, 1 something can, or it could not be checked; report and
status: 0 done, 1 refused or the chain or the account could not do it; 2 unusable arguments.
`

type Action = (
  operands: readonly string[],
  options: FaultOptions,
  surroundings: PayerSurroundings,
) => Promise<number>

const actions: Readonly<Record<string, Action>> = {
  check: checkPile,
  report: reportFault,
  status: showFault,
}

/** Resolves with the exit code; tests pass their own surroundings. */
export async function runSlash(
  argv: readonly string[],
  surroundings: PayerSurroundings,
): Promise<number> {
  const { action: name, operands, options } = parseFaultOptions(argv)
  const action = name !== undefined && Object.hasOwn(actions, name) ? actions[name] : undefined
  if (action !== undefined) return action(operands, options, surroundings)
  throw new CommandFailure(
    `say what to do: ${Object.keys(actions).join(', ')} ('--help' explains)`,
    2,
  )
}

export const slashCommand: Command = {
  name: 'slash',
  summary: 'find faults, and report them for a fifth of what they cost',
  help,
  run: (argv) => runSlash(argv, { terminal, nowMs: Date.now }),
}
