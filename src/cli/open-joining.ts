/*
 * The gateway's side of contributors that join by themselves: what is told to whoever thinks of it, the registry that says who
 * may, and the step that takes their orders.
 */
import type { GatewayLog } from '../base/log.ts'
import { err, ok, type Result } from '../base/result.ts'
import type { ChainFailure } from '../chain/chain-failure.ts'
import { readContract } from '../chain/contracts.ts'
import { type JsonRpc, jsonRpc } from '../chain/json-rpc.ts'
import { contributorRegistryAt } from '../chain/operator-registry.ts'
import { contributorDomain } from '../chain/payout-typed-data.ts'
import { addressOfPrivateKey } from '../chain/signatures.ts'
import { readTokenLabel, type TokenLabel } from '../chain/token-label.ts'
import type { GatewayConfig } from '../config.ts'
import { type Address, type AtomicAmount, atomic, zeroAddress } from '../domain/units.ts'
import type { JoiningDoorDeps, JoiningOffer } from '../gateway/joining-door.ts'
import type { ContributorRoster, Roster } from '../joining/contributor-roster.ts'
import { createJoiningStep, type JoiningDeps } from '../joining/joining-step.ts'
import { RegistryWatch } from '../joining/registry-watch.ts'
import type { ApiKeySeal } from '../store/api-key-seal.ts'
import type { ContributorStore } from '../store/contributor-store.ts'
import { probeContributor } from '../upstream/probe-contributor.ts'
import type { UpstreamPools } from '../upstream/upstream-pools.ts'
import { joiningPolicyOf } from './joined-contributor.ts'

/** Follows the registry for those who are on the roster. */
export function openRegistryWatch(terms: {
  readonly config: Pick<GatewayConfig, 'chain'>
  readonly roster: () => Pick<ContributorRoster, 'current' | 'rejudge'>
  readonly log: GatewayLog
  readonly nowMs: () => number
}): RegistryWatch {
  const { chain } = terms.config
  return new RegistryWatch({
    rpc: jsonRpc(chain.rpcUrl),
    registry: contributorRegistryAt(chain.contributorRegistry),
    members: () => membersOf(terms.roster().current),
    onChange: () => void terms.roster().rejudge(),
    log: terms.log,
    nowMs: terms.nowMs,
  })
}

const membersOf = ({ entries }: Roster) =>
  [...entries.values()].flatMap(({ record: { joined } }) =>
    joined === undefined ? [] : [{ operator: joined.operator, keys: joined.signingAddresses }],
  )

type Wiring = {
  /** As it is now. */
  readonly config: () => GatewayConfig
  readonly roster: ContributorRoster
  readonly watch: RegistryWatch
  readonly store: ContributorStore
  readonly seal: ApiKeySeal | undefined
  /** What a contributor's own terms say. */
  readonly readTerms: JoiningDeps['readTerms']
  readonly upstreams: UpstreamPools
  readonly nowMs: () => number
}

export type OpenJoining = Pick<JoiningDoorDeps, 'step' | 'offer'>

export function openJoining({ config, upstreams, ...wiring }: Wiring): OpenJoining {
  const { chain, gateway } = config()
  const { chainId, contributorRegistry: verifyingContract } = chain
  const step = createJoiningStep({
    ...wiring,
    gateway: gateway.operator,
    domain: contributorDomain({ chainId, verifyingContract }),
    policy: () => joiningPolicyOf(config()),
    // Its models are not tried: it answers jobs alone, and each of them must carry a Work that it signed.
    probe: ({ baseUrl, apiKey }) =>
      probeContributor(upstreams, {
        baseUrl,
        models: [],
        isGuarded: config().joining?.urls.allowPrivateNetworks !== true,
        authorization: apiKey === undefined ? undefined : `Bearer ${apiKey}`,
      }),
  })
  const facts = remembered(() => readFacts(jsonRpc(chain.rpcUrl), chain))
  return {
    step,
    offer: async () => {
      const read = await facts()
      return read.ok ? ok(offerOf(config(), read.value)) : err({ reason: 'chain_unavailable' })
    },
  }
}

/** What the chain says once for all. */
type Facts = { readonly minStake: AtomicAmount; readonly asset: TokenLabel }

async function readFacts(
  rpc: JsonRpc,
  chain: GatewayConfig['chain'],
): Promise<Result<Facts, ChainFailure>> {
  const contract = contributorRegistryAt(chain.contributorRegistry)
  const [minStake, asset] = await Promise.all([
    readContract(rpc, { contract, functionName: 'minStake', args: [] }),
    readTokenLabel(rpc, chain.asset),
  ])
  if (!minStake.ok) return minStake
  if (!asset.ok) return asset
  return ok({ minStake: atomic(minStake.value[0] as bigint), asset: asset.value })
}

/** Asked until it answers, and then not again; many who ask at once ask once. */
function remembered<T, E>(ask: () => Promise<Result<T, E>>): () => Promise<Result<T, E>> {
  let asking: Promise<Result<T, E>> | undefined
  return () => {
    asking ??= ask().then((answer) => {
      if (!answer.ok) asking = undefined
      return answer
    })
    return asking
  }
}

function offerOf(config: GatewayConfig, { minStake, asset }: Facts): JoiningOffer {
  const { chain, gateway, payouts, joining, jobs } = config
  const { models, anyModel, names, isOpen, needsApproval } = joiningPolicyOf(config)
  return {
    isOpen,
    needsApproval,
    feeBps: payouts?.feeBps ?? 0,
    minStake,
    gateway: gateway.operator,
    gatewayKeys: [addressOfPrivateKey(gateway.signingKey)],
    chain: {
      chainId: chain.chainId,
      rpcUrl: joining?.rpcUrl,
      contributorRegistry: chain.contributorRegistry,
      receiptVerifier: chain.receiptVerifier,
      inferenceCoordinator: jobs?.chains.find(({ chainId }) => chainId === chain.chainId)
        ?.coordinator,
      settlement: chain.settlement,
      openClaimAuthorizer: payouts?.receiverAuthorizer ?? noContract,
      withdrawDelayMinS: payouts?.withdrawDelayS ?? 0,
    },
    asset,
    models: models.map((model) => ({ ...model, modelId: model.modelId ?? names.get(model.id) })),
    anyModel,
  }
}

/** Where nobody is paid nobody joins, and there is nothing to claim with. */
const noContract: Address = zeroAddress
