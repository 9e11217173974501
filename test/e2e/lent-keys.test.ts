/*
 * A key that a stranger lends, from the order to the money: a real `vouch serve`, a real chain, and a service that knows the
 * key.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { randomPrivateKey } from '../../src/chain/private-key.ts'
import { addressOfPrivateKey } from '../../src/chain/signatures.ts'
import { lenderAuthorization, withdrawAuthorization } from '../../src/client/lending-orders.ts'
import type { ReceiptDocument } from '../../src/domain/receipt-document.ts'
import { address, zeroAddress } from '../../src/domain/units.ts'
import { type LendingPlace, openLendingPlace, type Served } from '../support/lending-place.ts'
import { voucherQueryOf } from '../support/payout-query.ts'

const lentKey = 'sk-lent-planted-marker'
const walletKey = randomPrivateKey()
const payout = address(`0x${'9a'.repeat(20)}`)
let place: LendingPlace
let serving: Served
let apiKey: string
/** Everything that the gateway ever answered here. */
const answers: string[] = []

beforeAll(async () => {
  place = await openLendingPlace(lentKey)
  serving = await place.start()
  apiKey = await place.openAccount(serving.process)
})
afterAll(async () => {
  await serving.process.kill()
  await place.close()
})

const termsOf = (change: object = {}) => ({
  url: place.service.baseUrl,
  keyId: 'main',
  region: 'eu',
  models: [
    {
      id: 'lent-model',
      upstreamId: 'm',
      price: { promptPerMtok: '500', completionPerMtok: '1000' },
    },
  ],
  ...change,
})
const told = <T extends { readonly text: string }>(answer: T): T => {
  answers.push(answer.text)
  return answer
}
const lend = (change: Partial<Parameters<Served['lend']>[0]> = {}) =>
  serving.lend({ apiKey: lentKey, walletKey, payout, terms: termsOf(), ...change }).then(told)
/** Answered as soon as the escrow of its lender is on the chain. */
const askUntilServed = () =>
  vi.waitFor(async () => {
    const answer = told(await serving.ask(apiKey, 'lent-model'))
    expect([answer.status, answer.code]).toEqual([200, undefined])
    return answer
  }, 20_000)

test('a key that its service refuses is not taken, and is repeated nowhere', async () => {
  const refused = await lend({ apiKey: 'sk-unknown-planted-marker' })
  expect(refused).toMatchObject({ status: 400, code: 'lent_key_unusable' })
  expect(refused.text).toContain('GET /models was answered with status 401')
  expect(refused.text).not.toContain('planted')
})

test('a good one is asked for answers, which are charged at its price and paid to its lender', async () => {
  const lent = await lend()
  expect(lent).toMatchObject({ status: 200, json: { state: 'live', key_id: 'main', payout } })
  const answer = await askUntilServed()
  expect(place.service.asked.at(-1)).toEqual({ line: 'POST /v1/chat/completions', key: lentKey })
  const id = String(lent.json['id'])
  const receipts = await serving.call('GET', '/v1/models', { authorization: `Bearer ${apiKey}` })
  expect(receipts.text).toContain('lent-model')
  const [document] = await receiptsOf()
  expect(document?.receipt.work.contributor).toBe(zeroAddress)
  expect(document?.priceSheet.completionAtomicPerMtok).toBe('1000000000')
  // 5 prompt tokens at 500 and 3 of the answer at 1000 devUSD for a million.
  expect(document?.receipt.cost).toBe('5500')
  expect(answer.json['choices']).toHaveLength(1)
  const { chainId, contracts } = place.devChain
  const query = voucherQueryOf({
    chainId,
    contributorRegistry: contracts.contributorRegistry,
    gateway: serving.place.gateway,
    signingKey: walletKey,
    contributor: addressOfPrivateKey(walletKey),
  })
  const paid = await vi.waitFor(async () => {
    const book = told(
      await serving.call('GET', '/v1/contributors/me/voucher', { authorization: query }),
    )
    // A tenth is the gateway's.
    expect(book.json).toMatchObject({ earned: '4950', promised: '4950' })
    return book
  }, 20_000)
  expect(paid.json['channel_config']).toMatchObject({ receiver: payout })
  expect(paid.json['voucher']).toMatchObject({ maxClaimableAmount: '4950' })
  const contributor = told(await serving.admin('GET', `/contributors/${id}`))
  expect(contributor.json).toMatchObject({ state: 'healthy', origin: 'lent', region: 'eu' })
})

const receiptsOf = async (): Promise<readonly ReceiptDocument[]> => {
  const page = await serving.call('GET', '/v1/billing/receipts', {
    authorization: `Bearer ${apiKey}`,
  })
  return page.json['data'] as readonly ReceiptDocument[]
}

test('its lender sees it, nobody else does', async () => {
  const sender = { walletKey, nowMs: Date.now() }
  const own = told(
    await serving.call('GET', '/v1/contributors/keys', {
      authorization: lenderAuthorization(serving.place, sender),
    }),
  )
  expect(own.json['data']).toMatchObject([{ state: 'live', models: ['lent-model'] }])
  const stranger = { walletKey: randomPrivateKey(), nowMs: Date.now() }
  const others = await serving.call('GET', '/v1/contributors/keys', {
    authorization: lenderAuthorization(serving.place, stranger),
  })
  expect(others.json['data']).toEqual([])
})

test('after a restart it is there as before, and not one byte of it in clear anywhere', async () => {
  await serving.process.interrupt()
  const output = serving.process.output()
  serving = await place.start()
  await askUntilServed()
  const files = readdirSync(join(place.folder, 'data'), { recursive: true, withFileTypes: true })
    .filter((file) => file.isFile())
    .map((file) => readFileSync(join(file.parentPath, file.name), 'latin1'))
  expect(files.length).toBeGreaterThan(5)
  const everything = [output, serving.process.output(), ...answers, ...files]
  expect(everything.filter((text) => text.includes('planted-marker'))).toEqual([])
  expect(answers.length).toBeGreaterThan(5)
})

test('a day that is full is full for everybody, and says when it is not', async () => {
  const { length } = place.service.asked
  const limited = await lend({ terms: termsOf({ limits: { requestsPerDay: 2 } }) })
  expect(limited.status).toBe(200)
  const outcomes: unknown[] = []
  for (let ask = 0; ask < 3; ask += 1) {
    const answer = told(await serving.ask(apiKey, 'lent-model'))
    outcomes.push(answer.code ?? answer.status)
  }
  expect(outcomes).toEqual([200, 200, 'capacity_exhausted'])
  // The list of models and a token of the one that is lent, when it was lent anew; then two answers.
  expect(place.service.asked.length - length).toBe(2 + 2)
})

test('one that is withdrawn is asked for nothing more', async () => {
  const keys = await serving.call('GET', '/v1/contributors/keys', {
    authorization: lenderAuthorization(serving.place, { walletKey, nowMs: Date.now() }),
  })
  const [{ id } = { id: '' }] = keys.json['data'] as readonly { readonly id: string }[]
  const withdrawn = told(
    await serving.call('DELETE', `/v1/contributors/keys/${id}`, {
      authorization: withdrawAuthorization(serving.place, id, { walletKey, nowMs: Date.now() }),
    }),
  )
  expect(withdrawn).toMatchObject({ status: 200, json: { state: 'withdrawn' } })
  const { length } = place.service.asked
  expect(await serving.ask(apiKey, 'lent-model')).toMatchObject({ code: 'model_not_found' })
  expect(place.service.asked).toHaveLength(length)
})
