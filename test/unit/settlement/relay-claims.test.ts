import { expect, test } from 'vitest'
import type { Payout } from '../../../src/domain/payout-ledger.ts'
import { atomic, bytes32, signature } from '../../../src/domain/units.ts'
import { RelaySchedule } from '../../../src/settlement/relay-claims.ts'
import { payoutOf } from '../../support/payouts.ts'

const policy = { whenUnclaimed: 100n, everyMs: 1_000 }
const payout = (id: number, promisedAmount: bigint, totalClaimed = 0n): Payout => ({
  ...payoutOf({ balance: 1_000n, earnedAmount: promisedAmount, promisedAmount, totalClaimed }),
  payoutId: bytes32(`0x${String(id).padStart(64, '0')}`),
  voucherSignature: signature('0x01'),
})

test('claims wait until one is worth a transaction, and then all go along', () => {
  const schedule = new RelaySchedule(policy)
  const small = [payout(1, 40n), payout(2, 60n), payout(3, 50n, 50n)]
  expect(schedule.choose(small, 0)).toEqual([])
  const grown = [payout(1, 40n), payout(2, 100n), payout(3, 50n, 50n)]
  expect(schedule.choose(grown, 1)).toEqual(grown.slice(0, 2))
})

test('nothing waits longer than it may', () => {
  const schedule = new RelaySchedule(policy)
  const payouts = [payout(1, 40n)]
  expect(schedule.choose(payouts, 5_000)).toEqual([])
  expect(schedule.choose(payouts, 5_999)).toEqual([])
  expect(schedule.choose(payouts, 6_000)).toEqual(payouts)
  // Claimed, and earned again: the wait begins anew.
  expect(schedule.choose([payout(1, 40n, 40n)], 6_001)).toEqual([])
  expect(schedule.choose([payout(1, 41n, 40n)], 7_500)).toEqual([])
})

test('what the contract refused is not asked again until more was promised', () => {
  const schedule = new RelaySchedule(policy)
  const bad = payout(1, 200n)
  expect(schedule.choose([bad], 0)).toEqual([bad])
  schedule.noteRefused(bad)
  expect(schedule.choose([bad], 10_000)).toEqual([])
  expect(schedule.claimable([bad])).toEqual([])
  const more = { ...bad, promisedAmount: atomic(201n) }
  expect(schedule.choose([more], 10_001)).toEqual([more])
})
