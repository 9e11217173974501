/*
 * What every rate window store must do, whoever shares it. Time is passed in, so that nothing waits.
 */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { RateClaim, RateLimit, RateWindowStore } from '../../src/store/rate-window-store.ts'
import { MemoryRateWindows } from '../../src/store/rate-window-store-memory.ts'

const stores: [string, () => RateWindowStore][] = [['memory', () => new MemoryRateWindows()]]

const minuteMs = 60_000
const requests: RateLimit = { counter: 'a/requests', max: 3, windowMs: minuteMs }
const tokens: RateLimit = { counter: 'a/tokens', max: 100, windowMs: minuteMs }
const one: RateClaim = { limit: requests, amount: 1 }
const tokensOf = (amount: number): RateClaim => ({ limit: tokens, amount })

describe.each(stores)('%s', (_name, create) => {
  const startMs = 1_000_000_000_000

  test('takes as many as the limit allows and tells when there is room again', async () => {
    const store = create()
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
    const store = create()
    const lateMs = Math.ceil(startMs / minuteMs) * minuteMs - 1
    for (let count = 0; count < 3; count += 1) await store.reserve([one], lateMs)
    expect((await store.reserve([one], lateMs + 2)).ok).toBe(false)
  })

  test('takes all or nothing', async () => {
    const store = create()
    expect((await store.reserve([one, tokensOf(100)], startMs)).ok).toBe(true)
    const refused = await store.reserve([one, tokensOf(1)], startMs)
    expect(refused).toMatchObject({ ok: false, error: { counter: 'a/tokens' } })
    expect(store.usedShare(requests, startMs)).toBeCloseTo(1 / 3)
  })

  test('what is larger than the limit never fits, and says so', async () => {
    const store = create()
    expect(await store.reserve([tokensOf(101)], startMs)).toEqual({
      ok: false,
      error: { counter: 'a/tokens', retryAfterMs: undefined },
    })
  })

  test('real usage takes the place of what was reserved', async () => {
    const store = create()
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
    const store = create()
    const reserved = await store.reserve([tokensOf(10)], startMs)
    if (!reserved.ok) throw new Error('there is room')
    await store.correct(reserved.value, [150], startMs)
    expect(store.usedShare(tokens, startMs)).toBeCloseTo(1.5)
    expect((await store.reserve([tokensOf(1)], startMs + 60_000)).ok).toBe(false)
    expect((await store.reserve([tokensOf(1)], startMs + 61_000)).ok).toBe(true)
  })

  test('a correction that comes after the window has passed changes nothing', async () => {
    const store = create()
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
        const store = create()
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
          const store = create()
          let nowMs = startMs
          for (const [waitMs, amount] of steps) {
            nowMs += waitMs
            const reserved = await store.reserve([tokensOf(amount)], nowMs)
            if (reserved.ok) continue
            refused += 1
            const roomAtMs = nowMs + (reserved.error.retryAfterMs ?? 0)
            expect(store.peek([tokensOf(amount)], roomAtMs - 1)).toBeDefined()
            expect(store.peek([tokensOf(amount)], roomAtMs)).toBeUndefined()
            nowMs = roomAtMs
          }
        },
      ),
    )
    expect(refused).toBeGreaterThan(20)
  })

  test('twenty keys of three a minute serve sixty in a minute and not one more', async () => {
    const store = create()
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
    const store = create()
    await store.reserve([one, tokensOf(100)], startMs)
    for (let index = 0; index < 10_000; index += 1) {
      const limit = { counter: `other${index}`, max: 1, windowMs: 1_000 }
      await store.reserve([{ limit, amount: 1 }], startMs + index)
    }
    expect((await store.reserve([tokensOf(1)], startMs + 10_000)).ok).toBe(false)
  })
})
