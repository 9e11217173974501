import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { noPreferences } from '../../../src/domain/route-preferences.ts'
import { atomic } from '../../../src/domain/units.ts'
import { closedBreaker } from '../../../src/routing/circuit-breaker.ts'
import { filterLanes, type RouteRequest } from '../../../src/routing/filter-lanes.ts'
import { claimsOf, type Lane } from '../../../src/routing/lane.ts'
import { sampleLatency, unknownLatency } from '../../../src/routing/latency-estimate.ts'
import { MemoryRateWindows } from '../../../src/store/rate-window-store-memory.ts'
import { idOf, laneOf, routeRequest } from '../../support/routing.ts'

const nowMs = 1_000_000
const filter = (
  lanes: readonly Lane[],
  change: Partial<RouteRequest> = {},
  windows = new MemoryRateWindows(),
) => {
  const filtered = filterLanes(lanes, routeRequest(change), windows, nowMs)
  return filtered.ok ? filtered.value.map(idOf) : filtered.error
}
const wanting = (wish: Partial<typeof noPreferences>) => ({
  preferences: { ...noPreferences, ...wish },
})

const open = { ...closedBreaker, phase: 'open', opensProbeAtMs: nowMs + 1 } as const
const cooling = { ...closedBreaker, coolUntilMs: nowMs + 700 }
const slow = { firstToken: sampleLatency(unknownLatency, 900, nowMs) }

describe('what the caller asks for', () => {
  test.each<[string, readonly Lane[], Partial<RouteRequest>]>([
    ['only', [laneOf()], wanting({ only: ['b'] })],
    ['ignore', [laneOf()], wanting({ ignore: ['a'] })],
    ['order', [laneOf()], wanting({ order: ['b'], allowFallbacks: false })],
    ['region', [laneOf({ region: 'us' })], wanting({ region: 'eu' })],
    ['region', [laneOf()], wanting({ region: 'eu' })],
    [
      'max_price',
      [laneOf({ price: 5n })],
      { priceMax: { prompt: atomic(4n), completion: undefined } },
    ],
    [
      'max_price',
      [laneOf({ price: 5n })],
      { priceMax: { prompt: undefined, completion: atomic(4n) } },
    ],
    ['max_ttft_ms', [laneOf({}, slow)], wanting({ maxFirstTokenMs: 800 })],
    ['attestation', [laneOf()], { needsSignature: true }],
    ['context', [laneOf()], { promptTokensMin: 101 }],
    ['tokens_per_minute', [laneOf({ limits: { tokensPerMinuteMax: 39 } })], {}],
  ])('%s keeps out, and is named', (name, lanes, change) => {
    expect(filter(lanes, change)).toEqual({ kind: 'constraint', filter: name })
  })

  test('what just fits is kept', () => {
    const lane = laneOf(
      { region: 'eu', price: 5n, signs: true, limits: { tokensPerMinuteMax: 40 } },
      slow,
    )
    const priceMax = { prompt: atomic(5n), completion: atomic(5n) }
    const wish = wanting({
      only: ['a'],
      ignore: ['b'],
      order: ['a'],
      allowFallbacks: false,
      region: 'eu',
      maxFirstTokenMs: 900,
    })
    expect(
      filter([lane], { ...wish, priceMax, needsSignature: true, promptTokensMin: 100 }),
    ).toEqual(['a'])
  })

  test('an order keeps nobody out while fallbacks are allowed', () => {
    expect(filter([laneOf()], wanting({ order: ['b'] }))).toEqual(['a'])
  })

  test('who was never measured is not called slow', () => {
    expect(filter([laneOf()], wanting({ maxFirstTokenMs: 1 }))).toEqual(['a'])
  })

  test('the filter that the last one fell at is told', () => {
    const lanes = [laneOf({ id: 'a', region: 'us' }), laneOf({ id: 'b', region: 'eu' })]
    const priceMax = { prompt: atomic(1n), completion: undefined }
    const wish = { ...wanting({ region: 'eu' }), priceMax }
    expect(filter(lanes, wish)).toEqual({ kind: 'constraint', filter: 'max_price' })
  })
})

describe('who has no room', () => {
  test('is out until it has, and the earliest is told', () => {
    const full = laneOf({ id: 'full', limits: { concurrencyMax: 2 } }, {}, { inFlight: 2 })
    const cool = laneOf({ id: 'cool' }, { breaker: cooling })
    expect(filter([full, cool])).toEqual({ kind: 'busy', retryAfterMs: 700 })
    expect(filter([full])).toEqual({ kind: 'busy', retryAfterMs: 1_000 })
    expect(filter([full, cool, laneOf({ id: 'free' })])).toEqual(['free'])
  })

  test('a minute that is used up tells when it has room', async () => {
    const windows = new MemoryRateWindows()
    const lane = laneOf({ limits: { requestsPerMinuteMax: 1 } })
    await windows.reserve(claimsOf(lane, 40), nowMs)
    expect(filter([lane], {}, windows)).toEqual({ kind: 'busy', retryAfterMs: 61_000 })
  })

  test('is waited for before one that is not well is asked', () => {
    const sick = laneOf({ id: 'sick' }, { breaker: open })
    expect(filter([sick, laneOf({}, { breaker: cooling })])).toMatchObject({ kind: 'busy' })
  })
})

describe('who is not well', () => {
  const denied = { quarantine: { cause: 'credentials', probeAtMs: nowMs + 1 } } as const

  test('is out while anybody else is there', () => {
    const lanes = [laneOf({ id: 'sick' }, { breaker: open }), laneOf({ id: 'denied' }, {}, denied)]
    expect(filter([...lanes, laneOf({ id: 'well' })])).toEqual(['well'])
    expect(filter(lanes)).toEqual(['sick', 'denied'])
  })

  test('is among the others again when a probe is due', () => {
    const due = { ...open, opensProbeAtMs: nowMs }
    const paid = { quarantine: { cause: 'credentials', probeAtMs: nowMs } } as const
    const lanes = [laneOf({ id: 'due' }, { breaker: due }), laneOf({ id: 'paid' }, {}, paid)]
    expect(filter([...lanes, laneOf({ id: 'well' })])).toEqual(['due', 'paid', 'well'])
  })

  test('who forged is never asked, not even alone', () => {
    const forger = laneOf({}, {}, { quarantine: { cause: 'forged' } })
    expect(filter([forger])).toEqual({ kind: 'nobody' })
  })
})

test('nobody left is told as nobody', () => {
  expect(filter([])).toEqual({ kind: 'nobody' })
})

test('never lets anybody through who is out for a reason of his own', () => {
  const counted = { kept: 0, refused: 0 }
  const anyLane = fc.record({
    region: fc.constantFrom('eu', 'us'),
    price: fc.bigInt({ min: 1n, max: 5n }),
    inFlight: fc.nat(3),
    health: fc.constantFrom('well', 'open', 'cooling', 'forged', 'denied'),
    signs: fc.boolean(),
  })
  type AnyLane = typeof anyLane extends fc.Arbitrary<infer T> ? T : never
  const create = (one: AnyLane, index: number): Lane =>
    laneOf(
      { id: String(index), ...one, limits: { concurrencyMax: 3 } },
      {
        breaker: one.health === 'open' ? open : one.health === 'cooling' ? cooling : closedBreaker,
      },
      {
        inFlight: one.inFlight,
        quarantine:
          one.health === 'forged'
            ? { cause: 'forged' }
            : one.health === 'denied'
              ? { cause: 'credentials', probeAtMs: nowMs + 1 }
              : undefined,
      },
    )
  fc.assert(
    fc.property(fc.array(anyLane, { maxLength: 8 }), fc.boolean(), (list, needsSignature) => {
      const priceMax = { prompt: atomic(3n), completion: undefined }
      const kept = filter(list.map(create), {
        ...wanting({ region: 'eu' }),
        priceMax,
        needsSignature,
      })
      const fits = (one: AnyLane) =>
        one.region === 'eu' && one.price <= 3n && (!needsSignature || one.signs)
      const isFree = (one: AnyLane) => one.inFlight < 3
      const well = list.filter((one) => fits(one) && isFree(one) && one.health === 'well')
      if (!Array.isArray(kept)) {
        expect(well).toEqual([])
        counted.refused += 1
        return
      }
      counted.kept += kept.length
      const chosen = kept.map((id) => list[Number(id)])
      for (const one of chosen) expect(one !== undefined && fits(one)).toBe(true)
      for (const one of chosen) expect(['forged', 'cooling']).not.toContain(one?.health)
      if (well.length > 0) expect(chosen).toEqual(well)
    }),
    { numRuns: 400 },
  )
  expect(counted.kept).toBeGreaterThan(50)
  expect(counted.refused).toBeGreaterThan(50)
})
