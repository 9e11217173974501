import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { depositsAtOnceMax, refusalsAtOnceMax } from '../../../../src/base/limits.ts'
import { randomPrivateKey } from '../../../../src/chain/private-key.ts'
import {
  depositBody,
  grantBody,
  ownerAuthorization,
  refundBody,
  revokeBody,
} from '../../../../src/client/billing-orders.ts'
import { apiKeySecretOf, hashApiKey } from '../../../../src/domain/api-key.ts'
import { atomic, bytes32, unixSeconds } from '../../../../src/domain/units.ts'
import { testAsset, testModelId, testRegistry } from '../../../support/gateway-on-ledger.ts'
import { freeGrant, type OwnedChannel, startOwnedChannel } from '../../../support/owned-channel.ts'

let owned: OwnedChannel

beforeAll(async () => {
  owned = await startOwnedChannel(10_000n)
})

afterAll(() => owned.stop())

let seed = 0
const newSecret = () => {
  seed += 1
  return apiKeySecretOf(Buffer.alloc(32, `secret ${seed}`))
}
let nonce = 1
const nextNonce = () => {
  nonce += 1
  return nonce
}
const grant = (secret: string, change: Partial<ReturnType<typeof freeGrant>> = {}) =>
  owned.post(
    '/v1/billing/keys',
    grantBody(
      owned.place,
      { ...freeGrant(owned.place, secret), ...change, nonce: nextNonce() },
      owned.sessionKey,
    ),
  )
const complete = (secret: string) =>
  fetch(`${owned.gateway.origin}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${secret}` },
    body: JSON.stringify({ model: 'm', messages: [{ role: 'user', content: 'Hi' }] }),
  })

describe('GET /v1/billing/terms', () => {
  test('takes the asset that prices are wanted in, whole or not at all', async () => {
    const named = await owned.get(`/v1/billing/terms?chain_id=31337&asset=${testAsset}`, '')
    expect(named.status).toBe(200)
    for (const [query, param] of [
      [`asset=${testAsset}`, 'chain_id'],
      ['chain_id=31337', 'asset'],
      [`chain_id=-1&asset=${testAsset}`, 'chain_id'],
      ['chain_id=31337&asset=0x12', 'asset'],
    ] as const) {
      const { status, json } = await owned.get(`/v1/billing/terms?${query}`, '')
      expect(status, query).toBe(400)
      expect(json).toMatchObject({ error: { code: 'invalid_value', param } })
    }
  })

  test('tells everybody what a channel must look like and what is asked', async () => {
    const { status, json } = await owned.get('/v1/billing/terms', '')
    expect(status).toBe(200)
    expect(json).toMatchObject({
      object: 'vouch.terms',
      gateway: owned.gateway.operator,
      orders_domain: { name: 'Vouch', version: '1', ...testRegistry },
      accepts: [
        {
          chain_id: 31337,
          asset: testAsset,
          decimals: 6,
          asset_domain: { name: 'Test Asset', version: '1', chainId: 31337 },
          withdraw_delay_min: 3600,
          minimum_deposit: '1000000',
        },
      ],
      models: [
        {
          id: 'm',
          model_id: testModelId,
          price_sheet: { promptAtomicPerMtok: '1000000', completionAtomicPerMtok: '2000000' },
        },
      ],
    })
  })
})

describe('POST /v1/billing/keys', () => {
  test('grants a key whose secret never came here', async () => {
    const secret = newSecret()
    const { status, json } = await grant(secret, {
      spendCap: atomic(5_000n),
      expiresAt: unixSeconds(4_000_000_000),
      models: ['n', 'm'],
      label: 'mine',
    })
    expect({ status, json }).toEqual({
      status: 200,
      json: {
        object: 'vouch.api_key',
        id: expect.stringMatching(/^key_[0-9a-f]{24}$/),
        key_hash: `0x${hashApiKey(secret)}`,
        label: 'mine',
        channel_id: owned.place.channelId,
        cap: '5000',
        models: ['m', 'n'],
        created_at: expect.any(Number),
        expires_at: 4_000_000_000,
        revoked: false,
      },
    })
    expect((await complete(secret)).status).toBe(200)
  })

  test('the same grant sent again changes nothing, before its revocation and after it', async () => {
    const secret = newSecret()
    const body = grantBody(
      owned.place,
      { ...freeGrant(owned.place, secret), nonce: nextNonce() },
      owned.sessionKey,
    )
    expect((await owned.post('/v1/billing/keys', body)).status).toBe(200)
    const again = await owned.post('/v1/billing/keys', body)
    expect(again).toMatchObject({ status: 400, json: { error: { code: 'api_key_exists' } } })
    const order = {
      channelId: owned.place.channelId,
      keyHash: hashApiKey(secret),
      nonce: nextNonce(),
    }
    const revocation = revokeBody(owned.place, order, owned.payerKey)
    expect(await owned.post('/v1/billing/keys/revoke', revocation)).toMatchObject({
      status: 200,
      json: { revoked: true },
    })
    for (const [path, replayed] of [
      ['/v1/billing/keys', body],
      ['/v1/billing/keys/revoke', revocation],
    ] as const) {
      expect((await owned.post(path, replayed)).status).toBe(400)
    }
    expect((await complete(secret)).status).toBe(401)
  })

  test('an order behind the last one is refused, and told which that was', async () => {
    const body = grantBody(
      owned.place,
      { ...freeGrant(owned.place, newSecret()), nonce: 1 },
      owned.sessionKey,
    )
    expect(await owned.post('/v1/billing/keys', body)).toMatchObject({
      status: 400,
      json: {
        error: {
          code: 'key_nonce_stale',
          param: 'nonce',
          message: expect.stringContaining(String(nonce)),
        },
      },
    })
  })

  test('a cap is kept to the atomic unit, and another model is refused', async () => {
    const capped = newSecret()
    await grant(capped, { spendCap: atomic(2_070n) })
    const statuses = []
    for (let asked = 0; asked < 3; asked += 1) statuses.push((await complete(capped)).status)
    // The worst case is 2,066 and an answer costs 11: the second asks for more than is left.
    expect(statuses).toEqual([200, 402, 402])
    const scoped = newSecret()
    await grant(scoped, { models: ['another'] })
    const refused = await complete(scoped)
    expect(refused.status).toBe(403)
    expect(await refused.json()).toMatchObject({ error: { code: 'model_not_allowed' } })
  })
})

describe('what an owner reads', () => {
  test('needs a key of the channel or a query that its owner signed', async () => {
    for (const path of ['/v1/billing/channel', '/v1/billing/keys', '/v1/billing/receipts']) {
      expect((await owned.get(path)).status).toBe(200)
      expect((await owned.get(path, `Bearer ${owned.apiKey}`)).status).toBe(200)
      const forged = ownerAuthorization(owned.place, Date.now(), randomPrivateKey())
      const old = ownerAuthorization(owned.place, Date.now() - 600_000, owned.sessionKey)
      for (const refused of ['', 'Bearer sk-vouch-no', forged, old, 'Vouch', 'Vouch !']) {
        expect(await owned.get(path, refused)).toMatchObject({
          status: 401,
          json: { error: { type: 'invalid_request_error' } },
        })
      }
    }
  })

  test('keys are listed with what they spent', async () => {
    const { json } = await owned.get('/v1/billing/keys')
    const keys = json['data'] as { cap: string | null; spent: string; revoked: boolean }[]
    expect(keys.length).toBeGreaterThan(3)
    expect(keys.find(({ cap }) => cap === '2070')).toMatchObject({ spent: '11', held: '0' })
    expect(JSON.stringify(json)).not.toContain('sk-vouch-')
  })

  test('receipts come in their order, page by page, as they were stored', async () => {
    await owned.gateway.books()
    const { json } = await owned.get('/v1/billing/receipts')
    const all = json['data'] as { receipt: { channelSeq: number; receiptId: string } }[]
    expect(all.length).toBeGreaterThan(1)
    expect(all.map(({ receipt }) => receipt.channelSeq)).toEqual(all.map((_, index) => index + 1))
    const [first, second] = all
    const page = await owned.get('/v1/billing/receipts?after=1&limit=1')
    expect(page.json).toEqual({ object: 'list', data: [second], has_more: all.length > 2 })
    const one = await owned.get(
      `/v1/receipts/${first?.receipt.receiptId}`,
      `Bearer ${owned.apiKey}`,
    )
    expect(one.json).toEqual(first)
    // Whoever pays request by request has no key: its owner's signature does.
    expect((await owned.get(`/v1/receipts/${first?.receipt.receiptId}`)).json).toEqual(first)
    expect((await owned.get(`/v1/billing/receipts?after=${all.length}`)).json).toEqual({
      object: 'list',
      data: [],
      has_more: false,
    })
  })

  test.each([
    'after=-1',
    'after=1e3',
    'after=x',
    'limit=0',
    'limit=101',
    'limit=1.5',
    `after=${'9'.repeat(17)}`,
  ])('receipts?%s is refused by name', async (query) => {
    expect(await owned.get(`/v1/billing/receipts?${query}`)).toMatchObject({
      status: 400,
      json: { error: { code: 'invalid_value', param: query.split('=')[0] } },
    })
  })
})

describe('POST /v1/billing/refund and /deposits', () => {
  test('ask the chain only for an owner, and only in time', async () => {
    const send = (body: object) => owned.post('/v1/billing/refund', body)
    const asked = await send(refundBody(owned.place, Date.now(), owned.sessionKey))
    expect(asked).toMatchObject({ status: 503, json: { error: { code: 'chain_unavailable' } } })
    expect(await send(refundBody(owned.place, Date.now(), randomPrivateKey()))).toMatchObject({
      status: 400,
      json: { error: { code: 'owner_signature_invalid' } },
    })
    for (const drift of [-600_000, 600_000]) {
      expect(
        await send(refundBody(owned.place, Date.now() + drift, owned.sessionKey)),
      ).toMatchObject({ status: 400, json: { error: { code: 'order_outdated' } } })
    }
  })

  test('a deposit that nobody was asked for is not found', async () => {
    const deposit = { amount: atomic(5n), validBefore: unixSeconds(9), salt: Buffer.alloc(32) }
    const body = depositBody(owned.place, deposit, owned.payerKey)
    expect((await owned.post('/v1/billing/deposits', body)).status).toBe(503)
    for (const id of [bytes32(`0x${'12'.repeat(32)}`), 'x', '%00']) {
      expect(await owned.get(`/v1/billing/deposits/${id}`, '')).toMatchObject({
        status: 404,
        json: { error: { code: 'deposit_not_found' } },
      })
    }
  })
})

describe('who is refused again and again', () => {
  test('is told to wait, while a good key enters', async () => {
    const wrong = () => owned.get('/v1/billing/channel', 'Bearer sk-vouch-wrong')
    let waiting = await wrong()
    for (let tried = 0; tried < refusalsAtOnceMax + 1 && waiting.status === 401; tried += 1) {
      waiting = await wrong()
    }
    expect(waiting).toMatchObject({
      status: 429,
      json: { error: { type: 'rate_limit_error', code: 'rate_limit_exceeded' } },
    })
    expect(waiting.headers.get('retry-after')).toMatch(/^[1-9]\d*$/)
    expect((await complete('sk-vouch-wrong')).status).toBe(429)
    expect((await owned.get('/v1/billing/channel')).status).toBe(200)
    expect((await complete(owned.apiKey)).status).toBe(200)
  })

  test('deposits of one network are bounded, whoever pays', async () => {
    const statuses = new Set<number>()
    for (let sent = 0; sent <= depositsAtOnceMax; sent += 1) {
      const salt = Buffer.alloc(32, sent)
      const deposit = { amount: atomic(5n), validBefore: unixSeconds(9), salt }
      const body = depositBody(owned.place, deposit, owned.payerKey)
      const { status, json } = await owned.post('/v1/billing/deposits', body)
      statuses.add(status)
      if (status === 429) expect(json).toMatchObject({ error: { code: 'deposit_limit_reached' } })
    }
    expect([...statuses]).toEqual([503, 429])
  })

  test('a key without money waits, and the other keys of its channel do not', async () => {
    const poor = newSecret()
    await grant(poor, { spendCap: atomic(1n) })
    let refused = await complete(poor)
    for (let tried = 0; tried < refusalsAtOnceMax + 1 && refused.status === 402; tried += 1) {
      refused = await complete(poor)
    }
    expect(refused.status).toBe(429)
    expect((await complete(owned.apiKey)).status).toBe(200)
  })
})
