import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { err } from '../../../src/base/result.ts'
import { randomPrivateKey } from '../../../src/chain/private-key.ts'
import { lenderAuthorization, withdrawAuthorization } from '../../../src/client/lending-orders.ts'
import { address } from '../../../src/domain/units.ts'
import type { ContributorStore } from '../../../src/store/contributor-store.ts'
import { openSqliteContributors } from '../../../src/store/contributor-store-sqlite.ts'
import { temporaryFolder } from '../../support/embedded-chain.ts'
import {
  type LendingRig,
  lendingNowMs,
  lendingPlace,
  lendingRig,
  lendOrder,
  lentTerms,
  openPolicy,
  payoutAddress,
} from '../../support/lending.ts'

let folder: ReturnType<typeof temporaryFolder>
let store: ContributorStore
let rig: LendingRig
const walletKey = randomPrivateKey()
const sender = { walletKey, nowMs: lendingNowMs }

beforeEach(() => {
  folder = temporaryFolder()
  store = openSqliteContributors(`${folder.path}/contributors.db`)
  rig = lendingRig(store)
})
afterEach(async () => {
  await store.close()
  folder.remove()
})

type Outcome = { readonly ok: boolean; readonly error?: { readonly reason: string } }
const reasonOf = (outcome: Outcome) => (outcome.ok ? 'ok' : outcome.error?.reason)
const keysOf = async (key = walletKey) => {
  const keys = await rig.step.keys(lenderAuthorization(lendingPlace, { ...sender, walletKey: key }))
  if (!keys.ok) throw new Error(keys.error.reason)
  return keys.value
}

describe('a good order', () => {
  test('is tried, kept and in use at once', async () => {
    const lent = await rig.step.register(lendOrder({ walletKey }))
    expect(lent).toMatchObject({
      ok: true,
      value: {
        record: {
          baseUrl: 'https://api.example.com/v1',
          status: 'live',
          lender: { payout: payoutAddress },
        },
        contributor: { authorization: 'Bearer sk-lent-planted' },
      },
    })
    expect(rig.probed).toEqual([{ baseUrl: 'https://api.example.com/v1', models: ['m'] }])
    expect(rig.roster.current.entries.size).toBe(1)
    expect(await keysOf()).toHaveLength(1)
  })

  test('waits for approval, and a new key on the same terms does not wait again', async () => {
    rig = lendingRig(store, { needsApproval: true })
    const first = await rig.step.register(lendOrder({ walletKey }))
    const waiting = { record: { status: 'pending' }, contributor: undefined }
    expect(first).toMatchObject({ ok: true, value: waiting })
    await rig.roster.change(({ records }) => ({
      outcome: undefined,
      records: new Map([...records].map(([id, record]) => [id, { ...record, status: 'live' }])),
    }))
    const rotated = lendOrder({ walletKey, apiKey: 'sk-second', nowMs: lendingNowMs + 1 })
    expect(await rig.step.register(rotated)).toMatchObject({
      ok: true,
      value: { record: { status: 'live' }, contributor: { authorization: 'Bearer sk-second' } },
    })
    const terms = lentTerms({ models: [{ id: 'n' }] })
    const changed = lendOrder({ walletKey, terms, nowMs: lendingNowMs + 2 })
    expect(await rig.step.register(changed)).toMatchObject({ ok: true, value: waiting })
    expect(rig.roster.current.entries.size).toBe(1)
  })

  test('of another wallet for the same service and name is another contributor', async () => {
    await rig.step.register(lendOrder({ walletKey }))
    await rig.step.register(lendOrder())
    expect(rig.roster.current.entries.size).toBe(2)
    expect(await keysOf()).toHaveLength(1)
    expect(await keysOf(randomPrivateKey())).toEqual([])
  })
})

describe('an order is refused', () => {
  const otherGateway = { ...lendingPlace, gateway: address(`0x${'1'.repeat(40)}`) }
  const dear = { promptPerMtok: '0.05', completionPerMtok: '0.11' }
  const many = Array.from({ length: 17 }, (_, n) => ({ id: `m${n}` }))
  const oneHost = { ...openPolicy.urls, hosts: ['api.openai.com'] }
  const at = (url: string) => ({ terms: lentTerms({ url }) })
  test.each([
    ['when the gateway takes none', {}, { isOpen: false }, 'lending_closed'],
    ['when it is from yesterday', { nowMs: lendingNowMs - 86_400_000 }, {}, 'order_outdated'],
    ['when it is a standing permit', { nowMs: lendingNowMs + 600_000 }, {}, 'order_outdated'],
    ['for another gateway', { place: otherGateway }, {}, 'lender_signature_invalid'],
    [
      'for another chain',
      { place: { ...lendingPlace, chainId: 1 } },
      {},
      'lender_signature_invalid',
    ],
    ['with a key that no header can carry', { apiKey: 'two\r\nlines' }, {}, 'invalid_value'],
    ['with an empty key', { apiKey: '' }, {}, 'invalid_value'],
    ['with a key of a page', { apiKey: 'k'.repeat(513) }, {}, 'invalid_value'],
    [
      'with terms of a book',
      { terms: lentTerms({ region: 'x'.repeat(20_000) }) },
      {},
      'invalid_value',
    ],
    ['with terms that are none', { terms: '[]' }, {}, 'lent_terms_unacceptable'],
    ['for a URL without TLS', at('http://api.example.com/v1'), {}, 'lent_terms_unacceptable'],
    ['for this machine', at('https://127.0.0.1/v1'), {}, 'lent_terms_unacceptable'],
    [
      'for the metadata of a cloud',
      at('https://169.254.169.254/v1'),
      {},
      'lent_terms_unacceptable',
    ],
    [
      'for a number that is this machine',
      at('https://2130706433/v1'),
      {},
      'lent_terms_unacceptable',
    ],
    [
      'for a URL of a page',
      at(`https://x.com/${'a'.repeat(260)}/v1`),
      {},
      'lent_terms_unacceptable',
    ],
    ['for a host off the list', {}, { urls: oneHost }, 'lent_terms_unacceptable'],
    [
      'for a model that is not lent here',
      { terms: lentTerms({ models: [{ id: 'other' }] }) },
      {},
      'lent_terms_unacceptable',
    ],
    [
      'for too much money',
      { terms: lentTerms({ models: [{ id: 'm', price: dear }] }) },
      {},
      'lent_terms_unacceptable',
    ],
    [
      'for more models than are tried',
      { terms: lentTerms({ models: many }) },
      {},
      'lent_terms_unacceptable',
    ],
    ['when there is no room', {}, { keysMax: 0 }, 'lent_keys_exhausted'],
  ] as const)('%s', async (_why, change, policy, reason) => {
    rig = lendingRig(store, policy)
    expect(reasonOf(await rig.step.register(lendOrder(change)))).toBe(reason)
    expect(rig.probed).toEqual([])
    expect((await store.read()).records.size).toBe(0)
  })

  test('when any member of it was changed after it was signed', async () => {
    const order = lendOrder()
    const changes = [
      { apiKey: 'sk-other' },
      { payout: address(`0x${'1'.repeat(40)}`) },
      { lender: address(`0x${'1'.repeat(40)}`) },
      { nonce: order.nonce + 1 },
      { validUntil: order.validUntil + 1 },
      { terms: lentTerms({ region: 'eu' }) },
    ]
    for (const change of changes) {
      const outcome = await rig.step.register({ ...order, ...change } as typeof order)
      expect(reasonOf(outcome)).toBe('lender_signature_invalid')
    }
    expect(reasonOf(await rig.step.register(order))).toBe('ok')
  })

  test('when it comes again, whatever became of it', async () => {
    const order = lendOrder({ walletKey })
    const detail = 'GET /models was answered with status 401'
    rig.now.probe = async () => err(detail)
    const refused = { ok: false, error: { reason: 'lent_key_unusable', detail } }
    expect(await rig.step.register(order)).toEqual(refused)
    expect(reasonOf(await rig.step.register(order))).toBe('order_replayed')
    expect(rig.probed).toHaveLength(1)
    expect((await store.read()).records.size).toBe(0)
  })

  test('beyond the keys of one wallet and of all, but not where it replaces one', async () => {
    const lend = (keyId: string, key = walletKey, laterMs = 0) =>
      rig.step.register(
        lendOrder({ walletKey: key, terms: lentTerms({ keyId }), nowMs: lendingNowMs + laterMs }),
      )
    for (const keyId of ['a', 'b', 'c']) expect(reasonOf(await lend(keyId))).toBe('ok')
    expect(await lend('d')).toMatchObject({ error: { reason: 'lent_keys_exhausted', keysMax: 3 } })
    expect(reasonOf(await lend('a', walletKey, 1))).toBe('ok')
    for (const keyId of ['a', 'b']) {
      expect(reasonOf(await lend(keyId, randomPrivateKey()))).toBe('ok')
    }
    expect(await lend('e', randomPrivateKey())).toMatchObject({ error: { keysMax: 5 } })
  })

  test('while as many keys are tried as may be at once', async () => {
    const gate = Promise.withResolvers<void>()
    rig = lendingRig(store, { keysMax: 100 })
    rig.now.probe = async () => {
      await gate.promise
      return err('no')
    }
    const tried = Array.from({ length: 8 }, () => rig.step.register(lendOrder()))
    expect(reasonOf(await rig.step.register(lendOrder()))).toBe('overloaded')
    gate.resolve()
    const outcomes = await Promise.all(tried)
    expect(new Set(outcomes.map(reasonOf))).toEqual(new Set(['lent_key_unusable']))
  })
})

describe('a withdrawal', () => {
  const lent = async () => {
    const entry = await rig.step.register(lendOrder({ walletKey }))
    if (!entry.ok) throw new Error(entry.error.reason)
    return entry.value.record.contributorId
  }
  const withdraw = (id: string, key = walletKey, of = id) =>
    rig.step.withdraw(id, withdrawAuthorization(lendingPlace, of, { ...sender, walletKey: key }))

  test('by the lender makes the gateway forget the key', async () => {
    const id = await lent()
    expect(reasonOf(await withdraw(id))).toBe('ok')
    expect(rig.roster.current.entries.size).toBe(0)
    expect((await store.read()).records.size).toBe(0)
    expect(reasonOf(await withdraw(id))).toBe('lent_key_not_found')
  })

  test('by anybody else, for another key, unsigned, or twice is refused', async () => {
    const id = await lent()
    expect(reasonOf(await withdraw(id, randomPrivateKey()))).toBe('lent_key_not_found')
    expect(reasonOf(await withdraw(id, walletKey, 'key-other'))).toBe('lender_query_invalid')
    const query = lenderAuthorization(lendingPlace, sender)
    for (const authorization of [undefined, 'Vouch e30', 'Bearer x', 'Vouch !!!', query]) {
      expect(reasonOf(await rig.step.withdraw(id, authorization))).toBe('lender_query_invalid')
    }
    expect(await keysOf()).toHaveLength(1)
    const order = withdrawAuthorization(lendingPlace, id, sender)
    expect(reasonOf(await rig.step.withdraw(id, order))).toBe('ok')
    await rig.step.register(lendOrder({ walletKey, nowMs: lendingNowMs + 1 }))
    expect(reasonOf(await rig.step.withdraw(id, order))).toBe('order_replayed')
    expect(await keysOf()).toHaveLength(1)
  })
})

test('a query is good for its wallet, this gateway and a few minutes', async () => {
  const otherGateway = { ...lendingPlace, gateway: address(`0x${'1'.repeat(40)}`) }
  const queries = [
    undefined,
    'Bearer sk-x',
    lenderAuthorization(otherGateway, sender),
    lenderAuthorization(lendingPlace, { ...sender, nowMs: lendingNowMs - 600_000 }),
    lenderAuthorization(lendingPlace, { ...sender, nowMs: lendingNowMs + 600_000 }),
  ]
  for (const query of queries) {
    expect(reasonOf(await rig.step.keys(query))).toBe('lender_query_invalid')
  }
})

test('a store that is gone is told as such, and as nothing else', async () => {
  await store.close()
  expect(reasonOf(await rig.step.register(lendOrder()))).toBe('store_unavailable')
  store = openSqliteContributors(`${folder.path}/contributors.db`)
})
