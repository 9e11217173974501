/*
 * vouch.yaml → one frozen GatewayConfig. The only reader of process.env and of secret files; docs/configuration.md has a
 * heading for each key and a test compares.
 */
import { existsSync, readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { canonicalJson, type Json } from './attestation/canonical-json.ts'
import { completionTokensDefaultMax, parallelRequestsMax } from './base/limits.ts'
import { canonicalCollectorAddress } from './chain/channel-settlement.ts'
import { keccak256Utf8 } from './chain/keccak.ts'
import type { PrivateKey } from './chain/private-key.ts'
import { type ChainConfig, type MoneyConfig, readMoney, readNodes } from './config-chains.ts'
import { ConfigFault, type ConfigFields, readYaml } from './config-fields.ts'
import { readFile, readKeyFile } from './config-files.ts'
import { type PayoutsConfig, readPayouts } from './config-payouts.ts'
import { readStore, type StoreConfig } from './config-store.ts'
import type { ContributorLimits, SigningIdentity } from './domain/contributor.ts'
import { type Address, type AtomicAmount, atomic, type Bytes32 } from './domain/units.ts'

/** Everything a gateway needs to know to start. Paths are absolute, secrets are read, units are in the names. */
export type GatewayConfig = MoneyConfig & {
  readonly listen: { readonly host: string; readonly port: number }
  readonly dataFolder: string
  /** Undefined keeps everything in the data folder, for one gateway alone. */
  readonly store?: StoreConfig | undefined
  /** The home chain: receipts and registries are there, and prices are written in its asset. */
  readonly chain: Omit<ChainConfig, 'collector' | 'payoutAuthorizer'> & {
    /** Two nodes may differ by this much of a channel before it is frozen. */
    readonly disagreementMax: AtomicAmount
    readonly receiptVerifier: Address
    readonly gatewayRegistry: Address
    readonly contributorRegistry: Address
    readonly asset: Address
    readonly assetDecimals: number
  }
  readonly gateway: {
    /** The registered operator whose signing key signs receipts. */
    readonly operator: Address
    readonly signingKey: PrivateKey
    /** Where claimed money goes; the channels' `receiver`. */
    readonly receiver: Address
    /** Sends the claims; its address is the channels' `receiverAuthorizer`. */
    readonly claimKey: PrivateKey
    readonly withdrawDelayMinS: number
  }
  readonly claims: {
    readonly whenUnclaimed: AtomicAmount
    readonly everyS: number
    readonly settleWhenClaimed: AtomicAmount
    readonly settleEveryS: number
  }
  readonly deposits: {
    /** Takes deposits for an ERC-3009 signature. */
    readonly collector: Address
    readonly minimum: AtomicAmount
    readonly perPayerPerHour: number
    /** A deposit up to this is credited by its first block… */
    readonly atOnceMax: AtomicAmount
    /** …while all such deposits of an hour stay within this. */
    readonly atOncePerHour: AtomicAmount
    readonly deniedPayers: readonly Address[]
  }
  readonly x402: {
    /** Requests that one voucher may pay for at a time where the client does not say. */
    readonly parallel: number
    /** The least that a transfer for one request must bring. */
    readonly exactMinimum: AtomicAmount
  }
  /** Undefined pays no contributor by channel. */
  readonly payouts: PayoutsConfig | undefined
  readonly upstreams: readonly UpstreamConfig[]
}

export type UpstreamConfig = {
  readonly id: string
  readonly baseUrl: string
  readonly apiKey: string | undefined
  /** Set for a contributor that signs its Work. */
  readonly identity: SigningIdentity | undefined
  readonly limits?: ContributorLimits | undefined
  readonly region?: string | undefined
  readonly models: readonly ModelConfig[]
}

export type ModelConfig = {
  readonly id: string
  readonly upstreamId: string
  readonly modelId: Bytes32
  readonly contextTokensMax: number
  readonly completionTokensMax: number
  readonly promptAtomicPerMtok: AtomicAmount
  readonly cachedPromptAtomicPerMtok: AtomicAmount
  readonly completionAtomicPerMtok: AtomicAmount
  /** Path of a Hugging Face tokenizer.json for our own count. */
  readonly tokenizer: string | undefined
}

const tokensRange = { min: 1, max: 100_000_000 }
const dayS = 86_400
const limitRange = { min: 1, max: 1_000_000_000 }

/** Reads and checks a vouch.yaml. Throws ConfigFault with one line that names file, line, key and what was expected. */
export function loadConfig(path: string): GatewayConfig {
  const file = resolve(path)
  if (!existsSync(file)) {
    throw new ConfigFault(`${path} does not exist; docs/configuration.md shows one to start from`)
  }
  return parseConfig({ file: path, text: readFileSync(file, 'utf8'), folder: dirname(file) })
}

/** The same from text; relative paths are meant from `folder`. */
export function parseConfig(source: {
  readonly file: string
  readonly text: string
  readonly folder: string
}): GatewayConfig {
  const at = (path: string): string => resolve(source.folder, path)
  return readYaml(source.file, source.text, (top) => {
    const chain = top.map('chain', readChain)
    const money = readMoney(top, chain, at)
    return {
      listen: top.optionalMap('listen', readListen),
      dataFolder: at(top.string('dataFolder', '.vouch/serve')),
      store: top.has('store') ? top.map('store', (fields) => readStore(fields, at)) : undefined,
      chain,
      ...money,
      gateway: top.map('gateway', (fields) => readGateway(fields, at)),
      claims: top.optionalMap('claims', (fields) => readClaims(fields, chain.assetDecimals)),
      deposits: top.optionalMap('deposits', (fields) => readDeposits(fields, chain.assetDecimals)),
      x402: top.optionalMap('x402', (fields) => readX402(fields, chain.assetDecimals)),
      payouts: top.has('payouts')
        ? top.map('payouts', (fields) =>
            readPayouts(fields, {
              decimals: chain.assetDecimals,
              readKeyFile: (of, key) => readKeyFile(of, key, at),
            }),
          )
        : undefined,
      upstreams: top.list('upstreams', (fields) => readUpstream(fields, chain.assetDecimals, at)),
    }
  })
}

const readListen = (fields: ConfigFields): GatewayConfig['listen'] => ({
  host: fields.string('host', '127.0.0.1'),
  port: fields.integer('port', { min: 0, max: 65_535 }, 8787),
})

function readChain(fields: ConfigFields): GatewayConfig['chain'] {
  const assetDecimals = fields.integer('assetDecimals', { min: 0, max: 18 }, 6)
  return {
    ...readNodes(fields),
    disagreementMax: atomic(fields.amount('disagreementMax', assetDecimals, '5')),
    receiptVerifier: fields.address('receiptVerifier'),
    gatewayRegistry: fields.address('gatewayRegistry'),
    contributorRegistry: fields.address('contributorRegistry'),
    asset: fields.address('asset'),
    assetDecimals,
  }
}

const readGateway = (
  fields: ConfigFields,
  at: (path: string) => string,
): GatewayConfig['gateway'] => ({
  operator: fields.address('operator'),
  signingKey: readKeyFile(fields, 'signingKeyFile', at),
  receiver: fields.address('receiver'),
  claimKey: readKeyFile(fields, 'claimKeyFile', at),
  withdrawDelayMinS: fields.integer('withdrawDelayMinS', { min: 900, max: 30 * dayS }, 3600),
})

const readClaims = (fields: ConfigFields, decimals: number): GatewayConfig['claims'] => ({
  whenUnclaimed: atomic(fields.amount('whenUnclaimed', decimals, '1')),
  everyS: fields.integer('everyS', { min: 1, max: 30 * dayS }, 6 * 3600),
  settleWhenClaimed: atomic(fields.amount('settleWhenClaimed', decimals, '50')),
  settleEveryS: fields.integer('settleEveryS', { min: 1, max: 30 * dayS }, dayS),
})

const readX402 = (fields: ConfigFields, decimals: number): GatewayConfig['x402'] => ({
  parallel: fields.integer('parallel', { min: 1, max: parallelRequestsMax }, 1),
  exactMinimum: atomic(fields.amount('exactMinimum', decimals, '0.01')),
})

const readDeposits = (fields: ConfigFields, decimals: number): GatewayConfig['deposits'] => ({
  collector: fields.address('collector', canonicalCollectorAddress),
  minimum: atomic(fields.amount('minimum', decimals, '1')),
  perPayerPerHour: fields.integer('perPayerPerHour', { min: 1, max: 3600 }, 10),
  atOnceMax: atomic(fields.amount('atOnceMax', decimals, '5')),
  atOncePerHour: atomic(fields.amount('atOncePerHour', decimals, '100')),
  deniedPayers: fields.has('deniedPayers') ? fields.addresses('deniedPayers') : [],
})

function readUpstream(
  fields: ConfigFields,
  decimals: number,
  at: (path: string) => string,
): UpstreamConfig {
  const baseUrl = fields.url('url')
  if (!baseUrl.endsWith('/v1')) fields.fail('url', 'an OpenAI base URL, which ends in /v1', baseUrl)
  return {
    id: fields.name('id'),
    baseUrl,
    apiKey: readApiKey(fields, at),
    identity:
      fields.has('operator') || fields.has('signingAddresses')
        ? {
            operator: fields.address('operator'),
            signingAddresses: fields.addresses('signingAddresses'),
          }
        : undefined,
    limits: fields.has('limits') ? fields.map('limits', readLimits) : undefined,
    region: fields.has('region') ? fields.name('region') : undefined,
    models: fields.list('models', (model) => readModel(model, decimals, at)),
  }
}

const readLimits = (fields: ConfigFields): ContributorLimits => ({
  requestsPerMinuteMax: fields.optionalInteger('requestsPerMinute', limitRange),
  tokensPerMinuteMax: fields.optionalInteger('tokensPerMinute', limitRange),
  concurrencyMax: fields.optionalInteger('concurrency', limitRange),
})

function readModel(
  fields: ConfigFields,
  decimals: number,
  at: (path: string) => string,
): ModelConfig {
  const id = fields.string('id')
  const contextTokensMax = fields.integer('contextTokensMax', tokensRange)
  const prices = fields.map('price', (price) => ({
    promptAtomicPerMtok: atomic(price.amount('promptPerMtok', decimals)),
    cachedPromptAtomicPerMtok: atomic(
      price.has('cachedPromptPerMtok')
        ? price.amount('cachedPromptPerMtok', decimals)
        : price.amount('promptPerMtok', decimals),
    ),
    completionAtomicPerMtok: atomic(price.amount('completionPerMtok', decimals)),
  }))
  const tokenizer = fields.optionalString('tokenizer')
  return {
    id,
    upstreamId: fields.string('upstreamId', id),
    modelId: modelIdOf(fields, id, at),
    contextTokensMax,
    completionTokensMax: fields.integer(
      'completionTokensMax',
      { min: 1, max: contextTokensMax },
      Math.min(completionTokensDefaultMax, contextTokensMax),
    ),
    ...prices,
    tokenizer: tokenizer === undefined ? undefined : at(tokenizer),
  }
}

/** A model whose weights nobody showed is known by its name alone, and its manifest says so. */
function modelIdOf(fields: ConfigFields, id: string, at: (path: string) => string): Bytes32 {
  const path = fields.optionalString('manifest')
  if (path === undefined) return keccak256Utf8(canonicalJson({ id, weights: null }))
  const text = readFile(fields, 'manifest', at(path))
  try {
    return keccak256Utf8(canonicalJson(JSON.parse(text) as Json))
  } catch {
    return fields.fail('manifest', 'a JSON file', path)
  }
}

function readApiKey(fields: ConfigFields, at: (path: string) => string): string | undefined {
  const path = fields.optionalString('apiKeyFile')
  const variable = fields.optionalString('apiKeyEnv')
  if (path !== undefined && variable !== undefined) {
    return fields.fail('apiKeyEnv', 'none beside apiKeyFile', variable)
  }
  if (path !== undefined) {
    const key = readFile(fields, 'apiKeyFile', at(path)).trim()
    return isApiKey(key) ? key : fields.fail('apiKeyFile', 'a file with one key in it', path)
  }
  if (variable === undefined) return undefined
  const key = process.env[variable]
  return key !== undefined && isApiKey(key)
    ? key
    : fields.fail('apiKeyEnv', 'the name of a variable with a key in it', variable)
}

/** What may stand in an authorization header. */
const isApiKey = (key: string): boolean => /^[!-~]+$/.test(key)
