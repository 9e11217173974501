/*
 * The composition root of a gateway: opens what must be open, in the order in which things may fail, and closes it in the
 * opposite order. `vouch serve` and `vouch dev` both start one here.
 */
import type { GatewaySigner } from '../attestation/seal-receipt.ts'
import { openSignTogether } from '../attestation/sign-together.ts'
import { keepAliveIntervalMs } from '../base/limits.ts'
import { createLogs, type GatewayLog, logDestination, type RequestLog } from '../base/log.ts'
import type { Result } from '../base/result.ts'
import { jsonRpc } from '../chain/json-rpc.ts'
import { receiptDomain } from '../chain/receipt-typed-data.ts'
import { curveInUse } from '../chain/signatures.ts'
import type { GatewayConfig } from '../config.ts'
import { createDoor } from '../gateway/create-door.ts'
import type { Gateway } from '../gateway/gateway.ts'
import type { GatewayDoor } from '../gateway/gateway-door.ts'
import { startHoldReaper } from '../gateway/hold-reaper.ts'
import { InFlight } from '../gateway/in-flight.ts'
import { recoverHolds } from '../gateway/recover-holds.ts'
import { RequestMetrics } from '../gateway/request-metrics.ts'
import { UnservedRequests } from '../gateway/unserved-requests.ts'
import { type HttpServer, startHttpServer } from '../http/server.ts'
import { authenticate } from '../payment/authenticate.ts'
import type { CallerLimitsDesk } from '../payment/caller-limits-desk.ts'
import { createPaymentStep } from '../payment/payment-step.ts'
import { startReceiptSweep } from '../payment/sweep-receipts.ts'
import { scheduleByTimer } from '../routing/waiting-room.ts'
import type { ApiKeyStore } from '../store/api-key-store.ts'
import type { LedgerStore } from '../store/ledger-store.ts'
import type { LogPublisher } from '../transparency/log-publisher.ts'
import { checkChain, checkOtherChains } from './check-chain.ts'
import { closeGateway } from './close-gateway.ts'
import { CommandFailure } from './command.ts'
import { openMoneyPlaces } from './money-places.ts'
import { openAudits } from './open-audits.ts'
import { openBilling } from './open-billing.ts'
import { openCallerLimits } from './open-caller-limits.ts'
import { nothingToReload, type OpenContributors, openContributors } from './open-contributors.ts'
import { openDeployments } from './open-deployments.ts'
import { openEvidence } from './open-evidence.ts'
import { openExchange } from './open-exchange.ts'
import { type OpenJobs, openJobs } from './open-jobs.ts'
import { openLookups } from './open-lookups.ts'
import { openProving } from './open-proving.ts'
import { type OpenRouting, openRouting } from './open-routing.ts'
import { openSettlement, type RunningSettlement } from './open-settlement.ts'
import { openStores } from './open-stores.ts'
import { openTransparency } from './open-transparency.ts'
import { openUpstreams } from './open-upstreams.ts'
import { openX402 } from './open-x402.ts'
import { type RunningPayouts, startPayouts } from './start-payouts.ts'
import { watchCapacity } from './watch-capacity.ts'

export type RunningGateway = {
  readonly origin: string
  readonly ledger: LedgerStore
  readonly apiKeys: ApiKeyStore
  readonly recovered: { readonly charged: number; readonly released: number }
  /** Claims, refunds and whatever else this gateway sends to its chain. */
  readonly settlement: Omit<RunningSettlement, 'stop'>
  /** Vouchers and relayed claims for contributors. */
  readonly payouts: Pick<RunningPayouts, 'promiseNow' | 'relayNow'>
  readonly limits: Pick<CallerLimitsDesk, 'replaceDefaults'>
  readonly routing: OpenRouting
  readonly contributors: Pick<OpenContributors, 'reconfigure'>
  /** The transparency log; undefined where none is configured. */
  readonly transparency: Pick<LogPublisher, 'publishNow'> | undefined
  /** What contracts ask; undefined where no chain is watched. */
  readonly jobs: Pick<OpenJobs, 'door' | 'lookNow'> | undefined
  readonly log: GatewayLog
  /** Takes no new request, lets those in flight end, claims, makes everything durable and closes. */
  readonly stop: () => Promise<void>
}

export type StartOptions = {
  readonly config: GatewayConfig
  /** File descriptor of the request log; 1 is standard output. */
  readonly logFileDescriptor: number
  /** Ports to try after a busy one; `vouch serve` tries none. */
  readonly otherPorts?: readonly number[]
  /** Also told of each finished request. */
  readonly onRequest?: RequestLog
  /** What the admin API's reload does; without it there is nothing to read again. */
  readonly reload?: () => Promise<Result<unknown, string>>
}

/** Throws CommandFailure, whose message is one line that says what to do. */
export async function startGateway(options: StartOptions): Promise<RunningGateway> {
  const { config } = options
  const nowMs = Date.now
  const rpc = jsonRpc(config.chain.rpcUrl)
  await checkChain(rpc, config, nowMs())
  await checkOtherChains(config)
  const places = await openMoneyPlaces(config)
  const { destination, ...logs } = openLogs(options)
  const { outbox, contributors: kept, ...stores } = await openStores(config, logs.gateway)
  const { tunnels, upstreams } = openUpstreams(config, logs.gateway, (id) => capacity.askNow(id))
  const inFlight = new InFlight()
  const { exchange, ...rates } = await openExchange({ config, log: logs.gateway, nowMs })
  const payment = createPaymentStep(stores.ledger, exchange)
  const signer = gatewaySigner(config, () => transparency?.publisher.promiseS() ?? 0)
  const chain = { config, ledger: stores.ledger, log: logs.gateway, nowMs }
  const settlement = openSettlement({ ...chain, store: outbox })
  const batches = { store: stores.batches, notes: outbox }
  const transparency = await openTransparency({ ...chain, ...batches, signer, settlement, payment })
  const payouts = await startPayouts({ ...chain, places, exchange, settlement })
  const routing = openRouting({ config, rpc, options: stores.room, tunnels, nowMs })
  const audits = await openAudits({ ...chain, ...stores, signer, upstreams, pool: routing.pool })
  const shown = { pool: routing.pool, upstreams, nowMs }
  const evidence = openEvidence({ config, stores, signer, ...shown })
  const capacity = watchCapacity(shown)
  const proving = await openProving({ config, log: logs.gateway, nowMs })
  const deployments = openDeployments(config, nowMs)
  const limits = await openCallerLimits({ ...stores.counters, config, log: logs.gateway, nowMs })
  const gateway = conductorOf(options, {
    ...{ payment, limits: limits.desk, routing, upstreams, payouts: payouts.desk, signer },
    ...{ transparency: transparency?.publisher, audits: audits?.desk, log: logs.request, nowMs },
    ...{ boundKeys: evidence.boundKeys, upstreamReports: evidence.upstreamReports },
    proving: proving?.desk,
  })
  const { recovered, reaper } = await startRecovery(gateway, stores.ledger, logs.gateway)
  proving?.resume(gateway, inFlight)
  const sweep = sweepReceipts(config, stores.ledger, logs.gateway)
  const billing = openBilling({ config, places, exchange, ...stores, settlement, nowMs })
  const contributors = await openContributors({
    ...{ config, store: kept, routing, payouts, upstreams, tunnels, log: logs.gateway, nowMs },
    reload: options.reload ?? nothingToReload,
  })
  const jobs = await openJobs({
    ...{ ...chain, ...stores, gateway, outbox, settlement },
    complete: (request, client) => door.complete(request, client),
  })
  const door = createDoor({
    gateway,
    inFlight,
    authenticate: (authorization, atMs) => authenticate(stores.apiKeys, authorization, atMs),
    billing: billing.billing,
    x402: openX402({ config, places, billing, exchange, settlement, nowMs }),
    tunnels,
    payouts: payouts.step,
    transparency: transparency?.door,
    audits: audits?.door,
    jobs: jobs?.door,
    ...{ deployments, lookups: openLookups(config, stores.apiKeys, nowMs) },
    ...evidence.doors,
    ...contributors.doors,
    log: logs.gateway,
  })
  const server = await listen(door, config, options.otherPorts ?? [])
  await jobs?.start()
  logs.gateway.info('listening', { origin: server.origin, signatures: curveInUse, ...recovered })
  return {
    origin: server.origin,
    ...{ ...stores, recovered, settlement, payouts, routing, contributors, jobs },
    limits: limits.desk,
    transparency: transparency?.publisher,
    log: logs.gateway,
    stop: () =>
      closeGateway({
        ...{ inFlight, server, contributors, payouts, settlement, reaper, rates, limits, sweep },
        ...{ transparency, audits, evidence, stores, upstreams, capacity, proving },
        ...{ deployments, jobs, log: logs.gateway, destination },
      }),
  }
}

type Conducted = Pick<
  Gateway,
  | 'payment'
  | 'limits'
  | 'upstreams'
  | 'payouts'
  | 'signer'
  | 'transparency'
  | 'audits'
  | 'boundKeys'
  | 'upstreamReports'
  | 'proving'
  | 'log'
  | 'nowMs'
> & { readonly routing: OpenRouting }

function conductorOf(
  { config, onRequest }: StartOptions,
  { routing, log, ...conducted }: Conducted,
): Gateway {
  return {
    ...conducted,
    pool: routing.pool,
    priceDecimals: config.chain.assetDecimals,
    get tokenCounters() {
      return routing.tokenCounters()
    },
    log: (line) => {
      log(line)
      onRequest?.(line)
    },
    keepAlive: config.routing.keepAliveComments
      ? { everyMs: keepAliveIntervalMs, schedule: scheduleByTimer }
      : undefined,
    metrics: new RequestMetrics(),
    unserved: new UnservedRequests(),
  }
}

function openLogs({ logFileDescriptor }: Pick<StartOptions, 'logFileDescriptor'>) {
  const destination = logDestination(logFileDescriptor)
  return { destination, ...createLogs(destination) }
}

/** What an earlier process left held, and again and again what other replicas leave. */
async function startRecovery(gateway: Gateway, ledger: LedgerStore, log: GatewayLog) {
  const { payment, limits, priceDecimals, signer, nowMs } = gateway
  const payerOf = async (channelId: Parameters<LedgerStore['channel']>[0]) =>
    (await ledger.channel(channelId))?.config.payer
  const recovery = { payment, limits, priceDecimals, signer, payerOf, nowMs }
  const recovered = await recoverHolds(recovery)
  return { recovered, reaper: startHoldReaper({ ...recovery, log }) }
}

const sweepReceipts = ({ receipts }: GatewayConfig, ledger: LedgerStore, log: GatewayLog) =>
  receipts && startReceiptSweep({ ledger, log, nowMs: Date.now, ...receipts })

const gatewaySigner = (config: GatewayConfig, promiseS: () => number): GatewaySigner => {
  const { chainId, receiptVerifier } = config.chain
  return {
    operator: config.gateway.operator,
    privateKey: config.gateway.signingKey,
    domain: receiptDomain({ chainId, verifyingContract: receiptVerifier }),
    chainId,
    verifyingContract: receiptVerifier,
    promiseS,
    signTogether: openSignTogether(config.gateway.signingKey),
  }
}

async function listen(
  door: GatewayDoor,
  config: GatewayConfig,
  otherPorts: readonly number[],
): Promise<HttpServer> {
  const { host, port, browserOrigins } = config.listen
  for (const candidate of [port, ...otherPorts]) {
    const started = await startHttpServer(door, { host, port: candidate, browserOrigins })
    if (started.ok) return started.value
    const { code } = started.error
    if (code === 'EADDRINUSE' && candidate !== otherPorts.at(-1) && otherPorts.length > 0) continue
    throw new CommandFailure(
      code === 'EADDRINUSE'
        ? `${host}:${candidate} is in use: stop what listens there or set another port under listen`
        : `cannot listen on ${host}:${candidate} (${code})`,
    )
  }
  throw new CommandFailure(`no port of ${[port, ...otherPorts].join(', ')} is free on ${host}`)
}
