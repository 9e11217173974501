import { expect, test } from 'vitest'
import { err, ok } from '../../../src/base/result.ts'
import { address, atomic, bytes32, signature } from '../../../src/domain/units.ts'
import type { PayContributors } from '../../../src/settlement/pay-contributors.ts'
import { BookedPayoutDesk } from '../../../src/settlement/payout-desk.ts'
import { payInAll } from '../../../src/settlement/payout-places.ts'
import { payoutOf } from '../../support/payouts.ts'

const idOf = (digit: string) => bytes32(`0x${digit.repeat(64)}`)

/** A place with the real desk, whose contributor is paid on channel `digit`. */
function placeOf(digit: string) {
  const desk = new BookedPayoutDesk({
    earningOf: (cost) => cost,
    lostVoucher: async () => {},
    vouchersWanted: () => {},
    earningsBetweenVouchers: 100,
  })
  const payout = { ...payoutOf({ balance: 100n }), payoutId: idOf(digit) }
  const acts: string[] = []
  const setting: { outcome: Awaited<ReturnType<PayContributors['setLenders']>> } = {
    outcome: ok(undefined),
  }
  const place: PayContributors = {
    desk,
    pays: (contributorId) => desk.has(contributorId),
    payoutOf: async (contributor) => (contributor.endsWith(digit) ? payout : undefined),
    show: async ({ channelId }) => (channelId === payout.payoutId ? payout : 'payout_not_found'),
    setLenders: async (lenders) => {
      acts.push(`lenders ${lenders.map(({ contributorId }) => contributorId).join(' ')}`)
      return setting.outcome
    },
    promiseNow: async () => void acts.push('promise'),
    relayNow: async () => void acts.push('relay'),
    stop: async () => void acts.push('stop'),
  }
  return { place, desk, payout, acts, setting }
}

const [a, b] = [placeOf('a'), placeOf('b')]
a.desk.open('at home', a.payout)
b.desk.open('abroad', b.payout)
const both = payInAll([a.place, b.place])

test('lenders are told to every place, and one that cannot look for them says so', async () => {
  const lender = { contributorId: 'lent', operator: address(`0x${'1'.repeat(40)}`) }
  expect(await both.setLenders([lender])).toEqual(ok(undefined))
  const failure = { reason: 'chain_unreachable', origin: 'http://node', detail: 'gone' } as const
  b.setting.outcome = err(failure)
  expect(await both.setLenders([])).toEqual(err(failure))
  for (const { acts } of [a, b]) expect(acts.splice(0)).toEqual(['lenders lent', 'lenders '])
})

test('one place is itself', () => {
  expect(payInAll([a.place])).toBe(a.place)
})

test('each contributor earns on its own channel, and one that is paid nowhere does not', () => {
  expect(both.desk.earning('at home', atomic(5n))).toMatchObject({ payoutId: idOf('a') })
  expect(both.desk.earning('abroad', atomic(5n))).toMatchObject({ payoutId: idOf('b') })
  expect(both.desk.earning('nobody', atomic(5n))).toBeUndefined()
  expect([both.pays('at home'), both.pays('abroad'), both.pays('nobody')]).toEqual([
    true,
    true,
    false,
  ])
})

test('a request sets aside where it is answered, and gives back there', () => {
  const reserve = (requestId: string, contributorId: string, amount: bigint) =>
    both.desk.reserve({ requestId, contributorId, worstCase: atomic(amount) })
  expect(reserve('r', 'at home', 95n)).toBe(true)
  expect(reserve('s', 'at home', 1n)).toBe(false)
  // Another contributor is asked instead: what was set aside for the first is free again.
  expect(reserve('r', 'abroad', 95n)).toBe(true)
  expect(reserve('s', 'at home', 95n)).toBe(true)
  expect(reserve('t', 'abroad', 1n)).toBe(false)
  both.desk.release('r')
  both.desk.release('r')
  expect(reserve('t', 'abroad', 95n)).toBe(true)
  both.desk.release('s')
  both.desk.release('t')
  expect(reserve('u', 'nobody', 10n ** 30n)).toBe(true)
})

test('a request that two work on sets aside in both places, and gives back in each', () => {
  const of = { requestId: 'raced', worstCase: atomic(95n) }
  const isFull = (contributorId: string) =>
    !both.desk.reserve({
      requestId: `other ${contributorId}`,
      contributorId,
      worstCase: atomic(1n),
    })
  expect(both.desk.reserve({ ...of, contributorId: 'at home' })).toBe(true)
  expect(both.desk.reserve({ ...of, contributorId: 'abroad', beside: true })).toBe(true)
  expect([isFull('at home'), isFull('abroad')]).toEqual([true, true])
  both.desk.release('raced', 'at home')
  expect([isFull('at home'), isFull('abroad')]).toEqual([false, true])
  both.desk.release('raced')
  expect(isFull('abroad')).toBe(false)
})

test('who moves to another chain meanwhile is paid where the work was promised', () => {
  const of = { requestId: 'moving', income: undefined }
  both.desk.reserve({ requestId: 'moving', contributorId: 'at home', worstCase: atomic(5n) })
  a.desk.close('at home')
  b.desk.open('at home', b.payout)
  expect(both.desk.earning('at home', atomic(5n), of)).toMatchObject({ payoutId: idOf('a') })
  both.desk.release('moving')
  expect(both.desk.earning('at home', atomic(5n))).toMatchObject({ payoutId: idOf('b') })
})

test('books and vouchers are found in whichever place they are', async () => {
  const contributor = (digit: string) => address(`0x${digit.repeat(40)}`)
  expect(await both.payoutOf(contributor('b'))).toBe(b.payout)
  expect(await both.payoutOf(contributor('c'))).toBeUndefined()
  const shown = { maxClaimableAmount: atomic(1n), signature: signature('0x01') }
  expect(await both.show({ ...shown, channelId: idOf('b') })).toBe(b.payout)
  expect(await both.show({ ...shown, channelId: idOf('c') })).toBe('payout_not_found')
})

test('everything that is done is done in all places', async () => {
  await both.promiseNow()
  await both.relayNow()
  await both.stop()
  expect([a.acts, b.acts]).toEqual([
    ['promise', 'relay', 'stop'],
    ['promise', 'relay', 'stop'],
  ])
})
