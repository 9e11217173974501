/*
 * The whole gateway as `vouch serve` runs it, but for the chain: the channel's balance is given. API key, SQLite ledger with
 * group commit and full sync, receipts signed and durable, log to /dev/null. Prints origin and key as JSON, ends with its
 * standard input.
 */
import { openSync } from 'node:fs'
import { join } from 'node:path'
import { openSignTogether } from '../src/attestation/sign-together.ts'
import { createLogs, logDestination } from '../src/base/log.ts'
import { err } from '../src/base/result.ts'
import { channelIdOf } from '../src/chain/channel-typed-data.ts'
import { jsonRpc } from '../src/chain/json-rpc.ts'
import { randomPrivateKey } from '../src/chain/private-key.ts'
import { hashPriceSheet } from '../src/chain/receipt-typed-data.ts'
import { addressOfPrivateKey } from '../src/chain/signatures.ts'
// Not called: what a real start loads is part of the memory that is measured.
import '../src/cli/start-gateway.ts'
import type { Offer } from '../src/domain/contributor.ts'
import { type Address, address, atomic, unixSeconds } from '../src/domain/units.ts'
import { createDoor } from '../src/gateway/create-door.ts'
import { InFlight } from '../src/gateway/in-flight.ts'
import { RequestMetrics } from '../src/gateway/request-metrics.ts'
import { UnservedRequests } from '../src/gateway/unserved-requests.ts'
import { startHttpServer } from '../src/http/server.ts'
import { authenticate, createApiKey } from '../src/payment/authenticate.ts'
import { createPaymentStep } from '../src/payment/payment-step.ts'
import { createX402Step } from '../src/payment/x402-step.ts'
import { ContributorPool } from '../src/routing/contributor-pool.ts'
import { noPayouts } from '../src/settlement/payout-desk.ts'
import { noPayoutStep } from '../src/settlement/payout-step.ts'
import { openSqliteApiKeys } from '../src/store/api-key-store-sqlite.ts'
import { openSqliteLedger } from '../src/store/ledger-store-sqlite.ts'
import { UpstreamPools } from '../src/upstream/upstream-pools.ts'
import { callerLimits } from '../test/support/caller-limits.ts'
import {
  openTestChannel,
  testAsset,
  testBilling,
  testChannelId,
  testDomain,
  testModelId,
} from '../test/support/gateway-on-ledger.ts'
import { benchDomain, benchOffer, newPayingClient } from './paying-client.ts'

const [baseUrl, dataFolder] = process.argv.slice(2)
if (baseUrl === undefined || dataFolder === undefined) {
  throw new Error('usage: gateway-process.ts UPSTREAM_BASE_URL DATA_FOLDER')
}

/** Enough for any number of rounds: the tranche is not what is measured. */
const balance = 10n ** 30n
const chainId = 31337
const verifyingContract = address(`0x${'5e'.repeat(20)}`)

const logs = createLogs(logDestination(openSync('/dev/null', 'a')))
const ledger = openSqliteLedger({ path: join(dataFolder, 'ledger.db') })
const apiKeys = openSqliteApiKeys(join(dataFolder, 'keys.db'))
await openTestChannel(ledger, balance)
const key = createApiKey({ label: 'bench', channelId: testChannelId, nowMs: Date.now() })
await apiKeys.insert(key.apiKey)

const privateKey = randomPrivateKey()
const operator = addressOfPrivateKey(privateKey)
const gateway = {
  payment: createPaymentStep(ledger),
  limits: callerLimits(),
  pool: new ContributorPool([
    {
      contributorId: 'bench',
      baseUrl,
      authorization: 'Bearer bench',
      identity: undefined,
      offers: [offerOf(operator)],
    },
  ]),
  priceDecimals: 6,
  upstreams: new UpstreamPools(),
  payouts: noPayouts,
  signer: {
    operator,
    privateKey,
    domain: testDomain,
    chainId,
    verifyingContract,
    signTogether: openSignTogether(privateKey),
  },
  tokenCounters: new Map(),
  log: logs.request,
  metrics: new RequestMetrics(),
  unserved: new UnservedRequests(),
  nowMs: Date.now,
}
const payer = newPayingClient()
const onChain = {
  balance: atomic(balance),
  totalClaimed: atomic(0n),
  withdrawFinalAtS: undefined,
}
const payerChannelId = channelIdOf(benchDomain, payer.config)
await ledger.openChannel({
  channelId: payerChannelId,
  chainId,
  config: payer.config,
  onChain,
})
const chainless = async () => err({ reason: 'chain_unavailable' } as const)
const x402 = createX402Step({
  ledger,
  terms: {
    chainId,
    domain: benchDomain,
    token: benchOffer.asset.address,
    receiver: benchOffer.receiver,
    receiverAuthorizer: benchOffer.receiverAuthorizer,
    withdrawDelayMinS: benchOffer.withdrawDelayMinS,
  },
  readChannel: async () => undefined,
  deposits: { relay: chainless },
  refund: chainless,
  offer: benchOffer,
  tokenDomain: benchDomain,
  rpc: jsonRpc('http://127.0.0.1:9'),
  sender: {
    address: operator,
    transact: async () => {
      throw new Error('the benchmark has no chain')
    },
  },
  confirmations: 1,
  parallel: 1,
  exactMinimumAmount: atomic(balance),
  nowMs: Date.now,
})
const door = createDoor({
  gateway,
  inFlight: new InFlight(),
  authenticate: (authorization, nowMs) => authenticate(apiKeys, authorization, nowMs),
  billing: testBilling({ ledger, apiKeys, operator }),
  x402,
  payouts: noPayoutStep,
  log: logs.gateway,
})
const server = await startHttpServer(door, { host: '127.0.0.1', port: 0 })
if (!server.ok) throw new Error(server.error.message)
process.stdin.on('end', () => process.exit(0)).resume()
const { origin } = server.value
process.stdout.write(`${JSON.stringify({ origin, apiKey: key.secret, payer })}\n`)

function offerOf(gatewayOperator: Address): Offer {
  const prices = {
    operator: gatewayOperator,
    modelId: testModelId,
    asset: testAsset,
    promptAtomicPerMtok: atomic(1_000_000n),
    cachedPromptAtomicPerMtok: atomic(500_000n),
    completionAtomicPerMtok: atomic(2_000_000n),
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
  }
}
