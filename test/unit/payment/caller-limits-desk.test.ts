import { describe, expect, test } from 'vitest'
import { err, ok } from '../../../src/base/result.ts'
import {
  type CallerLimits,
  type LimitedCaller,
  noLimits,
  unlimited,
} from '../../../src/domain/caller-limits.ts'
import { microUsd } from '../../../src/domain/exchange.ts'
import { type LimitUse, nothingUsed } from '../../../src/payment/caller-limits.ts'
import type { CallerLimitsDesk } from '../../../src/payment/caller-limits-desk.ts'
import { MemoryConcurrency } from '../../../src/store/concurrency-store-memory.ts'
import { StoreFailure } from '../../../src/store/ledger-store.ts'
import type { RateReservation } from '../../../src/store/rate-window-store.ts'
import { MemoryRateWindows } from '../../../src/store/rate-window-store-memory.ts'
import { callerLimits } from '../../support/caller-limits.ts'
import { channelIdOf } from '../../support/channels.ts'

const account = { kind: 'account', id: '0xc1' } as const
const nowMs = () => 1_760_000_000_123
const asked: LimitUse = { requests: 1, tokens: 100, spent: microUsd(40n) }
const limited = (limits: Partial<CallerLimits>): readonly LimitedCaller[] => [
  { caller: account, limits: { ...noLimits, ...limits } },
]
const everything = limited({
  requestsPerMinuteMax: 10,
  tokensPerMinuteMax: 1_000,
  concurrencyMax: 1,
  spendPerDayMax: microUsd(400n),
})
const down = async (): Promise<never> => {
  throw new StoreFailure('Redis is gone')
}

async function enter(desk: CallerLimitsDesk, callers: readonly LimitedCaller[]) {
  const entered = await desk.enter(callers, asked)
  if (!entered.ok) throw new Error(entered.error.reason)
  return entered.value
}
const remaining = (desk: CallerLimitsDesk) =>
  desk.allowances(everything).map(({ limitName, remaining: left }) => [limitName, left])

describe('a place', () => {
  test('is left with what was used, once', async () => {
    const desk = callerLimits(unlimited, { nowMs })
    const place = await enter(desk, everything)
    expect(remaining(desk)).toEqual([
      ['spendPerDayMax', 360],
      ['requestsPerMinuteMax', 9],
      ['tokensPerMinuteMax', 900],
    ])
    await place.leave({ requests: 1, tokens: 8, spent: microUsd(11n) })
    for (let again = 0; again < 3; again += 1) await place.leave(nothingUsed)
    expect(remaining(desk)).toEqual([
      ['spendPerDayMax', 389],
      ['requestsPerMinuteMax', 9],
      ['tokensPerMinuteMax', 992],
    ])
  })

  test('that is left without a word keeps what it asked for, and nobody out', async () => {
    const desk = callerLimits(unlimited, { nowMs })
    const place = await enter(desk, everything)
    await place.leave(undefined)
    await place.leave(nothingUsed)
    expect(remaining(desk).map(([, left]) => left)).toEqual([360, 9, 900])
    await expect(enter(desk, everything)).resolves.toBeDefined()
  })

  test('is refused with nothing counted where one of the windows is full', async () => {
    const desk = callerLimits(unlimited, { nowMs })
    const one = limited({ requestsPerMinuteMax: 10, tokensPerMinuteMax: 150, concurrencyMax: 1 })
    await (await enter(desk, one)).leave({ ...asked, tokens: 100 })
    for (let again = 0; again < 3; again += 1) {
      expect(await desk.enter(one, asked)).toMatchObject(
        err({ reason: 'rate_limit_exceeded', limitName: 'tokensPerMinuteMax', used: 100 }),
      )
    }
    const [requests] = desk.allowances(one)
    expect(requests?.remaining).toBe(9)
  })

  test('remembers what it claimed of the day, and nothing of the minute, for whoever recovers it', async () => {
    const desk = callerLimits(unlimited, { nowMs })
    const { dayClaim } = await enter(desk, everything)
    const kept = JSON.parse(JSON.stringify(dayClaim)) as RateReservation
    expect(kept.claims.map(({ limit, amount }) => [limit.counter, amount])).toEqual([
      ['account/0xc1/spent', 40],
    ])
    await desk.correctDay(kept, microUsd(11n))
    expect(remaining(desk).map(([, left]) => left)).toEqual([389, 9, 900])
    const unbound = await enter(desk, limited({ requestsPerMinuteMax: 10 }))
    expect(unbound.dayClaim).toBeUndefined()
  })
})

describe('a store that does not answer', () => {
  test('lets nobody in, and keeps no place', async () => {
    const concurrency = new MemoryConcurrency()
    const windows = new MemoryRateWindows()
    let isDown = true
    const desk = callerLimits(unlimited, {
      nowMs,
      concurrency,
      windows: {
        ...windows,
        reserve: (claims, atMs) => (isDown ? down() : windows.reserve(claims, atMs)),
      },
    })
    expect(await desk.enter(everything, asked)).toEqual(err({ reason: 'store_unavailable' }))
    expect(await desk.askAllowances(everything)).toEqual(err({ reason: 'store_unavailable' }))
    isDown = false
    await expect(enter(desk, everything)).resolves.toBeDefined()
  })

  test('is told of places, and of what the operator says', async () => {
    const desk = callerLimits(unlimited, {
      nowMs,
      concurrency: { enter: down },
      overrides: { of: () => undefined, put: down, remove: down },
    })
    expect(await desk.enter(everything, asked)).toEqual(err({ reason: 'store_unavailable' }))
    expect(await desk.put(account, {})).toEqual(err({ reason: 'store_unavailable' }))
    expect(await desk.remove(account)).toEqual(err({ reason: 'store_unavailable' }))
  })
})

describe('who is limited', () => {
  const channelId = channelIdOf(0)
  const key = { kind: 'api-key', apiKeyId: 'key_1', channelId } as const
  const one: CallerLimits = { ...noLimits, requestsPerMinuteMax: 1 }

  test('nobody, where nothing is said', () => {
    expect(callerLimits().limitsOf(key)).toBeUndefined()
    expect(callerLimits().limitsOf({ kind: 'channel', channelId })).toBeUndefined()
  })

  test('a key, its account, or both', () => {
    const both = callerLimits({ key: one, account: one }).limitsOf(key)
    expect(both?.map(({ caller }) => caller.kind)).toEqual(['key', 'account'])
    const keys = callerLimits({ key: one, account: noLimits }).limitsOf(key)
    expect(keys?.map(({ limits }) => limits)).toEqual([one, noLimits])
    const account = callerLimits({ key: noLimits, account: one }).limitsOf(key)
    expect(account?.map(({ caller }) => caller.kind)).toEqual(['account'])
  })

  test('a payer without a key by its account alone, and one transfer not at all', () => {
    const desk = callerLimits({ key: one, account: one })
    const payer = { kind: 'channel', channelId } as const
    expect(desk.limitsOf(payer)).toEqual([
      { caller: { kind: 'account', id: channelId }, limits: one },
    ])
    expect(desk.limitsOf({ ...payer, payment: { scheme: 'batch-settlement' } })).toHaveLength(1)
    expect(desk.limitsOf({ ...payer, payment: { scheme: 'exact' } })).toBeUndefined()
  })

  test('is another from one request to the next when the operator says so', () => {
    const desk = callerLimits()
    desk.replaceDefaults({ key: noLimits, account: one })
    expect(desk.limitsOf(key)).toHaveLength(1)
    desk.replaceDefaults(unlimited)
    expect(desk.limitsOf(key)).toBeUndefined()
    expect(ok(desk.show({ kind: 'key', id: 'key_1' }))).toEqual(
      ok({ limits: noLimits, override: undefined }),
    )
  })
})
