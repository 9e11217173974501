import { greetingTimeoutMs, tunnelPingMs, tunnelResumeMs } from '../base/limits.ts'
import type { GatewayLog } from '../base/log.ts'
import { contributorDomain } from '../chain/payout-typed-data.ts'
import type { GatewayConfig } from '../config.ts'
import { Tunnels } from '../upstream/tunnels.ts'
import { UpstreamPools } from '../upstream/upstream-pools.ts'

/** The ways to contributors: those that we dial, and those that dial in. */
export function openUpstreams(
  { chain, gateway }: GatewayConfig,
  log: GatewayLog,
  /** Told of whoever dialled in. */
  onTunnelUp: (contributorId: string) => void,
): { readonly upstreams: UpstreamPools; readonly tunnels: Tunnels } {
  const { chainId, contributorRegistry } = chain
  const tunnels = new Tunnels({
    greeting: {
      domain: contributorDomain({ chainId, verifyingContract: contributorRegistry }),
      gateway: gateway.operator,
      signingKey: gateway.signingKey,
      timeoutMs: greetingTimeoutMs,
    },
    times: { resumeMs: tunnelResumeMs, pingMs: tunnelPingMs },
    onEvent: (event) => {
      const { event: name, ...about } = event
      log.info(name, about)
      if (event.event === 'tunnel_up') onTunnelUp(event.contributorId)
    },
  })
  return { tunnels, upstreams: new UpstreamPools(undefined, { tunnels }) }
}
