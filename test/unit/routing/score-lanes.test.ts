import { describe, expect, test } from 'vitest'
import { sampleLatency, unknownLatency } from '../../../src/routing/latency-estimate.ts'
import { type Facts, factsOf, scoreAll } from '../../../src/routing/score-lanes.ts'
import { MemoryRateWindows } from '../../../src/store/rate-window-store-memory.ts'
import { laneOf, routeRequest } from '../../support/routing.ts'

const even: Facts = { price: 10, timeMs: 1_000, prefixShare: 0, load: 0.2, trust: 0.5 }
const score = (...all: readonly Partial<Facts>[]): readonly number[] =>
  scoreAll(all.map((change) => ({ ...even, ...change })))
/** Whether the first is better than the second, beside two that are as usual. */
const isBetter = (one: Partial<Facts>, other: Partial<Facts>): boolean => {
  const [first = 0, second = 0] = score(one, other, {}, {})
  return first > second
}

describe('scoreAll', () => {
  test.each<[string, Partial<Facts>, Partial<Facts>]>([
    ['cheaper', { price: 5 }, {}],
    ['for nothing', { price: 0 }, { price: 1 }],
    ['faster', { timeMs: 500 }, {}],
    ['known to be slow is worse than unknown', { timeMs: undefined }, { timeMs: 1_000 }],
    ['has the prefix', { prefixShare: 1 }, {}],
    ['has more of the prefix', { prefixShare: 0.9 }, { prefixShare: 0.3 }],
    ['trusted', { trust: 1 }, {}],
    ['less loaded', { load: 0.2 }, { load: 0.9 }],
    ['prefix beside a little dearer', { prefixShare: 1, price: 12 }, { price: 10 }],
    ['a far lower price beside any trust', { price: 2, trust: 0.5 }, { price: 10, trust: 1 }],
  ])('%s is better', (_name, one, other) => {
    expect(isBetter(one, other)).toBe(true)
    expect(isBetter(other, one)).toBe(false)
  })

  test('a prefix is worth nothing on one that is fuller than one and a half times the mean', () => {
    const [hit = 0, none = 0] = score({ prefixShare: 1, load: 0.9 }, { load: 0.9 }, {}, {})
    expect(hit).toBe(none)
    const [fits = 0, without = 0] = score({ prefixShare: 1, load: 0.3 }, { load: 0.3 }, {}, {})
    expect(fits).toBeGreaterThan(without)
  })

  test('one request in an idle pool is no reason to leave a prefix', () => {
    const [hit = 0, none = 0] = score(
      { prefixShare: 1, load: 1 / 16 },
      ...Array.from({ length: 5 }, () => ({ load: 0 })),
    )
    expect(hit).toBeGreaterThan(none)
  })

  test('a full one loses against an idle one that is dearer, slower and has no prefix', () => {
    const full = { price: 8, timeMs: 800, prefixShare: 1, load: 1 }
    expect(isBetter({ load: 0, price: 16, timeMs: 1_600 }, full)).toBe(true)
  })

  test('one that asks next to nothing does not make the others look alike', () => {
    const [, cheap = 0, dear = 0] = score({ price: 0.01 }, { price: 5 }, { price: 20 }, {}, {})
    expect(cheap - dear).toBeGreaterThan(0.1)
  })

  test('equals score alike, also when nothing is known of anybody', () => {
    const unknown = { price: 0, timeMs: undefined }
    const [one, other] = score(unknown, unknown)
    expect(one).toBe(other)
    expect(one).not.toBeNaN()
  })
})

describe('factsOf', () => {
  const windows = new MemoryRateWindows()
  const seen = { windows, nowMs: 0, prefixShare: 0 }
  const request = routeRequest({ promptTokensEstimate: 100, completionTokensEstimate: 10 })

  test('price and time are of this request', () => {
    const lane = laneOf(
      { price: 3n },
      {
        firstToken: sampleLatency(unknownLatency, 200, 0),
        perToken: sampleLatency(unknownLatency, 5, 0),
      },
    )
    expect(factsOf(lane, request, seen)).toMatchObject({ price: 330, timeMs: 250, load: 0 })
    lane.station.inFlight = 8
    // Nobody said how many it does at once: half of what is assumed makes the wait half as long again.
    expect(factsOf(lane, request, seen)).toMatchObject({ timeMs: 375, load: 0.5 })
  })

  test('one that does one thing at a time is twice as slow with one in flight', () => {
    const lane = laneOf(
      { limits: { concurrencyMax: 1 } },
      { firstToken: sampleLatency(unknownLatency, 200, 0) },
      { inFlight: 1 },
    )
    expect(factsOf(lane, request, seen)).toMatchObject({ timeMs: 400, load: 1 })
  })

  test('the load is that of the scarcest', async () => {
    const lane = laneOf({ limits: { requestsPerMinuteMax: 10, tokensPerMinuteMax: 1_000 } })
    const { requestLimit, tokenLimit } = lane.station
    if (requestLimit === undefined || tokenLimit === undefined) throw new Error('both are declared')
    await windows.reserve([{ limit: requestLimit, amount: 2 }], 0)
    expect(factsOf(lane, request, seen).load).toBe(0.2)
    await windows.reserve([{ limit: tokenLimit, amount: 700 }], 0)
    expect(factsOf(lane, request, seen).load).toBe(0.7)
  })

  test('trust is half for answering and half for signing', () => {
    expect(factsOf(laneOf(), request, seen).trust).toBe(0.5)
    expect(factsOf(laneOf({ signs: true }), request, seen).trust).toBe(1)
    expect(factsOf(laneOf({}, { uptime: 0.9 }), request, seen).trust).toBeCloseTo(0.729 / 2)
  })

  test('nothing measured is nothing known', () => {
    expect(factsOf(laneOf(), request, seen).timeMs).toBeUndefined()
  })
})
