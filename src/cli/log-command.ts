import { type Command, CommandFailure, terminal } from './command.ts'
import { answerChallenge } from './log-answer.ts'
import { auditLogCommand, type LogSurroundings } from './log-audit.ts'
import { mirrorLog } from './log-mirror.ts'
import { type LogOptions, parseLogOptions } from './log-options.ts'
import { showHead, showProof } from './log-show.ts'

const help = `Usage: vouch log audit --gateway URL --rpc URL [options] [RECEIPT.json...]
       vouch log head --gateway URL
       vouch log proof RECEIPT.json --gateway URL [--rpc URL]
       vouch log mirror FOLDER --gateway URL
       vouch log answer RECEIPT.json --gateway URL --rpc URL --contract ADDRESS --key-file FILE

A gateway's transparency log (docs/transparency.md): every receipt that it gave, in the order of
their numbers, in batches whose roots are on the chain.

  audit     downloads everything and checks it from the chain up: what was anchored, the fold of
            heads, the root of each batch, who signed it, and that no number is missing. Receipts
            that you name must be in their place, in time. What can be punished is written as
            evidence for 'vouch slash'
  head      where the log stands
  proof     that a receipt is in the log
  mirror    copies the log, to be compared or served elsewhere
  answer    shows the contract of inclusion challenges that a receipt is in the log

Options:
  --gateway URL       the gateway, with or without /v1
  --rpc URL           a node of its chain, best not the gateway's own
  --verifier ADDRESS  the ReceiptVerifier that you trust (default: any that runs the code of this
                      vouch version)
  --operator ADDRESS  the gateway's operator (default: whoever the log says that it is)
  --from N            the first batch to look at (default: 0)
  --mirror FOLDER     keeps a copy here and compares with it; the next audit fetches what is new
  --against FOLDER    a copy that somebody else has made; may be repeated
  --receipts FILE     a receipt of yours; may be repeated
  --evidence FILE     where evidence is added (default: vouch-faults.jsonl)
  --contract ADDRESS  the InclusionChallenges contract
  --key-file FILE     private key that pays for the answer, mode 600
  --json              one JSON value on standard output
  --help              this text

Exit codes: 0 all holds, 1 something was found or cannot be read, 2 unusable arguments.
`

const actions: Readonly<
  Record<string, (options: LogOptions, surroundings: LogSurroundings) => Promise<number>>
> = {
  audit: auditLogCommand,
  head: showHead,
  proof: showProof,
  mirror: mirrorLog,
  answer: answerChallenge,
}

export function runLog(argv: readonly string[], surroundings: LogSurroundings): Promise<number> {
  const options = parseLogOptions(argv)
  const { action = '' } = options
  const act = Object.hasOwn(actions, action) ? actions[action] : undefined
  if (act === undefined) {
    throw new CommandFailure(`say which of ${Object.keys(actions).join(', ')}`, 2)
  }
  return act(options, surroundings)
}

export const logCommand: Command = {
  name: 'log',
  summary: "audit, copy and ask a gateway's transparency log",
  help,
  run: (argv) => runLog(argv, { terminal, nowMs: Date.now }),
}
