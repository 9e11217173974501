import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { type Bytes32, bytes32, isBytes32 } from '../domain/units.ts'
import { createApiKey } from '../payment/authenticate.ts'
import type { ApiKeyStore } from '../store/api-key-store.ts'
import { openSqliteApiKeys } from '../store/api-key-store-sqlite.ts'
import { StoreFailure } from '../store/ledger-store.ts'
import { type Command, CommandFailure, terminal } from './command.ts'

const help = `Usage: vouch keys create --channel ID [--label TEXT] [--days N] [--data FOLDER]
       vouch keys list [--data FOLDER]
       vouch keys revoke KEY_ID [--data FOLDER]

API keys of a gateway on this machine. A key draws on the tranche voucher of one channel. It
is shown once, when it is created; the gateway keeps only its sha256. A running gateway sees
every change with its next request.

Options:
  --data FOLDER   the gateway's data folder (default: .vouch/dev)
  --channel ID    the payment channel, 0x and 64 hex digits
  --label TEXT    your own name for the key (default: none)
  --days N        days until it expires (default: never)
  --help          this text

Exit codes: 0 done, 1 the folder, channel or key is not there, 2 unusable arguments.
`

const dayMs = 86_400_000

async function run(argv: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      data: { type: 'string', default: '.vouch/dev' },
      channel: { type: 'string' },
      label: { type: 'string', default: '' },
      days: { type: 'string' },
    },
  })
  const [action, keyId, ...rest] = positionals
  if (rest.length > 0) throw new CommandFailure(`unexpected '${rest[0]}'`, 2)
  switch (action) {
    case 'create': {
      const terms = parseTerms(values)
      return withKeys(values.data, (keys) => create(keys, terms))
    }
    case 'list':
      return withKeys(values.data, list)
    case 'revoke':
      if (keyId === undefined) throw new CommandFailure('revoke needs a KEY_ID', 2)
      return withKeys(values.data, (keys) => revoke(keys, keyId))
    default:
      throw new CommandFailure("say what to do: create, list or revoke ('--help' explains)", 2)
  }
}

async function withKeys(
  dataFolder: string,
  act: (keys: ApiKeyStore) => Promise<number>,
): Promise<number> {
  const path = join(dataFolder, 'keys.db')
  if (!existsSync(path)) {
    throw new CommandFailure(`${dataFolder} is no data folder of a gateway: it has no keys.db`)
  }
  try {
    const keys = openSqliteApiKeys(path)
    try {
      return await act(keys)
    } finally {
      await keys.close()
    }
  } catch (error) {
    if (error instanceof StoreFailure) throw new CommandFailure(error.message)
    throw error
  }
}

type KeyTerms = {
  readonly channelId: Bytes32
  readonly label: string
  readonly days: number | undefined
}

function parseTerms(values: {
  readonly channel?: string | undefined
  readonly label: string
  readonly days?: string | undefined
}): KeyTerms {
  const { channel, label, days } = values
  if (!isBytes32(channel)) {
    throw new CommandFailure('--channel needs 0x and 64 hex digits; vouch dev prints its own', 2)
  }
  if (days !== undefined && !/^[1-9]\d{0,4}$/.test(days)) {
    throw new CommandFailure('--days needs a whole number from 1 to 99999', 2)
  }
  return { channelId: bytes32(channel), label, days: days === undefined ? undefined : Number(days) }
}

async function create(keys: ApiKeyStore, terms: KeyTerms): Promise<number> {
  const nowMs = Date.now()
  const { secret, apiKey } = createApiKey({
    label: terms.label,
    channelId: terms.channelId,
    nowMs,
    expiresAtMs: terms.days === undefined ? undefined : nowMs + terms.days * dayMs,
  })
  await keys.insert(apiKey)
  terminal.print(`${apiKey.apiKeyId}  ${secret}`)
  terminal.printError('This is the only time that the key is shown.')
  return 0
}

async function list(keys: ApiKeyStore): Promise<number> {
  for (const key of await keys.list()) {
    const until = key.expiresAtMs === undefined ? 'never' : new Date(key.expiresAtMs).toISOString()
    const state = key.revokedAtMs === undefined ? `expires ${until}` : 'revoked'
    terminal.print(`${key.apiKeyId}  ${key.channelId}  ${state}  ${key.label}`)
  }
  return 0
}

async function revoke(keys: ApiKeyStore, keyId: string): Promise<number> {
  if (!(await keys.revoke(keyId, Date.now()))) {
    throw new CommandFailure(`${keyId} is not a live key of this gateway`)
  }
  terminal.print(`${keyId} is revoked`)
  return 0
}

export const keysCommand: Command = {
  name: 'keys',
  summary: 'create, list and revoke API keys of a gateway on this machine',
  help,
  run,
}
