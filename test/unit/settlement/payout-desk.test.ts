import { beforeEach, describe, expect, test } from 'vitest'
import type { Payout } from '../../../src/domain/payout-ledger.ts'
import {
  decodeOfferedVoucher,
  encodeVoucher,
  type ShownVoucher,
} from '../../../src/domain/payout-voucher.ts'
import { type AtomicAmount, atomic, bytes32, signature } from '../../../src/domain/units.ts'
import { BookedPayoutDesk, noPayouts } from '../../../src/settlement/payout-desk.ts'
import { payoutOf } from '../../support/payouts.ts'

const contributorId = 'c'
let lost: ShownVoucher[]
let wanted: number
let taken: PromiseWithResolvers<void>
let desk: BookedPayoutDesk

beforeEach(() => {
  lost = []
  wanted = 0
  taken = Promise.withResolvers()
  desk = new BookedPayoutDesk({
    earningOf: (cost) => atomic(cost / 2n) as AtomicAmount,
    lostVoucher: (voucher) => {
      lost.push(voucher)
      return taken.promise
    },
    vouchersWanted: () => {
      wanted += 1
    },
    earningsBetweenVouchers: 3,
  })
})

const promised = (amount: bigint, more: Partial<Payout> = {}): Payout => ({
  ...payoutOf({ balance: 100n, earnedAmount: amount, promisedAmount: amount }),
  voucherSignature: signature(`0x${amount.toString(16).padStart(130, '0')}`),
  ...more,
})
const shown = (amount: bigint, channelId = promised(1n).payoutId): string =>
  encodeVoucher({ channelId, maxClaimableAmount: atomic(amount), signature: signature('0x01') })
const reserve = (requestId: string, worstCase: bigint) =>
  desk.reserve({ requestId, contributorId, worstCase: atomic(worstCase) })

test('an answer earns its share; one that earns nothing, or of nobody known here, no entry', () => {
  desk.open(contributorId, payoutOf({ balance: 100n }))
  const { payoutId } = payoutOf()
  expect(desk.earning(contributorId, atomic(9n))).toEqual({ payoutId, amount: 4n })
  expect(desk.earning(contributorId, atomic(1n))).toBeUndefined()
  expect(desk.earning('stranger', atomic(9n))).toBeUndefined()
})

test('two keys of one lender, paid on one channel, draw on one escrow', () => {
  desk.open('one key', payoutOf({ balance: 100n }))
  desk.open('another', payoutOf({ balance: 100n }))
  const of = (requestId: string, contributor: string, worstCase: bigint) =>
    desk.reserve({ requestId, contributorId: contributor, worstCase: atomic(worstCase) })
  expect(of('a', 'one key', 150n)).toBe(true)
  expect(of('b', 'another', 60n)).toBe(false)
  desk.release('a')
  expect(of('b', 'another', 60n)).toBe(true)
  desk.close('another')
  expect(desk.has('one key')).toBe(true)
})

describe('the solvency rule', () => {
  beforeEach(() => desk.open(contributorId, payoutOf({ balance: 100n, earnedAmount: 40n })))

  test('counts what is in flight and what was earned since the last look', () => {
    expect(reserve('a', 100n)).toBe(true)
    desk.earning(contributorId, atomic(10n))
    expect(reserve('b', 11n + 2n)).toBe(false)
    expect(reserve('b', 10n)).toBe(true)
    expect(reserve('c', 2n)).toBe(false)
  })

  test('gives back what was set aside, once', () => {
    expect(reserve('a', 120n)).toBe(true)
    desk.release('a')
    desk.release('a')
    expect(reserve('b', 120n)).toBe(true)
    expect(reserve('c', 2n)).toBe(false)
  })

  test('moves one request from one contributor to the next', () => {
    desk.open('d', { ...payoutOf({ balance: 10n }), payoutId: bytes32(`0x${'dd'.repeat(32)}`) })
    expect(reserve('a', 120n)).toBe(true)
    const other = { requestId: 'a', contributorId: 'd', worstCase: atomic(20n) }
    expect(desk.reserve(other)).toBe(true)
    expect(reserve('b', 120n)).toBe(true)
  })

  test('sets aside for two that work on one request, and earns on the channel of whoever did it', () => {
    const otherPayoutId = bytes32(`0x${'dd'.repeat(32)}`)
    desk.open('d', { ...payoutOf({ balance: 10n }), payoutId: otherPayoutId })
    expect(reserve('a', 120n)).toBe(true)
    const second = { requestId: 'a', contributorId: 'd', worstCase: atomic(20n) }
    expect(desk.reserve({ ...second, beside: true })).toBe(true)
    // Both are solvent for no more than that.
    expect(reserve('b', 2n)).toBe(false)
    expect(desk.reserve({ ...second, requestId: 'b' })).toBe(false)
    // The first lost the race: its share is free, the other's is not.
    desk.release('a', contributorId)
    expect(reserve('b', 120n)).toBe(true)
    expect(desk.reserve({ ...second, requestId: 'c' })).toBe(false)
    const of = { requestId: 'a', income: undefined }
    expect(desk.earning('d', atomic(8n), of)?.payoutId).toBe(otherPayoutId)
    desk.release('a')
    expect(desk.reserve({ ...second, requestId: 'c', worstCase: atomic(10n) })).toBe(true)
  })

  test('takes each new look as it is', () => {
    desk.earning(contributorId, atomic(80n))
    expect(reserve('a', 100n)).toBe(false)
    desk.update(payoutOf({ balance: 300n, earnedAmount: 80n }))
    expect(reserve('a', 400n)).toBe(true)
  })

  test('a contributor that is paid in another way is not held to it', () => {
    desk.close(contributorId)
    expect(reserve('a', 10n ** 20n)).toBe(true)
    expect(noPayouts.reserve({ requestId: 'a', contributorId, worstCase: atomic(1n) })).toBe(true)
  })
})

describe('vouchers', () => {
  test('go along until the contributor shows that it has them', () => {
    desk.open(contributorId, payoutOf({ balance: 100n }))
    expect(desk.voucherFor(contributorId)).toBeUndefined()
    desk.update(promised(10n))
    const sent = decodeOfferedVoucher(desk.voucherFor(contributorId) ?? '')
    expect(sent).toMatchObject({ maxClaimableAmount: 10n, config: promised(10n).config })
    expect(desk.voucherFor(contributorId)).toBeDefined()
    desk.shown(contributorId, shown(9n))
    expect(desk.voucherFor(contributorId)).toBeDefined()
    desk.shown(contributorId, shown(10n))
    expect(desk.voucherFor(contributorId)).toBeUndefined()
    desk.update(promised(11n))
    expect(desk.voucherFor(contributorId)).toBeDefined()
  })

  test('that we do not remember are told, each once, and of other channels not at all', () => {
    desk.open(contributorId, promised(10n))
    desk.shown(contributorId, shown(50n))
    desk.shown(contributorId, shown(50n))
    desk.shown(contributorId, shown(60n, bytes32(`0x${'77'.repeat(32)}`)))
    desk.shown(contributorId, 'no voucher')
    desk.shown('stranger', shown(70n))
    expect(lost).toMatchObject([{ maxClaimableAmount: 50n }])
  })

  test('that are being taken back hold up what is earned, and nothing else does', async () => {
    desk.open(contributorId, promised(10n))
    expect(desk.recovering(contributorId)).toBeUndefined()
    desk.shown(contributorId, shown(50n))
    const recovering = desk.recovering(contributorId)
    expect(recovering).toBeInstanceOf(Promise)
    expect(desk.recovering('stranger')).toBeUndefined()
    taken.resolve()
    await recovering
    expect(desk.recovering(contributorId)).toBeUndefined()
  })

  test('are wanted after so many earnings, and at once by who works no more', () => {
    desk.open(contributorId, payoutOf({ balance: 100n }))
    for (let i = 0; i < 7; i += 1) desk.earning(contributorId, atomic(4n))
    expect(wanted).toBe(2)
    desk.exhausted(contributorId)
    desk.exhausted('stranger')
    expect(wanted).toBe(3)
  })

  test('a book that was persisted is shown again after a restart', () => {
    desk.open(contributorId, promised(10n))
    expect(desk.voucherFor(contributorId)).toBeDefined()
  })
})
