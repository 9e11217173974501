import { parseArgs } from 'node:util'
import type { PrivateKey } from '../chain/private-key.ts'
import { addressOfPrivateKey } from '../chain/signatures.ts'
import { GatewayLending, lendingPlaceOf, type RemoteLentKey } from '../client/gateway-lending.ts'
import {
  lenderAuthorization,
  lendKeyBody,
  withdrawAuthorization,
} from '../client/lending-orders.ts'
import { readKeyFile } from '../contributor/secret-file.ts'
import { address, isAddress } from '../domain/units.ts'
import { readKeyOption } from './admin-access.ts'
import { needed, readUrl, readWhole } from './channel-options.ts'
import { type Command, CommandFailure, terminal } from './command.ts'
import { orGatewayFailure } from './gateway-or-fail.ts'

const help = `Usage: vouch lend terms --gateway URL
       vouch lend add --gateway URL --wallet FILE --url URL --model NAME[=UPSTREAM]... KEY
                      [--payout ADDRESS] [--prompt-price P --completion-price P] [--id NAME]
                      [--region R] [--requests-per-minute N] [--tokens-per-minute N]
                      [--concurrency N] [--requests-per-day N] [--tokens-per-day N]
                      [--spend-per-day AMOUNT]
       vouch lend list --gateway URL --wallet FILE
       vouch lend withdraw ID --gateway URL --wallet FILE

Lends an API key of yours to a gateway, which pays for each token that the key answers
(docs/lent-keys.md: what the gateway can do with a key, and whether you may lend it at all).

  terms      which models are taken, and the most that is paid for them
  add        lends a key, or another one in the place of it; the gateway tries it first
  list       what this wallet has lent there
  withdraw   the gateway forgets the key at once

Options:
  --gateway URL            the gateway
  --wallet FILE            the private key that signs your orders; it needs no money
  --payout ADDRESS         where what is earned goes (default: the wallet's own address)
  --url URL                OpenAI base URL of the service, ending in /v1
  --model NAME[=UPSTREAM]  a model of the gateway's list, and its name at the service
  --prompt-price P, --completion-price P
                           what you ask for a million tokens, in units of the gateway's asset,
                           of every model here (default: the most that is paid)
  --id NAME                your name for the key (default: main)
  --region R               where the service computes
  --requests-per-minute N, --tokens-per-minute N, --concurrency N, --requests-per-day N,
  --tokens-per-day N, --spend-per-day AMOUNT
                           what the key is never asked beyond
  --json                   one JSON value on standard output
KEY, the API key; it is never an argument, which others on the machine could see:
  --key-file FILE          a file with it; - is standard input
  --key-env NAME           the environment variable with it

Exit codes: 0 done, 1 the gateway refused or could not be reached, 2 unusable arguments.
`

const text = { type: 'string' } as const

function parse(argv: readonly string[]) {
  return parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      gateway: text,
      wallet: text,
      payout: text,
      url: text,
      model: { type: 'string', multiple: true },
      'prompt-price': text,
      'completion-price': text,
      id: { type: 'string', default: 'main' },
      region: text,
      'requests-per-minute': text,
      'tokens-per-minute': text,
      concurrency: text,
      'requests-per-day': text,
      'tokens-per-day': text,
      'spend-per-day': text,
      'key-file': text,
      'key-env': text,
      json: { type: 'boolean', default: false },
    },
  })
}
type Options = ReturnType<typeof parse>['values']

async function run(argv: readonly string[]): Promise<number> {
  const { values, positionals } = parse(argv)
  const [action, id, ...rest] = positionals
  if (rest.length > 0) throw new CommandFailure(`unexpected '${rest[0]}'`, 2)
  const origin = needed('--gateway', readUrl('--gateway', values.gateway))
  const lending = new GatewayLending(origin.replace(/\/+(v1\/*)?$/, ''))
  const terms = orGatewayFailure(await lending.terms())
  const show = (lines: readonly string[], value: unknown): number => {
    if (values.json) terminal.print(JSON.stringify(value, writeAmounts, 2))
    else for (const line of lines) terminal.print(line)
    return 0
  }
  if (action === 'terms') {
    const prices = terms.models.map(
      ({ id: model, price_max: most }) =>
        `${model}  at most ${most.prompt} prompt, ${most.completion} completion (atomic units for a million tokens)`,
    )
    const kept = `${terms.fee_bps / 100} % of it is the gateway's`
    return show(terms.open ? [...prices, kept] : ['this gateway takes no keys now'], terms)
  }
  const walletKey = await readWallet(values)
  const place = lendingPlaceOf(terms)
  const sender = { walletKey, nowMs: Date.now() }
  switch (action) {
    case 'add': {
      const body = lendKeyBody(place, lentOf(values, walletKey), sender)
      const key = orGatewayFailure(await lending.lend(body))
      return show(linesOf([key]), key)
    }
    case 'list': {
      const data = orGatewayFailure(await lending.keys(lenderAuthorization(place, sender)))
      return show(linesOf(data), { data })
    }
    case 'withdraw': {
      const of = needed('the id of the key', id)
      const order = withdrawAuthorization(place, of, sender)
      const key = orGatewayFailure(await lending.withdraw(of, order))
      return show(linesOf([key]), key)
    }
    default:
      throw new CommandFailure('say what to do: terms, add, list or withdraw', 2)
  }
}

const writeAmounts = (_name: string, value: unknown): unknown =>
  typeof value === 'bigint' ? String(value) : value

async function readWallet(options: Options): Promise<PrivateKey> {
  const key = await readKeyFile(needed('--wallet', options.wallet))
  if (key.ok) return key.value
  throw new CommandFailure(key.error)
}

function lentOf(options: Options, walletKey: PrivateKey) {
  const { payout, id: keyId, region } = options
  if (payout !== undefined && !isAddress(payout)) {
    throw new CommandFailure('--payout takes an address, 0x and 40 hex digits', 2)
  }
  const apiKey = needed('--key-file or --key-env', readKeyOption(options))
  const limits = limitsOf(options)
  const terms = JSON.stringify({
    url: needed('--url', options.url),
    keyId,
    ...(region !== undefined && { region }),
    ...(Object.keys(limits).length > 0 && { limits }),
    models: needed('--model', options.model).map((model) => modelOf(model, options)),
  })
  return {
    apiKey,
    terms,
    payout: payout === undefined ? addressOfPrivateKey(walletKey) : address(payout),
  }
}

function modelOf(model: string, options: Options): object {
  const [id, upstreamId] = model.split('=')
  const { 'prompt-price': promptPerMtok, 'completion-price': completionPerMtok } = options
  const isPriced = promptPerMtok !== undefined && completionPerMtok !== undefined
  if (!isPriced && (promptPerMtok ?? completionPerMtok) !== undefined) {
    throw new CommandFailure('--prompt-price and --completion-price come together', 2)
  }
  return {
    id,
    ...(upstreamId !== undefined && { upstreamId }),
    ...(isPriced && { price: { promptPerMtok, completionPerMtok } }),
  }
}

const limitNames = {
  'requests-per-minute': 'requestsPerMinute',
  'tokens-per-minute': 'tokensPerMinute',
  concurrency: 'concurrency',
  'requests-per-day': 'requestsPerDay',
  'tokens-per-day': 'tokensPerDay',
} as const

function limitsOf(options: Options): Readonly<Record<string, unknown>> {
  const names = Object.keys(limitNames) as readonly (keyof typeof limitNames)[]
  const whole = names.map((name) => [limitNames[name], readWhole(`--${name}`, options[name])])
  const spendPerDay = options['spend-per-day']
  const all = [...whole, ['spendPerDay', spendPerDay]]
  return Object.fromEntries(all.filter(([, value]) => value !== undefined))
}

const linesOf = (keys: readonly RemoteLentKey[]): readonly string[] =>
  keys.length === 0
    ? ['nothing is lent']
    : keys.map(({ id, state, cause, url, key_id: name, models }) => {
        const why = cause === null ? '' : ` (${cause})`
        return `${id}  ${state}${why}  ${name} at ${url}: ${models.join(', ') || 'serves nothing yet'}`
      })

export const lendCommand: Command = {
  name: 'lend',
  summary: 'lend an API key to a gateway and be paid by the token',
  help,
  run,
}
