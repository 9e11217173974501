import { fxQuoteAgeMaxS } from './base/limits.ts'
import {
  canonicalCollectorAddress,
  canonicalSettlementAddress,
} from './chain/channel-settlement.ts'
import type { ConfigFields } from './config-fields.ts'
import type { Asset } from './domain/exchange.ts'
import { type Address, type AtomicAmount, atomic } from './domain/units.ts'

/** One chain that holds channels, payers' and contributors'. The home chain is one of them. */
export type ChainConfig = {
  readonly chainId: number
  readonly rpcUrl: string
  /** Another node of the same chain. */
  readonly secondRpcUrl: string | undefined
  readonly settlement: Address
  /** Takes deposits for an ERC-3009 signature. */
  readonly collector: Address
  /** Blocks, its own included, after which a transaction is final. */
  readonly confirmations: number
  /** The most that a transaction offers for a unit of gas. */
  readonly feeWeiMax: bigint
  /** The OpenClaimAuthorizer of payout channels here; undefined: where `payouts` says. */
  readonly payoutAuthorizer: Address | undefined
}

/** An asset that is taken, beside the home asset. */
export type AssetConfig = Asset & {
  /** Of its own EIP-712 domain; undefined is asked of the token. */
  readonly domain: { readonly name: string; readonly version: string } | undefined
  /**
   * Units of it for one of the home asset's, times 10^6: only the limits of the configuration are turned into it by this,
   * never a price.
   */
  readonly unitsPerHomeUnitE6: bigint
}

type FxConfig = {
  readonly source: { readonly url: string } | { readonly file: string }
  readonly everyS: number
  readonly quoteAgeMaxS: number
}

/** What there is beside the home chain and its asset. */
export type MoneyConfig = {
  /** Other chains that hold channels. */
  readonly chains?: readonly ChainConfig[] | undefined
  /** What is taken and paid in beside the home asset; nothing else is. */
  readonly assets?: readonly AssetConfig[] | undefined
  /** Where rates come from; undefined where everything is at par. */
  readonly fx?: FxConfig | undefined
}

export function readMoney(
  top: ConfigFields,
  home: { readonly chainId: number; readonly asset: Address },
  at: (path: string) => string,
): MoneyConfig {
  const chains = readChains(top, home.chainId)
  const chainIds = [home.chainId, ...chains.map(({ chainId }) => chainId)]
  const assets = readAssets(top, chainIds, home)
  const fx = top.has('fx') ? top.map('fx', (fields) => readFx(fields, at)) : undefined
  if (fx === undefined && assets.some(({ rate }) => rate !== 'par')) {
    top.fail('fx', 'where the quotes of assets come from that are not at par', undefined)
  }
  return { chains, assets, fx }
}

/** What every chain needs, the home chain as well. */
export const readNodes = (
  fields: ConfigFields,
): Pick<
  ChainConfig,
  'chainId' | 'rpcUrl' | 'secondRpcUrl' | 'settlement' | 'confirmations' | 'feeWeiMax'
> => ({
  rpcUrl: fields.url('rpcUrl'),
  secondRpcUrl: fields.has('secondRpcUrl') ? fields.url('secondRpcUrl') : undefined,
  chainId: fields.integer('chainId', { min: 1, max: Number.MAX_SAFE_INTEGER }),
  confirmations: fields.integer('confirmations', { min: 1, max: 1_000 }, 12),
  feeWeiMax: fields.amount('feeGweiMax', 9, '500'),
  settlement: fields.address('settlement', canonicalSettlementAddress),
})

/** Entries of a list are told apart by an id. */
type Listed<T> = T & { readonly id: string }

function readChains(top: ConfigFields, homeChainId: number): readonly ChainConfig[] {
  if (!top.has('chains')) return []
  return top.list('chains', (fields): Listed<ChainConfig> => {
    const nodes = readNodes(fields)
    if (nodes.chainId === homeChainId) {
      fields.fail('chainId', 'another chain than the one under chain', nodes.chainId)
    }
    return {
      ...nodes,
      id: String(nodes.chainId),
      collector: fields.address('collector', canonicalCollectorAddress),
      payoutAuthorizer: fields.has('payoutAuthorizer')
        ? fields.address('payoutAuthorizer')
        : undefined,
    }
  })
}

function readAssets(
  top: ConfigFields,
  chainIds: readonly number[],
  home: { readonly chainId: number; readonly asset: Address },
): readonly AssetConfig[] {
  if (!top.has('assets')) return []
  return top.list('assets', (fields): Listed<AssetConfig> => {
    const chainId = fields.integer('chainId', { min: 1, max: Number.MAX_SAFE_INTEGER })
    if (!chainIds.includes(chainId)) {
      fields.fail('chainId', `one of the chains: ${chainIds.join(', ')}`, chainId)
    }
    const address = fields.address('address')
    if (chainId === home.chainId && address === home.asset) {
      fields.fail('address', 'another asset than chain.asset, which is always taken', address)
    }
    const rate = fields.has('quotedBy') ? { quotedBy: fields.address('quotedBy') } : 'par'
    const isPar = rate === 'par'
    const unitsPerHomeUnitE6 = fields.amount('unitsPerHomeUnit', 6, isPar ? '1' : undefined)
    if (unitsPerHomeUnitE6 === 0n) fields.fail('unitsPerHomeUnit', 'more than nothing', '0')
    return {
      id: `${chainId}:${address}`,
      chainId,
      address,
      decimals: fields.integer('decimals', { min: 0, max: 18 }),
      haircutBps: fields.integer('haircutBps', { min: 0, max: 9_999 }, 0),
      rate,
      domain: readTokenDomain(fields),
      unitsPerHomeUnitE6,
    }
  })
}

function readTokenDomain(fields: ConfigFields): AssetConfig['domain'] {
  const name = fields.optionalString('name')
  const version = fields.optionalString('version')
  if (name !== undefined && version !== undefined) return { name, version }
  if (name === undefined && version === undefined) return undefined
  return fields.fail(name === undefined ? 'name' : 'version', 'name and version, or neither', name)
}

function readFx(fields: ConfigFields, at: (path: string) => string): FxConfig {
  const file = fields.optionalString('file')
  if (file !== undefined && fields.has('url')) fields.fail('file', 'none beside url', file)
  return {
    source: file === undefined ? { url: fields.url('url') } : { file: at(file) },
    everyS: fields.integer('everyS', { min: 1, max: fxQuoteAgeMaxS }, 10),
    quoteAgeMaxS: fields.integer('quoteAgeMaxS', { min: 1, max: fxQuoteAgeMaxS }, fxQuoteAgeMaxS),
  }
}

/** A limit that is written in the home asset, as it is counted in another one. Rounded down, and never nothing for something. */
export function limitIn(
  asset: AssetConfig,
  limit: AtomicAmount,
  homeDecimals: number,
): AtomicAmount {
  const scaled =
    (limit * asset.unitsPerHomeUnitE6 * 10n ** BigInt(asset.decimals)) /
    (10n ** BigInt(homeDecimals) * 1_000_000n)
  const bounded = scaled < 2n ** 128n ? scaled : 2n ** 128n - 1n
  return atomic(bounded === 0n && limit > 0n ? 1n : bounded)
}
