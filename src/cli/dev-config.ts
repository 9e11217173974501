import type { GatewayConfig } from '../config.ts'
import type { JobsConfig } from '../config-jobs.ts'
import type { JoiningConfig } from '../config-joining.ts'
import type { Serving } from '../config-prices.ts'
import type { ProvingConfig } from '../config-proving.ts'
import type { TransparencyConfig } from '../config-transparency.ts'
import type { CreditAgreement } from '../contributor/credit-agreement.ts'
import type { DevChain } from '../dev/bootstrap-chain.ts'
import type { BuiltInModel } from '../dev/built-in-model.ts'
import { devUsd } from '../dev/dev-contracts.ts'
import { devFeeBps, devPayoutWithdrawDelayS } from '../dev/fund-payouts.ts'
import type { FurtherContributor } from '../dev/further-contributors.ts'
import type { TokenPrices } from '../domain/price-sheet.ts'
import { atomic } from '../domain/units.ts'
import { devAdminToken } from './dev-admin-token.ts'
import { devPrices } from './dev-prices.ts'
import type { DevProvableModel } from './dev-provable-models.ts'

/** Batches close within seconds, so that whoever looks sees them come to the chain. */
export const devTransparency: TransparencyConfig = {
  batchReceipts: 4096,
  batchS: 3,
  promiseS: 3600,
  inclusionChallenges: undefined,
  eas: undefined,
  mirrorFolder: undefined,
}

/** As docs/configuration.md has the defaults of `proving`. */
const devProving: ProvingConfig = {
  proversFolder: undefined,
  homeFolder: undefined,
  rapidsnark: undefined,
  ceremony: undefined,
  threads: 2,
  concurrency: 1,
  queueMax: 64,
  queuePerAccountMax: 64,
  timeoutMs: 600_000,
  memoryBytesMax: 4096 * 1024 * 1024,
  retentionMs: 24 * 3_600_000,
}

/** Contracts may ask at once. A coin of the development chain is worth little here, so that every fee covers its gas. */
const devJobs = ({ rpcUrl, chainId, contracts, channel }: DevChain): JobsConfig => ({
  pollMs: 1_000,
  retentionMs: 30 * 24 * 3_600_000,
  chains: [
    {
      ...{ chainId, rpcUrl, coordinator: contracts.coordinator, offers: contracts.jobOffers },
      ...{ confirmations: 1, fromBlock: undefined, privateKey: undefined },
      fees: {
        nativePrice: devUsd(10n),
        marginPercent: 25,
        raceBudget: devUsd(5n),
        gasPriceWeiMax: 500n * 10n ** 9n,
        callbackRetries: 0,
        expiresJobs: false,
      },
    },
  ],
  // The same play money that pays for the key of the banner.
  lookups: {
    cacheMs: 60_000,
    anyone: { payer: { kind: 'account', channelId: channel.channelId }, attestation: 'signed' },
    senders: new Map(),
  },
})

/** The most that whoever joins may ask for a model that is not the built-in one: what large models cost. */
const devPricesMax: TokenPrices = {
  promptAtomicPerMtok: devUsd(10n),
  cachedPromptAtomicPerMtok: devUsd(10n),
  completionAtomicPerMtok: devUsd(40n),
}

/** What the engine answers; docs/engine.md. Of a vector it is owed the prompt alone. */
const engineServings: readonly Serving[] = [
  { ...devPrices, endpoints: ['chat/completions', 'completions'], unit: 'token' },
  {
    ...devPrices,
    completionAtomicPerMtok: atomic(0n),
    endpoints: ['embeddings'],
    unit: 'vector',
  },
]

/** What `vouch serve` would read from a vouch.yaml, for the chain and the contributor of the development mode. */
export function devGatewayConfig(terms: {
  readonly folder: string
  readonly port: number
  readonly devChain: DevChain
  readonly model: BuiltInModel
  readonly provable?: readonly DevProvableModel[]
  readonly baseUrl: string
  readonly secret: string
  /** They have the same secret and serve the same. */
  readonly further?: readonly FurtherContributor[]
}): GatewayConfig {
  const { devChain, model, provable = [], further = [] } = terms
  const models = [servedOf(model), ...provable.map(({ served }) => served)]
  const { contracts, addresses, keys } = devChain
  return {
    listen: { host: '127.0.0.1', port: terms.port, browserOrigins: [] },
    dataFolder: terms.folder,
    admin: devAdminToken(terms.folder),
    chain: {
      rpcUrl: devChain.rpcUrl,
      secondRpcUrl: undefined,
      chainId: devChain.chainId,
      // anvil makes a block for each transaction, and none in between.
      confirmations: 1,
      feeWeiMax: 1_000n * 10n ** 9n,
      disagreementMax: devUsd(5n),
      settlement: contracts.settlement,
      receiptVerifier: contracts.receiptVerifier,
      gatewayRegistry: contracts.gatewayRegistry,
      contributorRegistry: contracts.contributorRegistry,
      asset: contracts.asset,
      assetDecimals: 6,
    },
    gateway: {
      operator: addresses.gatewayOperator,
      signingKey: keys.gatewaySigner,
      receiver: addresses.gatewayOperator,
      claimKey: keys.gatewayOperator,
      withdrawDelayMinS: 3600,
    },
    claims: {
      whenUnclaimed: devUsd(1n),
      everyS: 3600,
      settleWhenClaimed: devUsd(1n),
      settleEveryS: 3600,
    },
    deposits: {
      collector: contracts.eip3009Collector,
      minimum: devUsd(1n),
      perPayerPerHour: 60,
      atOnceMax: devUsd(5n),
      atOncePerHour: devUsd(100n),
      deniedPayers: [],
    },
    x402: { parallel: 1, exactMinimum: atomic(devUsd(1n) / 1000n) },
    payouts: {
      feeBps: devFeeBps,
      treasury: addresses.treasury,
      treasuryKey: keys.treasury,
      voucherKey: keys.payoutSigner,
      receiverAuthorizer: contracts.openClaimAuthorizer,
      withdrawDelayS: devPayoutWithdrawDelayS,
      escrowMin: devUsd(5n),
      escrowMax: devUsd(50n),
      whenUnclaimed: devUsd(1n),
      everyS: 86_400,
    },
    routing: { hedging: false, keepAliveComments: false },
    joining: devJoining(devChain, model),
    jobs: devJobs(devChain),
    proving: devProving,
    upstreams: [
      {
        id: 'embedded',
        baseUrl: terms.baseUrl,
        apiKey: terms.secret,
        identity: {
          operator: addresses.contributorOperator,
          signingAddresses: [addresses.contributorSigner],
        },
        models,
      },
      ...further.map(({ id, baseUrl, operator, signingAddress }) => ({
        ...{ id, baseUrl, apiKey: terms.secret, models },
        identity: { operator, signingAddresses: [signingAddress] },
      })),
    ],
  }
}

const servedOf = ({ name, modelId, contextTokensMax, tokenizer }: BuiltInModel) => ({
  ...{ id: name, upstreamId: name, modelId, contextTokensMax, tokenizer },
  completionTokensMax: contextTokensMax,
  servings: engineServings,
})

/** Open to whoever is on this machine: all of it is, the chain with the stakes too. */
const devJoining = ({ rpcUrl }: DevChain, model: BuiltInModel): JoiningConfig => ({
  isOpen: true,
  needsApproval: false,
  urls: { allowHttp: true, allowPrivateNetworks: true, hosts: undefined },
  contributorsMax: 100,
  models: [{ id: model.name, modelId: model.modelId, tokenizer: model.tokenizer, ...devPrices }],
  anyModel: devPricesMax,
  rpcUrl,
})

/** What the embedded contributor works for. */
export const devAgreement = ({
  chainId,
  contracts,
  addresses,
  payoutChannel,
}: DevChain): CreditAgreement => ({
  gateway: addresses.gatewayOperator,
  chainId,
  settlement: contracts.settlement,
  token: contracts.asset,
  receiver: payoutChannel.config.receiver,
  withdrawDelayMinS: payoutChannel.config.withdrawDelay,
  prices: devPrices,
  feeBps: devFeeBps,
})
