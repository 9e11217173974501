import { createInterface } from 'node:readline/promises'
import { type Command, CommandFailure, terminal } from './command.ts'
import { checkContracts } from './contracts-check.ts'
import { type Conversation, deployContracts } from './contracts-deploy.ts'
import { listContracts } from './contracts-list.ts'
import { parseCheckOptions, parseDeployOptions, parseListOptions } from './contracts-options.ts'

const help = `Usage: vouch contracts deploy --rpc URL --chain-id N --key-file FILE [options]
       vouch contracts check --rpc URL [--out FOLDER]
       vouch contracts list [--chain-id N] [--out FOLDER]

deploy puts the contracts of this version on a chain, by CREATE2 through the standard deployer:
the same options give the same addresses, what is there already is left alone, and a run that died
half-way is continued by the same command. It shows the plan and what it costs, and asks before it
sends. What is deployed is written to FOLDER/N.json after each transaction.

check compares the code on the chain and the appointed roles with that file and this version.
list prints the addresses in the file and asks no chain.

Options:
  --rpc URL                  JSON-RPC node
  --chain-id N               the chain that you mean; a node of another one is refused
  --key-file FILE            the key that sends and pays: 64 hex digits, readable by you alone
  --out FOLDER               where the file is (default: deployments)
  --dry-run                  show plan and cost; send and write nothing
  --from ADDRESS             instead of --key-file in a dry run
  --yes                      send without asking
  --salt TEXT                another deployment of the same contracts (default: none)

Terms of a deployment, fixed for ever. Amounts are whole units of the asset, such as 1000 or 0.5:
  --asset ADDRESS            token of stakes and fees (default on chains 31337 and 1337: DevUSD,
                             which is deployed; elsewhere it must be given)
  --min-stake AMOUNT         of an operator (default: 1000)
  --unbonding-days N         until stake is returned, at least 7 (default: 7)
  --insurance ADDRESS        gets what of a slashed stake the reporter does not get
  --admin ADDRESS            appoints slashers and markers, once; the key itself does so at once,
                             for another the transactions are printed (default of both: the key)
  --non-delivery-penalty AMOUNT   for an accepted job that is not delivered (default: 20)
  --proof-bond AMOUNT             of whoever asks a gateway for a proof (default: 10)
  --inclusion-penalty AMOUNT      for a promised anchoring that is broken (default: 50)
  --panel-member-bond AMOUNT      of a member of the re-execution panel (default: 500)
  --panel-accuser-bond AMOUNT     of whoever brings a case before it (default: 100)
  --panel-silence-fine AMOUNT     for a drawn member that does not vote (default: 25)
  --panel-slash-bps N             of the stake of a contributor found wrong, in hundredths of a
                                  percent, at most 2000 (default: 1000)
  --quote-verifier ADDRESS   judge of TEE quotes (default: none, nobody can claim that tier)
  --proof-verifier ADDRESS   judge of inference proofs (default: ModelProofs, which is deployed)
  --home eip155:N:ADDRESS    the ReceiptVerifier of another chain: contracts here are answered by
                             receipts that are signed for it (default: those of this chain)
  --help                     this text

Exit codes: 0 done, or all checks hold · 1 refused, failed, or a check does not hold · 2 unusable
arguments

Examples:
  vouch contracts deploy --rpc http://127.0.0.1:8545 --chain-id 31337 --key-file deployer.key
  vouch contracts deploy --rpc $RPC --chain-id 8453 --asset 0x… --from 0x… --dry-run
  vouch contracts check --rpc $RPC
`

/** Resolves with the exit code; throws CommandFailure for whatever stops it. */
export async function runContracts(
  argv: readonly string[],
  conversation: Conversation,
): Promise<number> {
  const [action, ...rest] = argv
  switch (action) {
    case 'deploy':
      return deployContracts(parseDeployOptions(rest), conversation)
    case 'check':
      return checkContracts(parseCheckOptions(rest), conversation.terminal)
    case 'list':
      return listContracts(parseListOptions(rest), conversation.terminal)
    default:
      throw new CommandFailure("say what to do first: deploy, check or list ('--help' explains)", 2)
  }
}

async function confirm(question: string): Promise<boolean> {
  const lines = createInterface({ input: process.stdin, output: process.stdout })
  try {
    // Ctrl-C and Ctrl-D are no answer, which is no yes.
    const answer = await lines.question(question).catch(() => '')
    return /^y(es)?$/i.test(answer.trim())
  } finally {
    lines.close()
  }
}

export const contractsCommand: Command = {
  name: 'contracts',
  summary: 'deploy the contracts on a chain, list them, check them',
  help,
  run: (argv) =>
    runContracts(argv, { terminal, confirm: process.stdin.isTTY ? confirm : undefined }),
}
