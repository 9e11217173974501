import { describe, expect, test } from 'vitest'
import { type CallerLimits, limitsWith, noLimits } from '../../../src/domain/caller-limits.ts'
import { microUsd } from '../../../src/domain/exchange.ts'
import { atomic } from '../../../src/domain/units.ts'
import {
  amountOf,
  countedIn,
  type LimitUse,
  neverFits,
  placesRefusal,
  refusalOf,
  spendOf,
} from '../../../src/payment/caller-limits.ts'

const key = { kind: 'key', id: 'key_1' } as const
const account = { kind: 'account', id: '0xc1' } as const
const limits = (change: Partial<CallerLimits>): CallerLimits => ({ ...noLimits, ...change })
const use = (change: Partial<LimitUse> = {}): LimitUse => ({
  requests: 1,
  tokens: 100,
  spent: microUsd(40n),
  ...change,
})

describe('what a request is counted in', () => {
  test('every limit of its key and of its account, under names of their own', () => {
    const counted = countedIn([
      {
        caller: key,
        limits: limits({ requestsPerMinuteMax: 3, tokensPerMinuteMax: 1_000, concurrencyMax: 2 }),
      },
      {
        caller: account,
        limits: limits({ requestsPerMinuteMax: 9, spendPerDayMax: microUsd(5_000_000n) }),
      },
    ])
    expect(counted.windows.map(({ limit }) => limit)).toEqual([
      { counter: 'account/0xc1/spent', max: 5_000_000, windowMs: 86_400_000 },
      { counter: 'key/key_1/requests', max: 3, windowMs: 60_000 },
      { counter: 'key/key_1/tokens', max: 1_000, windowMs: 60_000 },
      { counter: 'account/0xc1/requests', max: 9, windowMs: 60_000 },
    ])
    expect(counted.windows.map((window) => amountOf(window, use()))).toEqual([40, 1, 100, 1])
    expect(counted.places).toEqual([
      { caller: key, limit: { counter: 'key/key_1/at-once', max: 2 } },
    ])
  })

  test('nothing where nothing is limited', () => {
    expect(countedIn([{ caller: key, limits: noLimits }])).toEqual({ windows: [], places: [] })
  })
})

describe('what never fits', () => {
  const counted = countedIn([
    {
      caller: key,
      limits: limits({
        requestsPerMinuteMax: 1,
        tokensPerMinuteMax: 100,
        spendPerDayMax: microUsd(40n),
      }),
    },
  ])

  test('is what is larger than the limit itself, and not what fills it', () => {
    expect(neverFits(counted, use())).toBeUndefined()
    expect(neverFits(counted, use({ tokens: 101 }))).toEqual({
      reason: 'request_exceeds_limit',
      caller: key,
      max: 100,
      requestedTokens: 101,
    })
    expect(neverFits(counted, use({ spent: microUsd(41n) }))).toMatchObject({
      reason: 'spend_limit_reached',
      max: 40n,
      requested: 41n,
      retryAfterMs: undefined,
    })
  })

  test('is also what no number can say', () => {
    const immense = use({ spent: microUsd(2n ** 100n) })
    expect(neverFits(counted, immense)).toMatchObject({ requested: 2n ** 100n })
  })
})

describe('what is full', () => {
  const counted = countedIn([
    {
      caller: account,
      limits: limits({
        requestsPerMinuteMax: 3,
        tokensPerMinuteMax: 1_000,
        concurrencyMax: 2,
        spendPerDayMax: microUsd(500n),
      }),
    },
  ])
  const full = { used: 7, retryAfterMs: 20_000 }

  test('is told with its figures: money, requests, tokens', () => {
    const told = counted.windows.map((window) => refusalOf(window, use(), full))
    const rate = { reason: 'rate_limit_exceeded', caller: account, ...full }
    expect(told).toEqual([
      {
        reason: 'spend_limit_reached',
        caller: account,
        max: 500n,
        used: 7n,
        requested: 40n,
        retryAfterMs: 20_000,
      },
      { ...rate, limitName: 'requestsPerMinuteMax', max: 3, requested: 1 },
      { ...rate, limitName: 'tokensPerMinuteMax', max: 1_000, requested: 100 },
    ])
  })

  test('places are told with a short wait', () => {
    expect(counted.places.map(placesRefusal)).toEqual([
      {
        reason: 'rate_limit_exceeded',
        caller: account,
        limitName: 'concurrencyMax',
        max: 2,
        used: 2,
        requested: 1,
        retryAfterMs: 1_000,
      },
    ])
  })
})

describe('a day of spending', () => {
  const par = { rateE18: undefined }

  test.each([
    [atomic(123n), { decimals: 6, ...par }, 123n],
    [atomic(1n), { decimals: 18, ...par }, 1n],
    [atomic(10n ** 18n), { decimals: 18, ...par }, 1_000_000n],
    [atomic(5n), { decimals: 2, ...par }, 50_000n],
    [atomic(3n), { decimals: 6, rateE18: 10n ** 18n / 2n }, 2n],
    [atomic(0n), { decimals: 18, ...par }, 0n],
  ])('%d of %o counts for %d millionths of a dollar, rounded up', (amount, asset, counted) => {
    expect(spendOf(amount, asset)).toBe(counted)
  })
})

describe('what is said of one caller', () => {
  const defaults = limits({ requestsPerMinuteMax: 3, tokensPerMinuteMax: 1_000 })

  test('stands in the place of what is said of all, member by member; null lifts it', () => {
    expect(limitsWith(defaults, undefined)).toBe(defaults)
    expect(limitsWith(defaults, {})).toEqual(defaults)
    expect(
      limitsWith(defaults, {
        requestsPerMinuteMax: null,
        concurrencyMax: 2,
        spendPerDayMax: microUsd(0n),
      }),
    ).toEqual({
      requestsPerMinuteMax: undefined,
      tokensPerMinuteMax: 1_000,
      concurrencyMax: 2,
      spendPerDayMax: 0n,
    })
  })
})
