/*
 * Limits of callers against a model that remembers every request: whatever comes in whatever order, no span of a window
 * holds more than its limit, nobody is refused without need, and what is given back is what was taken.
 */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  type Caller,
  type CallerLimits,
  type LimitedCaller,
  noLimits,
} from '../../src/domain/caller-limits.ts'
import { microUsd } from '../../src/domain/exchange.ts'
import {
  amountOf,
  type CallerWindow,
  countedIn,
  type LimitUse,
  nothingUsed,
} from '../../src/payment/caller-limits.ts'
import { CallerLimitsDesk, type LimitPlace } from '../../src/payment/caller-limits-desk.ts'
import { MemoryConcurrency } from '../../src/store/concurrency-store-memory.ts'
import { MemoryRateWindows } from '../../src/store/rate-window-store-memory.ts'

const windowParts = 60

const account: Caller = { kind: 'account', id: '0xc1' }
const keys: readonly Caller[] = [
  { kind: 'key', id: 'key_1' },
  { kind: 'key', id: 'key_2' },
]

type Request = {
  readonly counted: ReturnType<typeof countedIn>
  readonly enteredAtMs: number
  readonly place: LimitPlace
  /** What counts of it: what was asked for until it left, then what it used. */
  use: LimitUse
  isInside: boolean
}

type Step =
  | { readonly kind: 'wait'; readonly ms: number }
  | {
      readonly kind: 'enter'
      readonly key: number
      readonly tokens: number
      readonly spent: number
    }
  | { readonly kind: 'leave'; readonly which: number; readonly share: number }

const limit = (max: number) => fc.option(fc.integer({ min: 1, max }), { nil: undefined })
const anyLimits: fc.Arbitrary<CallerLimits> = fc.record({
  requestsPerMinuteMax: limit(6),
  tokensPerMinuteMax: limit(100),
  concurrencyMax: limit(4),
  spendPerDayMax: fc.option(fc.bigInt({ min: 1n, max: 200n }).map(microUsd), { nil: undefined }),
})
const anyStep: fc.Arbitrary<Step> = fc.oneof(
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('wait'), ms: waits() }) },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('enter'),
      key: fc.nat({ max: 1 }),
      tokens: fc.nat({ max: 60 }),
      spent: fc.nat({ max: 60 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('leave'),
      which: fc.nat({ max: 20 }),
      share: fc.constantFrom(0, 0.5, 1, 1.5),
    }),
  },
)

function waits(): fc.Arbitrary<number> {
  return fc.oneof(fc.nat({ max: 5_000 }), fc.nat({ max: 90_000 }), fc.nat({ max: 90_000_000 }))
}

class Model {
  readonly requests: Request[] = []

  /** What counts in a window of what entered after a moment. */
  countedSince({ limit: { counter } }: CallerWindow, afterMs: number): number {
    return this.requests
      .filter(({ enteredAtMs }) => enteredAtMs > afterMs)
      .flatMap(({ counted, use }) =>
        counted.windows
          .filter((window) => window.limit.counter === counter)
          .map((window) => amountOf(window, use)),
      )
      .reduce((sum, amount) => sum + amount, 0)
  }

  insideOf(counter: string): number {
    return this.requests.filter(
      ({ isInside, counted }) =>
        isInside && counted.places.some((place) => place.limit.counter === counter),
    ).length
  }
}

const seen = { admitted: 0, refused: 0, left: 0, beyond: 0 }

async function play(limits: readonly CallerLimits[], steps: readonly Step[]): Promise<void> {
  let nowMs = 1_760_000_000_123
  const desk = new CallerLimitsDesk({
    defaults: { key: noLimits, account: noLimits },
    overrides: { of: () => undefined, put: async () => {}, remove: async () => false },
    windows: new MemoryRateWindows(),
    concurrency: new MemoryConcurrency(),
    nowMs: () => nowMs,
  })
  const model = new Model()
  const enter = async (step: Extract<Step, { kind: 'enter' }>) => {
    const callers: LimitedCaller[] = [keys[step.key] ?? account, account].map((caller, index) => ({
      caller,
      limits: limits[index === 1 ? 2 : step.key] ?? noLimits,
    }))
    const counted = countedIn(callers)
    const use = { requests: 1, tokens: step.tokens, spent: microUsd(BigInt(step.spent)) }
    const entered = await desk.enter(callers, use)
    if (entered.ok) {
      seen.admitted += 1
      const place = entered.value
      model.requests.push({ counted, enteredAtMs: nowMs, place, use, isInside: true })
      for (const window of counted.windows) {
        const since = nowMs - window.limit.windowMs
        expect(model.countedSince(window, since)).toBeLessThanOrEqual(window.limit.max)
      }
      for (const { limit: places } of counted.places) {
        expect(model.insideOf(places.counter)).toBeLessThanOrEqual(places.max)
      }
      return
    }
    seen.refused += 1
    const isFull = counted.windows.some((window) => {
      const { windowMs, max } = window.limit
      // A window may let room return a sixtieth of itself late.
      const since = nowMs - windowMs - windowMs / windowParts
      return model.countedSince(window, since) + amountOf(window, use) > max
    })
    const hasNoPlace = counted.places.some(
      ({ limit: places }) => model.insideOf(places.counter) >= places.max,
    )
    expect(isFull || hasNoPlace).toBe(true)
  }
  const leave = async ({ which, share }: Extract<Step, { kind: 'leave' }>) => {
    const request = model.requests[which % Math.max(1, model.requests.length)]
    if (request === undefined) return
    const wasInside = request.isInside
    const tokens = Math.ceil(request.use.tokens * share)
    // What is charged never exceeds what was held; tokens may.
    const spent = share < 1 ? microUsd(request.use.spent / 2n) : request.use.spent
    const used = share === 0 ? nothingUsed : { requests: 1, tokens, spent }
    await request.place.leave(used)
    if (!wasInside) return
    seen.left += 1
    if (share > 1 && tokens > request.use.tokens) seen.beyond += 1
    request.isInside = false
    request.use = used
  }
  for (const step of steps) {
    if (step.kind === 'wait') nowMs += step.ms
    else if (step.kind === 'enter') await enter(step)
    else await leave(step)
  }
}

test('no span of a window admits more than its limit, and nobody is refused without need', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.tuple(anyLimits, anyLimits, anyLimits),
      fc.array(anyStep, { minLength: 20, maxLength: 80 }),
      play,
    ),
    { numRuns: 500 },
  )
  for (const count of Object.values(seen)) expect(count).toBeGreaterThan(0)
})

test('after everybody was refused by a later step, all of every limit is there again', async () => {
  let given = 0
  await fc.assert(
    fc.asyncProperty(
      anyLimits,
      fc.array(fc.tuple(fc.nat({ max: 30 }), fc.nat({ max: 50 }), fc.nat({ max: 30_000 })), {
        minLength: 1,
        maxLength: 20,
      }),
      async (limits, asks) => {
        let nowMs = 1_760_000_000_123
        const desk = new CallerLimitsDesk({
          defaults: { key: limits, account: limits },
          overrides: { of: () => undefined, put: async () => {}, remove: async () => false },
          windows: new MemoryRateWindows(),
          concurrency: new MemoryConcurrency(),
          nowMs: () => nowMs,
        })
        const callers = [{ caller: account, limits }]
        const inside: LimitPlace[] = []
        for (const [tokens, spent, waitMs] of asks) {
          const use = { requests: 1, tokens, spent: microUsd(BigInt(spent)) }
          const entered = await desk.enter(callers, use)
          if (entered.ok) inside.push(entered.value)
          nowMs += waitMs
        }
        for (const place of inside) await place.leave(nothingUsed)
        given += inside.length
        for (const { max, remaining, resetMs } of desk.allowances(callers)) {
          expect([remaining, resetMs]).toEqual([max, 0])
        }
      },
    ),
  )
  expect(given).toBeGreaterThan(0)
})
