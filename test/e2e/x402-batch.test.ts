/*
 * x402's published client, unmodified, pays our gateway request by request: real chain, real ledger, real HTTP. Every test
 * ends with the law: what the receipts say was charged, what was charged is claimed on the chain, and nothing else.
 */
import { InMemoryClientChannelStorage } from '@x402/evm/batch-settlement/client'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { randomPrivateKey } from '../../src/chain/private-key.ts'
import { createApiKey } from '../../src/payment/authenticate.ts'
import { tokensOf } from '../support/deposits.ts'
import {
  answerWell,
  chunk,
  completion,
  sse,
  sseDone,
  startSse,
  usageChunk,
  usageObject,
} from '../support/scripted-upstream.ts'
import {
  askAt,
  cost,
  expectTheLawAt,
  requiredOf,
  responseOf,
  several,
} from '../support/x402-asking.ts'
import type { Buyer } from '../support/x402-buyer.ts'
import {
  minimumDeposit,
  openX402Place,
  pocket,
  question,
  type X402Place,
} from '../support/x402-place.ts'

let place: X402Place
let ask: ReturnType<typeof askAt>
let receiptsBefore = 0

beforeAll(async () => {
  place = await openX402Place()
  ask = askAt(place)
})
afterAll(() => place.stop())
beforeEach(() => {
  place.upstream.become(answerWell())
  receiptsBefore = place.receipts().length
})
afterEach(() => {
  expect(place.log()).not.toContain('internal_error')
})

const expectTheLaw = (buyer: Buyer): Promise<bigint> => expectTheLawAt(place, buyer)

test('without key and payment a request is quoted, in OpenAI’s shape and in x402’s', async () => {
  const answer = await fetch(place.url, question())
  expect(answer.status).toBe(402)
  expect(await answer.json()).toMatchObject({
    error: { type: 'insufficient_quota', code: 'payment_required', param: null },
  })
  expect(answer.headers.get('x-should-retry')).toBe('false')
  const { accepts, ...rest } = requiredOf(answer)
  expect(rest).toMatchObject({ x402Version: 2, resource: { url: place.url } })
  // 20 bytes of prompt and 16 tokens of template, and 100 tokens at twice the price.
  expect(
    accepts.map((option: { scheme: string; amount: string }) => [option.scheme, option.amount]),
  ).toEqual([
    ['batch-settlement', '236'],
    ['exact', '236'],
  ])
  const more = requiredOf(await fetch(place.url, question({}, several)))
  expect(more.accepts[0].amount).toBe(String(16 * 236))
  expect(more.accepts[1].amount).toBe('236')
  expect(place.upstream.requests).toHaveLength(0)
})

test('the first request deposits, the next ones pay by voucher, and nobody is charged more than told', async () => {
  const buyer = await place.buyer({ sessionKey: randomPrivateKey() })
  let told = 0n
  for (let request = 0; request < 4; request += 1) {
    const answer = await ask(buyer)
    expect(answer.status).toBe(200)
    const { success, extra } = responseOf(answer)
    expect(success).toBe(true)
    told += BigInt(extra.chargedAmount)
    expect(extra.channelState.chargedCumulativeAmount).toBe(String(told))
  }
  expect(buyer.payments.join(' ')).toBe('deposit voucher voucher voucher')
  expect(await tokensOf(place.running, buyer.wallet)).toBe(pocket - minimumDeposit)
  // The first ceiling was told; what it did not cost paid for the next ones but their last charge.
  expect(told).toBe(236n + 3n * cost)
  expect(await expectTheLaw(buyer)).toBe(4n * cost)
})

test('a stream begins before its end, with PAYMENT-RESPONSE before its first byte', async () => {
  const buyer = await place.buyer()
  expect((await ask(buyer)).status).toBe(200)
  const mayEnd = Promise.withResolvers<void>()
  place.upstream.become(async (_request, response) => {
    startSse(response)
    response.write(sse(chunk({ role: 'assistant', content: 'Four' })))
    await mayEnd.promise
    response.write(sse(chunk({ content: '.' })))
    response.write(sse(chunk({}, 'stop')))
    response.write(sse(usageChunk(usageObject(5, 3))))
    response.end(sseDone)
  })
  const answer = await ask(buyer, { stream: true })
  expect(answer.status).toBe(200)
  expect(responseOf(answer).success).toBe(true)
  const reader = answer.body?.getReader()
  const first = Buffer.from((await reader?.read())?.value ?? []).toString()
  expect(first).toContain('Four')
  mayEnd.resolve()
  let rest = ''
  for (let read = await reader?.read(); read?.done === false; read = await reader?.read()) {
    rest += Buffer.from(read.value).toString()
  }
  expect(rest).toContain('[DONE]')
  expect(await expectTheLaw(buyer)).toBe(2n * cost)
})

test('8 cold requests at once make one deposit and are all served', async () => {
  const buyer = await place.buyer()
  const answers = await Promise.all(Array.from({ length: 8 }, () => ask(buyer, {}, several)))
  expect(answers.map(({ status }) => status)).toEqual(Array(8).fill(200))
  expect(buyer.payments).toEqual(Array(8).fill('deposit'))
  expect(await tokensOf(place.running, buyer.wallet)).toBe(pocket - minimumDeposit)
  expect((await place.onChain(buyer)).balance).toBe(minimumDeposit)
  expect(await expectTheLaw(buyer)).toBe(8n * cost)
})

test('24 at once, more than the voucher is for, are all served', async () => {
  const buyer = await place.buyer()
  expect((await ask(buyer, {}, several)).status).toBe(200)
  // All of them are on their way before the first one ends.
  let waiting = 0
  const enough = Promise.withResolvers<void>()
  place.upstream.become(async (request, response) => {
    waiting += 1
    if (waiting === 16) enough.resolve()
    await enough.promise
    await answerWell()(request, response)
  })
  const answers = await Promise.all(Array.from({ length: 24 }, () => ask(buyer, {}, several)))
  expect(answers.map(({ status }) => status)).toEqual(Array(24).fill(200))
  expect(await expectTheLaw(buyer)).toBe(25n * cost)
})

test('with K = 1 requests wait for their turn, one after the other, and none fails', async () => {
  const buyer = await place.buyer()
  let underWay = 0
  let most = 0
  place.upstream.become(async (_request, response) => {
    underWay += 1
    most = Math.max(most, underWay)
    await new Promise(setImmediate)
    underWay -= 1
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end(JSON.stringify(completion('Hello', usageObject(5, 3))))
  })
  // Equal requests with equal vouchers would be one request: these are different ones.
  const answers = await Promise.all(
    Array.from({ length: 8 }, (_, index) => ask(buyer, { seed: index })),
  )
  expect(answers.map(({ status }) => status)).toEqual(Array(8).fill(200))
  expect(most).toBe(1)
  expect(await expectTheLaw(buyer)).toBe(8n * cost)
})

test('a channel that is drained is topped up by the client itself', async () => {
  const buyer = await place.buyer()
  const dear = { max_tokens: 1000 }
  place.upstream.become((_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end(JSON.stringify(completion('word '.repeat(1000), usageObject(5, 1000))))
  })
  for (let request = 0; request < 12; request += 1) {
    expect((await ask(buyer, dear)).status).toBe(200)
  }
  expect(buyer.payments.filter((kind) => kind === 'deposit')).toHaveLength(2)
  expect((await place.onChain(buyer)).balance).toBe(2n * minimumDeposit)
  expect(await expectTheLaw(buyer)).toBe(12n * 2_005n)
})

test('a client that lost its state is told where to count from, and goes on', async () => {
  const walletKey = randomPrivateKey()
  const buyer = await place.buyer({ walletKey })
  expect((await ask(buyer)).status).toBe(200)
  const forgetful = await place.buyer({ walletKey, storage: new InMemoryClientChannelStorage() })
  expect((await ask(forgetful, { seed: 1 })).status).toBe(200)
  // Quoted, then corrected, then served.
  expect(forgetful.statuses).toEqual([402, 402, 200])
  expect(forgetful.payments).toEqual(['voucher', 'voucher'])
  expect((await ask(forgetful)).status).toBe(200)
  expect(await expectTheLaw(buyer)).toBe(3n * cost)
})

test('a client that believes in too much money is told what there is, and deposits', async () => {
  const storage = new InMemoryClientChannelStorage()
  const buyer = await place.buyer({ storage })
  expect((await ask(buyer)).status).toBe(200)
  const channelId = place.channelIdOf(buyer)
  const known = await storage.get(channelId)
  await storage.set(channelId, {
    ...known,
    chargedCumulativeAmount: '30000',
    balance: String(10n * minimumDeposit),
  })
  expect((await ask(buyer)).status).toBe(200)
  expect(buyer.payments).toEqual(['deposit', 'voucher', 'voucher'])
  expect(await expectTheLaw(buyer)).toBe(2n * cost)
})

test('state survives a restart of the gateway; the client notices nothing', async () => {
  const buyer = await place.buyer()
  expect((await ask(buyer)).status).toBe(200)
  await place.restart()
  expect((await ask(buyer)).status).toBe(200)
  expect(buyer.payments).toEqual(['deposit', 'voucher'])
  expect(await expectTheLaw(buyer)).toBe(2n * cost)
})

test('a key that has run out of money is told how to pay for the request itself, on the same URL', async () => {
  const buyer = await place.buyer()
  expect((await ask(buyer)).status).toBe(200)
  const channelId = place.channelIdOf(buyer)
  const { secret, apiKey } = createApiKey({ label: 'poor', channelId, nowMs: Date.now() })
  await place.gateway().apiKeys.insert(apiKey)
  const headers = { authorization: `Bearer ${secret}` }
  const refused = await fetch(place.url, question({}, headers))
  expect(refused.status).toBe(402)
  expect(await refused.json()).toMatchObject({ error: { code: 'insufficient_quota' } })
  expect(requiredOf(refused).accepts[0].amount).toBe('236')
  // x402's client sends the key again beside its payment: the payment is what counts.
  expect((await ask(buyer, {}, headers)).status).toBe(200)
  expect(buyer.payments).toEqual(['deposit', 'voucher'])
  expect(await expectTheLaw(buyer)).toBe(2n * cost)
})

test('a key that is not known is no payment', async () => {
  const buyer = await place.buyer()
  const headers = { authorization: 'Bearer sk-vouch-unknown' }
  expect((await ask(buyer, {}, headers)).status).toBe(401)
  expect(buyer.headers).toEqual([])
})

test('whoever asks for the terms with a key is told that completions are asked for with POST', async () => {
  const [keyed, keyless] = await Promise.all([
    fetch(place.url, { headers: { authorization: 'Bearer sk-vouch-unknown' } }),
    fetch(place.url),
  ])
  expect([keyed.status, keyed.headers.get('allow')]).toEqual([405, 'POST'])
  expect(keyless.status).toBe(402)
})

describe('refund', () => {
  test('probes with GET, gets back all that was not charged, and the channel goes on', async () => {
    const buyer = await place.buyer()
    expect((await ask(buyer)).status).toBe(200)
    expect((await ask(buyer)).status).toBe(200)
    await buyer.refund(place.url)
    expect(await place.onChain(buyer)).toEqual({ balance: 2n * cost, totalClaimed: 2n * cost })
    expect(await tokensOf(place.running, buyer.wallet)).toBe(pocket - 2n * cost)
    // It deposits anew on the same channel.
    expect((await ask(buyer)).status).toBe(200)
    expect(buyer.payments.at(-1)).toBe('deposit')
    expect(await expectTheLaw(buyer)).toBe(3n * cost)
  })

  test('is made once a day, whole, and says so', async () => {
    const buyer = await place.buyer()
    expect((await ask(buyer)).status).toBe(200)
    await expect(buyer.refund(place.url, '5')).rejects.toThrow('payment_unacceptable')
    await buyer.refund(place.url)
    expect((await ask(buyer)).status).toBe(200)
    await expect(buyer.refund(place.url)).rejects.toThrow('refunded_recently')
    expect(await expectTheLaw(buyer)).toBe(2n * cost)
  })
})

test('receipts of these requests name the channel and its payer', async () => {
  const buyer = await place.buyer()
  const answer = await ask(buyer)
  const receiptId = answer.headers.get('x-vouch-receipt')
  const found = place.receipts().slice(receiptsBefore)
  expect(found.map(({ receipt }) => receipt.receiptId)).toEqual([receiptId])
  expect(found[0]?.receipt).toMatchObject({
    client: buyer.wallet,
    channelId: place.channelIdOf(buyer),
    cost: String(cost),
  })
})
