/*
 * vouch.yaml → one frozen GatewayConfig. The only reader of process.env and of secret files; docs/configuration.md has a
 * heading for each key and a test compares. How a key is added: config-fields.ts.
 */
import { existsSync, readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { type AdminConfig, adminSection } from './config-admin.ts'
import { type AssetConfig, assetsList, type FxConfig, fxSection } from './config-assets.ts'
import { type AuditsConfig, auditsSection } from './config-audits.ts'
import {
  type ChainConfig,
  chainsList,
  type HomeChainConfig,
  homeChainSection,
} from './config-chains.ts'
import { type DeploymentsConfig, deploymentsSection } from './config-deployments.ts'
import {
  type JsonSchema,
  type Key,
  type Meaning,
  optional,
  readYaml,
  section,
} from './config-fields.ts'
import type { NamedFiles } from './config-files.ts'
import {
  type ClaimsConfig,
  claimsSection,
  type DepositsConfig,
  depositsSection,
  type ListenConfig,
  listenSection,
  type OperatorConfig,
  operatorSection,
  type X402Config,
  x402Section,
} from './config-gateway.ts'
import type { Environment } from './config-interpolation.ts'
import { type JobsConfig, jobsSection } from './config-jobs.ts'
import { type JoiningConfig, joiningSection } from './config-joining.ts'
import { definedSchemas } from './config-kinds.ts'
import { type LendingConfig, lendingSection } from './config-lending.ts'
import { callerLimitsSection } from './config-limits.ts'
import { type PayoutsConfig, payoutsSection } from './config-payouts.ts'
import { type ProvingConfig, provingSection } from './config-proving.ts'
import { type ReceiptsConfig, receiptsSection } from './config-receipts.ts'
import { type RoutingConfig, routingSection } from './config-routing.ts'
import { ConfigFault } from './config-source.ts'
import { type StoreConfig, storeSection } from './config-store.ts'
import { type TeeConfig, teeSection } from './config-tee.ts'
import { type TransparencyConfig, transparencySection } from './config-transparency.ts'
import { type UpstreamConfig, upstreamsList } from './config-upstreams.ts'
import { text } from './config-values.ts'
import type { DefaultLimits } from './domain/caller-limits.ts'

/** Everything a gateway needs to know to start. Paths are absolute, secrets are read, units are in the names. */
export type GatewayConfig = {
  readonly listen: ListenConfig
  readonly dataFolder: string
  /** Undefined keeps everything in the data folder, for one gateway alone. */
  readonly store?: StoreConfig | undefined
  readonly chain: HomeChainConfig
  /** Other chains that hold channels. */
  readonly chains?: readonly ChainConfig[] | undefined
  /** What is taken and paid in beside the home asset; nothing else is. */
  readonly assets?: readonly AssetConfig[] | undefined
  /** Where rates come from; undefined where everything is at par. */
  readonly fx?: FxConfig | undefined
  readonly gateway: OperatorConfig
  readonly claims: ClaimsConfig
  readonly deposits: DepositsConfig
  readonly x402: X402Config
  /** Undefined pays no contributor by channel. */
  readonly payouts: PayoutsConfig | undefined
  readonly upstreams: readonly UpstreamConfig[]
  readonly routing: RoutingConfig
  /** Undefined: no answer is proven. */
  readonly proving?: ProvingConfig | undefined
  /** Undefined keeps receipts for ever. */
  readonly receipts?: ReceiptsConfig | undefined
  /** What keys and accounts may have of whom nothing else is said; undefined limits nobody. */
  readonly limits?: DefaultLimits | undefined
  /** Undefined takes no keys from strangers. */
  readonly lending?: LendingConfig | undefined
  /** Undefined answers no contract. */
  readonly jobs?: JobsConfig | undefined
  /** Undefined lets no contributor join by itself. */
  readonly joining?: JoiningConfig | undefined
  /** Undefined: nobody is named to audit. */
  readonly audits?: AuditsConfig | undefined
  /** Undefined: no model is taken over HTTP. */
  readonly deployments?: DeploymentsConfig | undefined
  /** Undefined: nothing is attested. */
  readonly tee?: TeeConfig | undefined
  /** Undefined keeps no log, and receipts promise no anchor. */
  readonly transparency?: TransparencyConfig | undefined
  /** Undefined has no admin API. */
  readonly admin?: AdminConfig | undefined
}

/** A vouch.yaml that was read. */
export type ConfigReading = {
  readonly config: GatewayConfig
  /** Every key with what it came to, defaults and files that it names included: to tell two readings apart. Secret. */
  readonly settings: ReadonlyMap<string, string>
  /** Absolute paths of the files that are part of it, its own first. */
  readonly files: readonly string[]
  /** Which of them nobody else may read: their absolute paths, by the key that names them. */
  readonly secretFiles: ReadonlyMap<string, string>
}

type Terms = { readonly files: NamedFiles; readonly environment: Environment }

export const configSection: Key<Meaning<Terms, GatewayConfig>> = section({
  says: 'Configuration of `vouch serve`; docs/configuration.md explains every key.',
  keys: {
    listen: listenSection,
    dataFolder: text({
      says: 'Where ledger, receipts, API keys and locks are kept; one gateway at a time uses it.',
      default: '.vouch/serve',
    }),
    store: optional(storeSection),
    chain: homeChainSection,
    chains: optional(chainsList),
    assets: optional(assetsList),
    fx: optional(fxSection),
    gateway: operatorSection,
    claims: claimsSection,
    deposits: depositsSection,
    x402: x402Section,
    payouts: optional(payoutsSection),
    upstreams: upstreamsList,
    routing: routingSection,
    proving: provingSection,
    receipts: receiptsSection,
    limits: optional(callerLimitsSection),
    lending: optional(lendingSection),
    joining: optional(joiningSection),
    jobs: optional(jobsSection),
    audits: optional(auditsSection),
    tee: optional(teeSection),
    transparency: optional(transparencySection),
    deployments: optional(deploymentsSection),
    admin: optional(adminSection),
  },
  read: (top, { files, environment }: Terms) => {
    const { values } = top
    const chain = values.chain()
    const decimals = chain.assetDecimals
    const chains = values.chains?.(chain) ?? []
    const chainIds = [chain.chainId, ...chains.map(({ chainId }) => chainId)]
    const assets = values.assets?.({ home: chain, chainIds }) ?? []
    if (values.fx === undefined && assets.some(({ rate }) => rate !== 'par')) {
      top.refuse('fx', 'where the quotes of assets come from that are not at par')
    }
    const lending = values.lending?.({ files, environment, decimals })
    if (lending?.isOpen === true && values.payouts === undefined) {
      top.refuse('payouts', 'how lenders are paid, because lending.open is true')
    }
    const joining = values.joining?.({ files, decimals })
    if (joining?.isOpen === true && values.payouts === undefined) {
      top.refuse('payouts', 'how contributors are paid, because joining.open is true')
    }
    return {
      listen: values.listen(),
      dataFolder: files.resolve(values.dataFolder),
      store: values.store?.(files),
      chain,
      chains,
      assets,
      fx: values.fx?.(files),
      gateway: values.gateway(files),
      claims: values.claims({ decimals }),
      deposits: values.deposits({ decimals }),
      x402: values.x402({ decimals }),
      payouts: values.payouts?.({ files, decimals }),
      upstreams: values.upstreams({ files, environment, decimals }),
      routing: values.routing(),
      proving: values.proving(files),
      receipts: values.receipts(),
      limits: values.limits?.(),
      lending,
      joining,
      jobs: values.jobs?.({ files, home: chain, chains }),
      audits: values.audits?.(),
      tee: values.tee?.(files),
      transparency: values.transparency?.(files),
      deployments: values.deployments?.(files),
      admin: values.admin?.(files),
    }
  },
})

/** The JSON Schema (draft 2020-12) of vouch.yaml: what editors complete and check it by. */
export const configSchema: JsonSchema = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  title: 'vouch.yaml',
  ...configSection.schema,
  $defs: definedSchemas,
}

/** Reads and checks a vouch.yaml. Throws ConfigFault with one line that names file, line, key and what was expected. */
export const loadConfig = (path: string): GatewayConfig => readConfigFile(path).config

/**
 * The same, with what it was made of. `named` gets its own path and those of the files that it names, also where one of them
 * is the fault. Throws ConfigFault.
 */
export function readConfigFile(path: string, named: Set<string> = new Set()): ConfigReading {
  const file = resolve(path)
  if (!existsSync(file)) {
    throw new ConfigFault(`${path} does not exist; docs/configuration.md shows one to start from`)
  }
  named.add(file)
  return readConfigText({ file: path, text: textOf(path), folder: dirname(file) }, named)
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw new ConfigFault(`${path} cannot be read (${code})`)
  }
}

/** The same from text; relative paths are meant from `folder`. Throws ConfigFault. */
export function readConfigText(
  source: {
    readonly file: string
    readonly text: string
    readonly folder: string
    readonly environment?: Environment
  },
  named: Set<string> = new Set(),
): ConfigReading {
  const resolved = (path: string): string => resolve(source.folder, path)
  const files: NamedFiles = {
    resolve: resolved,
    at: (path) => {
      named.add(resolved(path))
      return resolved(path)
    },
  }
  const environment = source.environment ?? process.env
  const { value, settings, secretFiles } = readYaml({ ...source, environment }, configSection)
  const config = value({ files, environment })
  const secrets = [...secretFiles].map(([key, path]) => [key, resolved(path)] as const)
  return { config, settings, files: [...named], secretFiles: new Map(secrets) }
}

/** A variable of the environment that a command line names. */
export const fromEnvironment = (name: string): string | undefined => process.env[name]
