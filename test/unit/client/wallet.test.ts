import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  freshWallet,
  nextVoucher,
  objectionToClaims,
  type WalletState,
  withSigned,
} from '../../../src/client/wallet.ts'
import { type AtomicAmount, atomic, zeroBytes32 } from '../../../src/domain/units.ts'

const dayMs = 86_400_000
const amounts = (state: Partial<Record<'cumulative' | 'signed', bigint>>): WalletState => ({
  ...freshWallet(zeroBytes32),
  cumulative: atomic(state.cumulative ?? 0n),
  signed: atomic(state.signed ?? 0n),
})
const book = (free: bigint, balance = 1_000n) => ({ free: atomic(free), balance: atomic(balance) })
const limits = (change: Partial<Record<'total' | 'perDay', bigint>> = {}) => ({
  tranche: atomic(100n),
  threshold: atomic(50n),
  total: change.total === undefined ? undefined : atomic(change.total),
  perDay: change.perDay === undefined ? undefined : atomic(change.perDay),
})

describe('the next voucher', () => {
  test.each([
    [
      'is not due while the threshold is free',
      amounts({ signed: 100n }),
      book(50n),
      limits(),
      { kind: 'enough' },
    ],
    [
      'promises what was verified and one tranche',
      amounts({ cumulative: 70n, signed: 100n }),
      book(30n),
      limits(),
      { kind: 'sign', maxClaimableAmount: 170n },
    ],
    [
      'is not signed twice for requests in flight',
      amounts({ cumulative: 70n, signed: 170n }),
      book(0n),
      limits(),
      { kind: 'limited', by: 'tranche' },
    ],
    [
      'stays within the balance',
      amounts({ cumulative: 70n, signed: 100n }),
      book(0n, 120n),
      limits(),
      { kind: 'sign', maxClaimableAmount: 120n },
    ],
    [
      'ends with the balance',
      amounts({ cumulative: 70n, signed: 120n }),
      book(0n, 120n),
      limits(),
      { kind: 'limited', by: 'balance' },
    ],
    [
      'stays within the total',
      amounts({ cumulative: 70n, signed: 100n }),
      book(0n),
      limits({ total: 110n }),
      { kind: 'sign', maxClaimableAmount: 110n },
    ],
    [
      'ends with the total',
      amounts({ cumulative: 70n, signed: 100n }),
      book(0n),
      limits({ total: 90n }),
      { kind: 'limited', by: 'total' },
    ],
    [
      "stays within the day's",
      amounts({ cumulative: 70n, signed: 100n }),
      book(0n),
      limits({ perDay: 5n }),
      { kind: 'sign', maxClaimableAmount: 105n },
    ],
  ])('%s', (_name, state, channel, terms, expected) => {
    expect(nextVoucher(state, channel, { limits: terms, nowMs: 0 })).toEqual(expected)
  })

  test("ends with the day's, and begins anew with the next", () => {
    const state = withSigned(amounts({ cumulative: 70n, signed: 100n }), atomic(105n), 1)
    const at = (nowMs: number) =>
      nextVoucher(state, book(0n), { limits: limits({ perDay: 5n }), nowMs })
    expect(at(dayMs - 1)).toEqual({ kind: 'limited', by: 'day' })
    expect(at(dayMs)).toEqual({ kind: 'sign', maxClaimableAmount: 110n })
  })
})

test('whatever a gateway says of its book, no limit is ever passed', () => {
  const anyAmount = fc.bigInt({ min: 0n, max: 400n }).map(atomic)
  const anyStep = fc.record({
    verified: anyAmount,
    free: anyAmount,
    balance: anyAmount,
    hours: fc.integer({ min: 0, max: 30 }),
  })
  const anyLimits = fc.record({
    tranche: anyAmount,
    threshold: anyAmount,
    total: fc.option(anyAmount, { nil: undefined }),
    perDay: fc.option(anyAmount, { nil: undefined }),
  })
  let signatures = 0
  fc.assert(
    fc.property(fc.array(anyStep, { maxLength: 20 }), anyLimits, (steps, given) => {
      let state = freshWallet(zeroBytes32)
      let nowMs = 0
      const onDay = new Map<number, bigint>()
      for (const step of steps) {
        nowMs += step.hours * 3_600_000
        state = { ...state, cumulative: sum(state.cumulative, step.verified) }
        const next = nextVoucher(state, step, { limits: given, nowMs })
        if (next.kind !== 'sign') continue
        signatures += 1
        const amount = next.maxClaimableAmount
        const day = Math.floor(nowMs / dayMs)
        onDay.set(day, (onDay.get(day) ?? 0n) + amount - state.signed)
        expect(amount).toBeGreaterThan(state.signed)
        expect(amount).toBeLessThanOrEqual(state.cumulative + given.tranche)
        expect(amount).toBeLessThanOrEqual(given.total ?? amount)
        expect(onDay.get(day)).toBeLessThanOrEqual(given.perDay ?? (onDay.get(day) as bigint))
        state = withSigned(state, amount, nowMs)
      }
    }),
  )
  expect(signatures).toBeGreaterThan(0)
})

const sum = (one: AtomicAmount, other: AtomicAmount): AtomicAmount => atomic(one + other)

test('more claimed on the chain than there are receipts for is an overclaim', () => {
  const state = amounts({ cumulative: 70n })
  expect(objectionToClaims(state, atomic(70n))).toBeUndefined()
  expect(objectionToClaims(state, atomic(71n))).toMatchObject({ check: 'overclaimed' })
})
