import { describeChainFailure } from '../chain/chain-failure.ts'
import { type JsonRpc, jsonRpc } from '../chain/json-rpc.ts'
import { readTokenDomain, type TokenDomain } from '../chain/token-domain.ts'
import type { GatewayConfig } from '../config.ts'
import { type AssetConfig, limitIn } from '../config-assets.ts'
import type { ChainConfig } from '../config-chains.ts'
import type { Asset } from '../domain/exchange.ts'
import type { AtomicAmount } from '../domain/units.ts'
import type { LimitIn } from '../settlement/claim-schedule.ts'
import { CommandFailure } from './command.ts'

/** An asset on its chain, ready to be taken and paid in. */
export type MoneyPlace = {
  readonly chain: ChainConfig
  readonly rpc: JsonRpc
  readonly asset: Asset
  /** The token's own EIP-712 domain. */
  readonly token: TokenDomain
  /** A limit of the configuration, which is written in the home asset, in this one. */
  readonly limit: (limit: AtomicAmount) => AtomicAmount
}

/** That of the home asset, and then the others. */
export type MoneyPlaces = readonly [MoneyPlace, ...MoneyPlace[]]

/** The home chain, and then the others. */
export const chainsOf = ({
  chain,
  deposits,
  chains = [],
}: GatewayConfig): readonly [ChainConfig, ...ChainConfig[]] => [
  { ...chain, collector: deposits.collector, payoutAuthorizer: undefined },
  ...chains,
]

/** Prices are written in it: it is at par by definition. */
export const homeAssetOf = ({ chain }: GatewayConfig): Asset => ({
  chainId: chain.chainId,
  address: chain.asset,
  decimals: chain.assetDecimals,
  haircutBps: 0,
  rate: 'par',
})

/** What the limits of the configuration are in the tokens of one chain. */
export function limitsOn({ chain, assets = [] }: GatewayConfig, chainId: number): LimitIn {
  const here = new Map(
    assets.filter((asset) => asset.chainId === chainId).map((asset) => [asset.address, asset]),
  )
  return (token, limit) => {
    const asset = here.get(token)
    return asset === undefined ? limit : limitIn(asset, limit, chain.assetDecimals)
  }
}

/** Asks every token for the domain in which deposits are signed. Throws CommandFailure where one has none. */
export async function openMoneyPlaces(config: GatewayConfig): Promise<MoneyPlaces> {
  const [homeChain, ...chains] = chainsOf(config)
  const rpcs = new Map([homeChain, ...chains].map((one) => [one.chainId, jsonRpc(one.rpcUrl)]))
  const open = async (chain: ChainConfig, asset: Asset, limit: MoneyPlace['limit']) => {
    const rpc = rpcs.get(chain.chainId) ?? jsonRpc(chain.rpcUrl)
    return { chain, rpc, asset, token: await tokenDomainOf(rpc, asset), limit }
  }
  const home = await open(homeChain, homeAssetOf(config), (limit) => limit)
  const others: MoneyPlace[] = []
  for (const asset of config.assets ?? []) {
    const chain = [homeChain, ...chains].find(({ chainId }) => chainId === asset.chainId)
    if (chain === undefined) throw new CommandFailure(`assets: no chain ${asset.chainId} is known`)
    const place = await open(chain, asset, (limit) =>
      limitIn(asset, limit, config.chain.assetDecimals),
    )
    checkTokenDomain(asset, place.token)
    others.push(place)
  }
  return [home, ...others]
}

async function tokenDomainOf(rpc: JsonRpc, asset: Asset): Promise<TokenDomain> {
  const token = await readTokenDomain(rpc, asset)
  if (token.ok) return token.value
  const why = describeChainFailure(token.error)
  throw new CommandFailure(`deposits of ${asset.address} cannot be signed for: ${why}`)
}

function checkTokenDomain({ address, domain }: AssetConfig, token: TokenDomain): void {
  if (domain === undefined) return
  if (domain.name === token.name && domain.version === token.version) return
  throw new CommandFailure(
    `assets (${address}): its domain is "${token.name}" version "${token.version}"; correct name and version or leave them out`,
  )
}
