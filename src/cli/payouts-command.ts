import { parseArgs } from 'node:util'
import { describeChainFailure } from '../chain/chain-failure.ts'
import { checkChainId } from '../chain/contracts.ts'
import { type JsonRpc, jsonRpc } from '../chain/json-rpc.ts'
import { openSender } from '../chain/transactions.ts'
import { claimPayouts, type PayoutStanding, readStandings } from '../contributor/claim-payouts.ts'
import { readCreditFile, type StoredCredit } from '../contributor/credit-file.ts'
import { readKeyFile } from '../contributor/secret-file.ts'
import { type Command, CommandFailure, terminal } from './command.ts'
import { payoutsJson, payoutsText } from './payouts-report.ts'

const help = `Usage: vouch payouts status --rpc URL [--credit FILE] [--json]
       vouch payouts claim --rpc URL --key FILE [--credit FILE] [--json]

What a contributor earned with 'vouch engine', and how it gets its money without the gateway:
everything that is needed is in its own file of vouchers and on the chain.

  status   earned (your own count), promised (vouchers that you hold), claimed (on the chain),
           unpaid (earned and not promised: work on credit), and what is left in escrow
  claim    takes everything that was promised and pays it out to the receiver that you registered,
           in one transaction. Any account may send it; it pays the gas and gets nothing.

Options:
  --credit FILE   the engine's --credit-file (default: .vouch/dev/credit.json)
  --rpc URL       a node of the chain that the vouchers are for
  --key FILE      key of an account with gas money: 64 hex digits, or JSON with "privateKey";
                  mode 600
  --json          one JSON object; amounts are decimal strings of atomic units
  --help          this text

The gateway relays claims by itself once a day or when they are worth it. Claim yourself when it is
gone, or when status says that it withdraws: until then everything that was promised is yours.
Whoever runs 'vouch contribute' has 'vouch contributor', which knows its folder, node and account.

Examples
  vouch payouts status --credit credit.json --rpc https://rpc.example
  vouch payouts claim --credit credit.json --rpc https://rpc.example --key gas.key

Exit codes: 0 done, 1 the file, the key or the chain could not be used, 2 unusable arguments.
`

async function run(argv: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      credit: { type: 'string', default: '.vouch/dev/credit.json' },
      rpc: { type: 'string' },
      key: { type: 'string' },
      json: { type: 'boolean', default: false },
    },
  })
  const [action, ...rest] = positionals
  if (rest.length > 0) throw new CommandFailure(`unexpected '${rest[0]}'`, 2)
  if (action !== 'status' && action !== 'claim') {
    throw new CommandFailure("say what to do: status or claim ('--help' explains)", 2)
  }
  if (values.rpc === undefined || !URL.canParse(values.rpc)) {
    throw new CommandFailure('--rpc needs the URL of a node', 2)
  }
  const asked = { rpc: jsonRpc(values.rpc), credit: await storedCredit(values.credit) }
  await checkChain(asked)
  if (action === 'status') return status({ ...asked, json: values.json })
  if (values.key === undefined) throw new CommandFailure('claim needs --key, which pays gas', 2)
  return claim({ ...asked, keyFile: values.key, json: values.json })
}

type Asked = { readonly rpc: JsonRpc; readonly credit: StoredCredit }

async function storedCredit(path: string): Promise<StoredCredit> {
  const stored = await readCreditFile(path)
  if (!stored.ok) throw new CommandFailure(stored.error)
  if (stored.value === undefined) throw new CommandFailure(`${path} is not there: see --credit`)
  return stored.value
}

/** Vouchers of another chain would look like empty channels. */
async function checkChain({ rpc, credit }: Asked): Promise<void> {
  for (const chainId of new Set(credit.book.vouchers.map((voucher) => voucher.chainId))) {
    const right = await checkChainId(rpc, chainId)
    if (!right.ok) throw new CommandFailure(describeChainFailure(right.error))
  }
}

async function standingsOf({ rpc, credit }: Asked): Promise<readonly PayoutStanding[]> {
  const standings = await readStandings(rpc, credit)
  if (standings.ok) return standings.value
  throw new CommandFailure(describeChainFailure(standings.error))
}

async function status(asked: Asked & { readonly json: boolean }): Promise<number> {
  const standings = await standingsOf(asked)
  const report = asked.json ? payoutsJson : payoutsText
  terminal.print(report(asked.credit.book, standings))
  return 0
}

async function claim(
  asked: Asked & { readonly keyFile: string; readonly json: boolean },
): Promise<number> {
  const { rpc, credit, json } = asked
  const key = await readKeyFile(asked.keyFile)
  if (!key.ok) throw new CommandFailure(key.error)
  const standings = await standingsOf(asked)
  const chainId = standings[0]?.voucher.chainId
  if (chainId === undefined) throw new CommandFailure('the file holds no voucher: nothing to claim')
  const sender = openSender({ rpc, chainId, privateKey: key.value })
  const claimed = await claimPayouts(sender, credit, standings)
  if (!claimed.ok) throw new CommandFailure(describeChainFailure(claimed.error))
  const { claimedAmount, settledAmount, transaction } = claimed.value
  if (json) {
    const amounts = { claimed: String(claimedAmount), settled: String(settledAmount) }
    terminal.print(
      JSON.stringify({
        object: 'vouch.payout_claim',
        ...amounts,
        transaction: transaction ?? null,
      }),
    )
  } else if (transaction === undefined) {
    terminal.print('nothing to claim: everything that was promised is paid out')
  } else {
    terminal.print(
      `${claimedAmount} atomic units claimed, ${claimedAmount + settledAmount} paid out, in ${transaction.transactionHash}`,
    )
  }
  return 0
}

export const payoutsCommand: Command = {
  name: 'payouts',
  summary: "show and claim a contributor's earnings, without the gateway",
  help,
  run,
}
