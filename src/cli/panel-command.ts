import type { PayerSurroundings } from './channel-surroundings.ts'
import { type Command, CommandFailure, terminal } from './command.ts'
import { actOnPanel, showPanel } from './panel-case.ts'
import { caseActions, memberActions, type PanelAction } from './panel-steps.ts'
import { faultAccountHelp, faultPlaceHelp, parseFaultOptions } from './slash-options.ts'
import { reportFault } from './slash-report.ts'

const help = `Usage: vouch panel enroll|resign|withdraw --verifier 0x… --rpc URL --key-file FILE
       vouch panel accuse EVIDENCE.json --rpc URL --key-file FILE
       vouch panel draw|vote|reveal|tally|appeal|conclude|abandon CASE --rpc URL --key-file FILE
       vouch panel status [CASE] --rpc URL

The jury for answers that re-execution contradicts (S7; docs/slashing.md). CASE is the evidence, or
the digest of its receipt together with --verifier.

  enroll    joins the panel, with a bond; a member that is drawn and does not vote is fined
  accuse    brings a receipt before a jury, with the bond of an accuser
  draw      draws three members by the hash of a later block; anyone may
  vote      hands in a hidden vote: --wrong or --right. It is kept here until it is revealed
  reveal    reveals it, when nobody can vote any more
  tally     counts: two thirds of the seats find an answer wrong
  appeal    asks seven others, for twice the accuser's bond
  conclude  closes the case when the time to appeal is over: takes the stake, pays the bonds, and pays
            its reward to the accuser who does it
  abandon   gives the bond back where no jury could be drawn
  withdraw  what the panel owes this account
  resign    leaves it with the bond
  status    the case, this account's seat in it, and its money

Each looks first and sends only what is left: run it again when it was killed.

Options:
${faultPlaceHelp}
${faultAccountHelp}
  --wrong, --right       the vote: whether the re-execution gave something else
  --votes FOLDER         where votes are kept                      [~/.vouch/panel]
  --to 0x…               where withdrawn money goes                [the account itself]
  --help                 this text

Examples
  vouch panel vote fault-S7-….json --wrong --rpc http://127.0.0.1:8545 --key-file member.key
  vouch panel reveal fault-S7-….json --rpc http://127.0.0.1:8545 --key-file member.key

Exit codes: 0 done, also where nothing was left to do; 1 it cannot be done now; 2 unusable arguments.
`

const actions: readonly string[] = [...memberActions, ...caseActions]
const isAction = (name: string | undefined): name is PanelAction =>
  name !== undefined && actions.includes(name)

/** Resolves with the exit code; tests pass their own surroundings. */
export async function runPanel(
  argv: readonly string[],
  surroundings: PayerSurroundings,
): Promise<number> {
  const { action, operands, options } = parseFaultOptions(argv)
  const [operand, ...rest] = operands
  if (rest.length > 0) throw new CommandFailure(`unexpected '${rest[0]}'`, 2)
  if (action === 'status') return showPanel(operand, options, surroundings)
  if (action === 'accuse') return reportFault(operands, options, surroundings)
  if (isAction(action)) return actOnPanel(action, operand, options, surroundings)
  const known = ['status', 'accuse', ...actions].join(', ')
  throw new CommandFailure(`say what to do: ${known} ('--help' explains)`, 2)
}

export const panelCommand: Command = {
  name: 'panel',
  summary: 'the jury for answers that re-execution contradicts',
  help,
  run: (argv) => runPanel(argv, { terminal, nowMs: Date.now }),
}
