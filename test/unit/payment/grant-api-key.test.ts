import { beforeEach, describe, expect, test } from 'vitest'
import {
  apiKeyGrantDigest,
  apiKeyRevokeDigest,
  billingQueryDigest,
  type KeyGrantTerms,
  refundOrderDigest,
} from '../../../src/chain/billing-typed-data.ts'
import { agreementDomain } from '../../../src/chain/fx-typed-data.ts'
import { curveOrder, randomPrivateKey } from '../../../src/chain/private-key.ts'
import { addressOfPrivateKey, signDigest } from '../../../src/chain/signatures.ts'
import type { ApiKey, KeyOrder } from '../../../src/domain/api-key.ts'
import { openChannel } from '../../../src/domain/channel-ledger.ts'
import {
  address,
  atomic,
  type Bytes32,
  type Signature,
  signature,
  unixSeconds,
} from '../../../src/domain/units.ts'
import { authenticateOwner } from '../../../src/payment/authenticate-owner.ts'
import { grantApiKey, type KeyRegister } from '../../../src/payment/grant-api-key.ts'
import { revokeApiKey } from '../../../src/payment/revoke-api-key.ts'
import { channelConfig, channelIdOf, onChain } from '../../support/channels.ts'

const nowMs = 1_700_000_000_000
const payerKey = randomPrivateKey()
const sessionKey = randomPrivateKey()
const strangerKey = randomPrivateKey()
const registry = { chainId: 31337, verifyingContract: address(`0x${'6a'.repeat(20)}`) }
const domain = agreementDomain(registry)
const channelId = channelIdOf(0)
const config = {
  ...channelConfig,
  payer: addressOfPrivateKey(payerKey),
  payerAuthorizer: addressOfPrivateKey(sessionKey),
}
const channel = openChannel({ channelId, chainId: 31337, config, onChain: onChain(5n) })
const ledger = {
  channel: async (id: Bytes32) =>
    id === channelId || id === channelIdOf(1) ? { ...channel, channelId: id } : undefined,
}

const terms: KeyGrantTerms = {
  channelId,
  keyHash: 'ab'.repeat(32),
  spendCap: atomic(500n),
  expiresAt: unixSeconds(nowMs / 1000 + 60),
  modelScope: ['b', 'a', 'b'],
  nonce: 7,
}
const signed = (grant: KeyGrantTerms = terms, key = sessionKey) =>
  signDigest(apiKeyGrantDigest(domain, grant), key)

let granted: { readonly key: ApiKey; readonly nonce: number }[]
let revoked: KeyOrder[]
let register: KeyRegister

beforeEach(() => {
  granted = []
  revoked = []
  register = {
    ledger,
    domain,
    keys: {
      grant: async (key, nonce) => {
        granted.push({ key, nonce })
        return { ok: true, value: key }
      },
      revokeByOwner: async (order) => {
        revoked.push(order)
        return { ok: false, error: { reason: 'api_key_not_found' } }
      },
    },
  }
})

const grant = (change: Partial<KeyGrantTerms & { signature: Signature }> = {}) =>
  grantApiKey(register, { ...terms, label: 'mine', signature: signed(), ...change }, nowMs)

describe('a grant', () => {
  test.each([
    ['payer', payerKey],
    ['session key', sessionKey],
  ])('by the %s is executed as it was signed', async (_name, key) => {
    expect(await grant({ signature: signed(terms, key) })).toMatchObject({ ok: true })
    expect(granted).toEqual([
      {
        nonce: 7,
        key: {
          keyHash: terms.keyHash,
          apiKeyId: expect.stringMatching(/^key_[0-9a-f]{24}$/),
          label: 'mine',
          channelId,
          spendCapAmount: 500n,
          modelScope: ['a', 'b'],
          createdAtMs: nowMs,
          expiresAtMs: nowMs + 60_000,
          revokedAtMs: undefined,
        },
      },
    ])
  })

  test('with zeros has neither cap nor end, and without models it allows all', async () => {
    const free = {
      ...terms,
      spendCap: atomic(0n),
      expiresAt: unixSeconds(0),
      modelScope: undefined,
    }
    await grant({ ...free, signature: signed(free) })
    expect(granted[0]?.key).toMatchObject({
      spendCapAmount: undefined,
      expiresAtMs: undefined,
      modelScope: undefined,
    })
  })

  test('does not care in which order its models are named', async () => {
    expect(await grant({ modelScope: ['a', 'b'] })).toMatchObject({ ok: true })
  })

  const other = agreementDomain({ ...registry, chainId: 1 })
  const elsewhere = agreementDomain({
    ...registry,
    verifyingContract: address(`0x${'6b'.repeat(20)}`),
  })
  const digest = apiKeyGrantDigest(domain, terms)
  const asQuery = { channelId, validUntil: unixSeconds(7) }
  test.each<[string, Partial<KeyGrantTerms & { signature: Signature }>]>([
    ['signed by a stranger', { signature: signed(terms, strangerKey) }],
    [
      'signed for another chain',
      { signature: signDigest(apiKeyGrantDigest(other, terms), sessionKey) },
    ],
    [
      'signed for another registry',
      { signature: signDigest(apiKeyGrantDigest(elsewhere, terms), sessionKey) },
    ],
    ['for another channel', { channelId: channelIdOf(1) }],
    ['of another key', { keyHash: 'ac'.repeat(32) }],
    ['with a higher cap', { spendCap: atomic(501n) }],
    ['with no cap', { spendCap: atomic(0n) }],
    ['with a later end', { expiresAt: unixSeconds(nowMs / 1000 + 61) }],
    ['with another model', { modelScope: ['a', 'b', 'c'] }],
    ['with all models', { modelScope: undefined }],
    ['with another nonce', { nonce: 8 }],
    [
      'whose signature is a revocation',
      { signature: signDigest(apiKeyRevokeDigest(domain, terms), sessionKey) },
    ],
    [
      'whose signature is a query',
      { signature: signDigest(billingQueryDigest(domain, asQuery), sessionKey) },
    ],
    [
      'whose signature is an order of a refund',
      { signature: signDigest(refundOrderDigest(domain, asQuery), sessionKey) },
    ],
    ['with a malleated signature', { signature: malleated(signed()) }],
    ['with v as 0 or 1', { signature: withLowV(signed()) }],
    ['with a compact signature', { signature: signature(signed().slice(0, 130)) }],
    ['with a byte more', { signature: signature(`${signed()}00`) }],
    ['with nothing signed', { signature: signature('0x') }],
    ['with zeros signed', { signature: signature(`0x${'00'.repeat(65)}`) }],
    [
      'with the digest itself as signature',
      { signature: signature(`${digest}${digest.slice(2)}1b`) },
    ],
  ])('%s is refused, and nothing changes', async (_name, change) => {
    expect(await grant(change)).toEqual({ ok: false, error: { reason: 'owner_signature_invalid' } })
    expect(granted).toEqual([])
  })

  test('on a channel that the gateway does not know is refused', async () => {
    const foreign = { ...terms, channelId: channelIdOf(2) }
    const outcome = await grant({ ...foreign, signature: signed(foreign) })
    expect(outcome).toEqual({ ok: false, error: { reason: 'channel_not_found' } })
  })

  test('that has ended already, or whose nonce would burn all others, is refused', async () => {
    const late = { ...terms, expiresAt: unixSeconds(nowMs / 1000) }
    expect(await grant({ ...late, signature: signed(late) })).toMatchObject({
      error: { reason: 'invalid_value', param: 'expiresAt' },
    })
    const burning = { ...terms, nonce: nowMs + 86_400_001 }
    expect(await grant({ ...burning, signature: signed(burning) })).toMatchObject({
      error: { reason: 'invalid_value', param: 'nonce' },
    })
    const far = { ...terms, nonce: nowMs + 86_400_000 }
    expect(await grant({ ...far, signature: signed(far) })).toMatchObject({ ok: true })
  })
})

describe('a revocation', () => {
  const order = { channelId, keyHash: terms.keyHash, nonce: 8 }
  const revoke = (given: Signature) => revokeApiKey(register, { ...order, signature: given }, nowMs)

  test('reaches the store when an owner signed it', async () => {
    for (const key of [payerKey, sessionKey]) {
      await revoke(signDigest(apiKeyRevokeDigest(domain, order), key))
    }
    expect(revoked).toMatchObject([order, order])
  })

  test('does not when somebody else did, or something else was signed', async () => {
    const digest = apiKeyRevokeDigest(domain, order)
    for (const wrong of [
      signDigest(digest, strangerKey),
      signDigest(apiKeyGrantDigest(domain, { ...terms, nonce: 8 }), sessionKey),
      signDigest(apiKeyRevokeDigest(domain, { ...order, nonce: 9 }), sessionKey),
      malleated(signDigest(digest, sessionKey)),
    ]) {
      expect(await revoke(wrong)).toMatchObject({ error: { reason: 'owner_signature_invalid' } })
    }
    expect(revoked).toEqual([])
  })
})

describe('an owner without an API key', () => {
  const query = { channelId, validUntil: unixSeconds(nowMs / 1000 + 60) }
  const header = (
    change: object = {},
    given: Signature = signDigest(billingQueryDigest(domain, query), sessionKey),
  ) =>
    `Vouch ${Buffer.from(JSON.stringify({ ...query, signature: given, ...change })).toString('base64url')}`
  const authenticated = (authorization: string, atMs = nowMs) =>
    authenticateOwner({ ledger, domain }, authorization, atMs)

  test('reads the books of its channel for the time that it signed', async () => {
    for (const atMs of [nowMs, nowMs + 59_999, nowMs - 240_000]) {
      expect(await authenticated(header(), atMs)).toEqual({ ok: true, value: channelId })
    }
  })

  test.each<[string, () => string, number?]>([
    ['is past', () => header(), nowMs + 60_000],
    ['is more than five minutes ahead', () => header(), nowMs - 240_001],
    ['is for another channel', () => header({ channelId: channelIdOf(1) })],
    ['is for a channel that is not known', () => header({ channelId: channelIdOf(2) })],
    ['has its time changed', () => header({ validUntil: query.validUntil + 1 })],
    [
      "is a stranger's",
      () => header({}, signDigest(billingQueryDigest(domain, query), strangerKey)),
    ],
    [
      'is an order of a refund',
      () => header({}, signDigest(refundOrderDigest(domain, query), sessionKey)),
    ],
    ['is no JSON', () => 'Vouch AAAA'],
    ['is null', () => `Vouch ${Buffer.from('null').toString('base64url')}`],
    ['has no time', () => header({ validUntil: '60' })],
    ['is nothing', () => 'Vouch '],
    ['is too long', () => `Vouch ${'A'.repeat(1025)}`],
  ])('does not when the query %s', async (_name, authorization, atMs = nowMs) => {
    expect(await authenticated(authorization(), atMs)).toEqual({
      ok: false,
      error: { reason: 'billing_query_invalid' },
    })
  })
})

/** The other signature that the same key gives by the same right: s' = n - s. */
function malleated(given: Signature): Signature {
  const s = curveOrder - BigInt(`0x${given.slice(66, 130)}`)
  const v = given.endsWith('1b') ? '1c' : '1b'
  return signature(`${given.slice(0, 66)}${s.toString(16).padStart(64, '0')}${v}`)
}

function withLowV(given: Signature): Signature {
  return signature(`${given.slice(0, 130)}${given.endsWith('1b') ? '00' : '01'}`)
}
