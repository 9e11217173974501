/*
 * A whole gateway over real sockets and a real SQLite ledger, without a chain: the channel's balance is given instead of
 * read. For tests of what happens between a client and an upstream; the chain has its own in test/e2e.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { RequestLine } from '../../src/base/log.ts'
import { randomPrivateKey } from '../../src/chain/private-key.ts'
import { hashPriceSheet, receiptDomain } from '../../src/chain/receipt-typed-data.ts'
import { addressOfPrivateKey } from '../../src/chain/signatures.ts'
import type { Contributor, Offer, SigningIdentity } from '../../src/domain/contributor.ts'
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
import { createDoor } from '../../src/gateway/create-door.ts'
import type { Gateway } from '../../src/gateway/gateway.ts'
import { InFlight } from '../../src/gateway/in-flight.ts'
import { startHttpServer } from '../../src/http/server.ts'
import type { TokenCounter } from '../../src/metering/token-counter.ts'
import { authenticate, createApiKey } from '../../src/payment/authenticate.ts'
import { createPaymentStep } from '../../src/payment/payment-step.ts'
import { ContributorPool } from '../../src/routing/contributor-pool.ts'
import type { ApiKeyStore } from '../../src/store/api-key-store.ts'
import { openSqliteApiKeys } from '../../src/store/api-key-store-sqlite.ts'
import type { LedgerStore } from '../../src/store/ledger-store.ts'
import { openSqliteLedger } from '../../src/store/ledger-store-sqlite.ts'
import { UpstreamPools } from '../../src/upstream/open-answer.ts'

const verifyingContract = address(`0x${'5e'.repeat(20)}`)
const chainId = 31337
export const testAsset: Address = address(`0x${'a5'.repeat(20)}`)
export const testChannelId: Bytes32 = bytes32(`0x${'c1'.repeat(32)}`)
export const testModelId: Bytes32 = bytes32(`0x${'0d'.repeat(32)}`)
export const testDomain = receiptDomain({ chainId, verifyingContract })

export type TestUpstream = {
  readonly id: string
  readonly baseUrl: string
  readonly apiKey?: string
  readonly identity?: SigningIdentity
  readonly offer?: Partial<Offer>
  /** Atomic units per million completion tokens. */
  readonly completionPrice?: bigint
}

export type TestGateway = {
  readonly origin: string
  readonly apiKey: string
  readonly apiKeys: ApiKeyStore
  readonly operator: Address
  readonly ledger: LedgerStore
  readonly log: readonly RequestLine[]
  readonly inFlight: InFlight
  readonly receipt: (receiptId: string) => Promise<ReceiptDocument>
  readonly stop: () => Promise<void>
}

export async function startGatewayOnLedger(options: {
  readonly upstreams: readonly TestUpstream[]
  /** Atomic units; signed in full. */
  readonly balance?: bigint
  readonly tokenCounters?: ReadonlyMap<string, TokenCounter>
}): Promise<TestGateway> {
  const folder = mkdtempSync(join(tmpdir(), 'vouch-test-'))
  const ledger = openSqliteLedger({ path: join(folder, 'ledger.db') })
  const apiKeys = openSqliteApiKeys(join(folder, 'keys.db'))
  await openTestChannel(ledger, options.balance ?? 1_000_000_000n)
  const { secret, apiKey } = createApiKey({
    label: 'test',
    channelId: testChannelId,
    nowMs: Date.now(),
  })
  apiKeys.insert(apiKey)
  const privateKey = randomPrivateKey()
  const operator = addressOfPrivateKey(privateKey)
  const upstreams = new UpstreamPools()
  const inFlight = new InFlight()
  const log: RequestLine[] = []
  const gateway: Gateway = {
    payment: createPaymentStep(ledger),
    pool: new ContributorPool(options.upstreams.map((upstream) => contributor(operator, upstream))),
    upstreams,
    signer: { operator, privateKey, domain: testDomain, chainId, verifyingContract },
    tokenCounters: options.tokenCounters ?? new Map(),
    log: (line) => log.push(line),
    nowMs: Date.now,
  }
  const door = createDoor({
    gateway,
    inFlight,
    authenticate: (authorization, nowMs) => authenticate(apiKeys, authorization, nowMs),
    acceptVoucher: () => Promise.resolve({ ok: false, error: { reason: 'chain_unavailable' } }),
    channel: (channelId) => ledger.channel(channelId),
    log: { info: () => {}, error: (event, facts) => console.error(event, facts) },
  })
  const server = await startHttpServer(door, { host: '127.0.0.1', port: 0 })
  if (!server.ok) throw new Error(server.error.message)
  const { origin } = server.value
  return {
    origin,
    apiKey: secret,
    apiKeys,
    operator,
    ledger,
    log,
    inFlight,
    receipt: async (receiptId) => {
      const headers = { authorization: `Bearer ${secret}` }
      const answer = await fetch(`${origin}/v1/receipts/${receiptId}`, { headers })
      if (answer.status !== 200) throw new Error(`receipt: ${answer.status}`)
      return (await answer.json()) as ReceiptDocument
    },
    stop: async () => {
      server.value.force()
      await server.value.close()
      await ledger.close()
      apiKeys.close()
      await upstreams.close()
      rmSync(folder, { recursive: true })
    },
  }
}

export async function openTestChannel(ledger: LedgerStore, balance: bigint): Promise<void> {
  const account = (digit: string) => address(`0x${digit.repeat(40)}`)
  await ledger.openChannel({
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
