import fc from 'fast-check'
import { expect, test } from 'vitest'
import { contributorShareRoundedDown } from '../../../src/domain/contributor-share.ts'
import { canPay, escrowLeft, isFloatLow, topUpAmount } from '../../../src/domain/payout-escrow.ts'
import { atomic } from '../../../src/domain/units.ts'
import { anyAmount } from '../../support/arbitraries.ts'
import { payoutOf } from '../../support/payouts.ts'

const policy = { escrowMin: atomic(5_000_000n), escrowMax: atomic(50_000_000n) }

test('the share is what the fee leaves, rounded down', () => {
  const shareOf = (cost: bigint, feeBps: number) =>
    contributorShareRoundedDown({ cost: atomic(cost), feeBps })
  expect(shareOf(1_000n, 1_000)).toBe(900n)
  expect(shareOf(9n, 1_000)).toBe(8n)
  expect(shareOf(1n, 1)).toBe(0n)
  expect(shareOf(7n, 0)).toBe(7n)
  expect(shareOf(7n, 10_000)).toBe(0n)
})

test('shares of answers never sum to more than the share of their sum', () => {
  let compared = 0
  const costs = fc.array(fc.bigInt({ min: 0n, max: 2n ** 64n }), { minLength: 1 })
  fc.assert(
    fc.property(costs, fc.nat(10_000), (amounts, feeBps) => {
      const shares = amounts.map((cost) =>
        contributorShareRoundedDown({ cost: atomic(cost), feeBps }),
      )
      const sum = (values: readonly bigint[]) => values.reduce((a, b) => a + b, 0n)
      expect(sum(shares) * 10_000n).toBeLessThanOrEqual(sum(amounts) * BigInt(10_000 - feeBps))
      compared += 1
    }),
  )
  expect(compared).toBeGreaterThan(0)
})

test('a contributor is asked only for what its escrow covers, with all that it is answering', () => {
  const payout = payoutOf({ balance: 100n, earnedAmount: 40n })
  expect(escrowLeft(payout)).toBe(60n)
  const asked = (inFlight: bigint, share: bigint) => ({
    inFlight: atomic(inFlight),
    share: atomic(share),
  })
  expect(canPay(payout, asked(0n, 60n))).toBe(true)
  expect(canPay(payout, asked(0n, 61n))).toBe(false)
  expect(canPay(payout, asked(50n, 10n))).toBe(true)
  expect(canPay(payout, asked(51n, 10n))).toBe(false)
  const indebted = payoutOf({ balance: 100n, earnedAmount: 140n })
  expect(escrowLeft(indebted)).toBe(0n)
  expect(canPay(indebted, asked(0n, 1n))).toBe(false)
})

test('an escrow is filled to twice what it needs, and not touched while it has enough', () => {
  const topUp = (amounts: Parameters<typeof payoutOf>[0], perDay: bigint) =>
    topUpAmount(payoutOf(amounts), policy, atomic(perDay))
  expect(topUp({}, 0n)).toBe(10_000_000n)
  expect(topUp({ balance: 5_000_000n }, 0n)).toBe(0n)
  expect(topUp({ balance: 5_000_000n, earnedAmount: 1n }, 0n)).toBe(5_000_001n)
  // Two days at 4 dollars are above the minimum; four days at 20 are above the maximum.
  expect(topUp({ balance: 7_000_000n }, 4_000_000n)).toBe(9_000_000n)
  expect(topUp({ balance: 7_000_000n }, 20_000_000n)).toBe(43_000_000n)
  expect(topUp({ balance: 50_000_000n }, 900_000_000n)).toBe(0n)
})

test('what is owed beyond the balance comes on top of the deposit', () => {
  const payout = payoutOf({ balance: 10n, earnedAmount: 25n })
  expect(topUpAmount(payout, policy, atomic(0n))).toBe(10_000_015n)
})

test('after a deposit nothing more is due, whatever the rate', () => {
  let deposited = 0
  fc.assert(
    fc.property(
      fc.bigInt({ min: 0n, max: 2n ** 80n }),
      fc.bigInt({ min: 0n, max: 2n ** 80n }),
      fc.bigInt({ min: 0n, max: 2n ** 80n }),
      (balance, earnedAmount, perDay) => {
        const payout = payoutOf({ balance, earnedAmount })
        const amount = topUpAmount(payout, policy, atomic(perDay))
        const after = { ...payout, balance: atomic(balance + amount) }
        expect(topUpAmount(after, policy, atomic(perDay))).toBe(0n)
        if (amount > 0n) {
          deposited += 1
          expect(escrowLeft(after)).toBeLessThanOrEqual(policy.escrowMax)
        }
      },
    ),
  )
  expect(deposited).toBeGreaterThan(0)
})

test('the float is low below 30 percent of all the money for contributors', () => {
  const low = (treasury: bigint, inEscrow: bigint) =>
    isFloatLow({ treasury: atomic(treasury), inEscrow: atomic(inEscrow) })
  expect(low(30n, 70n)).toBe(false)
  expect(low(29n, 71n)).toBe(true)
  expect(low(0n, 0n)).toBe(false)
  expect(low(0n, 1n)).toBe(true)
})

test('a share is never more than the cost', () => {
  let compared = 0
  fc.assert(
    fc.property(anyAmount, fc.nat(10_000), (cost, feeBps) => {
      expect(contributorShareRoundedDown({ cost, feeBps })).toBeLessThanOrEqual(cost)
      compared += 1
    }),
  )
  expect(compared).toBeGreaterThan(0)
})
