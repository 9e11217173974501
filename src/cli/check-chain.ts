import { type ChainFailure, describeChainFailure } from '../chain/chain-failure.ts'
import { channelSettlementAt } from '../chain/channel-settlement.ts'
import { checkChainId, checkCode } from '../chain/contracts.ts'
import { type JsonRpc, jsonRpc } from '../chain/json-rpc.ts'
import {
  contributorRegistryAt,
  gatewayRegistryAt,
  isSigningKeyActive,
} from '../chain/operator-registry.ts'
import { receiptVerifierAt } from '../chain/receipt-verifier.ts'
import { addressOfPrivateKey } from '../chain/signatures.ts'
import { readTokenDecimals } from '../chain/token-domain.ts'
import type { GatewayConfig } from '../config.ts'
import type { ChainConfig } from '../config-chains.ts'
import { type Address, unixSecondsOf } from '../domain/units.ts'
import { CommandFailure } from './command.ts'
import { chainsOf } from './money-places.ts'

/**
 * What must be true of the chain before the first request: the right chain, code at each address, and every key that
 * will sign registered now. Throws CommandFailure with the one line that says what is wrong.
 */
export async function checkChain(
  rpc: JsonRpc,
  config: GatewayConfig,
  nowMs: number,
): Promise<void> {
  await checkHomeContracts(rpc, config)
  await checkGatewayKey(rpc, config, nowMs)
  await checkSigners(rpc, config, nowMs)
}

/** The right chain, on both nodes, and code at each address. Throws CommandFailure. */
export async function checkHomeContracts(
  rpc: JsonRpc,
  { chain }: Pick<GatewayConfig, 'chain'>,
): Promise<void> {
  await checkNodes(rpc, chain)
  const verifier = receiptVerifierAt(chain.receiptVerifier)
  const contracts = [
    channelSettlementAt(chain.settlement),
    verifier,
    gatewayRegistryAt(chain.gatewayRegistry),
    contributorRegistryAt(chain.contributorRegistry),
    { ...verifier, name: 'the asset', address: chain.asset },
  ]
  fail(await checkCode(rpc, contracts))
}

/** The key that signs receipts is registered now. Throws CommandFailure. */
export async function checkGatewayKey(
  rpc: JsonRpc,
  { chain, gateway }: Pick<GatewayConfig, 'chain' | 'gateway'>,
  nowMs: number,
): Promise<void> {
  await checkKey(rpc, {
    registry: gatewayRegistryAt(chain.gatewayRegistry),
    operator: gateway.operator,
    key: addressOfPrivateKey(gateway.signingKey),
    nowMs,
    setting: 'gateway.signingKeyFile',
  })
}

/** Every key that contributors may sign with is registered now. Throws CommandFailure. */
export async function checkSigners(
  rpc: JsonRpc,
  { chain, upstreams }: Pick<GatewayConfig, 'chain' | 'upstreams'>,
  nowMs: number,
): Promise<void> {
  for (const upstream of upstreams) {
    for (const key of upstream.identity?.signingAddresses ?? []) {
      await checkKey(rpc, {
        registry: contributorRegistryAt(chain.contributorRegistry),
        operator: upstream.identity?.operator ?? key,
        key,
        nowMs,
        setting: `upstreams (${upstream.id}).signingAddresses`,
      })
    }
  }
}

/**
 * The same of every other chain that holds channels, and of every other asset: code, and the decimals that it is counted by.
 * Throws CommandFailure.
 */
export async function checkOtherChains(config: GatewayConfig): Promise<void> {
  for (const chain of chainsOf(config)) await checkOtherChain(config, chain)
}

/** The same of one of them; of the home chain only its other assets. Throws CommandFailure. */
export async function checkOtherChain(config: GatewayConfig, chain: ChainConfig): Promise<void> {
  const rpc = jsonRpc(chain.rpcUrl)
  const assets = (config.assets ?? []).filter(({ chainId }) => chainId === chain.chainId)
  if (chain.chainId !== config.chain.chainId) {
    await checkNodes(rpc, chain)
    const settlement = channelSettlementAt(chain.settlement)
    const collector = { name: 'the deposit collector', address: chain.collector }
    fail(await checkCode(rpc, [settlement, collector]))
  }
  const named = assets.map(({ address }) => ({ name: 'an asset', address }))
  fail(await checkCode(rpc, named))
  for (const { address, decimals } of assets) await checkDecimals(rpc, { address, decimals })
}

async function checkNodes(
  rpc: JsonRpc,
  { chainId, secondRpcUrl }: Pick<ChainConfig, 'chainId' | 'secondRpcUrl'>,
): Promise<void> {
  fail(await checkChainId(rpc, chainId))
  if (secondRpcUrl === undefined) return
  const second = await checkChainId(jsonRpc(secondRpcUrl), chainId)
  // A second node that is gone may come back; one of another chain would only ever contradict the first.
  if (!second.ok && second.error.reason === 'chain_id_mismatch') fail(second)
}

/** Money would be off by powers of ten. */
async function checkDecimals(
  rpc: JsonRpc,
  asset: { readonly address: Address; readonly decimals: number },
): Promise<void> {
  const read = await readTokenDecimals(rpc, asset.address)
  if (!read.ok) throw new CommandFailure(describeChainFailure(read.error))
  if (read.value === asset.decimals) return
  throw new CommandFailure(
    `assets (${asset.address}).decimals: the token has ${read.value}, not ${asset.decimals}`,
  )
}

async function checkKey(
  rpc: JsonRpc,
  asked: {
    readonly registry: ReturnType<typeof gatewayRegistryAt>
    readonly operator: Address
    readonly key: Address
    readonly nowMs: number
    readonly setting: string
  },
): Promise<void> {
  const { registry, operator, key, setting } = asked
  const atS = unixSecondsOf(asked.nowMs)
  const active = await isSigningKeyActive(rpc, registry, { operator, key, atS })
  if (!active.ok) throw new CommandFailure(describeChainFailure(active.error))
  if (active.value) return
  throw new CommandFailure(
    `${setting}: ${key} is not an active signing key of operator ${operator} in ${registry.name} at ${registry.address}; register it or correct the setting`,
  )
}

function fail(
  checked: { readonly ok: true } | { readonly ok: false; readonly error: ChainFailure },
): void {
  if (!checked.ok) throw new CommandFailure(describeChainFailure(checked.error))
}
