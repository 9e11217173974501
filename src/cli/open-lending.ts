import { agreementDomain } from '../chain/fx-typed-data.ts'
import type { GatewayConfig } from '../config.ts'
import { readLentTerms } from '../config-entries.ts'
import { closedLending } from '../config-lending.ts'
import {
  createLendingStep,
  type LendingDeps,
  type LendingPolicy,
  type LendingStep,
} from '../joining/lending-step.ts'
import { isGuardedHost } from '../upstream/guarded-lookup.ts'
import { probeContributor } from '../upstream/probe-contributor.ts'
import type { UpstreamPools } from '../upstream/upstream-pools.ts'

/** Takes keys that strangers lend, as the configuration says. */
export function openLending({
  config,
  upstreams,
  ...wiring
}: Pick<LendingDeps, 'roster' | 'store' | 'seal' | 'nowMs'> & {
  readonly config: GatewayConfig
  readonly upstreams: UpstreamPools
}): LendingStep {
  const { chainId, gatewayRegistry: registry, assetDecimals } = config.chain
  const gateway = config.gateway.operator
  return createLendingStep({
    ...wiring,
    gateway,
    domain: agreementDomain({ chainId, verifyingContract: registry }),
    policy: policyOf(config),
    place: { gateway, chainId, registry },
    readTerms: (text) => readLentTerms(text, assetDecimals),
    probe: ({ baseUrl, apiKey, models }) =>
      probeContributor(upstreams, {
        baseUrl,
        models,
        isGuarded: config.lending?.urls.allowPrivateNetworks !== true,
        authorization: `Bearer ${apiKey}`,
      }),
  })
}

function policyOf(config: GatewayConfig): () => LendingPolicy {
  const lending = config.lending ?? closedLending
  const policy = {
    ...lending,
    urls: { ...lending.urls, isPublicHost: isGuardedHost },
    feeBps: config.payouts?.feeBps ?? 0,
  }
  return () => policy
}
