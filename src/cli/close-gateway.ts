/* What start-gateway.ts opened, in the order in which it can be closed: nobody is stopped whom somebody else still needs. */
import { drainTimeoutMs } from '../base/limits.ts'
import type { GatewayLog } from '../base/log.ts'
import type { InFlight } from '../gateway/in-flight.ts'
import type { HttpServer } from '../http/server.ts'
import type { UpstreamPools } from '../upstream/upstream-pools.ts'
import type { OpenJobs } from './open-jobs.ts'
import type { OpenProving } from './open-proving.ts'
import type { RunningSettlement } from './open-settlement.ts'

type StoppableName = 'contributors' | 'payouts' | 'reaper' | 'evidence' | 'rates'
/** Undefined where there is none of it, such as where receipts are kept for ever. */
type MaybeName = 'transparency' | 'audits' | 'sweep' | 'deployments'
type Closable = Readonly<
  Record<StoppableName, Stoppable> & Record<MaybeName, Stoppable | undefined>
> & {
  readonly inFlight: InFlight
  readonly server: HttpServer
  readonly settlement: RunningSettlement
  readonly limits: Closes
  readonly stores: Closes
  readonly upstreams: UpstreamPools
  readonly capacity: { readonly stop: () => void }
  readonly proving: Pick<OpenProving, 'endAll' | 'stop'> | undefined
  readonly jobs: Pick<OpenJobs, 'endAll' | 'stop'> | undefined
  readonly log: GatewayLog
  readonly destination: { readonly flushSync: () => void }
}
type Stoppable = { readonly stop: () => Promise<void> }
type Closes = { readonly close: () => Promise<void> }

export async function closeGateway(gateway: Closable): Promise<void> {
  gateway.jobs?.endAll()
  gateway.proving?.endAll()
  await gateway.deployments?.stop()
  await drain(gateway.inFlight, gateway.server)
  await gateway.jobs?.stop()
  await gateway.proving?.stop()
  await gateway.contributors.stop()
  gateway.capacity.stop()
  // A deposit that is waited for ends with its sender.
  const paid = gateway.payouts.stop()
  await gateway.settlement.claimNow()
  await gateway.audits?.stop()
  await gateway.evidence.stop()
  await gateway.transparency?.stop()
  await gateway.settlement.stop()
  await paid
  await gateway.reaper.stop()
  await gateway.sweep?.stop()
  await gateway.rates.stop()
  await gateway.limits.close()
  await gateway.stores.close()
  await gateway.upstreams.close()
  gateway.log.info('stopped')
  gateway.destination.flushSync()
}

/** Requests in flight end by themselves, up to the limit; then their connections are closed under them. */
async function drain(inFlight: InFlight, server: HttpServer): Promise<void> {
  const closed = server.close()
  const timeout = setTimeout(() => server.force(), drainTimeoutMs)
  await inFlight.close().finally(() => clearTimeout(timeout))
  // Keep-alive connections without a request have nothing to say.
  server.force()
  await closed
}
