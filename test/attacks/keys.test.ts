/*
 * What can be tried with keys that were stolen or guessed, and by a contributor that says it did more than it did. Each
 * test is a row of docs/payments-attacks.md.
 */
import { randomBytes } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { refundCall } from '../../src/chain/channel-claims.ts'
import { claimCall, settleCall } from '../../src/chain/channel-settlement.ts'
import { channelDomain, voucherDigest } from '../../src/chain/channel-typed-data.ts'
import { initiateWithdrawCall } from '../../src/chain/channel-withdrawal.ts'
import { depositCall } from '../../src/chain/deposit.ts'
import { openClaimCall } from '../../src/chain/open-claims.ts'
import { randomPrivateKey } from '../../src/chain/private-key.ts'
import { addressOfPrivateKey, signDigest } from '../../src/chain/signatures.ts'
import type { Sender } from '../../src/chain/transactions.ts'
import { revokeBody } from '../../src/client/billing-orders.ts'
import { builtInModel } from '../../src/dev/built-in-model.ts'
import { devUsd, devUsdDomain } from '../../src/dev/dev-contracts.ts'
import { apiKeySecretOf, hashApiKey } from '../../src/domain/api-key.ts'
import { type AtomicAmount, atomic, unixSeconds } from '../../src/domain/units.ts'
import {
  type AttackPlace,
  answerCost,
  openAttackPlace,
  type Victim,
} from '../support/attack-place.ts'
import { tokensOf } from '../support/deposits.ts'
import {
  answerWell,
  chunk,
  completion,
  type Script,
  sse,
  sseDone,
  startSse,
  usageChunk,
  usageObject,
} from '../support/scripted-upstream.ts'

let place: AttackPlace
let thief: Sender
const cold = addressOfPrivateKey(randomPrivateKey())
const victims: Victim[] = []
const newVictim = async (): Promise<Victim> => {
  const victim = await place.victim({ config: { receiver: cold } })
  victims.push(victim)
  return victim
}
const holding = (account: typeof cold) => tokensOf(place.running, account)

beforeAll(async () => {
  place = await openAttackPlace((config) => ({
    ...config,
    // Its key is in no process that is on a network.
    gateway: { ...config.gateway, receiver: cold },
    upstreams: config.upstreams.map((upstream) => ({
      ...upstream,
      models: upstream.models.flatMap((model) => [
        model,
        { ...model, id: 'counted', tokenizer: builtInModel().tokenizer },
      ]),
    })),
  }))
  thief = await place.gasAccount()
})
afterAll(() => place.stop())

test('a stolen hot key pays nobody but those who were to be paid', async () => {
  const victim = await newVictim()
  expect((await victim.ask()).status).toBe(200)
  const { settlement } = place.handles
  const { keys, contracts, chainId, payoutChannel, addresses } = place.running.dev
  const { config, channelId } = victim.place
  const domain = channelDomain({ chainId, verifyingContract: contracts.settlement })

  // The claim key: it can claim for the receiver, settle to it, and refund to the payer.
  const claimer = await place.gasAccount(keys.gatewayOperator)
  const { signedMaxClaimable } = await victim.book()
  const row = {
    ...{ channelId, config, maxClaimableAmount: signedMaxClaimable },
    signature: victim.sign(signedMaxClaimable),
    totalClaimed: atomic(answerCost),
  }
  for (const call of [
    claimCall(settlement, [row]),
    settleCall(settlement, { receiver: cold, token: contracts.asset }),
    refundCall(settlement, { config, amount: atomic(900_000n) }),
  ]) {
    expect(await place.call(claimer, call)).toBeUndefined()
  }
  expect(await holding(cold)).toBe(answerCost)
  expect(await holding(config.payer)).toBe(900_000n)
  const theirs = { ...config, receiver: thief.address }
  expect(
    await place.call(claimer, claimCall(settlement, [{ ...row, config: theirs }])),
  ).toBeDefined()

  // The session key: it can pay the gateway and send the money home.
  const session = await place.gasAccount(victim.sessionKey)
  const withdrawal = initiateWithdrawCall(settlement, { config, amount: atomic(1n) })
  expect(await place.call(session, withdrawal)).toBeUndefined()

  // The key of payout vouchers: it can promise a contributor its escrow, and not a unit of the treasury.
  const promise = (id: typeof channelId, amount: AtomicAmount) =>
    signDigest(
      voucherDigest(domain, { channelId: id, maxClaimableAmount: amount }),
      keys.payoutSigner,
    )
  const much = devUsd(1_000n)
  const payout = {
    ...{ channelId: payoutChannel.channelId, config: payoutChannel.config },
    ...{ maxClaimableAmount: much, signature: promise(payoutChannel.channelId, much) },
  }
  const treasury = await holding(addresses.treasury)
  const overdraft = [{ ...payout, totalClaimed: much }]
  expect(await place.call(thief, openClaimCall(settlement, overdraft))).toContain(
    'ClaimExceedsBalance',
  )
  const all = [{ ...payout, totalClaimed: devUsd(100n) }]
  expect(await place.call(thief, openClaimCall(settlement, all))).toBeUndefined()
  const { receiver, token } = payoutChannel.config
  expect(await place.call(thief, settleCall(settlement, { receiver, token }))).toBeUndefined()
  expect(await holding(receiver)).toBe(devUsd(100n))
  // A channel of the thief's own from the treasury has nothing in it, and nothing can be put there.
  const own = place.placeOf({
    ...{ payer: addresses.treasury, payerAuthorizer: addresses.payoutSigner },
    ...{ receiver: thief.address, receiverAuthorizer: thief.address },
  })
  const forged = await depositCall({
    ...{ settlement, collector: own.collector, channel: own, amount: atomic(1n) },
    tokenDomain: devUsdDomain({ chainId, verifyingContract: contracts.asset }),
    validBefore: unixSeconds(4e9),
    payerKey: keys.payoutSigner,
  })
  expect(await place.call(thief, forged)).toBeDefined()
  expect(await holding(addresses.treasury)).toBe(treasury)
  expect(await holding(thief.address)).toBe(0n)
  victims.splice(victims.indexOf(victim), 1)
})

test('a contributor that reports more tokens than it wrote is paid for those it wrote', async () => {
  const victim = await newVictim()
  const words = ['Two', ' and', ' two', ' are', ' four', '.']
  const inflated = usageObject(4_000, 90)
  const unary: Script = (_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end(JSON.stringify(completion(words.join(''), inflated)))
  }
  const streamed: Script = (_request, response) => {
    startSse(response)
    response.write(words.map((content) => sse(chunk({ content }))).join(''))
    response.end(sse(chunk({}, 'stop')) + sse(usageChunk(inflated)) + sseDone)
  }
  const ways = [
    { script: unary, change: { model: 'counted' } },
    { script: streamed, change: { model: 'counted', stream: true } },
    { script: unary, change: {} },
  ]
  for (const { script, change } of ways) {
    place.upstream.become(script)
    expect((await victim.ask(change)).status).toBe(200)
    const receipt = place
      .receipts()
      .filter(({ receipt: { channelId } }) => channelId === victim.place.channelId)
      .at(-1)
    const { promptTokens, completionTokens } = receipt?.receipt.work ?? {}
    expect(receipt?.usage.source).toBe('corrected')
    // The question has 20 bytes, the answer 22.
    expect(promptTokens).toBeLessThanOrEqual(36)
    expect(completionTokens).toBeLessThanOrEqual(22 + 8)
    expect(BigInt(receipt?.receipt.cost ?? '')).toBeLessThan(100n)
  }
  place.upstream.become(answerWell())
})

test('a leaked key spends to its cap and is gone when it is revoked, and no guess finds another', async () => {
  const victim = await newVictim()
  const leaked = apiKeySecretOf(randomBytes(32))
  const cap = atomic(300n)
  const granted = { spendCap: cap, models: ['m'], nonce: 100 }
  expect(await victim.grant(leaked, granted)).toMatchObject({ status: 200 })
  expect((await victim.ask({ model: 'counted' }, leaked)).status).not.toBe(200)
  let answers = 0
  for (let last = 200; last === 200; answers += 1) last = (await victim.ask({}, leaked)).status
  expect(await victim.ask({}, leaked)).toMatchObject({ status: 402, code: 'key_cap_reached' })
  const { chargedCumulativeAmount } = await victim.book()
  expect(chargedCumulativeAmount).toBe(BigInt(answers - 1) * answerCost)
  expect(chargedCumulativeAmount).toBeGreaterThan(0n)
  expect(chargedCumulativeAmount).toBeLessThanOrEqual(cap)
  // Whoever has the key has no say over the channel.
  const { channelId } = victim.place
  const order = { channelId, keyHash: hashApiKey(leaked), nonce: 101 }
  const byThief = revokeBody(victim.place, order, randomPrivateKey())
  expect(await place.post('/v1/billing/keys/revoke', byThief)).toMatchObject({ status: 400 })
  const byOwner = revokeBody(victim.place, order, victim.sessionKey)
  expect(await place.post('/v1/billing/keys/revoke', byOwner)).toMatchObject({ status: 200 })
  expect(await victim.ask({}, leaked)).toMatchObject({ status: 401 })

  const statuses = new Set<number>()
  for (let guess = 0; guess < 70; guess += 1) {
    statuses.add((await victim.ask({}, apiKeySecretOf(randomBytes(32)))).status)
  }
  expect([...statuses]).toEqual([401, 429])
  // The flood locks nobody out who has a key.
  expect((await victim.ask()).status).toBe(200)
  const folder = join(place.running.folder, 'gateway')
  for (const name of readdirSync(folder)) {
    const bytes = readFileSync(join(folder, name))
    for (const secret of [leaked, victim.apiKey]) expect(bytes.includes(secret), name).toBe(false)
  }
  expect(place.log()).not.toContain(victim.apiKey)
})

test('after all of it, receipts, charges, vouchers and deposits agree', async () => {
  expect(await place.expectTheLaw(victims)).toBeGreaterThan(0n)
})
