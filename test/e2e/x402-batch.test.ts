/*
 * x402's published client, unmodified, pays our gateway request by request: real chain, real ledger, real HTTP. Every test
 * ends with the law: what the receipts say was charged, what was charged is claimed on the chain, and nothing else.
 */
import { InMemoryClientChannelStorage } from '@x402/evm/batch-settlement/client'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { curveOrder, randomPrivateKey } from '../../src/chain/private-key.ts'
import { sendCall } from '../../src/chain/transactions.ts'
import { createApiKey } from '../../src/payment/authenticate.ts'
import { openGasAccount, tokensOf } from '../support/deposits.ts'
import { expectOk } from '../support/dev-chain.ts'
import {
  answerStatus,
  answerWell,
  chunk,
  completion,
  sse,
  sseDone,
  startSse,
  usageChunk,
  usageObject,
} from '../support/scripted-upstream.ts'
import type { Buyer } from '../support/x402-buyer.ts'
import {
  minimumDeposit,
  openX402Place,
  pocket,
  question,
  type X402Place,
} from '../support/x402-place.ts'

/** What the scripted engine's answer costs: 5 + 3 × 2. */
const cost = 11n

let place: X402Place
let receiptsBefore = 0

beforeAll(async () => {
  place = await openX402Place()
})
afterAll(() => place.stop())
beforeEach(() => {
  place.upstream.become(answerWell())
  receiptsBefore = place.receipts().length
})
afterEach(() => {
  expect(place.log()).not.toContain('internal_error')
})

const several = { 'x-payment-parallel': '16' }

const ask = (buyer: Buyer, change = {}, headers = {}): Promise<Response> =>
  buyer.fetch(place.url, question(change, headers))

/** Sends a payment that was made before, as it was. */
const resend = (header: string, change = {}, headers = {}): Promise<Response> =>
  fetch(place.url, question(change, { ...headers, 'payment-signature': header }))

type Payload = {
  readonly accepted: Record<string, unknown>
  readonly payload: {
    readonly type: string
    readonly voucher: { readonly maxClaimableAmount: string; readonly signature: string }
  }
}
const decode = (header: string): Payload => JSON.parse(Buffer.from(header, 'base64').toString())
const encode = (payload: unknown): string => Buffer.from(JSON.stringify(payload)).toString('base64')

const responseOf = (answer: Response) =>
  JSON.parse(Buffer.from(answer.headers.get('payment-response') ?? '', 'base64').toString())
const requiredOf = (answer: Response) =>
  JSON.parse(Buffer.from(answer.headers.get('payment-required') ?? '', 'base64').toString())

const last = (headers: readonly string[]): string => headers.at(-1) ?? ''

/** Claims on the chain; then the sums agree to the atomic unit. */
async function expectTheLaw(buyer: Buyer): Promise<bigint> {
  const channelId = place.channelIdOf(buyer)
  await place.gateway().settlement.claimNow()
  const book = await place.book(buyer)
  const charged = place
    .receipts()
    .filter(({ receipt }) => receipt.channelId === channelId)
    .reduce((sum, { receipt }) => sum + BigInt(receipt.cost), 0n)
  expect(book.heldAmount).toBe(0n)
  expect(book.chargedCumulativeAmount).toBe(charged)
  expect(book.announcedAmount).toBeGreaterThanOrEqual(charged)
  expect(book.signedMaxClaimable).toBeGreaterThanOrEqual(book.announcedAmount)
  const onChain = await place.onChain(buyer)
  expect(onChain.totalClaimed).toBe(charged)
  expect(onChain.balance).toBeGreaterThanOrEqual(charged)
  return charged
}

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

describe('payments.md §2: what the published server does and we do not', () => {
  test('W1: a voucher with a high s or with v 0/1 is claimed as well', async () => {
    const buyer = await place.buyer()
    expect((await ask(buyer)).status).toBe(200)
    for (const twist of [highS, lowV]) {
      const quoted = decode(last(buyer.headers))
      expect(quoted.payload.type).toMatch(/deposit|voucher/)
      // The client signs; the signature travels in its other form.
      const before = buyer.headers.length
      expect((await ask(buyer)).status).toBe(200)
      const signed = decode(buyer.headers[before] ?? '')
      const { voucher } = signed.payload
      const twisted = {
        ...signed,
        payload: {
          ...signed.payload,
          voucher: { ...voucher, signature: twist(voucher.signature) },
        },
      }
      // Another request, for less: the voucher reaches for it.
      const answer = await resend(encode(twisted), { max_tokens: 3, seed: before })
      expect(answer.status).toBe(200)
    }
    const charged = await expectTheLaw(buyer)
    expect(charged).toBe(5n * cost)
  })

  test('W1: a signature that the contract would never take is not served on', async () => {
    const buyer = await place.buyer()
    expect((await ask(buyer)).status).toBe(200)
    const served = place.upstream.requests.length
    const signed = decode(last(buyer.headers))
    for (const signature of [
      '0x',
      `${signed.payload.voucher.signature}00`,
      `0x${'11'.repeat(65)}`,
    ]) {
      const voucher = { ...signed.payload.voucher, signature }
      const answer = await resend(encode({ ...signed, payload: { ...signed.payload, voucher } }))
      expect(answer.status).toBe(402)
      expect(requiredOf(answer).error).toBe('invalid_batch_settlement_evm_voucher_signature')
    }
    expect(place.upstream.requests).toHaveLength(served)
    expect(await expectTheLaw(buyer)).toBe(cost)
  })

  test('W3: a payer who moves its tokens away before the deposit is mined is not served', async () => {
    const walletKey = randomPrivateKey()
    const wallet = await openGasAccount(place.running, walletKey)
    const buyer = await place.buyer({ walletKey })
    const args = [`0x${'de'.repeat(20)}`, pocket]
    expectOk(
      await sendCall(wallet, { contract: place.handles.asset, functionName: 'transfer', args }),
    )
    const answer = await ask(buyer)
    expect(answer.status).toBe(402)
    expect(await answer.json()).toMatchObject({ error: { code: 'deposit_rejected' } })
    expect(place.upstream.requests).toHaveLength(0)
    expect(await place.gateway().ledger.channel(place.channelIdOf(buyer))).toBeUndefined()
  })

  test('W3: a payer who moves its tokens away while we serve has paid before', async () => {
    const walletKey = randomPrivateKey()
    const wallet = await openGasAccount(place.running, walletKey)
    const buyer = await place.buyer({ walletKey })
    place.upstream.become(async (request, response) => {
      const args = [`0x${'de'.repeat(20)}`, pocket - minimumDeposit]
      expectOk(
        await sendCall(wallet, { contract: place.handles.asset, functionName: 'transfer', args }),
      )
      await answerWell()(request, response)
    })
    expect((await ask(buyer)).status).toBe(200)
    expect(await tokensOf(place.running, buyer.wallet)).toBe(0n)
    expect(await expectTheLaw(buyer)).toBe(cost)
  })

  test('W4: nothing is served while a withdrawal is pending, and what was charged is claimed', async () => {
    const walletKey = randomPrivateKey()
    const wallet = await openGasAccount(place.running, walletKey)
    const buyer = await place.buyer({ walletKey })
    expect((await ask(buyer)).status).toBe(200)
    const call = {
      contract: place.handles.settlement,
      functionName: 'initiateWithdraw',
      args: [buyer.channel(), minimumDeposit],
    }
    expectOk(await sendCall(wallet, call))
    await place.gateway().settlement.watchNow()
    const served = place.upstream.requests.length
    const answer = await ask(buyer)
    expect(answer.status).toBe(402)
    expect(requiredOf(answer).error).toBe('channel_closing')
    expect(place.upstream.requests).toHaveLength(served)
    expect(await expectTheLaw(buyer)).toBe(cost)
  })

  test('W5: a handler of any duration keeps its hold: the others see it', async () => {
    const buyer = await place.buyer()
    expect((await ask(buyer)).status).toBe(200)
    const mayEnd = Promise.withResolvers<void>()
    const begun = Promise.withResolvers<void>()
    place.upstream.become(async (request, response) => {
      begun.resolve()
      await mayEnd.promise
      await answerWell()(request, response)
    })
    const long = ask(buyer, {}, several)
    await begun.promise
    // No clock ends a hold: it is there until the request ends, however late that is.
    expect((await place.book(buyer)).heldAmount).toBe(236n)
    const replay = resend(last(buyer.headers), { max_tokens: 1000, n: 4 }, several)
    expect((await replay).status).toBe(402)
    mayEnd.resolve()
    expect((await long).status).toBe(200)
    expect(await expectTheLaw(buyer)).toBe(2n * cost)
  })

  test('W6 is the test of the stream above; W7: a busy channel queues', async () => {
    const buyer = await place.buyer()
    expect((await ask(buyer)).status).toBe(200)
    const [first, second, third] = await Promise.all([0, 1, 2].map((seed) => ask(buyer, { seed })))
    expect([first?.status, second?.status, third?.status]).toEqual([200, 200, 200])
    expect(await expectTheLaw(buyer)).toBe(4n * cost)
  })

  test('W8: a failed answer leaves nothing held, and its voucher pays for the next try', async () => {
    const buyer = await place.buyer()
    place.upstream.become(answerStatus(500, '{}'))
    expect((await ask(buyer)).status).toBe(503)
    expect((await place.book(buyer)).heldAmount).toBe(0n)
    place.upstream.become(answerWell())
    const again = await resend(last(buyer.headers))
    expect(again.status).toBe(200)
    expect(await expectTheLaw(buyer)).toBe(cost)
  })

  test('W9: a client that repeats an answered request is told what it paid, and pays nothing', async () => {
    const buyer = await place.buyer()
    const first = await ask(buyer)
    expect(first.status).toBe(200)
    const served = place.upstream.requests.length
    const again = await resend(last(buyer.headers))
    expect(again.status).toBe(409)
    expect(again.headers.get('payment-response')).toBe(first.headers.get('payment-response'))
    expect(again.headers.get('x-should-retry')).toBe('false')
    expect(place.upstream.requests).toHaveLength(served)
    // Another process that knows nothing of it refuses the voucher: it pays for nothing more.
    await place.restart()
    const later = await resend(last(buyer.headers))
    expect(later.status).toBe(402)
    expect(requiredOf(later).error).toMatch(/cumulative_amount_mismatch$/)
    expect(await expectTheLaw(buyer)).toBe(cost)
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

// The last one: it makes the chain's clock jump, past what any client signs.
test('W2: a payer who drained its channel on the chain does not stop the claims of others', async () => {
  const good = await place.buyer()
  const walletKey = randomPrivateKey()
  const wallet = await openGasAccount(place.running, walletKey)
  const drained = await place.buyer({ walletKey })
  expect((await ask(good)).status).toBe(200)
  expect((await ask(drained)).status).toBe(200)
  const withdraw = (functionName: string, ...args: readonly unknown[]) =>
    sendCall(wallet, {
      contract: place.handles.settlement,
      functionName,
      args: [drained.channel(), ...args],
    })
  expectOk(await withdraw('initiateWithdraw', minimumDeposit))
  expectOk(await place.running.chain.rpc.call('evm_increaseTime', [7_200]))
  expectOk(await withdraw('finalizeWithdraw'))
  expect((await place.onChain(drained)).balance).toBe(0n)
  expect(await expectTheLaw(good)).toBe(cost)
  expect((await place.book(drained)).chargedCumulativeAmount).toBe(cost)
})

function highS(signature: string): string {
  const s = BigInt(`0x${signature.slice(66, 130)}`)
  const flipped = (curveOrder - s).toString(16).padStart(64, '0')
  return `0x${signature.slice(2, 66)}${flipped}${signature.endsWith('1b') ? '1c' : '1b'}`
}

function lowV(signature: string): string {
  return `${signature.slice(0, 130)}${signature.endsWith('1b') ? '00' : '01'}`
}
