import type { ConfigReading, GatewayConfig } from '../config.ts'
import type { Serving } from '../config-prices.ts'
import type { ContributorLimits } from '../domain/contributor.ts'
import { formatAmount } from './amounts.ts'

/** What a configuration says, without anything that must not be shown: hosts of URLs, and no path of a node. */
export type ConfigDescription = {
  readonly listen: string
  readonly dataFolder: string
  readonly store: string
  readonly chains: readonly { readonly chainId: number; readonly host: string }[]
  readonly asset: { readonly address: string; readonly decimals: number }
  readonly otherAssets: readonly { readonly chainId: number; readonly address: string }[]
  readonly payouts: 'by channel' | 'none'
  /** Whether strangers may lend keys or join with machines of their own, and whether there is an admin API. */
  readonly lending: 'open' | 'closed'
  readonly joining: 'open' | 'by approval' | 'closed'
  readonly admin: 'by token' | 'none'
  /** How many are named, and of how much they are shown. */
  readonly audits: string
  /** When batches are closed, and by when they are anchored. */
  readonly transparency: string
  readonly upstreams: readonly DescribedUpstream[]
}

type DescribedUpstream = {
  readonly id: string
  readonly url: string
  readonly region: string | undefined
  readonly signs: boolean
  readonly limits: readonly string[]
  readonly models: readonly DescribedModel[]
}

type DescribedModel = {
  readonly id: string
  readonly upstreamId: string
  readonly contextTokensMax: number
  readonly tokenizer: boolean
  readonly manifest: boolean
  readonly servings: readonly {
    readonly endpoints: readonly string[]
    /** In units of the asset: `prompt` for a million tokens, `answer` for a million units. */
    readonly unit: string
    readonly prompt: string
    readonly cachedPrompt: string
    readonly answer: string
  }[]
}

export function describeConfig({ config, settings }: ConfigReading): ConfigDescription {
  const { chain, chains = [], assets = [], listen, store } = config
  return {
    listen: `${listen.host}:${listen.port}`,
    dataFolder: config.dataFolder,
    store:
      store === undefined
        ? 'files in the data folder'
        : `Redis at ${new URL(store.redisUrl).host}, keys ${store.keyPrefix}`,
    chains: [chain, ...chains].map(({ chainId, rpcUrl }) => ({
      chainId,
      host: new URL(rpcUrl).host,
    })),
    asset: { address: chain.asset, decimals: chain.assetDecimals },
    otherAssets: assets.map(({ chainId, address }) => ({ chainId, address })),
    payouts: config.payouts === undefined ? 'none' : 'by channel',
    lending: config.lending?.isOpen === true ? 'open' : 'closed',
    joining: joiningOf(config),
    admin: config.admin === undefined ? 'none' : 'by token',
    audits: auditsOf(config),
    transparency: transparencyOf(config),
    upstreams: config.upstreams.map((upstream, index) => ({
      id: upstream.id,
      url: upstream.baseUrl,
      region: upstream.region,
      signs: upstream.identity !== undefined,
      limits: limitsOf(upstream.limits, chain.assetDecimals),
      models: upstream.models.map((model, place) => ({
        id: model.id,
        upstreamId: model.upstreamId,
        contextTokensMax: model.contextTokensMax,
        tokenizer: model.tokenizer !== undefined,
        manifest: settings.has(`upstreams[${index}].models[${place}].manifest`),
        servings: model.servings.map((serving) => servingOf(serving, chain)),
      })),
    })),
  }
}

function joiningOf({ joining }: GatewayConfig): ConfigDescription['joining'] {
  if (joining?.isOpen !== true) return 'closed'
  return joining.needsApproval ? 'by approval' : 'open'
}

function auditsOf({ audits }: GatewayConfig): string {
  if (audits === undefined) return 'none'
  const { auditors, ratePpm } = audits
  return `by ${auditors.length} ${auditors.length === 1 ? 'auditor' : 'auditors'}, of ${ratePpm / 10_000} % of receipts`
}

function transparencyOf({ transparency }: GatewayConfig): string {
  if (transparency === undefined) return 'none'
  const { batchS, promiseS } = transparency
  return `batches of ${batchS} s, anchored within ${promiseS} s`
}

const servingOf = (
  serving: Serving,
  { assetDecimals }: Pick<GatewayConfig['chain'], 'assetDecimals'>,
): DescribedModel['servings'][number] => ({
  endpoints: serving.endpoints,
  unit: serving.unit,
  prompt: formatAmount(serving.promptAtomicPerMtok, assetDecimals),
  cachedPrompt: formatAmount(serving.cachedPromptAtomicPerMtok, assetDecimals),
  answer: formatAmount(serving.completionAtomicPerMtok, assetDecimals),
})

function limitsOf(limits: ContributorLimits | undefined, decimals: number): readonly string[] {
  const said = (limit: number | undefined, unit: string) =>
    limit === undefined ? [] : [`${limit} ${unit}`]
  const spend = limits?.spendPerDayMax
  return [
    ...said(limits?.requestsPerMinuteMax, 'requests a minute'),
    ...said(limits?.tokensPerMinuteMax, 'tokens a minute'),
    ...said(limits?.concurrencyMax, 'at once'),
    ...said(limits?.requestsPerDayMax, 'requests a day'),
    ...said(limits?.tokensPerDayMax, 'tokens a day'),
    ...(spend === undefined ? [] : [`${formatAmount(spend, decimals)} spent a day`]),
  ]
}

/** Lines for a person. */
export function formatDescription(described: ConfigDescription): readonly string[] {
  const { chains, asset, otherAssets } = described
  const row = (name: string, text: string) => `  ${name.padEnd(12)} ${text}`
  return [
    row('listens at', described.listen),
    row('data folder', described.dataFolder),
    row('store', described.store),
    ...chains.map(({ chainId, host }) => row('chain', `${chainId} at ${host}`)),
    row('asset', `${asset.address}, ${asset.decimals} decimals`),
    ...otherAssets.map(({ chainId, address }) => row('asset', `${address} on chain ${chainId}`)),
    row('payouts', described.payouts),
    row('lent keys', described.lending),
    row('joining', described.joining),
    row('admin API', described.admin),
    row('audits', described.audits),
    row('log', described.transparency),
    ...described.upstreams.flatMap(upstreamLines),
  ]
}

function upstreamLines(upstream: DescribedUpstream): readonly string[] {
  const { id, url, region, signs, limits, models } = upstream
  const facts = [
    url,
    ...(region === undefined ? [] : [`region ${region}`]),
    ...(signs ? ['signs its Work'] : []),
    ...limits,
  ]
  return [`  upstream     ${id}: ${facts.join(', ')}`, ...models.flatMap(modelLines)]
}

function modelLines(model: DescribedModel): readonly string[] {
  const { id, upstreamId, contextTokensMax, servings } = model
  const name = upstreamId === id ? id : `${id} (${upstreamId} there)`
  return [
    `    model      ${name}, context ${contextTokensMax}`,
    ...servings.map(
      ({ endpoints, unit, prompt, cachedPrompt, answer }) =>
        `      ${endpoints.join(', ')}: ${prompt} a million prompt tokens, ${cachedPrompt} cached, ${answer} a million ${unit}s`,
    ),
  ]
}
