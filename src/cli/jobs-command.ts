import { type Command, CommandFailure, terminal } from './command.ts'
import { listJobs, retryJob, showJob } from './jobs-list.ts'
import { offerJobs } from './jobs-offer.ts'
import { readJobsOptions } from './jobs-options.ts'

const help = `Usage: vouch jobs list [--state STATE]... [--limit N]
       vouch jobs show JOB
       vouch jobs retry JOB
       vouch jobs offer show|publish|withdraw MODEL [options]

What contracts asked this gateway for (docs/jobs.md), by its admin API, and what it offers them on the chain. Beside a running
'vouch dev' no option is needed but --key where something is sent. JOB and MODEL are 0x and 64 hex digits.

  list     newest first: state, when, chain, model, and why it waits or ended so
  show     everything that is known of one; nothing of its input or answer
  retry    goes on at once with a job that waits, was refused or failed here; of one that is delivered, calls the contract
           again that did not take its answer, with the key of --key, which pays the gas
  offer    'show' tells on what terms a gateway takes jobs for a model; 'publish' says them on the chain, 'withdraw' takes them back,
           each with one transaction, whose cost is shown and asked about

Options:
  --state STATE       of 'list': found, waiting, running, answered, delivering, delivered, refused, failed, lost, expired, gone
  --limit N           of 'list' (default: 20)
  --gateway URL       the gateway (default: that of 'vouch dev', else http://127.0.0.1:8787)
  --token-file FILE   the admin token (default: that of 'vouch dev')
  --token-env NAME    the environment variable with the token, instead of a file
  --json              one JSON value on standard output

Options of offer; amounts are in whole units of the coordinator's asset, and what is not said stays as it is offered now:
  --rpc URL                 a node of the chain
  --coordinator A           the InferenceCoordinator there
  --operator A              of 'show': whose offer
  --key FILE                of 'publish' and 'withdraw': the key of the gateway's operator, mode 600
  --prompt-price P          a million prompt tokens, at least
  --completion-price P      a million completion tokens, at least
  --delivery-fee F          a delivery, without callback and proof
  --callback-fee F          a million of callback gas
  --proof-fee F             a proof of inference, tier 64 (default: 0)
  --tiers N                 the sum of the tiers that it can give (default: 3, both signatures)
  --callback-gas-max N      (default: 1000000)
  --delivery-time-min S     seconds (default: 60)
  --answers-max N           answers of different contributors for one job (default: 1)
  --yes                     asks nothing

Exit codes: 0 done, 1 the gateway or the chain refused or could not be reached, 2 unusable arguments.
`

const actions = { list: listJobs, show: showJob, retry: retryJob, offer: offerJobs } as const

async function run(argv: readonly string[]): Promise<number> {
  const options = readJobsOptions(argv)
  const [what = ''] = options.positionals
  if (!Object.hasOwn(actions, what)) {
    const known = Object.keys(actions).join(', ')
    throw new CommandFailure(`say what to do, one of ${known}`, 2)
  }
  return actions[what as keyof typeof actions](options, { terminal, nowMs: Date.now })
}

export const jobsCommand: Command = {
  name: 'jobs',
  summary: 'what contracts asked for: list, show, retry; offer it on the chain',
  help,
  run,
}
