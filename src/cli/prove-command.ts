/*
 * `vouch prove`: statements about receipts, proven without showing them. Each kind has a file of its own.
 */
import { type Command, CommandFailure } from './command.ts'
import { proveBatch, proveBatchHelp } from './prove-batch.ts'
import { proveMembership, proveMembershipHelp } from './prove-membership.ts'
import { proveUsage, proveUsageHelp } from './prove-usage.ts'

const help = `Usage: vouch prove usage --channel ID --from SEQ --to SEQ RECEIPTS… [options]
       vouch prove membership RECEIPT.json --scope WORD --for ADDRESS [options]
       vouch prove batch BATCH.json [--out FILE] [--provers FOLDER] [--zk-home FOLDER]

Proves something about receipts and shows none of them. The provers are installed by
'npm run zk:install' (300 MB); keys are made when they are first needed, from the development
setup, which proves nothing to a stranger, or from a ceremony's (docs/zk-setup.md).

${proveUsageHelp}
${proveMembershipHelp}
vouch prove batch:
${proveBatchHelp}

Options:
  --gateway URL        ask this gateway's log where it has the receipt; without '/v1' (not: batch)
  --out FILE           where the proof goes; standard output without it
  --provers FOLDER     with the provers in node_modules (default: circuits of this package)
  --zk-home FOLDER     keys and circuits that were made (default: .vouch/zk of this package)

What these proofs say and do not say: docs/metering-proofs.md.

Exit codes: 0 proven · 1 there is nothing to prove, or the prover failed · 2 unusable arguments.
`

const kinds: Readonly<Record<string, (argv: readonly string[]) => Promise<number>>> = {
  usage: proveUsage,
  membership: proveMembership,
  batch: proveBatch,
}

export const proveCommand: Command = {
  name: 'prove',
  summary: 'prove what a channel was charged, or that you hold a receipt, and show no receipt',
  help,
  run: async ([kind = '', ...rest]) => {
    const proves = Object.hasOwn(kinds, kind) ? kinds[kind] : undefined
    if (proves === undefined) {
      throw new CommandFailure(`prove what? One of: ${Object.keys(kinds).join(', ')}`, 2)
    }
    return proves(rest)
  },
}
