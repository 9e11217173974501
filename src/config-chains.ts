import {
  canonicalCollectorAddress,
  canonicalSettlementAddress,
} from './chain/channel-settlement.ts'
import { amount, atomicAmount } from './config-amounts.ts'
import { type Key, list, type Meaning, optional, section } from './config-fields.ts'
import { address, integer, url } from './config-values.ts'
import type { Address, AtomicAmount } from './domain/units.ts'

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

/** The home chain: receipts and registries are there, and prices are written in its asset. */
export type HomeChainConfig = Omit<ChainConfig, 'collector' | 'payoutAuthorizer'> & {
  /** Two nodes may differ by this much of a channel before it is frozen. */
  readonly disagreementMax: AtomicAmount
  readonly receiptVerifier: Address
  readonly gatewayRegistry: Address
  readonly contributorRegistry: Address
  readonly asset: Address
  readonly assetDecimals: number
}

const gweiDecimals = 9

/** What every chain needs, the home chain as well. */
const nodeKeys = {
  rpcUrl: url({
    says: 'JSON-RPC of an EVM node, by HTTP. Errors name its host but never its path, which often is a key.',
    examples: ['http://127.0.0.1:8545'],
  }),
  secondRpcUrl: optional(
    url({
      says: 'Another node of the same chain, of another provider: withdrawals are seen by either. Without it a node that hides one costs what is unclaimed.',
    }),
  ),
  chainId: integer({
    says: 'What eth_chainId must answer.',
    min: 1,
    max: Number.MAX_SAFE_INTEGER,
    examples: [8453],
  }),
  confirmations: integer({
    says: 'Blocks, its own included, after which a transaction counts as final.',
    min: 1,
    max: 1_000,
    default: 12,
  }),
  feeGweiMax: amount({
    says: 'The most that a transaction offers for a unit of gas, in gwei.',
    default: '500',
  }),
  settlement: address({
    says: "The contract that holds the channels. Default: the canonical one of x402's batch settlement.",
    default: canonicalSettlementAddress,
  }),
} as const

export const homeChainSection: Key<Meaning<void, HomeChainConfig>> = section({
  says: 'The home chain: receipts and registries are there, and prices are written in its asset.',
  keys: {
    ...nodeKeys,
    disagreementMax: amount({
      says: 'Where the two nodes differ by more than this about a channel at the same block, in units of the asset, the channel takes no new requests.',
      default: '5',
    }),
    receiptVerifier: address({ says: 'The ReceiptVerifier contract.' }),
    gatewayRegistry: address({
      says: "Where the gateway's operator and signing key are registered.",
    }),
    contributorRegistry: address({
      says: 'Where contributors that sign their Work are registered.',
    }),
    asset: address({
      says: 'The ERC-20 that channels are paid in; it must take ERC-3009 authorizations.',
    }),
    assetDecimals: integer({ says: 'Decimals of the asset.', min: 0, max: 18, default: 6 }),
  },
  read: (chain) => {
    const { feeGweiMax: _fee, ...values } = chain.values
    return {
      ...values,
      feeWeiMax: atomicAmount(chain, 'feeGweiMax', gweiDecimals),
      disagreementMax: atomicAmount(chain, 'disagreementMax', values.assetDecimals),
    }
  },
})

/** What others are told apart from. */
export type Home = Pick<HomeChainConfig, 'chainId' | 'asset'>

const chainSection: Key<Meaning<Home, ChainConfig & { readonly id: string }>> = section({
  says: 'One other chain. It needs a ChannelSettlement and a collector, and gas money for the claim key.',
  keys: {
    ...nodeKeys,
    collector: address({
      says: "The contract that takes deposits for an ERC-3009 signature there. Default: x402's canonical one.",
      default: canonicalCollectorAddress,
    }),
    payoutAuthorizer: optional(
      address({
        says: 'The OpenClaimAuthorizer there, for contributors that are paid on this chain. Default: payouts.receiverAuthorizer.',
      }),
    ),
  },
  read: (chain, home: Home) => {
    const { feeGweiMax: _fee, ...values } = chain.values
    if (values.chainId === home.chainId) {
      chain.refuse('chainId', 'another chain than the one under chain')
    }
    const feeWeiMax = atomicAmount(chain, 'feeGweiMax', gweiDecimals)
    return { ...values, feeWeiMax, id: String(values.chainId) }
  },
})

export const chainsList: Key<Meaning<Home, readonly ChainConfig[]>> = list({
  says: 'Other chains on which payers have their channels, or contributors are paid.',
  of: chainSection,
  by: 'chainId',
})
