import type { JsonRpc } from '../chain/json-rpc.ts'
import type { GatewayConfig } from '../config.ts'
import type { Contributor } from '../domain/contributor.ts'
import type { TokenCounter } from '../metering/token-counter.ts'
import { ContributorPool, type PoolOptions } from '../routing/contributor-pool.ts'
import type { Tunnels } from '../upstream/tunnels.ts'
import { checkSigners } from './check-chain.ts'
import { type ContributorSources, createContributorSources } from './contributor-sources.ts'
import { contributorsOf } from './contributors-of.ts'
import { createTokenCounters } from './token-counters.ts'

/** Who answers, and what their tokens are counted with. */
export type OpenRouting = {
  readonly pool: ContributorPool
  /** Changes who answers, while requests are under way. */
  readonly contributors: ContributorSources
  /** Those that stand in the configuration as it is now. */
  readonly fileContributors: () => readonly Contributor[]
  /** By public model name, as of now; a request keeps the ones that it began with. */
  readonly tokenCounters: () => ReadonlyMap<string, TokenCounter>
  /** Takes over the upstreams of another configuration. Throws CommandFailure, and nothing has changed then. */
  readonly reconfigure: (next: GatewayConfig) => Promise<void>
}

/** Throws CommandFailure where a tokenizer cannot be read. */
export function openRouting(terms: {
  readonly config: GatewayConfig
  readonly rpc: JsonRpc
  readonly options?: PoolOptions
  /** Told who may dial in. */
  readonly tunnels: Pick<Tunnels, 'expect'>
  readonly nowMs: () => number
}): OpenRouting {
  let fromFile = contributorsOf(terms.config)
  const { hedging: hedgesAll } = terms.config.routing
  const pool = new ContributorPool(fromFile, { ...terms.options, hedgesAll })
  const { tunnels } = terms
  const contributors = createContributorSources(pool, fromFile, (known) => tunnels.expect(known))
  tunnels.expect(fromFile)
  const countersOf = createTokenCounters()
  let tokenCounters = countersOf(terms.config)
  return {
    pool,
    contributors,
    fileContributors: () => fromFile,
    tokenCounters: () => tokenCounters,
    reconfigure: async (next) => {
      await checkSigners(terms.rpc, next, terms.nowMs())
      const counters = countersOf(next)
      // From here on nothing fails and nothing waits: a request sees all of it or none.
      tokenCounters = counters
      fromFile = contributorsOf(next)
      contributors.setFileContributors(fromFile)
    },
  }
}
