/*
 * What can be tried when money leaves: withdrawals behind a request's back, refunds that nobody ordered or that never end,
 * rows that spoil a batch, and a gateway that takes more than it gave. Each test is a row of docs/payments-attacks.md.
 */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { refundCall } from '../../src/chain/channel-claims.ts'
import { claimCall } from '../../src/chain/channel-settlement.ts'
import { finalizeWithdrawCall, initiateWithdrawCall } from '../../src/chain/channel-withdrawal.ts'
import { readContract } from '../../src/chain/contracts.ts'
import { randomPrivateKey } from '../../src/chain/private-key.ts'
import { addressOfPrivateKey } from '../../src/chain/signatures.ts'
import type { Sender } from '../../src/chain/transactions.ts'
import { refundBody } from '../../src/client/billing-orders.ts'
import { GatewayBilling } from '../../src/client/gateway-billing.ts'
import { noTrustAnchors } from '../../src/client/trust-anchors.ts'
import { freshWallet } from '../../src/client/wallet.ts'
import { runWalletRound } from '../../src/client/wallet-round.ts'
import { atomic, bytes32, unixSeconds } from '../../src/domain/units.ts'
import {
  type AttackPlace,
  answerCost,
  openAttackPlace,
  paymentHeader,
  type Victim,
} from '../support/attack-place.ts'
import { tokensOf } from '../support/deposits.ts'
import { expectOk } from '../support/dev-chain.ts'
import { answerWell } from '../support/scripted-upstream.ts'

let place: AttackPlace
let operator: Sender
let stranger: Sender
const victims: Victim[] = []
const newVictim = async (terms?: Parameters<AttackPlace['victim']>[0]): Promise<Victim> => {
  const victim = await place.victim(terms)
  victims.push(victim)
  return victim
}
const settlement = () => place.gateway().settlement
const contract = () => place.handles.settlement
const dayS = 86_400
const deposited = 1_000_000n
const walletOf = (victim: Victim) => tokensOf(place.running, victim.place.config.payer)
const refund = (victim: Victim, key = victim.payerKey) =>
  place.post('/v1/billing/refund', refundBody(victim.place, Date.now(), key))
const served = async (victim: Victim) => expect((await victim.ask()).status).toBe(200)

beforeAll(async () => {
  place = await openAttackPlace()
  operator = await place.gasAccount(place.running.dev.keys.gatewayOperator)
  stranger = await place.gasAccount()
  // The watch follows the chain from its first look on.
  await settlement().watchNow()
})
afterAll(() => place.stop())

test('one bad row does not keep the others of a batch from being claimed', async () => {
  const [good, bad] = [await newVictim(), await newVictim()]
  // As if our check had let a signature through that the contract refuses.
  const { channelId } = bad.place
  const maxClaimableAmount = atomic(200_000n)
  const signature = bad.sign(maxClaimableAmount, randomPrivateKey())
  const voucher = { channelId, maxClaimableAmount, signature }
  await expectOk(await place.gateway().ledger.acceptVoucher(voucher)).durable
  await served(bad)
  await served(good)
  await settlement().claimNow()
  expect(await good.onChain()).toMatchObject({ totalClaimed: answerCost })
  expect(await bad.onChain()).toMatchObject({ totalClaimed: 0n })
  // A good voucher mends the row.
  expect(await bad.promise(200_001n)).toMatchObject({ status: 200 })
  await settlement().claimNow()
  expect(await bad.onChain()).toMatchObject({ totalClaimed: answerCost })
})

test('a withdrawal behind the back of a request in flight does not take what the answer costs', async () => {
  const victim = await newVictim()
  const { config } = victim.place
  const payer = await place.gasAccount(victim.payerKey)
  const mayAnswer = Promise.withResolvers<void>()
  place.upstream.become(async (request, response) => {
    await mayAnswer.promise
    await answerWell()(request, response)
  })
  const answer = victim.ask()
  await place.upstream.nextRequest()
  const amount = atomic(deposited)
  expect(await place.call(payer, initiateWithdrawCall(contract(), { config, amount }))).toBe(
    undefined,
  )
  await settlement().watchNow()
  expect(await victim.ask()).toMatchObject({ status: 402, code: 'channel_closing' })
  expect(await victim.promise(900_000n)).toMatchObject({ code: 'channel_closing' })
  mayAnswer.resolve()
  expect((await answer).status).toBe(200)
  await settlement().claimNow()
  expect(await place.call(payer, finalizeWithdrawCall(contract(), config))).toContain(
    'WithdrawDelayNotOver',
  )
  await place.warp(dayS)
  expect(await place.call(payer, finalizeWithdrawCall(contract(), config))).toBeUndefined()
  expect(await walletOf(victim)).toBe(deposited - answerCost)
  expect(await victim.onChain()).toEqual({ balance: answerCost, totalClaimed: answerCost })
  place.upstream.become(answerWell())
})

test('refunds and withdrawals without end pay out once, and never what is held', async () => {
  const victim = await newVictim({ pocket: deposited })
  const { config, channelId } = victim.place
  const mayAnswer = Promise.withResolvers<void>()
  place.upstream.become(async (request, response) => {
    await mayAnswer.promise
    await answerWell()(request, response)
  })
  const answer = victim.ask()
  await place.upstream.nextRequest()
  expect(await refund(victim)).toMatchObject({ status: 409, code: 'requests_in_flight' })
  mayAnswer.resolve()
  expect((await answer).status).toBe(200)
  place.upstream.become(answerWell())
  expect(await refund(victim)).toMatchObject({
    status: 200,
    json: { amount: String(deposited - answerCost) },
  })
  expect(await victim.deposit(deposited)).toMatchObject({ status: 200 })
  const before = await tokensOf(place.running, place.handles.settlement.address)
  expect(await refund(victim)).toMatchObject({ status: 429, code: 'refunded_recently' })
  expect(await tokensOf(place.running, place.handles.settlement.address)).toBe(before)
  // What both sides send at once: the refund is taken off the withdrawal, not added to it.
  const payer = await place.gasAccount(victim.payerKey)
  const withdrawal = { config, amount: atomic(600_000n) }
  expect(await place.call(payer, initiateWithdrawCall(contract(), withdrawal))).toBeUndefined()
  const refunded = { config, amount: atomic(500_000n) }
  expect(await place.call(operator, refundCall(contract(), refunded))).toBeUndefined()
  const functionName = 'pendingWithdrawals'
  const pending = { contract: contract(), functionName, args: [channelId] }
  expect(expectOk(await readContract(place.running.chain.rpc, pending))[0]).toBe(100_000n)
  await settlement().watchNow()
})

test('nobody but the two sides of a channel can give its money back', async () => {
  const [victim, other] = [await newVictim(), await newVictim()]
  await served(victim)
  for (const key of [other.payerKey, other.sessionKey, randomPrivateKey()]) {
    expect(await refund(victim, key)).toMatchObject({ code: 'owner_signature_invalid' })
  }
  const probe = async (signature: string) => {
    const payload = { type: 'refund', voucher: undefined }
    const amount = answerCost
    const voucher = {
      channelId: victim.place.channelId,
      maxClaimableAmount: String(amount),
      signature,
    }
    const headers = paymentHeader(victim, amount, { payload: { ...payload, voucher } })
    return (await fetch(place.url, { headers })).status
  }
  expect(await probe(other.sign(answerCost))).toBe(402)
  expect(await probe(victim.sign(answerCost, victim.payerKey))).toBe(402)
  const { config } = victim.place
  const everything = { config, amount: atomic(deposited) }
  for (const sender of [stranger, await place.gasAccount(victim.payerKey)]) {
    expect(await place.call(sender, refundCall(contract(), everything))).toContain(
      'SenderNotReceiverSide',
    )
  }
  const functionName = 'refundWithSignature'
  const args = [config, deposited, 0n, victim.sign(deposited)]
  expect(await place.call(stranger, { contract: contract(), functionName, args })).toContain(
    'AuthorizerSignatureInvalid',
  )
  for (const call of [
    initiateWithdrawCall(contract(), everything),
    finalizeWithdrawCall(contract(), config),
  ]) {
    expect(await place.call(stranger, call)).toContain('SenderNotPayerSide')
  }
  await served(victim)
  expect((await victim.onChain()).balance).toBe(deposited)
  expect(await walletOf(victim)).toBe(0n)
})

test('a voucher that outlives its channel takes nothing of the next one', async () => {
  const victim = await newVictim({ pocket: deposited })
  await served(victim)
  expect(await refund(victim)).toMatchObject({ status: 200 })
  const salt = bytes32(`0x${'77'.repeat(32)}`)
  const next = await place.victim({
    payerKey: victim.payerKey,
    config: { payerAuthorizer: addressOfPrivateKey(victim.sessionKey), salt },
    deposited: 0n,
  })
  expect(await next.deposit(deposited)).toMatchObject({ status: 200 })
  const old = victim.sign(100_000n)
  expect(await next.promise(100_000n, old)).toMatchObject({ code: 'voucher_signature_invalid' })
  const row = (config: typeof next.place.config, totalClaimed: bigint) =>
    claimCall(contract(), [
      {
        channelId: next.place.channelId,
        config,
        maxClaimableAmount: atomic(100_000n),
        signature: old,
        totalClaimed: atomic(totalClaimed),
      },
    ])
  expect(await place.call(operator, row(next.place.config, 100_000n))).toContain(
    'VoucherSignatureInvalid',
  )
  // Where the same channel is filled again it is good for what it always said, and for not a unit more.
  expect(await victim.deposit(deposited - 1_000n)).toMatchObject({ status: 200 })
  expect(await place.call(operator, row(victim.place.config, 100_001n))).toContain(
    'ClaimExceedsVoucher',
  )
})

test('a gateway that claims more than its receipts is found out, and gets no more than its tranche', async () => {
  const victim = await newVictim()
  const { config, channelId } = victim.place
  await served(victim)
  const signed = (await victim.book()).signedMaxClaimable
  const row = { channelId, config, maxClaimableAmount: signed, signature: victim.sign(signed) }
  const overclaim = { ...row, totalClaimed: signed }
  expect(await place.call(operator, claimCall(contract(), [overclaim]))).toBeUndefined()
  const billing = new GatewayBilling(place.gateway().origin, victim.authorization)
  const terms = expectOk(await billing.terms())
  const { chainId, contracts, addresses } = place.running.dev
  const receiptVerifier = { chainId, verifyingContract: contracts.receiptVerifier }
  const round = await runWalletRound(
    {
      place: victim.place,
      billing,
      trust: {
        config,
        gateway: addresses.gatewayOperator,
        anchors: { ...noTrustAnchors, receiptVerifier },
        priceHashes: new Set(terms.models.map(({ price_hash }) => price_hash)),
        priceSheets: terms.models.map(({ price_sheet }) => price_sheet),
        openedAt: unixSeconds(0),
      },
      limits: {
        tranche: atomic(100_000n),
        threshold: atomic(deposited),
        total: undefined,
        perDay: undefined,
      },
      sessionKey: victim.sessionKey,
      chain: { rpc: place.running.chain.rpc, receiptVerifier },
      save: () => undefined,
      nowMs: Date.now,
    },
    freshWallet(channelId),
  )
  expect(round).toMatchObject({
    error: { kind: 'objection', objection: { check: 'overclaimed' } },
  })
  expect(await victim.book()).toMatchObject({ signedMaxClaimable: signed })
  const payer = await place.gasAccount(victim.payerKey)
  const rest = { config, amount: atomic(deposited - signed) }
  expect(await place.call(payer, initiateWithdrawCall(contract(), rest))).toBeUndefined()
  await place.warp(dayS)
  expect(await place.call(payer, finalizeWithdrawCall(contract(), config))).toBeUndefined()
  expect(await walletOf(victim)).toBe(deposited - signed)
  victims.splice(victims.indexOf(victim), 1)
})

test('after all of it, receipts, charges, vouchers and deposits agree', async () => {
  await settlement().claimNow()
  expect(await place.expectTheLaw(victims)).toBeGreaterThan(5n * answerCost)
})
