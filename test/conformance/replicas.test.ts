/*
 * Three gateways, one Redis, one channel: through three HTTP doors at once nothing more is held than was signed, whoever
 * leaves and whatever dies; the receipts of all three are one chain, and the chain pays their sum.
 */
import { mkdirSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { sha256Bytes32 } from '../../src/attestation/answer-transcript.ts'
import {
  canonicalSettlementAddress,
  channelSettlementAt,
  readChannel,
} from '../../src/chain/channel-settlement.ts'
import { channelDomain, voucherDigest } from '../../src/chain/channel-typed-data.ts'
import { randomPrivateKey } from '../../src/chain/private-key.ts'
import { addressOfPrivateKey, signDigest } from '../../src/chain/signatures.ts'
import { openSettlement } from '../../src/cli/open-settlement.ts'
import { noTrustAnchors } from '../../src/client/trust-anchors.ts'
import { loadConfig } from '../../src/config.ts'
import { atomic } from '../../src/domain/units.ts'
import { recoverHolds } from '../../src/gateway/recover-holds.ts'
import { acceptVoucher } from '../../src/payment/accept-voucher.ts'
import { createApiKey } from '../../src/payment/authenticate.ts'
import { createPaymentStep } from '../../src/payment/payment-step.ts'
import type { LedgerStore } from '../../src/store/ledger-store.ts'
import { openRedisLedger } from '../../src/store/ledger-store-redis.ts'
import { askedMessages } from '../support/ask.ts'
import { nobodyLimited } from '../support/caller-limits.ts'
import { startGatewayOnLedger, type TestGateway } from '../support/gateway-on-ledger.ts'
import { ReceiptChain } from '../support/receipt-chain.ts'
import { type RedisServer, startRedisServer } from '../support/redis-server.ts'
import {
  answerWell,
  chunk,
  type Script,
  type ScriptedUpstream,
  sse,
  startScriptedUpstream,
  startSse,
} from '../support/scripted-upstream.ts'
import { openServingPlace, type ServingPlace } from '../support/serving-place.ts'

const replicaCount = 3
const crowd = 500
const privateKey = randomPrivateKey()
const settlement = channelSettlementAt(canonicalSettlementAddress)

let place: ServingPlace
let redis: RedisServer
let upstream: ScriptedUpstream
let ledgers: LedgerStore[]
let gateways: TestGateway[]
let signedAmount = 0n
/** Told by each replica once. */
let outages = 0

beforeAll(async () => {
  ;[place, redis, upstream] = await Promise.all([
    openServingPlace(),
    startRedisServer(),
    startScriptedUpstream(),
  ])
  upstream.become(engine)
  ledgers = await Promise.all(
    Array.from({ length: replicaCount }, () =>
      openRedisLedger({
        url: redis.url,
        keyPrefix: 'vouch:',
        onFailure: () => {
          outages += 1
        },
      }),
    ),
  )
  await sign(6_000n)
  const { channelId } = place.devChain.channel
  gateways = await Promise.all(
    ledgers.map((ledger) =>
      startGatewayOnLedger({
        upstreams: [{ id: 'one', baseUrl: upstream.baseUrl }],
        replica: { ledger, channelId, privateKey },
      }),
    ),
  )
})

afterAll(async () => {
  await Promise.all(gateways.map((gateway) => gateway.stop()))
  await upstream.close()
  await redis.stop()
  await place.remove()
})

/** Three words and an end; to whoever is about to leave, two words and nothing more. */
const engine: Script = (request, response) => {
  if (request.json['user'] !== 'leaver') return answerWell()(request, response)
  startSse(response)
  for (const content of ['Hello', ' there']) response.write(sse(chunk({ content })))
}

/** The payer promises so much more, on the real chain's terms, to any one replica. */
async function sign(moreAmount: bigint): Promise<void> {
  signedAmount += moreAmount
  const { chain, gateway } = loadConfig(place.configPath)
  const { channel, keys } = place.devChain
  const domain = channelDomain({ chainId: chain.chainId, verifyingContract: chain.settlement })
  const maxClaimableAmount = atomic(signedAmount)
  const digest = voucherDigest(domain, { channelId: channel.channelId, maxClaimableAmount })
  const accepted = await acceptVoucher(
    {
      ledger: firstOf(ledgers),
      terms: {
        chainId: chain.chainId,
        domain,
        token: chain.asset,
        receiver: gateway.receiver,
        receiverAuthorizer: addressOfPrivateKey(gateway.claimKey),
        withdrawDelayMinS: gateway.withdrawDelayMinS,
      },
      readChannel: async (asked) => {
        const read = await readChannel(place.chain().rpc, settlement, asked)
        return read.ok ? read.value : undefined
      },
    },
    { config: channel.config, maxClaimableAmount, signature: signDigest(digest, keys.session) },
  )
  if (!accepted.ok) throw new Error(accepted.error.reason)
}

function firstOf<T>(items: readonly T[]): T {
  const [first] = items
  if (first === undefined) throw new Error('there is none')
  return first
}

/** Keys that were not refused before: whoever was refused too often has to wait. */
const apiKeys = new Map<TestGateway, string>()

async function takeFreshKeys(): Promise<void> {
  const { channelId } = place.devChain.channel
  for (const gateway of gateways) {
    const { secret, apiKey } = createApiKey({ label: 'fresh', channelId, nowMs: Date.now() })
    await gateway.apiKeys.insert(apiKey)
    apiKeys.set(gateway, secret)
  }
}

type Seen = {
  readonly status: number
  readonly receiptId: string
  readonly bytes: Buffer
  readonly sawEnd: boolean
}

const ways = ['unary', 'unary', 'stream', 'stream', 'leaver'] as const

/** One request at one of the doors; the channel is looked at after it, as it is at that moment for all of them. */
async function askAt(index: number): Promise<Seen> {
  const gateway = gateways[index % replicaCount] ?? firstOf(gateways)
  const way = ways[index % ways.length]
  const leaving = new AbortController()
  const chunks: Buffer[] = []
  const response = await fetch(`${gateway.origin}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${apiKeys.get(gateway) ?? gateway.apiKey}` },
    body: JSON.stringify({
      model: 'm',
      messages: askedMessages,
      max_tokens: 10,
      stream: way !== 'unary',
      user: way,
    }),
    signal: leaving.signal,
  })
  try {
    for await (const chunk of response.body ?? []) {
      chunks.push(Buffer.from(chunk))
      if (way === 'leaver' && response.status === 200) leaving.abort()
    }
  } catch (error) {
    if (way !== 'leaver') throw error
  }
  await expectTranche()
  const bytes = Buffer.concat(chunks)
  const whole = way === 'unary' || bytes.includes('data: [DONE]\n\n')
  return {
    status: response.status,
    receiptId: response.headers.get('x-vouch-receipt') ?? '',
    bytes,
    sawEnd: response.status === 200 && whole,
  }
}

/** Nothing is to be said of it while Redis is away. */
async function expectTranche(): Promise<void> {
  const { channelId } = place.devChain.channel
  const channel = await firstOf(ledgers)
    .channel(channelId)
    .catch(() => undefined)
  if (channel === undefined) return
  const { chargedCumulativeAmount, heldAmount } = channel
  expect(chargedCumulativeAmount + heldAmount).toBeLessThanOrEqual(signedAmount)
}

/** The global law once every request has ended, and each end that was seen has its receipt. */
async function expectLaw(answers: readonly Seen[]): Promise<ReceiptChain> {
  for (const gateway of gateways) await gateway.books()
  for (const ledger of ledgers) await endAbandoned(ledger)
  const { channelId, balance } = place.devChain.channel
  const ledger = firstOf(ledgers)
  const channel = await ledger.channel(channelId)
  if (channel === undefined) throw new Error('the channel is gone')
  const chain = new ReceiptChain()
  const limit = channel.receiptSeq + 1
  for (const body of await ledger.receipts({ channelId, afterSeq: 0, limit })) chain.add(body)
  expect(channel).toMatchObject({
    heldAmount: 0n,
    chargedCumulativeAmount: chain.charged,
    receiptSeq: chain.lastSeq,
    signedMaxClaimable: signedAmount,
  })
  expect(chain.charged).toBeLessThanOrEqual(signedAmount)
  expect(signedAmount).toBeLessThanOrEqual(balance)
  for (const { sawEnd, receiptId, bytes } of answers) {
    if (!sawEnd) continue
    expect(chain.receipts.get(receiptId)?.receipt.responseHash).toBe(sha256Bytes32(bytes))
  }
  for (const gateway of gateways) expect(gateway.internalErrors).toEqual([])
  return chain
}

/** What each gateway's reaper does. */
async function endAbandoned(ledger: LedgerStore): Promise<void> {
  const { signer } = firstOf(gateways)
  await recoverHolds({
    ...nobodyLimited,
    payment: createPaymentStep(ledger),
    signer,
    payerOf: async (channelId) => (await ledger.channel(channelId))?.config.payer,
    nowMs: Date.now,
  })
}

const count = (answers: readonly Seen[], ...statuses: readonly number[]): number =>
  answers.filter(({ status }) => statuses.includes(status)).length

async function claimAndCompare(chain: ReceiptChain): Promise<void> {
  const config = loadConfig(place.configPath)
  mkdirSync(config.dataFolder, { recursive: true })
  const claims = openSettlement({
    config,
    ledger: firstOf(ledgers),
    log: { info: () => {}, error: () => {} },
    nowMs: Date.now,
  })
  await claims.claimNow()
  await claims.stop()
  const onChain = await readChannel(place.chain().rpc, settlement, place.devChain.channel)
  expect(onChain.ok && onChain.value.totalClaimed).toBe(chain.charged)
}

test(`${crowd} requests at three doors never exceed the tranche, and the chain pays their sum`, async () => {
  const answers = await Promise.all(Array.from({ length: crowd }, (_, index) => askAt(index)))
  const served = count(answers, 200)
  // Too many refusals at once are 429.
  expect(served + count(answers, 402, 429)).toBe(crowd)
  expect(served).toBeGreaterThan(100)
  expect(served).toBeLessThan(crowd)
  // Which door is served first is chance; a tranche that is held by two may be refused at the third.
  const lines = gateways.map(({ log }) => log)
  expect(
    lines.filter((log) => log.some(({ outcome }) => outcome === 'complete')).length,
  ).toBeGreaterThan(1)
  expect(lines.flat().some(({ outcome }) => outcome === 'client_gone')).toBe(true)
  const chain = await expectLaw(answers)
  const operator = addressOfPrivateKey(privateKey)
  chain.verifyAll({ ...noTrustAnchors, gatewayKeys: [{ operator, key: operator }] }, Date.now())
  await claimAndCompare(chain)
})

test('Redis is killed under load and comes back: requests fail with a clear error or go on, and the law holds', async () => {
  await sign(20_000n)
  await takeFreshKeys()
  let ended = 0
  let outage: Promise<void> | undefined
  const killAndRestart = async () => {
    await redis.kill('SIGKILL')
    await redis.restart()
  }
  const lanes = Array.from({ length: 60 }, async (_, lane) => {
    const answers: Seen[] = []
    for (let turn = 0; turn < 8; turn += 1) {
      answers.push(await askAt(lane * 8 + turn))
      ended += 1
      if (ended === 100) outage = killAndRestart()
    }
    return answers
  })
  const answers = (await Promise.all(lanes)).flat()
  await outage
  expect(outages).toBe(replicaCount)
  expect(count(answers, 200, 402, 429, 503)).toBe(answers.length)
  for (const { status, bytes } of answers) {
    if (status === 503) expect(bytes.toString()).toContain('"code":"store_unavailable"')
  }
  expect(count(answers, 200)).toBeGreaterThan(100)
  const chain = await expectLaw(answers)
  const again = await askAt(0)
  expect(again.status).toBe(200)
  expect((await expectLaw([again])).lastSeq).toBe(chain.lastSeq + 1)
  await claimAndCompare(await expectLaw([again]))
})
