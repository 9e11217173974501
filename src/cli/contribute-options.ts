import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import type { ChosenModel } from '../contributor/choose-models.ts'
import { type PricePoint, readPricePoints, usualPricePoints } from '../contributor/price-curve.ts'
import { type Address, address, isAddress } from '../domain/units.ts'
import { readGatewayUrl, readUrl, readWhole } from './channel-options.ts'
import { CommandFailure } from './command.ts'
import {
  type ContributorFile,
  contributorFolder,
  contributorPaths,
  findContributorFile,
} from './contributor-file.ts'
import { type NamedCoordinator, readNamedCoordinator } from './coordinator-options.ts'
import type { AccountOptions } from './operator-account.ts'

/** What a person asked of `vouch contribute`. What it left out comes from the folder of an earlier run, or is found out. */
export type ContributeOptions = {
  /** The gateway's origin, without `/v1`. */
  readonly gateway: string | undefined
  readonly rpcUrl: string | undefined
  /** OpenAI base URL of an engine, ending in `/v1`, or `built-in` for the one that comes with the project. */
  readonly engine: string | undefined
  readonly engineKeyFile: string | undefined
  readonly models: readonly ChosenModel[]
  readonly prices: ReadonlyMap<string, AskedPrice>
  readonly contextTokens: number | undefined
  readonly slots: number | undefined
  readonly region: string | undefined
  /** Where the weights lie; `none` says nothing of them. */
  readonly weights: string | undefined
  /** The folder with keys, vouchers and what was agreed. */
  readonly folder: string
  /** Whose account it is; `keystorePath` is in the folder. */
  readonly account: AccountOptions
  readonly payout: Address | undefined
  readonly creditLimit: string | undefined
  /** What the chain's own coin is worth, in units of the payout token. */
  readonly coinPrice: string | undefined
  /** Coordinators that a person names, whose contracts are answered… */
  readonly coordinators: readonly NamedCoordinator[]
  /** …beside that of the gateway's own chain. */
  readonly answersOwnChain: boolean
  /** Claims whenever so much can be claimed, in units of the payout token. */
  readonly claimAbove: string | undefined
  /** Hours without a sign of the gateway until it counts as gone. */
  readonly gatewayGoneHours: number | undefined
  readonly direct: DirectOptions | undefined
  readonly acceptedGateway: Address | undefined
  /** Contracts that a person vouches for. */
  readonly trusted: readonly Address[]
  /** How the price rises with the load; undefined leaves it where it is. */
  readonly curve: readonly PricePoint[] | undefined
  readonly lists: boolean
  readonly skipsTest: boolean
  readonly yes: boolean
  readonly json: boolean
}

/** Units of the gateway's asset for a million tokens, as they were typed. */
type AskedPrice = { readonly prompt: string; readonly completion: string }

/** Of a machine that the gateway dials. */
export type DirectOptions = {
  readonly publicUrl: string
  readonly host: string
  readonly port: number
  readonly tls: { readonly certFile: string; readonly keyFile: string } | undefined
}

const text = { type: 'string' } as const
const several = { type: 'string', multiple: true } as const
const flag = { type: 'boolean', default: false } as const

const named = {
  gateway: text,
  rpc: text,
  engine: text,
  'engine-key-file': text,
  model: several,
  price: several,
  context: text,
  slots: text,
  region: text,
  weights: text,
  data: text,
  'password-file': text,
  'key-file': text,
  'signer-rpc': text,
  account: text,
  payout: text,
  'credit-limit': text,
  'coin-price': text,
  coordinator: several,
  'claim-above': text,
  'gateway-gone': text,
  'public-url': text,
  listen: text,
  'tls-cert': text,
  'tls-key': text,
  'accept-gateway': text,
  trust: several,
  curve: text,
  list: flag,
  'skip-test': flag,
  yes: flag,
  json: flag,
} as const

/** What is as a person said it once, until it says otherwise. */
const remembered = [
  ...[
    'engine',
    'engine-key-file',
    'model',
    'price',
    'curve',
    'context',
    'slots',
    'region',
    'weights',
  ],
  ...['password-file', 'signer-rpc', 'account', 'payout', 'credit-limit', 'coin-price', 'trust'],
  ...['claim-above', 'gateway-gone', 'coordinator'],
  ...['public-url', 'listen', 'tls-cert', 'tls-key'],
] as const satisfies readonly (keyof typeof named)[]

export type ReadOptions = {
  readonly options: ContributeOptions
  /** What an earlier run left in the folder. */
  readonly known: ContributorFile | undefined
  /** For the next run, as it was typed. */
  readonly remembered: Readonly<Record<string, unknown>>
}

/** Reads the folder too: what was said before need not be said again. Throws CommandFailure. */
export function readContributeOptions(argv: readonly string[]): ReadOptions {
  const { values: typed } = parseArgs({ args: [...argv], options: named })
  const folder = contributorFolder(typed.data)
  const known = findContributorFile(folder)
  const values = parseValues({ ...known?.agent, ...typed })
  const kept = remembered.filter((name) => values[name] !== undefined)
  return {
    options: optionsOf(values, folder),
    known,
    remembered: Object.fromEntries(kept.map((name) => [name, values[name]])),
  }
}

/** As if all of it had been typed, so that what a file says is held to the same rules. */
function parseValues(given: Readonly<Record<string, unknown>>) {
  const args = Object.entries(given).flatMap(([name, value]) => {
    if (typeof value === 'boolean') return value ? [`--${name}`] : []
    return [value].flat().map((text) => `--${name}=${text}`)
  })
  return parseArgs({ args, options: named }).values
}

function optionsOf(values: ReturnType<typeof parseValues>, folder: string): ContributeOptions {
  return {
    gateway: readGatewayUrl(values.gateway),
    rpcUrl: readUrl('--rpc', values.rpc),
    engine: values.engine === 'built-in' ? 'built-in' : readEngineUrl(values.engine),
    engineKeyFile: values['engine-key-file'],
    models: (values.model ?? []).map(readModel),
    prices: new Map((values.price ?? []).map(readPrice)),
    curve: readCurve(values.curve),
    contextTokens: readWhole('--context', values.context),
    slots: readWhole('--slots', values.slots),
    region: values.region,
    weights: values.weights === 'none' ? 'none' : values.weights && resolve(values.weights),
    folder,
    account: {
      keystorePath: contributorPaths(folder).keystore,
      passwordFile: values['password-file'],
      keyFile: values['key-file'],
      signerUrl: readUrl('--signer-rpc', values['signer-rpc']),
      account: readAccount('--account', values.account),
    },
    payout: readAccount('--payout', values.payout),
    creditLimit: values['credit-limit'],
    coinPrice: values['coin-price'],
    coordinators: (values.coordinator ?? []).flatMap((given) =>
      given === 'none' ? [] : [readNamedCoordinator(given)],
    ),
    answersOwnChain: values.coordinator?.includes('none') !== true,
    claimAbove: values['claim-above'],
    gatewayGoneHours: readWhole('--gateway-gone', values['gateway-gone']),
    direct: readDirect(values),
    acceptedGateway: readAccount('--accept-gateway', values['accept-gateway']),
    trusted: (values.trust ?? []).map((given) => readAccount('--trust', given)),
    lists: values.list,
    skipsTest: values['skip-test'],
    yes: values.yes,
    json: values.json,
  }
}

/** Its origin does as well as its base URL. */
function readEngineUrl(given: string | undefined): string | undefined {
  const url = readUrl('--engine', given)?.replace(/\/+$/, '')
  return url === undefined || url.endsWith('/v1') ? url : `${url}/v1`
}

function readModel(given: string): ChosenModel {
  const [upstreamId = '', publicId = upstreamId, ...rest] = given.split('=')
  if (upstreamId !== '' && publicId !== '' && rest.length === 0) return { upstreamId, publicId }
  throw unusable(`--model takes a model of the engine, or NAME=PUBLIC-NAME, not '${given}'`)
}

function readPrice(given: string): [string, AskedPrice] {
  const amount = String.raw`\d{1,12}(?:\.\d{1,18})?`
  const pattern = new RegExp(`^(.+)=(${amount}),(${amount})$`)
  const [, model, prompt, completion] = pattern.exec(given) ?? []
  if (model !== undefined && prompt !== undefined && completion !== undefined) {
    return [model, { prompt, completion }]
  }
  throw unusable(
    `--price takes MODEL=PROMPT,COMPLETION for a million tokens, such as my-model=0.05,0.20, not '${given}'`,
  )
}

function readDirect(values: {
  readonly 'public-url'?: string | undefined
  readonly listen?: string | undefined
  readonly 'tls-cert'?: string | undefined
  readonly 'tls-key'?: string | undefined
}): DirectOptions | undefined {
  const { listen, 'tls-cert': certFile, 'tls-key': keyFile } = values
  const publicUrl = readEngineUrl(readUrl('--public-url', values['public-url']))
  if (publicUrl === undefined && listen === undefined) return undefined
  if (publicUrl === undefined || listen === undefined) {
    throw unusable(
      '--public-url and --listen come together: where the gateway dials, and where you listen',
    )
  }
  const [, host, port = ''] = /^(.+):(\d{1,5})$/.exec(listen) ?? []
  if (host === undefined || Number(port) > 65_535) {
    throw unusable(`--listen takes HOST:PORT, not '${listen}'`)
  }
  if ((certFile === undefined) !== (keyFile === undefined)) {
    throw unusable('--tls-cert and --tls-key come together')
  }
  const tls = certFile === undefined || keyFile === undefined ? undefined : { certFile, keyFile }
  return { publicUrl, host: host.replace(/^\[(.*)\]$/, '$1'), port: Number(port), tls }
}

function readCurve(given: string | undefined): readonly PricePoint[] | undefined {
  if (given === undefined) return undefined
  if (given === 'usual') return usualPricePoints
  const points = readPricePoints(given)
  if (points.ok) return points.value
  throw unusable(`--curve takes LOAD:TIMES,…, such as 0.5:1,1:2, or 'usual': ${points.error}`)
}

function readAccount(option: string, given: string): Address
function readAccount(option: string, given: string | undefined): Address | undefined
function readAccount(option: string, given: string | undefined): Address | undefined {
  if (given === undefined) return undefined
  if (isAddress(given)) return address(given)
  throw unusable(`${option} takes an address, 0x and 40 hex digits, not '${given}'`)
}

const unusable = (message: string): CommandFailure =>
  new CommandFailure(`${message}. See vouch contribute --help`, 2)
