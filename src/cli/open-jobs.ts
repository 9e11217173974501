import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import type { GatewayLog } from '../base/log.ts'
import { describeChainFailure } from '../chain/chain-failure.ts'
import { checkChainId, checkCode } from '../chain/contracts.ts'
import { inferenceCoordinatorAt } from '../chain/inference-coordinator.ts'
import { infernetRegistryAt } from '../chain/infernet-coordinator.ts'
import { type JsonRpc, jsonRpc } from '../chain/json-rpc.ts'
import type { GatewayConfig } from '../config.ts'
import type { JobChainConfig, JobsConfig } from '../config-jobs.ts'
import { tier } from '../domain/receipt.ts'
import { unixSecondsOf } from '../domain/units.ts'
import type { Gateway } from '../gateway/gateway.ts'
import type { GatewayDoor } from '../gateway/gateway-door.ts'
import type { JobsDoor } from '../gateway/jobs-door.ts'
import { newRequestIds } from '../gateway/request-ids.ts'
import { readContractInput } from '../http/ccip/read-contract-input.ts'
import type { JobDeps } from '../jobs/advance-job.ts'
import { coordinatorSource } from '../jobs/coordinator-source.ts'
import { openDeliveryDesk } from '../jobs/delivery-desk.ts'
import { JobDesk, type SeenSchedules, type ServedSource } from '../jobs/job-desk.ts'
import type { JobCandidate } from '../jobs/judge-job.ts'
import { refusalOfRun } from '../jobs/judge-run.ts'
import { type QuoteDeps, quoteJob } from '../jobs/quote-job.ts'
import { openSchedules } from '../jobs/schedules.ts'
import { openUnpaidChores } from '../jobs/unpaid-chores.ts'
import { payerNamed } from '../payment/authenticate.ts'
import { contractPayer } from '../payment/contract-payer.ts'
import { type Outbox, openOutbox } from '../settlement/outbox.ts'
import type { ApiKeyStore } from '../store/api-key-store.ts'
import type { ContractJob, ContractJobStore } from '../store/contract-job-store.ts'
import { openSqliteContractJobs } from '../store/contract-job-store-sqlite.ts'
import { type LedgerStore, StoreFailure } from '../store/ledger-store.ts'
import type { OutboxStore } from '../store/outbox-store.ts'
import { CommandFailure } from './command.ts'
import { infernetOf } from './infernet-of.ts'
import type { RunningSettlement } from './open-settlement.ts'

export type OpenJobs = {
  readonly door: JobsDoor
  /** Once requests are served: they go the same way. */
  readonly start: () => Promise<void>
  /** One round, now. */
  readonly lookNow: () => Promise<void>
  /** Takes nothing more. */
  readonly endAll: () => void
  /** After the last request has ended. Before settlement is stopped, whose outbox it may share. */
  readonly stop: () => Promise<void>
}

type Terms = {
  readonly config: GatewayConfig
  readonly gateway: Gateway
  readonly complete: GatewayDoor['complete']
  readonly ledger: LedgerStore
  readonly apiKeys: Pick<ApiKeyStore, 'named'>
  /** Where transactions are kept. */
  readonly outbox: OutboxStore
  readonly settlement: RunningSettlement
  readonly log: GatewayLog
  readonly nowMs: () => number
}

/** Undefined where no contract is answered. Throws CommandFailure with one line that says what to do. */
export async function openJobs(terms: Terms): Promise<OpenJobs | undefined> {
  const { config, gateway, log, nowMs } = terms
  const { jobs } = config
  if (jobs === undefined || jobs.chains.length === 0) return undefined
  for (const chain of jobs.chains) await checkPlace(chain)
  const store = await openStore(config, jobs)
  const deps: JobDeps = {
    store,
    gateway: gateway.signer.operator,
    complete: terms.complete,
    candidates: (request) => gateway.pool.candidates(request),
    tiersOf: (candidate) => tiersOf(gateway, candidate),
    readInput: (job) => readInput(gateway, job, nowMs()),
    payerOf: (job) => payerOf(terms, job),
    receiptOf: (requestId) => gateway.payment.requestRecord(requestId),
    isHeld: async (requestId) => (await gateway.payment.heldOn(requestId)) !== undefined,
    log,
    nowMs,
  }
  const quotes: QuoteDeps = {
    gateway: deps.gateway,
    tiersOf: deps.tiersOf,
    offered: () =>
      gateway.pool.contributors.flatMap((contributor) =>
        contributor.offers.map((offer) => ({ contributor, offer })),
      ),
    chains: jobs.chains.map((chain) => ({ ...chain, rpc: jsonRpc(chain.rpcUrl) })),
  }
  const opened = jobs.chains.map((chain) => openOn(terms, chain, deps))
  const sources = opened.flatMap(({ served }) => served)
  const desk = new JobDesk({ ...deps, sources, pollMs: jobs.pollMs, owner: randomUUID() })
  return {
    door: { ...desk.door, quote: (wish) => quoteJob(quotes, wish) },
    start: () => desk.start(),
    lookNow: () => desk.lookNow(),
    endAll: () => desk.endAll(),
    stop: async () => {
      await desk.stop()
      await Promise.all(opened.map(({ stop }) => stop()))
    },
  }
}

/** A gateway by itself does not load Redis's client. */
async function openStore(
  { store, dataFolder }: GatewayConfig,
  { retentionMs }: JobsConfig,
): Promise<ContractJobStore> {
  try {
    if (store === undefined) {
      return openSqliteContractJobs(join(dataFolder, 'jobs.db'), { retentionMs, isAlone: true })
    }
    const { openRedisContractJobs } = await import('../store/contract-job-store-redis.ts')
    const { redisUrl: url, keyPrefix } = store
    return await openRedisContractJobs({ url, keyPrefix, retentionMs })
  } catch (error) {
    if (error instanceof StoreFailure) throw new CommandFailure(error.message)
    throw error
  }
}

async function checkPlace(chain: JobChainConfig): Promise<void> {
  const { rpcUrl, chainId, coordinator, infernet } = chain
  const rpc = jsonRpc(rpcUrl)
  const checks = [
    () => checkChainId(rpc, chainId),
    () => checkCode(rpc, [inferenceCoordinatorAt(coordinator)]),
    () => checkCode(rpc, infernet === undefined ? [] : [infernetRegistryAt(infernet.registry)]),
  ]
  for (const check of checks) {
    const checked = await check()
    if (!checked.ok) {
      throw new CommandFailure(
        `jobs.chains: ${describeChainFailure(checked.error)}: check chainId, rpcUrl and the contracts`,
      )
    }
  }
}

type OpenedChain = { readonly served: readonly ServedSource[]; readonly stop: () => Promise<void> }

function openOn(terms: Terms, chain: JobChainConfig, deps: JobDeps): OpenedChain {
  const { store, gateway, log, nowMs } = deps
  const { chainId, coordinator, fees } = chain
  const rpc = jsonRpc(chain.rpcUrl)
  const { outbox, stop } = outboxOf(terms, chain, rpc)
  const place = { rpc, chainId, outbox, fees, log }
  const source = coordinatorSource({ ...chain, rpc })
  const delivery = openDeliveryDesk({ ...place, notes: store, nowMs })
  const lookAtSchedules = openSchedules({
    ...{ ...place, coordinator, gateway, store, source: source.name },
    refusalOf: (run) => refusalOfRun(deps, run),
  })
  const doChores = openUnpaidChores({
    ...{ ...place, store, source: source.name, policy: fees, nowMs },
  })
  const eachLook = async (seen: SeenSchedules) => {
    await lookAtSchedules(seen)
    await doChores()
  }
  const { infernet } = chain
  if (infernet === undefined) return { served: [{ source, delivery, eachLook }], stop }
  const offers = () => terms.gateway.pool.contributors.flatMap((one) => one.offers)
  const node = outbox.sender.address
  const adapted = infernetOf({ rpc, chain, node, gateway, offers, log }, infernet)
  return {
    served: [
      { source, delivery, eachLook },
      { source: adapted, delivery },
    ],
    stop,
  }
}

/** Blocks after which a delivery is final, where nothing else says it. */
const confirmationsUsual = 12

/** One lane for one key on one chain: two outboxes of one key would sign the same nonces. */
function outboxOf(
  { config, settlement, outbox: store, log, nowMs }: Terms,
  { chainId, privateKey: own, confirmations, fees }: JobChainConfig,
  rpc: JsonRpc,
): {
  readonly outbox: Pick<Outbox, 'sender' | 'find' | 'submit'>
  readonly stop: () => Promise<void>
} {
  const privateKey = own ?? config.gateway.claimKey
  const shared = privateKey === config.gateway.claimKey ? settlement.outboxOn(chainId) : undefined
  if (shared !== undefined) return { outbox: shared, stop: async () => {} }
  const known = [config.chain, ...(config.chains ?? [])].find((one) => one.chainId === chainId)
  const outbox = openOutbox({
    ...{ rpc, chainId, privateKey, store, log, nowMs },
    confirmations: known?.confirmations ?? Math.max(confirmations, confirmationsUsual),
    feeWeiMax: fees.gasPriceWeiMax,
  })
  return { outbox, stop: () => outbox.stop() }
}

/** What receipts of this contributor's answers can claim. Commitments show in the answer alone: whoever asks for one may hope. */
function tiersOf({ audits, boundKeys, proving, nowMs }: Gateway, candidate: JobCandidate): number {
  const { contributor, offer } = candidate
  const { identity } = contributor
  if (identity === undefined) return tier.gatewaySigned
  const nowS = unixSecondsOf(nowMs())
  const { operator, signingAddresses } = identity
  const isAudited = audits?.isAudited(operator, offer.modelId, nowS) === true
  const isBound = signingAddresses.some((key) => boundKeys?.isBound(operator, key, nowS))
  const isProvable = proving !== undefined && offer.tensors?.proof !== undefined
  return (
    tier.gatewaySigned |
    tier.contributorSigned |
    tier.tokenCommitment |
    (isAudited ? tier.audited : 0) |
    (isBound ? tier.teeBoundKey : 0) |
    (isProvable ? tier.zkInferred : 0)
  )
}

/** In records, where the path of a request stands. */
const askedByContract = 'contract'

const readInput = (
  { pool }: Pick<Gateway, 'pool'>,
  { ask: { terms }, input = '0x' }: Pick<ContractJob, 'ask' | 'input'>,
  receivedAtMs: number,
) =>
  readContractInput(
    {
      modelId: terms.modelId,
      input: Buffer.from(input.slice(2), 'hex'),
      offers: pool.contributors.flatMap(({ offers }) => offers),
    },
    { ...newRequestIds(receivedAtMs), receivedAtMs, path: askedByContract },
  )

async function payerOf({ config, ledger, apiKeys, nowMs }: Terms, { account, ask }: ContractJob) {
  if (account === undefined) {
    const { receiver } = config.gateway
    return contractPayer({ ledger, home: config.chain, receiver }, ask)
  }
  const payer = await payerNamed(apiKeys, account, nowMs())
  return payer.ok ? payer.value : undefined
}
