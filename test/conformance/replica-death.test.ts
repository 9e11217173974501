/*
 * `kill -9` of one of two replicas: the other one's reaper ends what it left, charges what clients were given up to the last
 * checkpoint, and shows the receipts. A replica that only stood still is told so when it wakes up.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { checkpointEventsMax } from '../../src/base/limits.ts'
import { randomPrivateKey } from '../../src/chain/private-key.ts'
import { recoverHolds } from '../../src/gateway/recover-holds.ts'
import { createPaymentStep } from '../../src/payment/payment-step.ts'
import type { LedgerStore } from '../../src/store/ledger-store.ts'
import { openRedisLedger } from '../../src/store/ledger-store-redis.ts'
import { ask, askedMessages } from '../support/ask.ts'
import { nobodyLimited } from '../support/caller-limits.ts'
import {
  openTestChannel,
  startGatewayOnLedger,
  type TestGateway,
  testChannelId,
} from '../support/gateway-on-ledger.ts'
import { ReceiptChain } from '../support/receipt-chain.ts'
import { type RedisServer, startRedisServer } from '../support/redis-server.ts'
import {
  answerWell,
  chunk,
  type Script,
  type ScriptedUpstream,
  sse,
  sseDone,
  startScriptedUpstream,
  startSse,
  writePiece,
} from '../support/scripted-upstream.ts'

const childPath = join(import.meta.dirname, '../support/replica-process.ts')
const keyPrefix = 'vouch:'
const privateKey = randomPrivateKey()
const events = checkpointEventsMax + 6

let redis: RedisServer
let upstream: ScriptedUpstream
let ledger: LedgerStore
let survivor: TestGateway
/** Lets the answers that wait go on. */
let release: () => void

beforeAll(async () => {
  redis = await startRedisServer()
  upstream = await startScriptedUpstream()
  // Redis itself did not restart, so nobody is excused for it.
  ledger = await openRedisLedger({ url: redis.url, keyPrefix, restartGraceMs: 0 })
  await openTestChannel(ledger, 1_000_000n)
  survivor = await startGatewayOnLedger({
    upstreams: [{ id: 'one', baseUrl: upstream.baseUrl }],
    replica: { ledger, channelId: testChannelId, privateKey },
  })
})

afterAll(async () => {
  await survivor.stop()
  await upstream.close()
  await redis.stop()
})

/** A stream stops after its events, a whole answer before it begins; asked by `user: quick`, neither does. */
function engineThatWaits(): Script {
  const { promise, resolve } = Promise.withResolvers<void>()
  release = resolve
  return async (request, response) => {
    if (request.json['user'] === 'quick') return answerWell()(request, response)
    if (request.json['stream'] !== true) {
      await promise
      return answerWell()(request, response)
    }
    startSse(response)
    for (let event = 0; event < events; event += 1) {
      await writePiece(response, sse(chunk({ content: 'a' })))
    }
    await promise
    response.end(sse(chunk({}, 'stop')) + sseDone)
  }
}

type Child = Pick<TestGateway, 'origin' | 'apiKey'> & { readonly process: ChildProcess }

async function startReplica(): Promise<Child> {
  const child = spawn(
    process.execPath,
    [childPath, redis.url, keyPrefix, testChannelId, upstream.baseUrl],
    { stdio: ['pipe', 'pipe', 'inherit'] },
  )
  child.stdin.end(privateKey)
  for await (const line of createInterface(child.stdout)) {
    return { ...(JSON.parse(line) as Pick<TestGateway, 'origin' | 'apiKey'>), process: child }
  }
  throw new Error('the replica ended before it listened')
}

/** A stream of which all events were read that come; its receipt's id, and how it ends. */
async function readEvents(child: Child): Promise<{ receiptId: string; rest: Promise<string> }> {
  const response = await fetch(`${child.origin}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${child.apiKey}` },
    body: JSON.stringify({ model: 'm', messages: askedMessages, stream: true }),
  })
  const reader = response.body?.getReader()
  const read = async () => Buffer.from((await reader?.read())?.value ?? []).toString()
  for (let text = ''; text.split('data: ').length <= events; ) text += await read()
  const readOn = async (): Promise<string> => {
    let text = ''
    for (let more = await read(); more !== ''; more = await read()) text += more
    return text
  }
  return {
    receiptId: response.headers.get('x-vouch-receipt') ?? '',
    rest: readOn().catch(() => 'cut'),
  }
}

/** Streams in the middle and whole answers before their beginning, with every checkpoint of them durable. */
async function occupy(child: Child, counts: { streams: number; whole: number }) {
  upstream.become(engineThatWaits())
  const whole = Array.from({ length: counts.whole }, () => ask(child).catch(() => undefined))
  for (let arrived = 0; arrived < counts.whole; arrived += 1) await upstream.nextRequest()
  const streams = await Promise.all(Array.from({ length: counts.streams }, () => readEvents(child)))
  // What a replica writes, it writes in order: once this is charged, the checkpoints before it are there.
  expect((await ask(child, { user: 'quick' })).status).toBe(200)
  return { whole, streams }
}

const reap = () =>
  recoverHolds({
    ...nobodyLimited,
    payment: createPaymentStep(ledger),
    signer: survivor.signer,
    payerOf: async (channelId) => (await ledger.channel(channelId))?.config.payer,
    nowMs: Date.now,
  })

/** Looks until the lease of the one that is gone has run out. */
async function reapUntil(count: number): Promise<{ charged: number; released: number }> {
  const total = { charged: 0, released: 0 }
  await vi.waitFor(
    async () => {
      const { charged, released } = await reap()
      total.charged += charged
      total.released += released
      expect(total.charged + total.released).toBe(count)
    },
    { timeout: 20_000, interval: 100 },
  )
  return total
}

async function readChain(): Promise<ReceiptChain> {
  const channel = await ledger.channel(testChannelId)
  if (channel === undefined) throw new Error('the channel is gone')
  const chain = new ReceiptChain()
  const range = { channelId: testChannelId, afterSeq: 0, limit: channel.receiptSeq + 1 }
  for (const body of await ledger.receipts(range)) chain.add(body)
  expect(channel).toMatchObject({
    heldAmount: 0n,
    chargedCumulativeAmount: chain.charged,
    receiptSeq: chain.lastSeq,
  })
  return chain
}

test('what a killed replica left is charged as far as it was delivered, and shown at the other door', async () => {
  const child = await startReplica()
  const { streams } = await occupy(child, { streams: 6, whole: 3 })
  expect((await reap()).charged, 'while it lives, nobody else ends its requests').toBe(0)
  child.process.kill('SIGKILL')
  await once(child.process, 'exit')
  expect(await reapUntil(9)).toEqual({ charged: 6, released: 3 })
  const chain = await readChain()
  for (const { receiptId, rest } of streams) {
    expect(await rest).not.toContain('[DONE]')
    const { work, cost } = (await survivor.receipt(receiptId)).receipt
    expect(work.status).toBe(1)
    expect(work.completionTokens).toBeGreaterThanOrEqual(checkpointEventsMax)
    expect(work.completionTokens).toBeLessThanOrEqual(events)
    expect(cost).toBe(String(2 * work.completionTokens))
    expect(chain.receipts.has(receiptId)).toBe(true)
  }
})

test('a replica that stood still too long tells its clients that another has ended their requests', async () => {
  const child = await startReplica()
  const { streams, whole } = await occupy(child, { streams: 2, whole: 2 })
  child.process.kill('SIGSTOP')
  expect(await reapUntil(4)).toEqual({ charged: 2, released: 2 })
  const before = await readChain()
  child.process.kill('SIGCONT')
  release()
  for (const answer of await Promise.all(whole)) {
    expect(answer).toMatchObject({ status: 503, error: { code: 'hold_lost' } })
  }
  for (const { rest } of streams) {
    expect(await rest).toContain('"code":"hold_lost"')
    expect(await rest).not.toContain('[DONE]')
  }
  expect((await readChain()).lastSeq, 'nothing was charged a second time').toBe(before.lastSeq)
  child.process.kill('SIGKILL')
  await once(child.process, 'exit')
})

test('while Redis is gone whoever asks is told so, receipts included; when it is back nothing has to be restarted', async () => {
  upstream.become(answerWell())
  const served = await ask(survivor)
  const receiptId = served.headers.get('x-vouch-receipt') ?? ''
  const headers = { authorization: `Bearer ${survivor.apiKey}` }
  const get = (path: string) => fetch(`${survivor.origin}${path}`, { headers })
  await redis.kill('SIGKILL')
  for (const stream of [false, true]) {
    const answer = await ask(survivor, { stream })
    expect(answer).toMatchObject({ status: 503, error: { code: 'store_unavailable' } })
  }
  for (const path of [`/v1/receipts/${receiptId}`, '/health/ready']) {
    const answer = await get(path)
    expect(answer.status, path).toBe(503)
    expect(await answer.json()).toMatchObject({ error: { code: 'store_unavailable' } })
  }
  expect(survivor.internalErrors).toEqual([])
  await redis.restart()
  await vi.waitFor(async () => expect((await get('/health/ready')).status).toBe(200), {
    timeout: 20_000,
    interval: 50,
  })
  expect((await ask(survivor)).status).toBe(200)
  expect((await survivor.receipt(receiptId)).receipt.receiptId).toBe(receiptId)
  await readChain()
})
