import { describe, expect, test } from 'vitest'
import { err, ok } from '../../../src/base/result.ts'
import type { HoldRefusal } from '../../../src/domain/refusal.ts'
import { atomic } from '../../../src/domain/units.ts'
import { GrowingHold } from '../../../src/payment/growing-hold.ts'
import { type LedgerStore, StoreFailure } from '../../../src/store/ledger-store.ts'
import { channelIdOf, holdOf } from '../../support/channels.ts'

const amounts = (least: bigint, wanted: bigint) => ({
  least: atomic(least),
  wanted: atomic(wanted),
})

/** A ledger that has so much left; `extend` is all that a growing hold asks of it. */
function ledgerWith(free: bigint, durable: Promise<void> = Promise.resolve()) {
  let left = free
  let hold = holdOf('r', channelIdOf(0), 100n)
  const asked: bigint[] = []
  const extend = async (_requestId: string, additionalAmount: bigint) => {
    asked.push(additionalAmount)
    if (additionalAmount > left) {
      const refusal: HoldRefusal = {
        reason: 'insufficient_balance',
        requiredAmount: atomic(additionalAmount),
        freeAmount: atomic(left),
      }
      return err(refusal)
    }
    left -= additionalAmount
    hold = { ...hold, heldAmount: atomic(hold.heldAmount + additionalAmount) }
    return ok({ value: { hold, channel: undefined as never }, durable })
  }
  return { asked, growing: new GrowingHold(extend as LedgerStore['extend'], hold) }
}

describe('GrowingHold', () => {
  test('holds what is wanted, and says so once it is durable', async () => {
    const { promise, resolve } = Promise.withResolvers<void>()
    const { growing } = ledgerWith(1000n, promise)
    const grown = growing.grow(amounts(150n, 300n))
    expect(growing.heldAmount).toBe(100n)
    resolve()
    expect(await grown).toBe(true)
    expect(growing.heldAmount).toBe(300n)
  })

  test('takes the rest where that is enough, and nothing where it is not', async () => {
    const enough = ledgerWith(60n)
    expect(await enough.growing.grow(amounts(150n, 300n))).toBe(true)
    expect(enough.growing.heldAmount).toBe(160n)
    expect(enough.asked).toEqual([200n, 60n])
    const tooLittle = ledgerWith(49n)
    expect(await tooLittle.growing.grow(amounts(150n, 300n))).toBe(false)
    expect(tooLittle.growing.heldAmount).toBe(100n)
    expect(tooLittle.asked).toEqual([200n])
  })

  test('does not ask for what it has', async () => {
    const { growing, asked } = ledgerWith(1000n)
    expect(await growing.grow(amounts(90n, 100n))).toBe(true)
    expect(asked).toEqual([])
  })

  test('a refusal that is not about an amount, and a store that fails, leave it as it is', async () => {
    const lost = async () => err({ reason: 'hold_lost' } as const)
    const failing = async () => {
      throw new StoreFailure('gone')
    }
    const undurable = ledgerWith(1000n, Promise.reject(new StoreFailure('gone'))).growing
    for (const growing of [
      new GrowingHold(lost, holdOf('r', channelIdOf(0), 100n)),
      new GrowingHold(failing, holdOf('r', channelIdOf(0), 100n)),
      undurable,
    ]) {
      expect(await growing.grow(amounts(100n, 300n))).toBe(false)
      expect(growing.heldAmount).toBe(100n)
    }
  })
})
