import { countersignOwnReceipt } from './channel-countersign.ts'
import { topUpOwnChannel } from './channel-fund.ts'
import { openOwnChannel } from './channel-open.ts'
import { type ChannelOptions, parseChannelOptions } from './channel-options.ts'
import { showOwnChannel } from './channel-status.ts'
import type { PayerSurroundings } from './channel-surroundings.ts'
import { refundOwnChannel, withdrawFromOwnChannel } from './channel-withdraw.ts'
import { type Command, CommandFailure, terminal } from './command.ts'

const help = `Usage: vouch channel open     --gateway URL --rpc URL --key FILE --deposit AMOUNT [options]
       vouch channel top-up   [--deposit AMOUNT --key FILE] [--tranche AMOUNT]
       vouch channel status
       vouch channel withdraw [--key FILE]
       vouch channel refund
       vouch channel countersign --receipt FILE

Payment channels of a payer, with any gateway. Money that is deposited stays yours until the
gateway charges for answers; it can never take more than the tranche that you signed.

  open      shows the gateway's terms and prices, deposits (the gateway sends it and pays the
            gas), signs the first tranche and prints an API key. What you need to use the
            channel, and to leave it without the gateway, is kept in the channel file; a new
            session key, which signs vouchers and orders, lies beside it
  top-up    a further deposit, or only a further tranche, by the gateway's word of what it
            charged; 'vouch wallet' does that after it checked every receipt
  status    what the gateway says and what the chain says
  withdraw  starts a withdrawal by a transaction of your own, and ends it once it is final: two
            calls, the channel's delay apart. Needs no gateway, only the channel file
  refund    asks the gateway to give back at once what it has not charged
  countersign  accepts the charge of a receipt: tier 128, which the gateway shows beside it. Only
            what this channel paid, and what adds up; it cannot be taken back

Options:
  --gateway URL         the gateway; its OpenAI base URL does as well
  --rpc URL             JSON-RPC of the chain (default after open: as then)
  --key FILE            the payer's private key, readable by you alone. Only open and a deposit
                        need it; withdraw takes any of the two keys that has gas (default: the
                        session key)
  --channel FILE        the channel file (default: vouch-channel.json)
  --deposit AMOUNT      in units of the asset, such as 10 or 2.50
  --tranche AMOUNT      what the gateway may charge beyond what it charged so far (default: 5)
  --withdraw-delay S    seconds until a withdrawal is final (default: 86400); fixed at open
  --settlement ADDRESS  trust this channel contract (default: x402's own)
  --collector ADDRESS   trust this contract to take the deposit (default: x402's own)
  --receipt FILE        a receipt as the gateway gave it, for countersign
  --label, --cap, --days, --model   of the API key that open grants: see 'vouch keys --help'
  --yes                 do not ask
  --json                one JSON value on standard output; amounts in atomic units
  --help                this text

Exit codes: 0 done, 1 refused or failed (one line says why), 2 unusable arguments.

Examples:
  vouch channel open --gateway https://gateway.example/v1 --rpc $RPC --key payer.key --deposit 10
  vouch channel status
  vouch channel withdraw --key payer.key
`

const actions: Readonly<
  Record<string, (options: ChannelOptions, surroundings: PayerSurroundings) => Promise<number>>
> = {
  open: openOwnChannel,
  'top-up': topUpOwnChannel,
  status: showOwnChannel,
  withdraw: withdrawFromOwnChannel,
  refund: refundOwnChannel,
  countersign: countersignOwnReceipt,
}

async function run(argv: readonly string[]): Promise<number> {
  const { action = '', options } = parseChannelOptions(argv)
  const act = Object.hasOwn(actions, action) ? actions[action] : undefined
  if (act === undefined) {
    const known = Object.keys(actions).join(', ')
    throw new CommandFailure(`say what to do: ${known} ('--help' explains)`, 2)
  }
  return act(options, { terminal, nowMs: Date.now })
}

export const channelCommand: Command = {
  name: 'channel',
  summary: 'open, fund, watch and leave a payment channel with any gateway',
  help,
  run,
}
