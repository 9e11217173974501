import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  addWork,
  emptyCreditBook,
  type HeldVoucher,
  holdVoucher,
  paidAmount,
  unpaidAmount,
} from '../../../src/contributor/credit-book.ts'
import { atomic, signature } from '../../../src/domain/units.ts'
import { channelConfig, channelIdOf } from '../../support/channels.ts'

const voucher = (amount: bigint, channel = 0): HeldVoucher => ({
  channelId: channelIdOf(channel),
  chainId: 31337,
  config: channelConfig,
  maxClaimableAmount: atomic(amount),
  signature: signature('0x01'),
})

test('a voucher pays what was worked, and no more', () => {
  const worked = addWork(addWork(emptyCreditBook, atomic(70n)), atomic(50n))
  expect(unpaidAmount(worked)).toBe(120n)
  const paid = holdVoucher(worked, voucher(100n))
  expect(unpaidAmount(paid)).toBe(20n)
  expect(holdVoucher(paid, voucher(100n))).toBe(paid)
  expect(holdVoucher(paid, voucher(99n))).toBe(paid)
})

test('a promise beyond our count buys no credit', () => {
  const gift = holdVoucher(addWork(emptyCreditBook, atomic(10n)), voucher(1_000n))
  expect(unpaidAmount(gift)).toBe(0n)
  expect(unpaidAmount(addWork(gift, atomic(30n)))).toBe(30n)
})

test('a book that was lost begins level with the first voucher that is shown again', () => {
  const lost = addWork(emptyCreditBook, atomic(5n))
  expect(unpaidAmount(holdVoucher(lost, voucher(12_000_000n)))).toBe(0n)
})

test('vouchers on several channels add up, and the newest is last', () => {
  const worked = addWork(emptyCreditBook, atomic(100n))
  const book = holdVoucher(holdVoucher(worked, voucher(30n, 0)), voucher(40n, 1))
  expect(paidAmount(book)).toBe(70n)
  const raised = holdVoucher(book, voucher(35n, 0))
  expect(paidAmount(raised)).toBe(75n)
  expect(raised.vouchers.map(({ channelId }) => channelId)).toEqual([
    channelIdOf(1),
    channelIdOf(0),
  ])
})

test('whatever comes in whatever order, nothing unpaid is forgotten and nothing is paid twice', () => {
  const anyStep = fc.oneof(
    fc.record({ work: fc.bigInt({ min: 0n, max: 1_000n }) }),
    fc.record({ promise: fc.bigInt({ min: 0n, max: 20_000n }), channel: fc.nat(2) }),
  )
  let compared = 0
  fc.assert(
    fc.property(fc.array(anyStep, { maxLength: 60 }), (steps) => {
      let book = emptyCreditBook
      let unpaid = 0n
      const promised = new Map<number, bigint>()
      for (const step of steps) {
        if ('work' in step) {
          book = addWork(book, atomic(step.work))
          unpaid += step.work
        } else {
          const before = promised.get(step.channel) ?? 0n
          const more = step.promise > before ? step.promise - before : 0n
          promised.set(step.channel, before + more)
          book = holdVoucher(book, voucher(step.promise, step.channel))
          unpaid = unpaid > more ? unpaid - more : 0n
        }
        expect(unpaidAmount(book)).toBe(unpaid)
        compared += 1
      }
    }),
  )
  expect(compared).toBeGreaterThan(0)
})
