import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  channelDomain,
  channelIdOf,
  voucherDigest,
} from '../../../../src/chain/channel-typed-data.ts'
import { randomPrivateKey } from '../../../../src/chain/private-key.ts'
import { addressOfPrivateKey, signDigest } from '../../../../src/chain/signatures.ts'
import { address, atomic } from '../../../../src/domain/units.ts'
import { acceptVoucher } from '../../../../src/payment/accept-voucher.ts'
import { channelConfig, onChain } from '../../../support/channels.ts'
import {
  startGatewayOnLedger,
  type TestGateway,
  testAsset,
  testChannelId,
  testSettlement,
} from '../../../support/gateway-on-ledger.ts'

const domain = channelDomain({ chainId: 31337, verifyingContract: address(`0x${'5e'.repeat(20)}`) })
const sessionKey = randomPrivateKey()
const config = {
  ...channelConfig,
  token: testAsset,
  payerAuthorizer: addressOfPrivateKey(sessionKey),
}
const channelId = channelIdOf(domain, config)

let gateway: TestGateway

beforeAll(async () => {
  gateway = await startGatewayOnLedger({
    upstreams: [{ id: 'one', baseUrl: 'http://127.0.0.1:9/v1' }],
    balance: 700n,
    acceptVoucher: (ledger) => (voucher) =>
      acceptVoucher(
        {
          ledger,
          terms: { ...config, chainId: 31337, domain, withdrawDelayMinS: 3_600 },
          readChannel: async () => onChain(1_000n),
        },
        voucher,
      ),
  })
})

afterAll(() => gateway.stop())

const signed = (amount: bigint) =>
  signDigest(voucherDigest(domain, { channelId, maxClaimableAmount: atomic(amount) }), sessionKey)
const voucherBody = (amount: bigint) => ({
  channelConfig: config,
  maxClaimableAmount: String(amount),
  signature: signed(amount),
})

async function post(body: unknown) {
  const response = await fetch(`${gateway.origin}/v1/billing/vouchers`, {
    method: 'POST',
    body: typeof body === 'string' ? body : JSON.stringify(body),
  })
  return { status: response.status, json: (await response.json()) as Record<string, unknown> }
}

describe('POST /v1/billing/vouchers', () => {
  test('raises the tranche and shows the book, in decimal strings of atomic units', async () => {
    expect(await post(voucherBody(400n))).toEqual({
      status: 200,
      json: {
        object: 'vouch.channel',
        channel_id: channelId,
        chain_id: 31337,
        settlement: testSettlement,
        asset: testAsset,
        decimals: 6,
        balance: '1000',
        signed: '400',
        charged: '0',
        held: '0',
        free: '400',
        announced: '0',
        claimed: '0',
        unclaimed: '0',
        closing: false,
        frozen: false,
        withdraw_final_at: null,
        receipts: 0,
        config,
      },
    })
  })

  test('takes addresses in any spelling: a checksum is no part of an account', async () => {
    const spelled = { ...config, payer: config.payer.toUpperCase().replace('0X', '0x') }
    expect(await post({ ...voucherBody(410n), channelConfig: spelled })).toMatchObject({
      status: 200,
      json: { channel_id: channelId },
    })
  })

  test.each<[string, unknown, string | null, string]>([
    ['nothing', '', null, 'invalid_json'],
    ['no JSON', '{', null, 'invalid_json'],
    ['the same key twice', '{"signature":"0x","signature":"0x"}', null, 'invalid_json'],
    ['null', 'null', 'channelConfig.payer', 'invalid_type'],
    ['an array', '[]', 'channelConfig.payer', 'invalid_type'],
    ['terms that are text', { channelConfig: 'x' }, 'channelConfig.payer', 'invalid_type'],
    ['terms that are null', { channelConfig: null }, 'channelConfig.payer', 'invalid_type'],
    [
      'a token that is no address',
      { ...voucherBody(1n), channelConfig: { ...config, token: '0x12' } },
      'channelConfig.token',
      'invalid_type',
    ],
    ...[-1, 0.5, 2 ** 40, 1e300, '900', null].map(
      (withdrawDelay): [string, unknown, string, string] => [
        `a delay of ${JSON.stringify(withdrawDelay)}`,
        { ...voucherBody(1n), channelConfig: { ...config, withdrawDelay } },
        'channelConfig.withdrawDelay',
        'invalid_type',
      ],
    ),
    [
      'a salt too short',
      { ...voucherBody(1n), channelConfig: { ...config, salt: '0x00' } },
      'channelConfig.salt',
      'invalid_type',
    ],
    ...[5, '-5', '1e3', '0x10', '', '9'.repeat(39), null].map(
      (amount): [string, unknown, string, string] => [
        `an amount of ${JSON.stringify(amount)}`,
        { ...voucherBody(1n), maxClaimableAmount: amount },
        'maxClaimableAmount',
        'invalid_type',
      ],
    ),
    [
      'a signature that is no hex',
      { ...voucherBody(1n), signature: '0xzz' },
      'signature',
      'invalid_type',
    ],
    [
      'half a byte of signature',
      { ...voucherBody(1n), signature: '0x1' },
      'signature',
      'invalid_type',
    ],
  ])('%s: 400 that names what is wrong', async (_name, body, param, code) => {
    const { status, json } = await post(body)
    expect(status).toBe(400)
    expect(json['error']).toMatchObject({ type: 'invalid_request_error', param, code })
  })

  test.each([
    [
      'a signature of another key',
      { ...voucherBody(5n), signature: signed(6n) },
      'voucher_signature_invalid',
    ],
    ['more than the balance', voucherBody(1_001n), 'voucher_above_balance'],
    [
      'other terms',
      { ...voucherBody(5n), channelConfig: { ...config, receiver: config.payer } },
      'channel_terms_unacceptable',
    ],
  ])('%s: 400 %s', async (_name, body, code) => {
    expect(await post(body)).toMatchObject({ status: 400, json: { error: { code } } })
  })

  test('a body beyond any voucher: 413', async () => {
    const { status, json } = await post(' '.repeat(16 * 1024 + 1))
    expect(status).toBe(413)
    expect(json['error']).toMatchObject({ code: 'request_too_large' })
  })
})

describe('GET /v1/billing/channel', () => {
  test("shows the key's own channel", async () => {
    const headers = { authorization: `Bearer ${gateway.apiKey}` }
    const response = await fetch(`${gateway.origin}/v1/billing/channel`, { headers })
    expect(await response.json()).toMatchObject({ channel_id: testChannelId, free: '700' })
  })
})
