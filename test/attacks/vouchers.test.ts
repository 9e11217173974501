/*
 * What can be tried with signatures: old ones, ones for elsewhere, ones for something else, odd spellings, and too few of
 * them for too much. Each test is a row of docs/payments-attacks.md.
 */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { fromHex, type Hex, toHex } from '../../src/base/hex.ts'
import {
  apiKeyRevokeDigest,
  billingQueryDigest,
  refundOrderDigest,
} from '../../src/chain/billing-typed-data.ts'
import { signClaimBatch } from '../../src/chain/channel-claims.ts'
import { claimCall } from '../../src/chain/channel-settlement.ts'
import { channelDomain, channelIdOf, voucherDigest } from '../../src/chain/channel-typed-data.ts'
import { deployOnce } from '../../src/chain/deployment.ts'
import { agreementDomain } from '../../src/chain/fx-typed-data.ts'
import {
  channelSettlementAbi,
  channelSettlementBytecode,
} from '../../src/chain/generated/channel-settlement.ts'
import { randomPrivateKey } from '../../src/chain/private-key.ts'
import { signDigest } from '../../src/chain/signatures.ts'
import type { Sender } from '../../src/chain/transactions.ts'
import { hashApiKey } from '../../src/domain/api-key.ts'
import { atomic, signature, unixSeconds } from '../../src/domain/units.ts'
import {
  type AttackPlace,
  answerCost,
  answerHold,
  openAttackPlace,
  paymentHeader,
  question,
  type Victim,
} from '../support/attack-place.ts'
import { expectOk } from '../support/dev-chain.ts'
import { answerWell } from '../support/scripted-upstream.ts'

let place: AttackPlace
let operator: Sender
const victims: Victim[] = []
const newVictim = async (terms?: Parameters<AttackPlace['victim']>[0]): Promise<Victim> => {
  const victim = await place.victim(terms)
  victims.push(victim)
  return victim
}

beforeAll(async () => {
  place = await openAttackPlace()
  operator = await place.gasAccount(place.running.dev.keys.gatewayOperator)
})
afterAll(() => place.stop())

test('a payment sent again buys nothing again, and an old voucher takes nothing back', async () => {
  const victim = await newVictim()
  expect(await victim.promise(50_000n)).toMatchObject({ status: 200, json: { signed: '100000' } })

  // A voucher that leaves room for one request, and the very same bytes once more.
  place.upstream.become(answerWell())
  const header = paymentHeader(victim, answerHold)
  const first = await place.post('/v1/chat/completions', question(), header)
  expect(first.status).toBe(200)
  const again = await place.post('/v1/chat/completions', question(), header)
  expect(again).toMatchObject({ status: 409, code: 'payment_replayed' })
  expect(again.headers.get('payment-response')).toBe(first.headers.get('payment-response'))
  const other = await place.post('/v1/chat/completions', question({ seed: 1 }), header)
  expect(other).toMatchObject({ status: 402, code: 'cumulative_amount_mismatch' })
  expect(place.upstream.requests).toHaveLength(1)

  await place.gateway().settlement.claimNow()
  await place.gateway().settlement.claimNow()
  expect(await victim.onChain()).toMatchObject({ totalClaimed: answerCost })
})

test('a signature for another chain or another contract is worth nothing here', async () => {
  const victim = await newVictim()
  const { config, channelId, chainId } = victim.place
  const { rpc } = place.running.chain
  const twin = expectOk(
    await deployOnce(rpc, operator, {
      name: 'ChannelSettlement',
      abi: channelSettlementAbi,
      bytecode: channelSettlementBytecode as Hex,
      args: [],
    }),
  )
  const maxClaimableAmount = atomic(900_000n)
  for (const elsewhere of [
    { chainId: 1, verifyingContract: victim.place.settlement },
    { chainId, verifyingContract: twin },
  ]) {
    const domain = channelDomain(elsewhere)
    for (const id of [channelId, channelIdOf(domain, config)]) {
      const digest = voucherDigest(domain, { channelId: id, maxClaimableAmount })
      const foreign = signDigest(digest, victim.sessionKey)
      expect(await victim.promise(maxClaimableAmount, foreign)).toMatchObject({
        code: 'voucher_signature_invalid',
      })
      const row = { channelId, config, maxClaimableAmount, signature: foreign }
      const rows = [{ ...row, totalClaimed: maxClaimableAmount }]
      expect(await place.call(operator, claimCall(place.handles.settlement, rows))).toContain(
        'VoucherSignatureInvalid',
      )
    }
  }
  expect(await victim.book()).toMatchObject({ signedMaxClaimable: 100_000n })
  expect(await victim.onChain()).toEqual({ balance: 1_000_000n, totalClaimed: 0n })
})

test('a signature for one thing does not do for another', async () => {
  const victim = await newVictim()
  const { channelId, config, chainId, settlement, registry } = victim.place
  const orders = agreementDomain(registry)
  const validUntil = unixSeconds(Math.floor(Date.now() / 1000) + 100)
  const keyHash = hashApiKey(victim.apiKey)
  const signed = [
    billingQueryDigest(orders, { channelId, validUntil }),
    refundOrderDigest(orders, { channelId, validUntil }),
    apiKeyRevokeDigest(orders, { channelId, keyHash, nonce: 5 }),
  ].map((digest) => signDigest(digest, victim.sessionKey))
  const voucher = victim.sign(100_000n)
  for (const [index, other] of [...signed, voucher].entries()) {
    if (other !== voucher) {
      expect(await victim.promise(900_000n, other)).toMatchObject({ status: 400 })
    }
    if (index !== 1) {
      const order = { channelId, validUntil, signature: other }
      expect(await place.post('/v1/billing/refund', order)).toMatchObject({
        code: 'owner_signature_invalid',
      })
    }
    if (index !== 2) {
      const order = { channelId, keyHash: `0x${keyHash}`, nonce: 5, signature: other }
      expect(await place.post('/v1/billing/keys/revoke', order)).toMatchObject({
        code: 'owner_signature_invalid',
      })
    }
  }
  // The receiver's word for a claim is none for a refund, and the payer's voucher is neither.
  const domain = channelDomain({ chainId, verifyingContract: settlement })
  const { gatewayOperator } = place.running.dev.keys
  const totalClaimed = atomic(0n)
  const row = { channelId, config, maxClaimableAmount: atomic(100_000n), totalClaimed }
  const batch = signClaimBatch(domain, [{ ...row, signature: voucher }], gatewayOperator)
  for (const other of [batch, voucher]) {
    const refund = { contract: place.handles.settlement, functionName: 'refundWithSignature' }
    const args = [config, 1_000n, 0n, other]
    expect(await place.call(operator, { ...refund, args })).toContain('AuthorizerSignatureInvalid')
  }
  expect((await victim.ask()).status).toBe(200)
  expect(await victim.onChain()).toEqual({ balance: 1_000_000n, totalClaimed: 0n })
})

test('requests at once, dear prompts and unknown models do not overdraw', async () => {
  const victim = await newVictim({ signed: 5n * answerHold + 1n })
  const allRefused = Promise.withResolvers<void>()
  place.upstream.become(async (request, response) => {
    await allRefused.promise
    await answerWell()(request, response)
  })
  let refused = 0
  const statuses = await Promise.all(
    Array.from({ length: 40 }, async () => {
      const { status } = await victim.ask()
      if (status === 402) refused += 1
      if (refused === 35) allRefused.resolve()
      return status
    }),
  )
  expect(statuses.filter((status) => status === 200)).toHaveLength(5)
  expect(statuses.filter((status) => status === 402)).toHaveLength(35)
  place.upstream.become(answerWell())
  expect(await victim.ask({ model: 'nobody-has-it' })).toMatchObject({ status: 404 })
  // The prompt is paid for wherever in the body it is hidden.
  const long = 'x'.repeat(4_000)
  const message = { role: 'user', content: 'Hi' }
  const picture = { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } }
  for (const hidden of [
    { messages: [{ role: 'user', content: long }] },
    {
      messages: [message],
      tools: [{ type: 'function', function: { name: 'f', description: long } }],
    },
    { messages: [{ role: long, content: 'Hi' }] },
    { messages: [{ ...message, reasoning_content: long }] },
    { messages: [message], documents: [{ text: long }] },
    { messages: [message], chat_template: long },
    { messages: [{ role: 'user', content: [picture] }] },
    { messages: [{ role: 'user', content: [{ ...picture, text: '' }] }] },
    { messages: [message], n: 8, max_tokens: 1000 },
  ]) {
    expect(
      await victim.ask({ max_tokens: 1, ...hidden }),
      JSON.stringify(hidden).slice(0, 80),
    ).toMatchObject({ status: 402, code: 'insufficient_quota' })
  }
  expect(place.upstream.requests).toHaveLength(0)
  expect((await victim.book()).chargedCumulativeAmount).toBe(5n * answerCost)
})

test('a crowd that names somebody’s channel does not keep its owner waiting', async () => {
  const victim = await newVictim()
  const mayAnswer = Promise.withResolvers<void>()
  place.upstream.become(async (request, response) => {
    await mayAnswer.promise
    await answerWell()(request, response)
  })
  const pay = (amount: bigint, change: object, signature = victim.sign(amount)) =>
    place.post(
      '/v1/chat/completions',
      question(change),
      paymentHeader(victim, amount, { signature }),
    )
  const first = pay(answerHold, {})
  await place.upstream.nextRequest()
  const stranger = randomPrivateKey()
  const crowd = Array.from({ length: 70 }, (_, seed) =>
    pay(9_000n, { seed }, victim.sign(9_000n, stranger)),
  )
  // None of them waits for the victim's request to end.
  for (const { code } of await Promise.all(crowd)) expect(code).toBe('voucher_signature_invalid')
  const second = pay(answerCost + answerHold, { seed: 71 })
  mayAnswer.resolve()
  expect([(await first).status, (await second).status]).toEqual([200, 200])
})

test('an odd spelling of a signature is stored as the contract takes it, or not at all', async () => {
  const victim = await newVictim()
  const curveOrder = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n
  const spell = (text: string, change: { high?: boolean; small?: boolean }): Hex => {
    const bytes = fromHex(signature(text))
    if (change.high === true) {
      const s = curveOrder - BigInt(toHex(bytes.subarray(32, 64)))
      bytes.set(Buffer.from(s.toString(16).padStart(64, '0'), 'hex'), 32)
      // The other of 27 and 28.
      bytes[64] = 55 - (bytes[64] ?? 0)
    }
    if (change.small === true) bytes[64] = (bytes[64] ?? 0) - 27
    return toHex(bytes)
  }
  let amount = 200_000n
  for (const change of [{ high: true }, { small: true }, { high: true, small: true }]) {
    amount += 1_000n
    const odd = spell(victim.sign(amount), change)
    expect(await victim.promise(amount, odd)).toMatchObject({ status: 200 })
    expect(await victim.book()).toMatchObject({
      signedMaxClaimable: amount,
      voucherSignature: victim.sign(amount),
    })
    expect((await victim.ask()).status).toBe(200)
  }
  const good = victim.sign(300_000n)
  const [r, s] = [good.slice(2, 66), good.slice(66, 130)]
  const zero = '0'.repeat(64)
  for (const bad of [
    '0x',
    `0x${r}${s}`,
    `${good}00`,
    `0x${r}${s}1d`,
    `0x${zero}${s}1b`,
    `0x${r}${zero}1b`,
    `0x${r}${curveOrder.toString(16)}1b`,
  ]) {
    expect(await victim.promise(300_000n, bad), bad).toMatchObject({ status: 400 })
  }
  await place.gateway().settlement.claimNow()
  expect(await victim.onChain()).toMatchObject({ totalClaimed: 3n * answerCost })
})

test('after all of it, what was charged is what receipts say and what the chain pays', async () => {
  await place.gateway().settlement.claimNow()
  const charges = await place.expectTheLaw(victims)
  expect(charges).toBe(12n * answerCost)
  for (const victim of victims) {
    const { chargedCumulativeAmount } = await victim.book()
    expect(await victim.onChain()).toMatchObject({ totalClaimed: chargedCumulativeAmount })
  }
})
