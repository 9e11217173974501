/*
 * Whatever is sent to the routes that change something: an answer in OpenAI's shape, no bug of ours, and nothing changed
 * unless an owner signed exactly that.
 */
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  depositBody,
  grantBody,
  refundBody,
  revokeBody,
  voucherBody,
} from '../../src/client/billing-orders.ts'
import { apiKeySecretOf, hashApiKey } from '../../src/domain/api-key.ts'
import { atomic, unixSeconds } from '../../src/domain/units.ts'
import { freeGrant, type OwnedChannel, startOwnedChannel } from '../support/owned-channel.ts'

let owned: OwnedChannel

beforeAll(async () => {
  owned = await startOwnedChannel(10_000n)
})

afterAll(() => owned.stop())

const secret = apiKeySecretOf(Buffer.alloc(32, 1))

/** A body that would do something, for each route. */
const goodBodies: Readonly<Record<string, () => object>> = {
  '/v1/billing/keys': () =>
    grantBody(
      owned.place,
      { ...freeGrant(owned.place, secret), models: ['m'], label: 'x', nonce: 9 },
      owned.sessionKey,
    ),
  '/v1/billing/keys/revoke': () => {
    const { channelId } = owned.place
    const order = { channelId, keyHash: hashApiKey(owned.apiKey), nonce: 9 }
    return revokeBody(owned.place, order, owned.sessionKey)
  },
  '/v1/billing/vouchers': () => voucherBody(owned.place, atomic(20_000n), owned.sessionKey),
  '/v1/billing/refund': () => refundBody(owned.place, Date.now(), owned.sessionKey),
  '/v1/billing/deposits': () =>
    depositBody(
      owned.place,
      { amount: atomic(5n), validBefore: unixSeconds(4_000_000_000), salt: Buffer.alloc(32) },
      owned.payerKey,
    ),
}

/** Everything that an order could change. */
async function state(): Promise<unknown> {
  const { ledger, apiKeys } = owned.gateway
  const { channelId } = owned.place
  return {
    keys: await apiKeys.list(),
    nonce: await apiKeys.lastNonce(channelId),
    channels: await ledger.channels(),
  }
}

const anyValue = fc.oneof(
  fc.jsonValue({ maxDepth: 2 }),
  fc.constantFrom(
    '',
    '0x',
    `0x${'00'.repeat(32)}`,
    '9'.repeat(38),
    '9'.repeat(39),
    2 ** 53,
    -0,
    1e308,
  ),
  fc.string(),
)
const anyDeviation = fc.record({
  member: fc.nat(),
  value: fc.option(anyValue, { nil: undefined }),
  inConfig: fc.boolean(),
})
type Deviation = { readonly member: number; readonly value: unknown; readonly inConfig: boolean }

/** The good body with one member changed or left out. */
function deviating(good: object, { member, value, inConfig }: Deviation): object | undefined {
  const config = (good as { readonly channelConfig?: object }).channelConfig
  if (inConfig && config !== undefined) {
    const changed = deviating(config, { member, value, inConfig: false })
    return changed && { ...good, channelConfig: changed }
  }
  const names = Object.keys(good)
  const name = names[member % names.length] ?? ''
  const before = (good as Readonly<Record<string, unknown>>)[name]
  if (JSON.stringify(before) === JSON.stringify(value)) return undefined
  const { [name]: _left, ...rest } = good as Readonly<Record<string, unknown>>
  return value === undefined ? rest : { ...rest, [name]: value }
}

/** Whether both bodies say the same: a label is signed by nobody, and an absent limit is none. */
const isHarmless = (good: object, sent: object): boolean => meaning(good) === meaning(sent)

function meaning(body: object): string {
  const { label: _label, ...said } = body as Readonly<Record<string, unknown>>
  const { spendCap, expiresAt, validAfter } = said
  const limits = {
    spendCap: spendCap ?? '0',
    expiresAt: expiresAt ?? 0,
    validAfter: validAfter ?? 0,
  }
  return JSON.stringify(Object.entries({ ...said, ...limits }).sort())
}

async function expectRefused(path: string, body: string): Promise<void> {
  const before = await state()
  const { status, json } = await owned.post(path, body)
  expect(status).toBeGreaterThanOrEqual(400)
  expect(status).not.toBe(500)
  const error = json['error'] as Record<string, unknown>
  expect(Object.keys(error)).toEqual(['message', 'type', 'param', 'code'])
  expect(typeof error['message']).toBe('string')
  expect(typeof error['code']).toBe('string')
  expect(await state()).toEqual(before)
}

test.each(Object.keys(goodBodies))(
  '%s refuses every deviation from what was signed',
  async (path) => {
    let refused = 0
    await fc.assert(
      fc.asyncProperty(anyDeviation, async (deviation) => {
        const good = goodBodies[path]?.() ?? {}
        const sent = deviating(good, deviation)
        if (sent === undefined || isHarmless(good, sent)) return
        await expectRefused(path, JSON.stringify(sent))
        refused += 1
      }),
    )
    expect(refused).toBeGreaterThan(20)
  },
)

test.each(Object.keys(goodBodies))('%s refuses any JSON and any bytes', async (path) => {
  let refused = 0
  await fc.assert(
    fc.asyncProperty(
      fc.oneof(fc.json(), fc.string(), fc.string({ unit: 'binary' })),
      async (text) => {
        await expectRefused(path, text)
        refused += 1
      },
    ),
  )
  await expectRefused(path, ' '.repeat(16 * 1024 + 1))
  await expectRefused(path, '['.repeat(1000))
  expect(refused).toBeGreaterThan(0)
})

test('the bodies that were deviated from do what they say', async () => {
  const { internalErrors } = owned.gateway
  expect(internalErrors).toEqual([])
  for (const [path, body] of Object.entries(goodBodies)) {
    const { status } = await owned.post(path, path.endsWith('revoke') ? {} : body())
    // Deposits may be too many by now; a refund needs the chain, which is silent here.
    const expected = { revoke: [400], refund: [503], deposits: [503, 429] }
    const last = path.split('/').at(-1) as keyof typeof expected
    expect(expected[last] ?? [200], path).toContain(status)
  }
  const order = { channelId: owned.place.channelId, keyHash: hashApiKey(owned.apiKey), nonce: 10 }
  const revoked = await owned.post(
    '/v1/billing/keys/revoke',
    revokeBody(owned.place, order, owned.sessionKey),
  )
  expect(revoked.status).toBe(200)
})

test('no secret of an owner is in the log', () => {
  const log = owned.gateway.logText()
  for (const hidden of [owned.apiKey, secret, owned.sessionKey, owned.payerKey]) {
    expect(log).not.toContain(hidden.slice(2))
  }
})
