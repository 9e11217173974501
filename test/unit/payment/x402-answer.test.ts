import { expect, test } from 'vitest'
import type { Channel, ChannelConfig } from '../../../src/domain/channel.ts'
import {
  acceptVoucher,
  announce,
  charge,
  hold,
  openChannel,
} from '../../../src/domain/channel-ledger.ts'
import { atomic } from '../../../src/domain/units.ts'
import type { ChannelPayment } from '../../../src/domain/x402-payment.ts'
import { answerPayment } from '../../../src/payment/x402-answer.ts'
import { channelConfig, channelIdOf, onChain, voucherOf } from '../../support/channels.ts'

const config: ChannelConfig = channelConfig
const channelId = channelIdOf(0)

function signedChannel(amount: bigint): Channel {
  const opened = openChannel({ channelId, chainId: 31337, config, onChain: onChain(1_000n) })
  const signed = acceptVoucher(opened, voucherOf(channelId, amount))
  if (!signed.ok) throw new Error(signed.error.reason)
  return signed.value
}

function holding(channel: Channel, amount: bigint): Channel {
  const held = hold(channel, atomic(amount))
  if (!held.ok) throw new Error(held.error.reason)
  return announce(held.value)
}

const paymentOf = (channel: Channel, change: Partial<ChannelPayment> = {}): ChannelPayment => ({
  scheme: 'batch-settlement',
  maxClaimableAmount: channel.signedMaxClaimable,
  toldAmount: channel.announcedAmount,
  clientBaseAmount: channel.announcedAmount,
  transactionHash: undefined,
  ...change,
})

const heldOf = (channel: Channel, amount: bigint) => ({
  channel,
  hold: {
    requestId: 'r',
    channelId,
    heldAmount: atomic(amount),
    context: '',
    budget: undefined,
    announces: true,
  },
})

function toldBy(payment: ChannelPayment, channel: Channel, amount: bigint) {
  const answer = answerPayment(payment, heldOf(channel, amount))
  if (!answer.ok) throw new Error(answer.error.reason)
  const header = answer.value['payment-response'] ?? ''
  return JSON.parse(Buffer.from(header, 'base64').toString())
}

test('the ceiling is told first; what it did not cost is told off the next ones', () => {
  const before = signedChannel(300n)
  const first = holding(before, 100n)
  expect(toldBy(paymentOf(before), first, 100n).extra).toMatchObject({
    chargedAmount: '100',
    channelState: { chargedCumulativeAmount: '100', balance: '1000', totalClaimed: '0' },
  })
  const charged = charge(first, { held: atomic(100n), actual: atomic(30n) })
  const second = holding(charged, 100n)
  expect(toldBy(paymentOf(charged), second, 100n).extra).toMatchObject({
    chargedAmount: '30',
    channelState: { chargedCumulativeAmount: '130' },
  })
})

test('with others under way a client is told its own part alone, and no sum that it could not have', () => {
  const before = signedChannel(300n)
  const both = holding(holding(before, 100n), 100n)
  const { extra } = toldBy(paymentOf(before), both, 100n)
  expect(extra.chargedAmount).toBe('100')
  expect(extra.channelState).not.toHaveProperty('chargedCumulativeAmount')
})

test('a client that counts from elsewhere is told no sum either', () => {
  const before = signedChannel(300n)
  const channel = holding(before, 100n)
  const { extra } = toldBy(paymentOf(before, { clientBaseAmount: atomic(7n) }), channel, 100n)
  expect(extra.channelState).not.toHaveProperty('chargedCumulativeAmount')
})

test('a voucher pays for nothing beyond itself, whatever another one allows', () => {
  const channel = holding(signedChannel(300n), 250n)
  const payment = paymentOf(channel, { maxClaimableAmount: atomic(249n) })
  expect(answerPayment(payment, heldOf(channel, 250n))).toEqual({
    ok: false,
    error: { reason: 'cumulative_amount_mismatch', channel },
  })
})

test('a transfer is told as what it was, with its transaction', () => {
  const before = signedChannel(300n)
  const channel = holding(before, 300n)
  const transactionHash = channelIdOf(5)
  const told = toldBy(paymentOf(before, { scheme: 'exact', transactionHash }), channel, 300n)
  expect(told).toEqual({
    success: true,
    transaction: transactionHash,
    network: 'eip155:31337',
    payer: config.payer,
    amount: '300',
  })
})
