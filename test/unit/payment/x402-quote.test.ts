import { expect, test } from 'vitest'
import type { ChannelOffer } from '../../../src/domain/billing-terms.ts'
import { address, atomic } from '../../../src/domain/units.ts'
import { quotePayment } from '../../../src/payment/x402-quote.ts'

const account = (digit: string) => address(`0x${digit.repeat(40)}`)
const offer: ChannelOffer = {
  chainId: 31337,
  settlement: account('1'),
  collector: account('2'),
  asset: { address: account('3'), decimals: 6, name: 'Dev USD', version: '1' },
  receiver: account('4'),
  receiverAuthorizer: account('5'),
  withdrawDelayMinS: 3600,
  minimumDeposit: atomic(1_000_000n),
}
const quote = (ceiling: bigint, parallel: number) =>
  quotePayment(offer, { ceilingAmount: atomic(ceiling), parallel })

test('a voucher leaves room for K requests, and a deposit for several vouchers', () => {
  expect(quote(1_000n, 16)).toMatchObject({
    ceilingAmount: 1_000n,
    parallel: 16,
    voucherAmount: 16_000n,
    depositAmount: 1_000_000n,
  })
  expect(quote(50_000n, 16).depositAmount).toBe(4n * 16n * 50_000n)
})

test('K is lowered until K requests cost less than one unit, the default limit of clients', () => {
  expect(quote(100_000n, 16)).toMatchObject({ parallel: 9, voucherAmount: 900_000n })
  expect(quote(31_250n, 32)).toMatchObject({ parallel: 31 })
  expect(quote(999_999n, 32)).toMatchObject({ parallel: 1, voucherAmount: 999_999n })
})

test('one request is quoted whatever it costs, and what is free is quoted as nothing', () => {
  expect(quote(5_000_000n, 4)).toMatchObject({ parallel: 1, voucherAmount: 5_000_000n })
  expect(quote(0n, 4)).toMatchObject({ parallel: 4, voucherAmount: 0n })
})
