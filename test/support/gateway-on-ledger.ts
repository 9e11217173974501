/*
 * A whole gateway over real sockets and a real SQLite ledger, without a chain: the channel's balance is given instead of
 * read. For tests of what happens between a client and an upstream; the chain has its own in test/e2e.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { GatewaySigner } from '../../src/attestation/seal-receipt.ts'
import { createLogs, type RequestLine } from '../../src/base/log.ts'
import { err, ok } from '../../src/base/result.ts'
import { contributorDomain } from '../../src/chain/payout-typed-data.ts'
import { type PrivateKey, randomPrivateKey } from '../../src/chain/private-key.ts'
import { hashPriceSheet, receiptDomain } from '../../src/chain/receipt-typed-data.ts'
import { addressOfPrivateKey } from '../../src/chain/signatures.ts'
import { openLookups } from '../../src/cli/open-lookups.ts'
import type { ApiKey } from '../../src/domain/api-key.ts'
import type { BillingTerms } from '../../src/domain/billing-terms.ts'
import type { Channel } from '../../src/domain/channel.ts'
import type {
  Contributor,
  ContributorLimits,
  Offer,
  SigningIdentity,
} from '../../src/domain/contributor.ts'
import type { LookupTerms } from '../../src/domain/offchain-lookup.ts'
import type { ReceiptDocument } from '../../src/domain/receipt-document.ts'
import {
  type Address,
  address,
  atomic,
  type Bytes32,
  bytes32,
  signature,
  unixSeconds,
} from '../../src/domain/units.ts'
import { createCountersignatures } from '../../src/evidence/countersignatures.ts'
import type { AdminDoor } from '../../src/gateway/admin-door.ts'
import { createDoor } from '../../src/gateway/create-door.ts'
import type { EvidenceSources } from '../../src/gateway/evidence-door.ts'
import type { Gateway } from '../../src/gateway/gateway.ts'
import type { GatewayDoor } from '../../src/gateway/gateway-door.ts'
import { InFlight } from '../../src/gateway/in-flight.ts'
import type { KeepAliveTerms } from '../../src/gateway/keep-alive.ts'
import { RequestMetrics } from '../../src/gateway/request-metrics.ts'
import { UnservedRequests } from '../../src/gateway/unserved-requests.ts'
import { type ClientTimeouts, startHttpServer } from '../../src/http/server.ts'
import type { TokenCounter } from '../../src/metering/token-counter.ts'
import { authenticate, createApiKey } from '../../src/payment/authenticate.ts'
import {
  type BillingDeps,
  type BillingStep,
  createBillingStep,
} from '../../src/payment/billing-step.ts'
import type { CallerLimitsDesk } from '../../src/payment/caller-limits-desk.ts'
import { createPaymentStep } from '../../src/payment/payment-step.ts'
import { asConfigured } from '../../src/payment/price-exchange.ts'
import type { ProvingDesk } from '../../src/proving/proving-desk.ts'
import { ContributorPool, type PoolOptions } from '../../src/routing/contributor-pool.ts'
import { noPayouts, type PayoutDesk } from '../../src/settlement/payout-desk.ts'
import { noPayoutStep, type PayoutStep } from '../../src/settlement/payout-step.ts'
import type { ApiKeyStore } from '../../src/store/api-key-store.ts'
import { openSqliteApiKeys } from '../../src/store/api-key-store-sqlite.ts'
import { openSqliteCountersignatures } from '../../src/store/countersignature-store-sqlite.ts'
import type { LedgerStore } from '../../src/store/ledger-store.ts'
import { openSqliteLedger } from '../../src/store/ledger-store-sqlite.ts'
import { Tunnels } from '../../src/upstream/tunnels.ts'
import { UpstreamPools, type UpstreamTimeouts } from '../../src/upstream/upstream-pools.ts'
import { callerLimits } from './caller-limits.ts'

export const testVerifier: Address = address(`0x${'5e'.repeat(20)}`)
const verifyingContract = testVerifier
const chainId = 31337
export const testAsset: Address = address(`0x${'a5'.repeat(20)}`)
export const testChannelId: Bytes32 = bytes32(`0x${'c1'.repeat(32)}`)
export const testModelId: Bytes32 = bytes32(`0x${'0d'.repeat(32)}`)
export const testDomain = receiptDomain({ chainId, verifyingContract })

/** That contributors which dial in are registered with. */
export const testContributorRegistry: Address = address(`0x${'4e'.repeat(20)}`)
export const testSettlement: Address = verifyingContract
/** Of what owners sign in tests. */
export const testRegistry = { chainId, verifyingContract: address(`0x${'6a'.repeat(20)}`) }

const testBillingTerms = (operator: Address): BillingTerms => ({
  gateway: operator,
  registry: testRegistry,
  receiptVerifier: verifyingContract,
  accepts: [
    {
      chainId,
      settlement: testSettlement,
      collector: address(`0x${'c0'.repeat(20)}`),
      asset: { address: testAsset, decimals: 6, name: 'Test Asset', version: '1' },
      receiver: address(`0x${'3'.repeat(40)}`),
      receiverAuthorizer: address(`0x${'4'.repeat(40)}`),
      withdrawDelayMinS: 3_600,
      minimumDeposit: atomic(1_000_000n),
    },
  ],
})

export type TestUpstream = {
  readonly id: string
  readonly baseUrl: string
  readonly apiKey?: string
  readonly identity?: SigningIdentity
  readonly offer?: Partial<Offer>
  readonly limits?: Partial<ContributorLimits>
  readonly region?: string
  /** Atomic units per million completion tokens. */
  readonly completionPrice?: bigint
}

export type Books = {
  readonly channel: Channel
  /** Every receipt on the disk, oldest first. */
  readonly receipts: readonly ReceiptDocument[]
}

export type TestGateway = {
  readonly origin: string
  readonly apiKey: string
  readonly apiKeys: ApiKeyStore
  readonly operator: Address
  readonly signer: GatewaySigner
  readonly ledger: LedgerStore
  readonly ledgerPath: string
  readonly log: readonly RequestLine[]
  /** Everything that was logged, as it would stand in the log file. */
  readonly logText: () => string
  /** Bugs met at the request boundary; none in any test of an outcome that is expected. */
  readonly internalErrors: readonly string[]
  readonly inFlight: InFlight
  readonly pool: ContributorPool
  readonly upstreams: UpstreamPools
  /** What it conducts. */
  readonly conducted: Gateway
  readonly receipt: (receiptId: string) => Promise<ReceiptDocument>
  /** The books once every request that was taken has ended. */
  readonly books: () => Promise<Books>
  readonly stop: () => Promise<void>
}

/** What replicas have in common: the ledger's server, whose channel is open already, and the operator's key. */
export type Replica = {
  readonly ledger: LedgerStore
  readonly channelId: Bytes32
  readonly privateKey: PrivateKey
}

/** What a test puts in the chain's place. */
type BillingStandIns = {
  /** How vouchers are judged; without it as by a gateway whose chain is silent. */
  readonly acceptVoucher?: (ledger: LedgerStore) => BillingDeps['acceptVoucher']
  readonly refund?: BillingDeps['refund']
  readonly deposits?: Partial<BillingDeps['deposits']>
}

export async function startGatewayOnLedger(
  options: BillingStandIns & {
    readonly upstreams: readonly TestUpstream[]
    /** Atomic units; signed in full. */
    readonly balance?: bigint
    readonly tokenCounters?: ReadonlyMap<string, TokenCounter>
    readonly pool?: PoolOptions
    readonly keepAlive?: KeepAliveTerms
    readonly admin?: AdminDoor
    readonly timeouts?: Partial<UpstreamTimeouts>
    readonly clientTimeouts?: Partial<ClientTimeouts>
    /** Who is paid by channel; without it nobody. */
    readonly payouts?: PayoutDesk
    readonly payoutStep?: PayoutStep
    /** Without it no answer is proven. */
    readonly proving?: ProvingDesk
    /** Without it nobody is limited. */
    readonly limits?: CallerLimitsDesk
    readonly nowMs?: () => number
    /** What upstreams say of themselves, and how a client's question for it is handed on. */
    readonly attested?: {
      readonly reports: NonNullable<Gateway['upstreamReports']>
      readonly evidence: EvidenceSources
    }
    /** Who pays for what contracts ask at once; the key is the gateway's own. */
    readonly lookups?: (apiKey: ApiKey) => LookupTerms
    /** Makes this gateway one of several replicas. */
    readonly replica?: Replica
  },
): Promise<TestGateway> {
  const folder = mkdtempSync(join(tmpdir(), 'vouch-test-'))
  const ledgerPath = join(folder, 'ledger.db')
  const ledger = options.replica?.ledger ?? openSqliteLedger({ path: ledgerPath })
  const countersignatures = openSqliteCountersignatures(join(folder, 'countersignatures.db'))
  const apiKeys = openSqliteApiKeys(join(folder, 'keys.db'))
  const channelId = options.replica?.channelId ?? testChannelId
  if (options.replica === undefined) {
    await openTestChannel(ledger, options.balance ?? 1_000_000_000n)
  }
  const { secret, apiKey } = createApiKey({ label: 'test', channelId, nowMs: Date.now() })
  await apiKeys.insert(apiKey)
  const privateKey = options.replica?.privateKey ?? randomPrivateKey()
  const operator = addressOfPrivateKey(privateKey)
  const tunnels = testTunnels({ operator, privateKey })
  const upstreams = new UpstreamPools({ ...patience, ...options.timeouts }, { tunnels })
  const inFlight = new InFlight()
  const journal = openJournal()
  const pool = new ContributorPool(
    options.upstreams.map((upstream) => contributor(operator, upstream)),
    options.pool,
  )
  tunnels.expect(pool.contributors)
  const gateway: Gateway = {
    payment: createPaymentStep(ledger),
    limits: options.limits ?? callerLimits(),
    pool,
    priceDecimals: 6,
    upstreams,
    payouts: options.payouts ?? noPayouts,
    signer: { operator, privateKey, domain: testDomain, chainId, verifyingContract },
    tokenCounters: options.tokenCounters ?? new Map(),
    log: journal.request,
    keepAlive: options.keepAlive,
    metrics: new RequestMetrics(),
    unserved: new UnservedRequests(),
    upstreamReports: options.attested?.reports,
    proving: options.proving,
    nowMs: options.nowMs ?? Date.now,
  }
  const door = createDoor({
    gateway,
    inFlight,
    authenticate: (authorization, nowMs) => authenticate(apiKeys, authorization, nowMs),
    billing: testBilling({ ledger, apiKeys, operator }, options),
    tunnels,
    lookups: openLookups({ jobs: { lookups: options.lookups?.(apiKey) } }, apiKeys, gateway.nowMs),
    payouts: options.payoutStep ?? noPayoutStep,
    countersignatures: createCountersignatures({
      ...{ ledger, store: countersignatures, domain: testDomain, nowMs: Date.now },
    }),
    admin: options.admin,
    evidence: options.attested?.evidence,
    log: journal.gateway,
  })
  const requests = new RequestsUnderWay()
  const complete: GatewayDoor['complete'] = (request, client) =>
    requests.track(door.complete(request, client))
  const server = await startHttpServer(
    { ...door, complete },
    { host: '127.0.0.1', port: 0 },
    {
      ...patienceWithClients,
      ...options.clientTimeouts,
    },
  )
  if (!server.ok) throw new Error(server.error.message)
  const { origin } = server.value
  return {
    origin,
    apiKey: secret,
    apiKeys,
    operator,
    signer: gateway.signer,
    ledger,
    ledgerPath,
    log: journal.lines,
    logText: journal.text,
    internalErrors: journal.errors,
    inFlight,
    pool,
    upstreams,
    conducted: gateway,
    receipt: async (receiptId) => {
      const headers = { authorization: `Bearer ${secret}` }
      const answer = await fetch(`${origin}/v1/receipts/${receiptId}`, { headers })
      if (answer.status !== 200) throw new Error(`receipt: ${answer.status}`)
      return (await answer.json()) as ReceiptDocument
    },
    books: async () => {
      await requests.ended()
      const channel = await ledger.channel(channelId)
      if (channel === undefined) throw new Error('the test channel is gone')
      return { channel, receipts: await readReceipts(ledger, channel) }
    },
    stop: async () => {
      server.value.force()
      await server.value.close()
      await ledger.close()
      await countersignatures.close()
      await apiKeys.close()
      await upstreams.close()
      rmSync(folder, { recursive: true })
    },
  }
}

/** Where contributors of a test dial in. */
const testTunnels = (keys: {
  readonly operator: Address
  readonly privateKey: PrivateKey
}): Tunnels =>
  new Tunnels({
    greeting: {
      domain: contributorDomain({ chainId, verifyingContract: testContributorRegistry }),
      gateway: keys.operator,
      signingKey: keys.privateKey,
      timeoutMs: 5_000,
    },
    times: { resumeMs: 20_000, pingMs: 5_000 },
    onEvent: () => {},
  })

/** Billing over a ledger, and over a chain that is silent but for what a test puts in its place. */
export const testBilling = (
  place: {
    readonly ledger: LedgerStore
    readonly apiKeys: ApiKeyStore
    readonly operator: Address
  },
  instead: BillingStandIns = {},
): BillingStep =>
  createBillingStep({
    ledger: place.ledger,
    keys: place.apiKeys,
    terms: testBillingTerms(place.operator),
    pricing: () => ok(asConfigured),
    acceptVoucher: instead.acceptVoucher?.(place.ledger) ?? silent,
    refund: instead.refund ?? silent,
    deposits: { relay: silent, record: () => undefined, ...instead.deposits },
    nowMs: Date.now,
  })

const silent = async () => err({ reason: 'chain_unavailable' } as const)

/** Far beyond what a test takes: a timeout that fires is a hang found. */
const patience: UpstreamTimeouts = {
  connectMs: 10_000,
  firstByteMs: 20_000,
  wholeAnswerMs: 20_000,
  idleMs: 20_000,
}
const patienceWithClients: ClientTimeouts = { requestMs: 20_000, stallMs: 20_000 }

/** Requests that the conductor has and not finished, for tests whose client left long before. */
class RequestsUnderWay {
  readonly #underWay = new Set<Promise<unknown>>()

  track<T>(request: Promise<T>): Promise<T> {
    this.#underWay.add(request)
    const ended = () => this.#underWay.delete(request)
    request.then(ended, ended)
    return request
  }

  async ended(): Promise<void> {
    while (this.#underWay.size > 0) await Promise.allSettled(this.#underWay)
  }
}

/** The real log, kept in memory. */
function openJournal() {
  const written: string[] = []
  const lines: RequestLine[] = []
  const errors: string[] = []
  const logs = createLogs({ write: (line) => written.push(line) })
  return {
    lines,
    errors,
    text: () => written.join(''),
    request: (line: RequestLine) => {
      lines.push(line)
      logs.request(line)
    },
    gateway: {
      info: logs.gateway.info,
      error: (event: string, facts?: Readonly<Record<string, string | number>>) => {
        errors.push(`${event} ${JSON.stringify(facts)}`)
        logs.gateway.error(event, facts)
      },
    },
  }
}

async function readReceipts(ledger: LedgerStore, channel: Channel): Promise<ReceiptDocument[]> {
  const { channelId, receiptSeq } = channel
  const bodies = await ledger.receipts({ channelId, afterSeq: 0, limit: receiptSeq })
  return bodies.map((body) => JSON.parse(body) as ReceiptDocument)
}

export async function openTestChannel(ledger: LedgerStore, balance: bigint): Promise<void> {
  const account = (digit: string) => address(`0x${digit.repeat(40)}`)
  await ledger.openChannel({
    chainId: 31337,
    channelId: testChannelId,
    config: {
      payer: account('1'),
      payerAuthorizer: account('2'),
      receiver: account('3'),
      receiverAuthorizer: account('4'),
      token: testAsset,
      withdrawDelay: 86_400,
      salt: bytes32(`0x${'00'.repeat(32)}`),
    },
    onChain: { balance: atomic(balance), totalClaimed: atomic(0n), withdrawFinalAtS: undefined },
  })
  const voucher = {
    channelId: testChannelId,
    maxClaimableAmount: atomic(balance),
    signature: signature('0x01'),
  }
  const accepted = await ledger.acceptVoucher(voucher)
  if (!accepted.ok) throw new Error(accepted.error.reason)
  await accepted.value.durable
}

function contributor(operator: Address, upstream: TestUpstream): Contributor {
  return {
    contributorId: upstream.id,
    baseUrl: upstream.baseUrl,
    authorization: upstream.apiKey === undefined ? undefined : `Bearer ${upstream.apiKey}`,
    identity: upstream.identity,
    offers: [testOffer(operator, upstream)],
    limits: {
      requestsPerMinuteMax: undefined,
      tokensPerMinuteMax: undefined,
      concurrencyMax: undefined,
      ...upstream.limits,
    },
    ...(upstream.region !== undefined && { region: upstream.region }),
  }
}

function testOffer(operator: Address, upstream: TestUpstream): Offer {
  const prices = {
    operator,
    modelId: testModelId,
    asset: testAsset,
    promptAtomicPerMtok: atomic(1_000_000n),
    cachedPromptAtomicPerMtok: atomic(500_000n),
    completionAtomicPerMtok: atomic(upstream.completionPrice ?? 2_000_000n),
    validFrom: unixSeconds(0),
    validUntil: unixSeconds(0),
  }
  return {
    modelName: 'm',
    upstreamModelName: 'm',
    modelId: testModelId,
    contextTokensMax: 4096,
    completionTokensMax: 1024,
    prices,
    priceHash: hashPriceSheet(prices),
    ...upstream.offer,
  }
}
