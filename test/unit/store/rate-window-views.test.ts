import fc from 'fast-check'
import { expect, test } from 'vitest'
import { rateViewsRemembered, rateViewTrustedMs } from '../../../src/base/limits.ts'
import type { RateLimit } from '../../../src/store/rate-window-store.ts'
import { RateWindowViews } from '../../../src/store/rate-window-views.ts'

const startMs = 1_000_000_000_000
const limit: RateLimit = { counter: 'a', max: 100, windowMs: 60_000 }

test('what was never heard of is empty', () => {
  const views = new RateWindowViews()
  expect(views.usedShare(limit, startMs)).toBe(0)
  expect(views.peek([{ limit, amount: 100 }], startMs)).toBeUndefined()
  expect(views.peek([{ limit, amount: 101 }], startMs)).toEqual({
    counter: 'a',
    retryAfterMs: undefined,
  })
})

test('what others took was taken lately, and goes with its minute', () => {
  const views = new RateWindowViews()
  views.heard(limit, 40, startMs)
  views.heard(limit, 100, startMs + 30_000)
  const claim = (amount: number) => [{ limit, amount }]
  expect(views.peek(claim(40), startMs + 30_000)?.retryAfterMs).toBe(31_000)
  expect(views.peek(claim(41), startMs + 30_000)?.retryAfterMs).toBe(61_000)
  expect(views.usedShare(limit, startMs + 61_000)).toBe(0.6)
  expect(views.usedShare(limit, startMs + 91_000)).toBe(0)
})

test('that a counter is full is believed for a moment', () => {
  const views = new RateWindowViews()
  views.heard(limit, 100, startMs)
  expect(views.peek([{ limit, amount: 1 }], startMs + rateViewTrustedMs)).toBeDefined()
  expect(views.peek([{ limit, amount: 1 }], startMs + rateViewTrustedMs + 1)).toBeUndefined()
  expect(views.usedShare(limit, startMs + rateViewTrustedMs + 1)).toBe(1)
})

test('whatever is heard in whatever order is what is told', () => {
  let heard = 0
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(20_000), fc.nat(150)), { minLength: 1, maxLength: 30 }),
      (steps) => {
        const views = new RateWindowViews()
        let nowMs = startMs
        for (const [waitMs, used] of steps) {
          nowMs += waitMs
          heard += 1
          views.heard(limit, used, nowMs)
          expect(views.usedShare(limit, nowMs)).toBe(used / 100)
        }
      },
    ),
  )
  expect(heard).toBeGreaterThan(200)
})

test('the counter that nobody asked about for longest is forgotten first', () => {
  const views = new RateWindowViews()
  const numbered = (index: number): RateLimit => ({ ...limit, counter: `${index}` })
  for (let index = 0; index < rateViewsRemembered; index += 1) {
    views.heard(numbered(index), 1, startMs)
  }
  views.heard(numbered(0), 1, startMs)
  views.heard(numbered(-1), 1, startMs)
  const share = (index: number) => views.usedShare(numbered(index), startMs)
  expect([share(0), share(1), share(2), share(-1)]).toEqual([0.01, 0, 0.01, 0.01])
})
