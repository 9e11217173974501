import { describe, expect, test } from 'vitest'
import type { Channel } from '../../../src/domain/channel.ts'
import {
  atomic,
  bytes32,
  noSignature,
  signature,
  zeroAddress,
  zeroBytes32,
} from '../../../src/domain/units.ts'
import { ClaimSchedule, isClaimable } from '../../../src/settlement/claim-schedule.ts'

const policy = { whenUnclaimed: atomic(1_000n), everyMs: 60_000 }
const startMs = 1_700_000_000_000

function channel(
  name: number,
  change: Partial<Channel> & { readonly charged?: bigint; readonly claimed?: bigint } = {},
): Channel {
  const { charged = 0n, claimed = 0n, ...rest } = change
  return {
    channelId: bytes32(`0x${name.toString(16).padStart(64, '0')}`),
    config: {
      payer: zeroAddress,
      payerAuthorizer: zeroAddress,
      receiver: zeroAddress,
      receiverAuthorizer: zeroAddress,
      token: zeroAddress,
      withdrawDelay: 86_400,
      salt: zeroBytes32,
    },
    chainId: 31337,
    announcedAmount: atomic(0n),
    withdrawFinalAtS: undefined,
    frozen: false,
    balance: atomic(1_000_000n),
    totalClaimed: atomic(claimed),
    signedMaxClaimable: atomic(500_000n),
    voucherSignature: signature('0x01'),
    chargedCumulativeAmount: atomic(charged),
    heldAmount: atomic(0n),
    closing: false,
    receiptSeq: 0,
    receiptDigest: zeroBytes32,
    ...rest,
  }
}

const chosen = (schedule: ClaimSchedule, channels: readonly Channel[], atMs = startMs) =>
  schedule.choose(channels, atMs).map(({ channelId }) => Number(channelId))

describe('by amount', () => {
  test.each([
    [999n, 0n, []],
    [1_000n, 0n, [1]],
    [5_000n, 4_001n, []],
    [5_000n, 4_000n, [1]],
    [0n, 0n, []],
  ])('charged %i, claimed %i', (charged, claimed, expected) => {
    expect(chosen(new ClaimSchedule(policy), [channel(1, { charged, claimed })])).toEqual(expected)
  })
})

describe('by age', () => {
  test('the clock starts when there first is something to claim', () => {
    const schedule = new ClaimSchedule(policy)
    expect(chosen(schedule, [channel(1)], startMs - 500_000)).toEqual([])
    const owing = [channel(1, { charged: 1n })]
    expect(chosen(schedule, owing, startMs)).toEqual([])
    expect(chosen(schedule, owing, startMs + policy.everyMs - 1)).toEqual([])
    expect(chosen(schedule, owing, startMs + policy.everyMs)).toEqual([1])
  })

  test('a claim starts it anew', () => {
    const schedule = new ClaimSchedule(policy)
    chosen(schedule, [channel(1, { charged: 1n })], startMs)
    chosen(schedule, [channel(1, { charged: 1n, claimed: 1n })], startMs + 1_000)
    const again = [channel(1, { charged: 2n, claimed: 1n })]
    expect(chosen(schedule, again, startMs + policy.everyMs)).toEqual([])
    expect(chosen(schedule, again, startMs + 2 * policy.everyMs)).toEqual([1])
  })
})

test('a channel whose payer withdraws is claimed at once, if anything is owed', () => {
  const channels = [
    channel(1, { charged: 1n, closing: true }),
    channel(2, { closing: true }),
    channel(3, { charged: 1n }),
  ]
  expect(chosen(new ClaimSchedule(policy), channels)).toEqual([1])
})

test('without a voucher there is nothing to claim with', () => {
  const channels = [channel(1, { charged: 5_000n, voucherSignature: noSignature })]
  expect(chosen(new ClaimSchedule(policy), channels)).toEqual([])
  expect(channels.filter(isClaimable)).toEqual([])
})
