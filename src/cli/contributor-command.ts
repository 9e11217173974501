import type { PayerSurroundings } from './channel-surroundings.ts'
import { type Command, CommandFailure, terminal } from './command.ts'
import { bindTeeKey } from './contributor-bind-tee.ts'
import { claimEarnings } from './contributor-claim.ts'
import { drainAgent } from './contributor-drain.ts'
import { showEarnings } from './contributor-earnings.ts'
import { type ContributorOptions, parseContributorOptions } from './contributor-options.ts'
import { rotateSigningKey } from './contributor-rotate-key.ts'
import { signUsage } from './contributor-sign-usage.ts'
import { showStatus } from './contributor-status.ts'
import { unstake } from './contributor-unstake.ts'

const help = `Usage: vouch contributor status
       vouch contributor earnings [--days N]
       vouch contributor claim [--coin-price P] [--gas-key FILE] [--force]
       vouch contributor drain [--resume] [--no-wait]
       vouch contributor rotate-key
       vouch contributor bind-tee [--tier-evidence 0x…] [--quote FILE | --dstack SOCKET | --tsm]
       vouch contributor sign-usage RECEIPT.json… [--out BATCH.json] [--signing-key 0x…]
       vouch contributor unstake [--cancel] [--to 0x…] [--signing-key 0x…]

What 'vouch contribute' began, in the hands of who began it. An operator of a gateway looks at its
contributors with 'vouch contributors'.

  status      the agent, what the gateway measured, stake and keys, what is earned and unpaid, and
              what should be done about it
  earnings    earned, promised, claimed and received, and by day; what contracts paid and owe
  claim       takes everything that was promised, in one transaction, and what coordinators have
              booked for answers to contracts, in one each; shows its gas against what it brings,
              and sends none that brings less than its gas costs
  drain       takes no new job and leaves the gateway when the last one has ended
  rotate-key  a new signing key: registered, joined with, put to use; then the old one is revoked
  bind-tee    tells the chain by a quote that the signing key lives in a trusted execution
              environment (tier 16): run where the key lives, again before the quote is 30 days old
  sign-usage  signs up to 16 consecutive receipts of one channel once more, as a batch, so that who
              paid can prove their sum and show none ('vouch prove batch'); your own Works alone
  unstake     revokes the keys and lets the stake go; run again after the registry's delay it
              withdraws it

A command that was killed is run again: it looks at the chain and goes on.

Options:
  --data FOLDER          the folder of 'vouch contribute'          [~/.vouch/contributor]
  --rpc URL              your node, in place of the one in that folder
  --password-file FILE   password of its keystore; mode 600. Else $VOUCH_KEYSTORE_PASSWORD, or it
                         is asked for, and only where something is sent
  --yes                  does not ask before it spends
  --json                 one JSON object on standard output; amounts are decimal strings of atomic
                         units. Progress goes to standard error
  --help                 this text

Options of earnings:
  --days N               days shown                                [14]

Options of claim and earnings:
  --credit FILE          another book of vouchers than the folder's, such as that of a gateway
                         that you worked for before

Options of claim:
  --coin-price P         what one coin of the chain is worth, in units of the payout token, such as
                         3500 for ether in dollars. Without it a coin counts 100,000, more than any
                         is worth, and nothing on a development chain
  --gas-key FILE         another account pays the gas: 64 hex digits, mode 600. Whoever pays, the
                         money goes to the receiver that you registered
  --force                claims at a loss, too

Options of drain:
  --resume               takes jobs again
  --no-wait              does not wait until the agent has left

Options of bind-tee:
  --tier-evidence 0x…    the contract                              [behind the receipt's verifier]
  --dstack SOCKET        the guest agent's socket                  [/var/run/dstack.sock]
  --tsm                  asks the kernel (configfs-tsm) instead
  --quote FILE           a quote over the report data, as bytes or hex
  --report-data          only prints the 64 bytes of report data that it must carry

Options of sign-usage:
  --out FILE             where the batch is written                [standard output]
  --signing-key 0x…      a former key of yours that signed some of them; may be repeated

Options of unstake:
  --cancel               puts back at stake what is on its way out
  --to 0x…               where the stake is withdrawn to           [the account itself]
  --signing-key 0x…      a key of yours that is in no file of the folder; may be repeated

Examples
  vouch contributor status
  vouch contributor claim --coin-price 3500
  vouch contributor drain && vouch contributor unstake

Exit codes: 0 done, 1 the gateway, the chain, the agent or the account could not do it, 2 unusable
arguments.
`

type Action = (options: ContributorOptions, surroundings: PayerSurroundings) => Promise<number>

const actions: Readonly<Record<string, Action>> = {
  status: showStatus,
  earnings: showEarnings,
  claim: claimEarnings,
  drain: drainAgent,
  'rotate-key': rotateSigningKey,
  'bind-tee': bindTeeKey,
  'sign-usage': signUsage,
  unstake,
}

async function run(argv: readonly string[]): Promise<number> {
  const { action: name, options } = parseContributorOptions(argv)
  const action = name !== undefined && Object.hasOwn(actions, name) ? actions[name] : undefined
  if (action !== undefined) return action(options, { terminal, nowMs: Date.now })
  throw new CommandFailure(
    `say what to do: ${Object.keys(actions).join(', ')} ('--help' explains)`,
    2,
  )
}

export const contributorCommand: Command = {
  name: 'contributor',
  summary:
    'your own contributor: status, earnings, claim, drain, rotate-key, bind-tee, sign-usage, unstake',
  help,
  run,
}
