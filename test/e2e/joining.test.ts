/*
 * A contributor that nobody entered, from its registration to its money: a real `vouch serve`, a real chain with its stake, and
 * an agent behind a connection that it opened itself.
 */
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { randomPrivateKey } from '../../src/chain/private-key.ts'
import { addressOfPrivateKey } from '../../src/chain/signatures.ts'
import {
  askStanding,
  joinGateway,
  leaveGateway,
  type OfferedTerms,
} from '../../src/contributor/join-gateway.ts'
import type { ReceiptDocument } from '../../src/domain/receipt-document.ts'
import { unixSecondsOf } from '../../src/domain/units.ts'
import { runVouch } from '../support/dev-process.ts'
import {
  type DialledIn,
  dialIn,
  type JoiningPlace,
  joinableAt,
  offeredModel,
  openJoiningPlace,
  type Registered,
} from '../support/joining-place.ts'
import type { Served } from '../support/lending-place.ts'
import { voucherQueryOf } from '../support/payout-query.ts'
import { answerWell } from '../support/scripted-upstream.ts'

let place: JoiningPlace
let serving: Served
let at: Awaited<ReturnType<typeof joinableAt>>
let apiKey: string
let member: Registered
let agent: DialledIn | undefined

beforeAll(async () => {
  place = await openJoiningPlace()
  serving = await place.start()
  apiKey = await place.openAccount(serving.process)
  at = await joinableAt(serving.process.origin)
  member = await place.register()
})
afterAll(async () => {
  await agent?.stop()
  await serving.process.kill()
  await place.close()
})

const signedBy = (key = member.signingKey) => ({
  contributor: member.operator,
  signingKey: key,
  nowMs: Date.now(),
})
const terms = (change: object = {}): OfferedTerms => ({
  region: 'attic',
  models: [{ ...offeredModel, ...change }],
})
const join = (change: object = {}) => joinGateway(at.place, { terms: terms(change) }, signedBy())
const standing = async () => {
  const asked = await askStanding(at.place, signedBy())
  return asked.ok ? asked.value : undefined
}
const refusal = (answer: Awaited<ReturnType<typeof join>>) =>
  answer.ok || answer.error.reason !== 'gateway_refused' ? undefined : answer.error
/** The watch looks every few seconds, and the machine may be busy. */
const soon = <T>(check: () => Promise<T>) => vi.waitFor(check, { timeout: 30_000, interval: 100 })
const untilServed = () =>
  soon(async () => {
    place.upstream.become(answerWell())
    const answer = await serving.ask(apiKey, 'joined-model')
    expect([answer.status, answer.code]).toEqual([200, undefined])
    return answer
  })
const untilGone = (cause: RegExp) =>
  soon(async () => {
    expect(await standing()).toMatchObject({
      state: 'unusable',
      cause: expect.stringMatching(cause),
    })
    expect(await serving.ask(apiKey, 'joined-model')).toMatchObject({ code: 'model_not_found' })
  })

test('tells what is taken, and for how much', () => {
  expect(at.terms).toMatchObject({
    open: true,
    approval: false,
    chain: { rpc_url: null, payout_token: { symbol: 'devUSD', decimals: 6 } },
    models: [{ id: 'joined-model', model_id: null, price_max: { completion: 2_000_000_000n } }],
    any_model: null,
  })
  expect(at.terms.min_stake).toBeGreaterThan(0n)
})

test('whoever is not what it says does not join', async () => {
  const stranger = await joinGateway(
    at.place,
    { terms: terms() },
    { ...signedBy(randomPrivateKey()) },
  )
  expect(refusal(stranger)?.code).toBe('signing_key_not_active')
  const unknown = randomPrivateKey()
  const unregistered = { contributor: addressOfPrivateKey(unknown), signingKey: unknown }
  const nobody = await joinGateway(
    at.place,
    { terms: terms() },
    { ...unregistered, nowMs: Date.now() },
  )
  expect(refusal(nobody)?.code).toBe('signing_key_not_active')
  const dear = await join({ price: { promptPerMtok: '1', completionPerMtok: '2001' } })
  expect(refusal(dear)?.message).toContain(
    "completionPerMtok of 'joined-model' is above 2000000000",
  )
  const squatter = await join({ id: 'public-name' })
  expect(refusal(squatter)?.code).toBe('joining_terms_unacceptable')
  expect(await standing()).toBeUndefined()
})

test('joins, dials in, is asked, and what it earned is promised to the key that worked', async () => {
  const joined = await join()
  expect(joined).toMatchObject({ ok: true, value: { contributor: member.operator, url: null } })
  await soon(async () => {
    expect(await standing()).toMatchObject({ state: 'away', connected: false })
  })
  expect(await serving.ask(apiKey, 'joined-model')).toMatchObject({ code: 'model_not_found' })
  agent = await dialIn(at, member, place.upstream)
  await untilServed()
  const [document] = await receipts()
  expect(document?.receipt.work.contributor).toBe(member.operator)
  // 5 prompt tokens at 500 and 3 of the answer at 1000 devUSD for a million.
  expect(document?.receipt.cost).toBe('5500')
  expect(await standing()).toMatchObject({
    state: 'healthy',
    connected: true,
    signing_addresses: [addressOfPrivateKey(member.signingKey)],
    models: [{ id: 'joined-model', endpoints: [{ endpoint: 'chat/completions' }] }],
  })
  await soon(async () => {
    const { json } = await voucher()
    expect(Number(json['earned'])).toBeGreaterThanOrEqual(4950)
    expect(json['promised']).toBe(json['earned'])
  })
})

/** What its key is told of its pay. */
const voucher = () => {
  const { chainId, contracts } = place.devChain
  const authorization = voucherQueryOf({
    ...{ chainId, contributorRegistry: contracts.contributorRegistry },
    ...{ gateway: at.place.gateway, contributor: member.operator, signingKey: member.signingKey },
  })
  return serving.call('GET', '/v1/contributors/me/voucher', { authorization })
}

const receipts = async () => {
  const page = await serving.call('GET', '/v1/billing/receipts', {
    authorization: `Bearer ${apiKey}`,
  })
  return page.json['data'] as readonly ReceiptDocument[]
}

test('its operator sees it, and may drain it; leaving and joining again sheds no drain', async () => {
  const vouch = (...args: readonly string[]) =>
    runVouch([
      ...['contributors', ...args],
      ...['--gateway', serving.process.origin, '--token-file', place.adminTokenFile],
    ])
  const listed = await vouch('list')
  expect(listed.output).toContain(`${member.operator}  healthy`)
  expect(listed.output).toContain(', joined, attic, tunnel://')
  expect((await vouch('drain', member.operator)).code).toBe(0)
  expect(await standing()).toMatchObject({ state: 'drained' })
  const left = await leaveGateway(at.place, signedBy())
  expect(left).toMatchObject({ ok: true, value: { state: 'left' } })
  expect(await standing()).toBeUndefined()
  expect(await join()).toMatchObject({ ok: true, value: { state: 'drained' } })
  expect((await vouch('readmit', member.operator)).code).toBe(0)
  await untilServed()
})

test('a pause takes it out, and a resumption brings it back', async () => {
  await member.order('pause')
  await untilGone(/paused/)
  // It still gets the vouchers of what it has earned.
  expect(await voucher()).toMatchObject({ status: 200, json: { voucher: expect.any(Object) } })
  await member.order('resume')
  await untilServed()
})

test('another key takes over, and the revoked one is out at once', async () => {
  const next = randomPrivateKey()
  const soonerS = unixSecondsOf(Date.now() - 600_000)
  await member.order('addSigningKey', addressOfPrivateKey(next), soonerS)
  expect(await joinGateway(at.place, { terms: terms() }, signedBy(next))).toMatchObject({
    ok: true,
  })
  await member.order('revokeSigningKey', addressOfPrivateKey(member.signingKey))
  await soon(async () => expect(await standing()).toBeUndefined())
  // The connection of the old key is closed, and opened no more.
  await soon(async () => expect(agent?.lost.join()).toContain('answered 403'))
  await agent?.stop()
  member = { ...member, signingKey: next }
  agent = await dialIn(at, member, place.upstream)
  await untilServed()
})

test('without a key it is out, and its order of before does not bring it back', async () => {
  const order = joinGateway(at.place, { terms: terms() }, signedBy())
  expect((await order).ok).toBe(true)
  await member.order('revokeSigningKey', addressOfPrivateKey(member.signingKey))
  await soon(async () => {
    expect(await serving.ask(apiKey, 'joined-model')).toMatchObject({ code: 'model_not_found' })
  })
  expect(refusal(await join())?.code).toBe('signing_key_not_active')
  // The operator account may still ask and leave.
  expect(await askStanding(at.place, signedBy(member.operatorKey))).toMatchObject({
    ok: true,
    value: { state: 'unusable', cause: expect.stringContaining('too little at stake') },
  })
  expect((await leaveGateway(at.place, signedBy(member.operatorKey))).ok).toBe(true)
})

test('whoever signs what did not happen is asked no more, however it comes back', async () => {
  await agent?.stop()
  member = await place.register()
  expect((await join()).ok).toBe(true)
  agent = await dialIn(at, member, place.upstream, randomPrivateKey())
  await soon(async () => {
    expect(await serving.ask(apiKey, 'joined-model')).toMatchObject({ code: 'attestation_failed' })
  })
  const quarantined = { state: 'quarantined', cause: expect.stringContaining('only readmit') }
  await soon(async () => expect(await standing()).toMatchObject(quarantined))
  expect((await leaveGateway(at.place, signedBy())).ok).toBe(true)
  expect(await join()).toMatchObject({ ok: true, value: quarantined })
  await agent.stop()
  agent = await dialIn(at, member, place.upstream)
  expect(await standing()).toMatchObject(quarantined)
  expect(await serving.ask(apiKey, 'joined-model')).toMatchObject({ code: 'model_not_found' })
  await serving.admin('POST', `/contributors/${member.operator}/readmit`)
  await untilServed()
  expect((await leaveGateway(at.place, signedBy())).ok).toBe(true)
})

test('who could not be paid joins, is told why it is not asked, and is asked once it can be', async () => {
  await agent?.stop()
  member = await place.register({ isPaid: false })
  expect(await join()).toMatchObject({
    ok: true,
    value: { state: 'unusable', cause: expect.stringContaining('no payout') },
  })
  agent = await dialIn(at, member, place.upstream)
  await member.registerPayout()
  await untilServed()
})
