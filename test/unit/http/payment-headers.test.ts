import { expect, test } from 'vitest'
import { encodeJsonHeader } from '../../../src/base/json-header.ts'
import type { ChannelOffer } from '../../../src/domain/billing-terms.ts'
import type { Refusal } from '../../../src/domain/refusal.ts'
import { address, atomic } from '../../../src/domain/units.ts'
import {
  paymentRequiredHeader,
  readParallel,
  readPayment,
} from '../../../src/http/payment-headers.ts'

const account = (digit: string) => address(`0x${digit.repeat(40)}`)
const word = (digit: string) => `0x${digit.repeat(64)}`
const channelConfig = {
  payer: account('1'),
  payerAuthorizer: account('2'),
  receiver: account('3'),
  receiverAuthorizer: account('4'),
  token: account('5'),
  withdrawDelay: 3600,
  salt: word('0'),
}
const voucher = { channelId: word('c'), maxClaimableAmount: '500', signature: '0x1234' }
const accepted = { scheme: 'batch-settlement', network: 'eip155:31337', amount: '100' }
const payment = (payload: unknown, change: Readonly<Record<string, unknown>> = {}) =>
  readPayment(encodeJsonHeader({ x402Version: 2, accepted, payload, ...change }))

const answered = { network: 'eip155:31337', quotedAmount: 100n }
const presented = {
  config: channelConfig,
  channelId: word('c'),
  maxClaimableAmount: 500n,
  signature: '0x1234',
}

test('a voucher, alone or with a deposit of either kind', () => {
  expect(payment({ type: 'voucher', channelConfig, voucher })).toEqual({
    ok: true,
    value: { kind: 'voucher', ...answered, voucher: presented, deposit: undefined },
  })
  const erc3009Authorization = {
    validAfter: '0',
    validBefore: '1800000000',
    salt: word('5'),
    signature: '0xabcd',
  }
  const deposit = (authorization: unknown) =>
    payment({
      type: 'deposit',
      channelConfig,
      voucher,
      deposit: { amount: '5000', authorization },
    })
  expect(deposit({ erc3009Authorization })).toMatchObject({
    ok: true,
    value: {
      kind: 'voucher',
      deposit: {
        config: channelConfig,
        amount: 5_000n,
        authorization: {
          kind: 'eip3009',
          validAfter: 0,
          validBefore: 1_800_000_000,
          salt: word('5'),
        },
      },
    },
  })
  const nonce = String(2n ** 256n - 1n)
  const permit2Authorization = { nonce, deadline: '1800000000', signature: '0xabcd' }
  expect(deposit({ permit2Authorization })).toMatchObject({
    ok: true,
    value: { deposit: { authorization: { kind: 'permit2', nonce: 2n ** 256n - 1n } } },
  })
})

test('a refund of all, and of a part', () => {
  const refund = { type: 'refund', channelConfig, voucher }
  expect(payment(refund)).toMatchObject({ ok: true, value: { kind: 'refund', amount: undefined } })
  expect(payment({ ...refund, amount: '7' })).toMatchObject({ ok: true, value: { amount: 7n } })
})

test('a transfer', () => {
  const authorization = {
    from: account('1'),
    to: account('3'),
    value: '100',
    validAfter: '0',
    validBefore: '1800000000',
    nonce: word('9'),
  }
  const exact = { accepted: { ...accepted, scheme: 'exact' } }
  expect(payment({ authorization, signature: '0xabcd' }, exact)).toEqual({
    ok: true,
    value: {
      kind: 'exact',
      ...answered,
      authorization: {
        ...authorization,
        value: 100n,
        validAfter: 0,
        validBefore: 1_800_000_000,
        signature: '0xabcd',
      },
    },
  })
})

test('what is something else is refused, and the message says where', () => {
  const good = { type: 'voucher', channelConfig, voucher }
  const detailOf = (read: ReturnType<typeof readPayment>): string =>
    read.ok || read.error.reason !== 'payment_malformed' ? 'accepted' : read.error.detail
  expect(detailOf(payment(good))).toBe('accepted')
  expect(detailOf(readPayment('not base64!'))).toContain('base64')
  expect(detailOf(readPayment('A'.repeat(20_000)))).toContain('too long')
  expect(detailOf(readPayment(Buffer.from('{"a":1,"a":1}').toString('base64')))).toContain('twice')
  expect(detailOf(payment(good, { x402Version: 1 }))).toContain('version 2')
  expect(detailOf(payment({ ...good, type: 'claim' }))).toContain('no payload')
  expect(detailOf(payment(good, { accepted: { ...accepted, scheme: 'upto' } }))).toContain(
    'no payload',
  )
  const over = { ...voucher, maxClaimableAmount: '-5' }
  expect(detailOf(payment({ ...good, voucher: over }))).toContain(
    'payload.voucher.maxClaimableAmount',
  )
  const config = { ...channelConfig, payer: '0x12' }
  expect(detailOf(payment({ ...good, channelConfig: config }))).toContain(
    'payload.channelConfig.payer',
  )
})

test('x-payment-parallel is a number from 1 to 32', () => {
  expect(readParallel(undefined)).toEqual({ ok: true, value: undefined })
  expect(readParallel('1')).toEqual({ ok: true, value: 1 })
  expect(readParallel('32')).toEqual({ ok: true, value: 32 })
  for (const wrong of ['0', '33', '', '1.5', '-1', 'many', '1e1']) {
    expect(readParallel(wrong).ok, wrong).toBe(false)
  }
})

const offer: ChannelOffer = {
  chainId: 8453,
  settlement: account('6'),
  collector: account('7'),
  asset: { address: account('5'), decimals: 6, name: 'USD Coin', version: '2' },
  receiver: account('3'),
  receiverAuthorizer: account('4'),
  withdrawDelayMinS: 3_600,
  minimumDeposit: atomic(1_000_000n),
}
const required = (refusal: Refusal, ceiling = 100n) =>
  JSON.parse(
    Buffer.from(
      paymentRequiredHeader({
        quote: {
          offer,
          ceilingAmount: atomic(ceiling),
          parallel: 4,
          voucherAmount: atomic(4n * ceiling),
          depositAmount: atomic(1_000_000n),
        },
        resourceUrl: 'https://example.test/v1/chat/completions',
        exactMinimumAmount: 100n,
        refusal,
      }),
      'base64',
    ).toString(),
  )

test('the quote has what clients build a channel and a payment from', () => {
  expect(required({ reason: 'payment_required' }).accepts).toEqual([
    {
      scheme: 'batch-settlement',
      network: 'eip155:8453',
      asset: account('5'),
      payTo: account('3'),
      maxTimeoutSeconds: 300,
      amount: '400',
      extra: {
        name: 'USD Coin',
        version: '2',
        assetTransferMethod: 'eip3009',
        receiverAuthorizer: account('4'),
        withdrawDelay: 3_600,
        minDeposit: '1000000',
      },
    },
    expect.objectContaining({ scheme: 'exact', amount: '100' }),
  ])
})

test('a request of too little is not offered to be paid by a transfer of its own', () => {
  const schemes = required({ reason: 'payment_required' }, 99n).accepts.map(
    ({ scheme }: { readonly scheme: string }) => scheme,
  )
  expect(schemes).toEqual(['batch-settlement'])
})

test('a client that must count anew is told from where; without a channel from nothing', () => {
  const told = required({ reason: 'cumulative_amount_mismatch', channel: undefined })
  expect(told.error).toBe('invalid_batch_settlement_evm_cumulative_amount_mismatch')
  expect(told.accepts[0].extra).not.toHaveProperty('channelState')
})
