import { parseArgs } from 'node:util'
import { isBytes32 } from '../domain/units.ts'
import { type ChannelOptions, readGatewayUrl, readWhole } from './channel-options.ts'
import { type Command, CommandFailure, terminal } from './command.ts'
import {
  createKey,
  type KeyPlace,
  listKeys,
  parseTerms,
  revokeKey,
  withKeys,
} from './keys-of-operator.ts'
import { createKeyAsOwner, listKeysAsOwner, revokeKeyAsOwner } from './keys-of-owner.ts'

const help = `Usage: vouch keys create --channel FILE [--cap AMOUNT] [--days N] [--model NAME]... [--label TEXT]
       vouch keys list --channel FILE
       vouch keys revoke KEY_ID --channel FILE
       vouch keys create --channel ID [--label TEXT] [--days N] [PLACE]
       vouch keys list [PLACE]
       vouch keys revoke KEY_ID [PLACE]
       where PLACE is --data FOLDER or --config vouch.yaml

API keys, in two forms that differ in who says so:

  With --channel FILE you are the owner of a channel, and the gateway may be anyone's. The key
  is made here, and its sha256 granted to the gateway by an order that your session key signs.
  The gateway never learns the key, and cannot grant one itself.

  Without it you are the operator of a gateway on this machine, and write into its store. The
  key draws on the channel whose ID you name, by your word alone.

In both forms a key is shown once, and a gateway sees every change with its next request.

Options:
  --channel FILE  the channel file that 'vouch channel open' made
  --gateway URL   another address of that gateway (default: as at open)
  --cap AMOUNT    the most that the key may spend in all, in units of the asset (default: the
                  channel's own limit)
  --model NAME    the key may ask for this model; may be repeated (default: all)
  --days N        days until it expires (default: never)
  --label TEXT    your own name for the key (default: none)
  --json          one JSON value on standard output (owner's form)
  --channel ID    the payment channel, 0x and 64 hex digits (operator's form)
  --data FOLDER   the gateway's data folder (default: .vouch/dev; operator's form)
  --config FILE   the gateway's configuration, which says where its keys are: needed where
                  replicas share them in Redis (operator's form)
  --help          this text

Exit codes: 0 done, 1 refused, or the folder, channel or key is not there, 2 unusable arguments.
`

async function run(argv: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      data: { type: 'string' },
      config: { type: 'string' },
      channel: { type: 'string' },
      gateway: { type: 'string' },
      label: { type: 'string', default: '' },
      cap: { type: 'string' },
      model: { type: 'string', multiple: true },
      days: { type: 'string' },
      json: { type: 'boolean', default: false },
    },
  })
  const [action, keyId, ...rest] = positionals
  if (rest.length > 0) throw new CommandFailure(`unexpected '${rest[0]}'`, 2)
  const asked = { action, keyId }
  const { channel, data } = values
  // Only create has a channel's ID in the operator's form, and a file's path is none.
  const isOwner = values.gateway !== undefined || (channel !== undefined && !isBytes32(channel))
  if (!isOwner) return actAsOperator(asked, { ...values, place: placeOf(values) })
  if (data !== undefined || values.config !== undefined) {
    throw new CommandFailure("--data and --config are the operator's: see '--help'", 2)
  }
  return actAsOwner(asked, {
    channelPath: channel ?? 'vouch-channel.json',
    gateway: readGatewayUrl(values.gateway),
    rpcUrl: undefined,
    keyPath: undefined,
    deposit: undefined,
    tranche: undefined,
    withdrawDelayS: 0,
    settlement: undefined,
    collector: undefined,
    key: {
      label: values.label,
      cap: values.cap,
      days: readWhole('--days', values.days),
      models: values.model,
    },
    yes: true,
    json: values.json,
  })
}

type Asked = { readonly action: string | undefined; readonly keyId: string | undefined }

function actAsOwner({ action, keyId }: Asked, options: ChannelOptions): Promise<number> {
  const surroundings = { terminal, nowMs: Date.now }
  switch (action) {
    case 'create':
      return createKeyAsOwner(options, surroundings)
    case 'list':
      return listKeysAsOwner(options, surroundings)
    case 'revoke':
      return revokeKeyAsOwner(options, neededKeyId(keyId), surroundings)
    default:
      throw unknownAction
  }
}

function placeOf(values: {
  readonly data?: string | undefined
  readonly config?: string | undefined
}): KeyPlace {
  const { data, config } = values
  if (config === undefined) return { dataFolder: data ?? '.vouch/dev' }
  if (data === undefined) return { config }
  throw new CommandFailure('--config says where the data folder is: leave --data out', 2)
}

function actAsOperator(
  { action, keyId }: Asked,
  values: Parameters<typeof parseTerms>[0] & {
    readonly place: KeyPlace
    readonly cap?: string | undefined
    readonly model?: readonly string[] | undefined
    readonly json: boolean
  },
): Promise<number> {
  if (values.cap !== undefined || values.model !== undefined || values.json) {
    throw new CommandFailure("--cap, --model and --json need the owner's form: --channel FILE", 2)
  }
  switch (action) {
    case 'create': {
      const terms = parseTerms(values)
      return withKeys(values.place, (keys) => createKey(keys, terms))
    }
    case 'list':
      return withKeys(values.place, listKeys)
    case 'revoke': {
      const id = neededKeyId(keyId)
      return withKeys(values.place, (keys) => revokeKey(keys, id))
    }
    default:
      throw unknownAction
  }
}

const unknownAction = new CommandFailure(
  "say what to do: create, list or revoke ('--help' explains)",
  2,
)

function neededKeyId(keyId: string | undefined): string {
  if (keyId === undefined) throw new CommandFailure('revoke needs a KEY_ID', 2)
  return keyId
}

export const keysCommand: Command = {
  name: 'keys',
  summary: 'create, list and revoke API keys, of your channel or of a gateway on this machine',
  help,
  run,
}
