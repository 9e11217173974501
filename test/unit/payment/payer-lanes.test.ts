import { expect, test } from 'vitest'
import { address, atomic, bytes32 } from '../../../src/domain/units.ts'
import { depositsOn, type PayerLane, payerLane } from '../../../src/payment/payer-lanes.ts'
import { channelConfig } from '../../support/channels.ts'

const token = (digit: string) => address(`0x${digit.repeat(40)}`)
const depositId = (digit: string) => bytes32(`0x${digit.repeat(64)}`)

/** A lane as far as it is told from others: what it answers names it. */
const lane = (chainId: number, digit: string): PayerLane => {
  const record = {
    depositId: depositId(digit),
    channelId: depositId(digit),
    amount: atomic(1n),
    state: 'confirmed',
    transactionHash: undefined,
  } as const
  const deposits = {
    relay: async () => ({ ok: true, value: { channel: digit, deposit: record } }),
    record: (id: string) => (id === record.depositId ? record : undefined),
  }
  return { offer: { chainId, asset: { address: token(digit) } }, deposits } as unknown as PayerLane
}
const lanes = [lane(1, 'a'), lane(1, 'b'), lane(10, 'c')] as const

test.each([
  ['the home chain where none is named', undefined, 'b', 'b'],
  ['the chain that is named', 10, 'c', 'c'],
  ['the first of the chain, which objects to another token', 10, 'a', 'c'],
  ['the first of the home chain for a token of elsewhere', undefined, 'c', 'a'],
])('a channel is judged by %s', (_name, chainId, digit, expected) => {
  const chosen = payerLane(lanes, { chainId, token: token(digit) })
  expect(chosen).toMatchObject({ value: { offer: { asset: { address: token(expected) } } } })
})

test('a chain that is not taken is told which are', () => {
  expect(payerLane(lanes, { chainId: 5, token: token('a') })).toEqual({
    ok: false,
    error: { reason: 'channel_terms_unacceptable', detail: 'its chain must be 1 or 10' },
  })
})

test('deposits go to the lane of their channel, and are found whichever made them', async () => {
  const deposits = depositsOn(lanes)
  const order = { config: { ...channelConfig, token: token('c') }, amount: atomic(1n) }
  const made = await deposits.relay({ ...order, chainId: 10 } as never)
  expect(made).toMatchObject({ value: { channel: 'c' } })
  expect(await deposits.relay({ ...order, chainId: 5 } as never)).toMatchObject({ ok: false })
  expect(deposits.record(depositId('b'))).toMatchObject({ channelId: depositId('b') })
  expect(deposits.record(depositId('f'))).toBeUndefined()
})
