/*
 * x402's `exact`, by the published client: one transfer on the chain pays for one answer, whatever dies in between.
 */

import { randomBytes } from 'node:crypto'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { toHex } from '../../src/base/hex.ts'
import { encodeJsonHeader } from '../../src/base/json-header.ts'
import {
  erc3009At,
  type SignedTransfer,
  transferCall,
  transferDigest,
} from '../../src/chain/erc3009.ts'
import { keccak256Hex } from '../../src/chain/keccak.ts'
import { randomPrivateKey } from '../../src/chain/private-key.ts'
import { signDigest } from '../../src/chain/signatures.ts'
import { sendCall } from '../../src/chain/transactions.ts'
import {
  addressWord,
  type DomainSeparator,
  hashWord,
  typedDataDigest,
  typeHash,
} from '../../src/chain/typed-data.ts'
import { devUsdDomain } from '../../src/dev/dev-contracts.ts'
import {
  type Address,
  address,
  atomic,
  type Bytes32,
  bytes32,
  unixSeconds,
} from '../../src/domain/units.ts'
import { tokensOf } from '../support/deposits.ts'
import { expectOk } from '../support/dev-chain.ts'
import { answerStatus, answerWell } from '../support/scripted-upstream.ts'
import type { Buyer } from '../support/x402-buyer.ts'
import { openX402Place, pocket, question, type X402Place } from '../support/x402-place.ts'

const ceiling = 236n
const cost = 11n

let place: X402Place
let receiverBefore = 0n

beforeAll(async () => {
  place = await openX402Place()
})
afterAll(() => place.stop())
beforeEach(async () => {
  place.upstream.become(answerWell())
  receiverBefore = await receiverTokens()
})
afterEach(() => {
  expect(place.log()).not.toContain('internal_error')
})

const receiverTokens = () => tokensOf(place.running, place.running.dev.addresses.gatewayOperator)
const received = async () => (await receiverTokens()) - receiverBefore
const resend = (header: string, change = {}): Promise<Response> =>
  fetch(place.url, question(change, { 'payment-signature': header }))
const last = ({ headers }: Buyer): string => headers.at(-1) ?? ''
const responseOf = (answer: Response) =>
  JSON.parse(Buffer.from(answer.headers.get('payment-response') ?? '', 'base64').toString())

const token = () => erc3009At(place.handles.asset.address)
const tokenDomain = () => {
  const { chainId, contracts } = place.running.dev
  return devUsdDomain({ chainId, verifyingContract: contracts.asset })
}

/** A wallet whose authorizations the test signs itself. */
async function signingBuyer() {
  const walletKey = randomPrivateKey()
  const buyer = await place.buyer({ scheme: 'exact', walletKey })
  const sign = (change: Partial<SignedTransfer>): SignedTransfer => {
    const unsigned = {
      from: buyer.wallet,
      to: place.running.dev.addresses.gatewayOperator,
      value: atomic(ceiling),
      validAfter: unixSeconds(0),
      validBefore: unixSeconds(Math.floor(Date.now() / 1000) + 300),
      nonce: bytes32(toHex(randomBytes(32))),
      ...change,
    }
    return {
      ...unsigned,
      signature: signDigest(transferDigest(tokenDomain(), unsigned), walletKey),
    }
  }
  return { buyer, sign, walletKey }
}

/** As x402's client puts it into the header. */
function headerOf({ signature, ...authorization }: SignedTransfer): string {
  const { value, validAfter, validBefore } = authorization
  const times = { validAfter: String(validAfter), validBefore: String(validBefore) }
  return encodeJsonHeader({
    x402Version: 2,
    accepted: { scheme: 'exact', network: 'eip155:31337', amount: String(ceiling) },
    payload: { signature, authorization: { ...authorization, ...times, value: String(value) } },
  })
}

const cancelDigest = (
  domain: DomainSeparator,
  { authorizer, nonce }: { readonly authorizer: Address; readonly nonce: Bytes32 },
): Bytes32 =>
  typedDataDigest(
    domain,
    keccak256Hex(
      typeHash('CancelAuthorization(address authorizer,bytes32 nonce)') +
        addressWord(authorizer) +
        hashWord(nonce),
    ),
  )

/** What the books say of the one answer that a transfer paid for. */
function receiptsOf(buyer: Buyer) {
  return place.receipts().filter(({ receipt }) => receipt.client === buyer.wallet)
}

test('a transfer is settled before the answer, which is served once', async () => {
  const buyer = await place.buyer({ scheme: 'exact' })
  const paidBefore = Promise.withResolvers<bigint>()
  place.upstream.become(async (request, response) => {
    paidBefore.resolve(await received())
    await answerWell()(request, response)
  })
  const answer = await buyer.fetch(place.url, question())
  expect(answer.status).toBe(200)
  expect(await paidBefore.promise).toBe(ceiling)
  expect(responseOf(answer)).toMatchObject({
    success: true,
    transaction: expect.stringMatching(/^0x[0-9a-f]{64}$/),
    payer: buyer.wallet,
    amount: String(ceiling),
  })
  for (const again of [await resend(last(buyer)), await resend(last(buyer), { seed: 1 })]) {
    expect(again.status).toBe(409)
    expect(await again.json()).toMatchObject({ error: { code: 'payment_replayed' } })
  }
  expect(place.upstream.requests).toHaveLength(1)
  expect(await tokensOf(place.running, buyer.wallet)).toBe(pocket - ceiling)
  expect(receiptsOf(buyer).map(({ receipt }) => receipt.cost)).toEqual([String(cost)])
})

test('the same authorization many times at once is one transfer and one answer', async () => {
  const buyer = await place.buyer({ scheme: 'exact' })
  place.upstream.become(answerStatus(500, '{}'))
  expect((await buyer.fetch(place.url, question())).status).toBe(503)
  place.upstream.become(answerWell())
  const answers = await Promise.all(Array.from({ length: 8 }, () => resend(last(buyer))))
  const statuses = answers.map(({ status }) => status).sort()
  expect(statuses).toEqual([200, ...Array(7).fill(409)])
  expect(await received()).toBe(ceiling)
  expect(receiptsOf(buyer)).toHaveLength(1)
})

test('an answer that failed is owed: the same authorization is served later, also after a restart', async () => {
  const buyer = await place.buyer({ scheme: 'exact' })
  place.upstream.become(answerStatus(500, '{}'))
  expect((await buyer.fetch(place.url, question())).status).toBe(503)
  expect(await received()).toBe(ceiling)
  await place.restart()
  place.upstream.become(answerWell())
  expect((await resend(last(buyer))).status).toBe(200)
  expect(await received()).toBe(ceiling)
  expect((await resend(last(buyer))).status).toBe(409)
})

test('a transfer that somebody else sent, or a gateway that died after it, counts as well', async () => {
  const { buyer, sign } = await signingBuyer()
  const transfer = sign({})
  expectOk(await sendCall(place.minter, transferCall(token(), transfer)))
  expect(await received()).toBe(ceiling)
  expect((await resend(headerOf(transfer))).status).toBe(200)
  expect(await received()).toBe(ceiling)
  expect(await tokensOf(place.running, buyer.wallet)).toBe(pocket - ceiling)
})

test('an authorization that was cancelled, or whose nonce paid another, buys nothing', async () => {
  const { buyer, sign, walletKey } = await signingBuyer()
  const cancelled = sign({})
  const { nonce } = cancelled
  const digest = cancelDigest(tokenDomain(), { authorizer: buyer.wallet, nonce })
  const cancel = {
    contract: place.handles.asset,
    functionName: 'cancelAuthorization',
    args: [buyer.wallet, nonce, signDigest(digest, walletKey)],
  }
  expectOk(await sendCall(place.minter, cancel))
  expect((await resend(headerOf(cancelled))).status).toBe(402)

  // Two authorizations with one nonce, of which the other one is executed.
  const cheat = sign({})
  const elsewhere = sign({ nonce: cheat.nonce, to: address(`0x${'de'.repeat(20)}`) })
  expectOk(await sendCall(place.minter, transferCall(token(), elsewhere)))
  expect((await resend(headerOf(cheat))).status).toBe(402)
  expect(await received()).toBe(0n)
  expect(place.upstream.requests).toHaveLength(0)
})

test('another amount, another receiver, a signature of another: 402, and nothing is sent', async () => {
  const buyer = await place.buyer({ scheme: 'exact' })
  expect((await buyer.fetch(place.url, question())).status).toBe(200)
  const other = await place.buyer({ scheme: 'exact' })
  await other.fetch(place.url, question({ max_tokens: 50 }))
  const before = await receiverTokens()
  const decoded = JSON.parse(Buffer.from(last(other), 'base64').toString())
  const { authorization } = decoded.payload
  const changes = [
    { ...authorization, value: '235' },
    { ...authorization, to: buyer.wallet },
    { ...authorization, from: buyer.wallet },
    { ...authorization, nonce: `0x${'77'.repeat(32)}` },
  ]
  for (const changed of changes) {
    const payload = { ...decoded.payload, authorization: changed }
    const header = Buffer.from(JSON.stringify({ ...decoded, payload })).toString('base64')
    const answer = await resend(header)
    expect(answer.status).toBe(402)
    expect(await answer.json()).toMatchObject({ error: { code: 'payment_unacceptable' } })
  }
  expect(await receiverTokens()).toBe(before)
})

test('settlement leaves the books of transfers alone', async () => {
  const buyer = await place.buyer({ scheme: 'exact' })
  expect((await buyer.fetch(place.url, question())).status).toBe(200)
  const before = await receiverTokens()
  await place.gateway().settlement.claimNow()
  expect(await receiverTokens()).toBe(before)
  const books = (await place.gateway().ledger.channels()).filter(
    ({ config }) => config.payer === buyer.wallet,
  )
  expect(books).toMatchObject([
    {
      balance: ceiling,
      signedMaxClaimable: ceiling,
      chargedCumulativeAmount: cost,
      heldAmount: 0n,
    },
  ])
  expect(place.log()).not.toContain('claim_refused')
})
