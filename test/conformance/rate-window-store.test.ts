/*
 * What every rate window store must do, whoever shares it. Time is passed in, so that nothing waits.
 */
import fc from 'fast-check'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { RateClaim, RateLimit } from '../../src/store/rate-window-store.ts'
import { rateWindowKinds } from '../support/rate-window-places.ts'

const minuteMs = 60_000
const requests: RateLimit = { counter: 'a/requests', max: 3, windowMs: minuteMs }
const tokens: RateLimit = { counter: 'a/tokens', max: 100, windowMs: minuteMs }
const one: RateClaim = { limit: requests, amount: 1 }
const tokensOf = (amount: number): RateClaim => ({ limit: tokens, amount })

describe.each(rateWindowKinds())('$name', ({ begin, open, closeAll, end }) => {
  const startMs = 1_000_000_000_000

  beforeAll(begin)
  afterEach(closeAll)
  afterAll(end)

  test('takes as many as the limit allows and tells when there is room again', async () => {
    const store = await open()
    for (const atMs of [0, 10_000, 20_000]) {
      expect((await store.reserve([one], startMs + atMs)).ok).toBe(true)
    }
    expect(await store.reserve([one], startMs + 59_000)).toEqual({
      ok: false,
      error: { counter: 'a/requests', retryAfterMs: 2_000 },
    })
    // Never early, and late by no more than the bucket of a second.
    expect((await store.reserve([one], startMs + 60_000)).ok).toBe(false)
    expect((await store.reserve([one], startMs + 61_000)).ok).toBe(true)
    expect((await store.reserve([one], startMs + 61_000)).ok).toBe(false)
  })

  test('a minute that begins anew opens nothing: the window slides', async () => {
    const store = await open()
    const lateMs = Math.ceil(startMs / minuteMs) * minuteMs - 1
    for (let count = 0; count < 3; count += 1) await store.reserve([one], lateMs)
    expect((await store.reserve([one], lateMs + 2)).ok).toBe(false)
  })

  test('takes all or nothing', async () => {
    const store = await open()
    expect((await store.reserve([one, tokensOf(100)], startMs)).ok).toBe(true)
    const refused = await store.reserve([one, tokensOf(1)], startMs)
    expect(refused).toMatchObject({ ok: false, error: { counter: 'a/tokens' } })
    expect(store.usedShare(requests, startMs)).toBeCloseTo(1 / 3)
  })

  test('what is larger than the limit never fits, and says so', async () => {
    const store = await open()
    expect(await store.reserve([tokensOf(101)], startMs)).toEqual({
      ok: false,
      error: { counter: 'a/tokens', retryAfterMs: undefined },
    })
  })

  test('real usage takes the place of what was reserved', async () => {
    const store = await open()
    const reserved = await store.reserve([tokensOf(90)], startMs)
    if (!reserved.ok) throw new Error('there is room')
    expect(store.peek([tokensOf(11)], startMs)).toMatchObject({ counter: 'a/tokens' })
    await store.correct(reserved.value, [20], startMs + 5_000)
    expect(store.usedShare(tokens, startMs + 5_000)).toBeCloseTo(0.2)
    expect(store.peek([tokensOf(80)], startMs + 5_000)).toBeUndefined()
    // It goes with the second it was counted in, not with the second it was corrected in.
    expect(store.usedShare(tokens, startMs + 61_000)).toBe(0)
  })

  test('usage beyond the reservation counts against those who come next', async () => {
    const store = await open()
    const reserved = await store.reserve([tokensOf(10)], startMs)
    if (!reserved.ok) throw new Error('there is room')
    await store.correct(reserved.value, [150], startMs)
    expect(store.usedShare(tokens, startMs)).toBeCloseTo(1.5)
    expect((await store.reserve([tokensOf(1)], startMs + 60_000)).ok).toBe(false)
    expect((await store.reserve([tokensOf(1)], startMs + 61_000)).ok).toBe(true)
  })

  test('a correction that comes after the window has passed changes nothing', async () => {
    const store = await open()
    const reserved = await store.reserve([tokensOf(90)], startMs)
    if (!reserved.ok) throw new Error('there is room')
    await store.reserve([tokensOf(50)], startMs + 100_000)
    await store.correct(reserved.value, [0], startMs + 100_000)
    expect(store.usedShare(tokens, startMs + 100_000)).toBeCloseTo(0.5)
  })

  test('in no span of a minute is more reserved than the limit, whatever comes in whatever order', async () => {
    let taken = 0
    let refused = 0
    let corrected = 0
    const step = fc.record({
      waitMs: fc.oneof(fc.nat(3_000), fc.nat(70_000)),
      amount: fc.integer({ min: 1, max: 60 }),
      used: fc.double({ min: 0, max: 1, noNaN: true }),
      correctLaterMs: fc.nat(30_000),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 60 }), async (steps) => {
        const store = await open()
        const granted: { readonly atMs: number; amount: number }[] = []
        const pending: { readonly dueMs: number; readonly run: () => Promise<void> }[] = []
        let nowMs = startMs
        for (const { waitMs, amount, used, correctLaterMs } of steps) {
          nowMs += waitMs
          for (const correction of pending.filter(({ dueMs }) => dueMs <= nowMs)) {
            await correction.run()
            pending.splice(pending.indexOf(correction), 1)
          }
          const reserved = await store.reserve([tokensOf(amount)], nowMs)
          if (!reserved.ok) {
            refused += 1
            const { retryAfterMs } = reserved.error
            // The promise is kept: it did not fit before, it does then.
            expect(retryAfterMs).toBeGreaterThan(0)
            continue
          }
          taken += 1
          const entry = { atMs: nowMs, amount }
          granted.push(entry)
          pending.push({
            dueMs: nowMs + correctLaterMs,
            run: async () => {
              corrected += 1
              entry.amount = Math.floor(amount * used)
              await store.correct(reserved.value, [entry.amount], nowMs)
            },
          })
          const inLastMinute = granted.filter(({ atMs }) => nowMs - atMs < minuteMs)
          const sum = inLastMinute.reduce((total, one) => total + one.amount, 0)
          expect(sum).toBeLessThanOrEqual(tokens.max)
        }
      }),
    )
    expect(taken).toBeGreaterThan(100)
    expect(refused).toBeGreaterThan(20)
    expect(corrected).toBeGreaterThan(20)
  })

  test('a refusal tells the first moment at which there is room, and not a later one', async () => {
    let refused = 0
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(9_000), fc.integer({ min: 1, max: 60 })), { minLength: 4 }),
        async (steps) => {
          const store = await open()
          let nowMs = startMs
          for (const [waitMs, amount] of steps) {
            nowMs += waitMs
            const reserved = await store.reserve([tokensOf(amount)], nowMs)
            if (reserved.ok) continue
            refused += 1
            const roomAtMs = nowMs + (reserved.error.retryAfterMs ?? 0)
            expect((await store.reserve([tokensOf(amount)], roomAtMs - 1)).ok).toBe(false)
            expect((await store.reserve([tokensOf(amount)], roomAtMs)).ok).toBe(true)
            nowMs = roomAtMs
            nowMs = roomAtMs
          }
        },
      ),
    )
    expect(refused).toBeGreaterThan(20)
  })

  test('twenty keys of three a minute serve sixty in a minute and not one more', async () => {
    const store = await open()
    const keys = Array.from({ length: 20 }, (_, index) => ({
      limit: { counter: `key${index}`, max: 3, windowMs: minuteMs },
      amount: 1,
    }))
    let served = 0
    for (let atMs = 0; atMs < minuteMs; atMs += 500) {
      for (const claim of keys) {
        if ((await store.reserve([claim], startMs + atMs)).ok) served += 1
      }
    }
    expect(served).toBe(60)
  })

  test('ten thousand counters that were used once are forgotten without forgetting one in use', async () => {
    const store = await open()
    await store.reserve([one, tokensOf(100)], startMs)
    for (let index = 0; index < 10_000; index += 1) {
      const limit = { counter: `other${index}`, max: 1, windowMs: 1_200 }
      await store.reserve([{ limit, amount: 1 }], startMs + index)
    }
    expect((await store.reserve([tokensOf(1)], startMs + 10_000)).ok).toBe(false)
  })

  test('a day holds what a minute holds, up to the last unit of 2^53 - 1', async () => {
    const store = await open()
    const max = Number.MAX_SAFE_INTEGER
    const spend: RateLimit = { counter: 'account/spend', max, windowMs: 86_400_000 }
    const spending = (amount: number): RateClaim => ({ limit: spend, amount })
    expect((await store.reserve([spending(max - 3)], startMs)).ok).toBe(true)
    const second = await store.reserve([spending(3)], startMs + 43_200_000)
    if (!second.ok) throw new Error('there is room for three')
    const refused = await store.reserve([spending(1)], startMs + 43_200_000)
    // Room comes with the sixtieth of a day in which the first claim was counted.
    const roomAtMs = Math.floor(startMs / 1_440_000) * 1_440_000 + 61 * 1_440_000
    expect(refused).toEqual({
      ok: false,
      error: { counter: 'account/spend', retryAfterMs: roomAtMs - startMs - 43_200_000 },
    })
    await store.correct(second.value, [1], startMs + 43_200_000)
    expect((await store.reserve([spending(3)], startMs + 43_200_000)).ok).toBe(false)
    expect((await store.reserve([spending(2)], startMs + 43_200_000)).ok).toBe(true)
    expect((await store.reserve([spending(1)], roomAtMs - 1)).ok).toBe(false)
    expect((await store.reserve([spending(max - 3)], roomAtMs)).ok).toBe(true)
    expect((await store.reserve([spending(1)], roomAtMs)).ok).toBe(false)
  })

  test('what was used beyond all numbers is forgotten with its window, and leaves no rounding', async () => {
    const store = await open()
    const max = Number.MAX_SAFE_INTEGER
    const limit: RateLimit = { counter: 'huge', max, windowMs: minuteMs }
    const taken = []
    for (const atMs of [0, 1_000, 2_000]) {
      const reserved = await store.reserve([{ limit, amount: 1 }], startMs + atMs)
      if (!reserved.ok) throw new Error('there is room')
      taken.push(reserved.value)
    }
    for (const [index, reservation] of taken.entries()) {
      const used = index < 2 ? max : 3
      await store.correct(reservation, [used], startMs + 2_000)
    }
    expect((await store.reserve([{ limit, amount: 1 }], startMs + 61_000)).ok).toBe(false)
    // Two of the three are over.
    expect((await store.reserve([{ limit, amount: max - 2 }], startMs + 62_000)).ok).toBe(false)
    expect((await store.reserve([{ limit, amount: max - 3 }], startMs + 62_000)).ok).toBe(true)
    expect((await store.reserve([{ limit, amount: 3 }], startMs + 63_000)).ok).toBe(true)
    expect((await store.reserve([{ limit, amount: 1 }], startMs + 63_000)).ok).toBe(false)
  })

  test('counters of odd names are counters of their own', async () => {
    const store = await open()
    const names = ['', ' ', '}:rate:x{', 'a:b', 'a/b', 'ä', '\u0000', '💶', '*', 'x'.repeat(4_000)]
    const claimOf = (counter: string): RateClaim => ({
      limit: { counter, max: 1, windowMs: minuteMs },
      amount: 1,
    })
    expect((await store.reserve(names.map(claimOf), startMs)).ok).toBe(true)
    for (const name of names) {
      expect(await store.reserve([claimOf(name)], startMs)).toMatchObject({
        error: { counter: name },
      })
    }
  })

  test('a clock that goes back opens nothing', async () => {
    const store = await open()
    for (const atMs of [20_000, 10_000, -300_000]) {
      expect((await store.reserve([one], startMs + atMs)).ok).toBe(true)
    }
    expect((await store.reserve([one], startMs - 300_000)).ok).toBe(false)
    expect((await store.reserve([one], startMs + 80_000)).ok).toBe(false)
    expect((await store.reserve([one], startMs + 81_000)).ok).toBe(true)
  })

  test('claims that are no whole numbers are refused as bugs', async () => {
    const store = await open()
    const claims = [
      tokensOf(1.5),
      tokensOf(-1),
      tokensOf(2 ** 53),
      { limit: { ...tokens, max: 0 }, amount: 0 },
      { limit: { ...tokens, windowMs: 1_000 }, amount: 0 },
    ]
    const reserve = async (claim: RateClaim) => store.reserve([claim], startMs)
    for (const claim of claims) await expect(reserve(claim)).rejects.toThrow(/whole|sixty/)
  })
})
