import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { encodeJsonHeader } from '../../src/base/json-header.ts'
import { curveOrder, randomPrivateKey } from '../../src/chain/private-key.ts'
import { sendCall } from '../../src/chain/transactions.ts'
import { openGasAccount, tokensOf } from '../support/deposits.ts'
import { expectOk } from '../support/dev-chain.ts'
import { answerStatus, answerWell } from '../support/scripted-upstream.ts'
import {
  askAt,
  cost,
  decode,
  expectTheLawAt,
  last,
  requiredOf,
  resendTo,
  several,
} from '../support/x402-asking.ts'
import type { Buyer } from '../support/x402-buyer.ts'
import { minimumDeposit, openX402Place, pocket, type X402Place } from '../support/x402-place.ts'

let place: X402Place
let ask: ReturnType<typeof askAt>
let resend: ReturnType<typeof resendTo>

beforeAll(async () => {
  place = await openX402Place()
  ask = askAt(place)
  resend = resendTo(place)
})
afterAll(() => place.stop())
beforeEach(() => {
  place.upstream.become(answerWell())
})
afterEach(() => {
  expect(place.log()).not.toContain('internal_error')
})

const expectTheLaw = (buyer: Buyer): Promise<bigint> => expectTheLawAt(place, buyer)

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
    const answer = await resend(encodeJsonHeader(twisted), { max_tokens: 3, seed: before })
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
  for (const signature of ['0x', `${signed.payload.voucher.signature}00`, `0x${'11'.repeat(65)}`]) {
    const voucher = { ...signed.payload.voucher, signature }
    const answer = await resend(
      encodeJsonHeader({ ...signed, payload: { ...signed.payload, voucher } }),
    )
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
  // As it does every few seconds: the first look decides from which block on.
  await place.gateway().settlement.watchNow()
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
