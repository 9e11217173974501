import { describe, expect, test } from 'vitest'
import type { ContributorLimits } from '../../../src/domain/contributor.ts'
import { atomic } from '../../../src/domain/units.ts'
import { type Attempt, beginAttempt, nothingSent } from '../../../src/routing/attempt.ts'
import type { Lane } from '../../../src/routing/lane.ts'
import { estimateMs } from '../../../src/routing/latency-estimate.ts'
import { MemoryRateWindows } from '../../../src/store/rate-window-store-memory.ts'
import { laneOf } from '../../support/routing.ts'

const windows = new MemoryRateWindows()
const stores = { windows, concurrency: undefined }
const nowMs = 1_000_000_000

async function begin(lane: Lane, store = windows): Promise<Attempt> {
  const begun = await beginAttempt(lane, {
    candidate: lane.candidate,
    reservedTokens: 100,
    ordinal: 1,
    stores: { windows: store, concurrency: undefined },
    nowMs,
    onEnded: () => {},
  })
  if (!begun.ok) throw new Error('there is room')
  return begun.value
}

describe('beginAttempt', () => {
  test('is counted before anything is waited for', () => {
    const lane = laneOf()
    void begin(lane)
    expect(lane.station.inFlight).toBe(1)
  })

  test('without room it leaves no trace', async () => {
    const lane = laneOf({ id: 'full', limits: { requestsPerMinuteMax: 1 } })
    await begin(lane)
    const before = { ...lane.station, breaker: lane.health.breaker }
    const second = await beginAttempt(lane, {
      candidate: lane.candidate,
      reservedTokens: 1,
      ordinal: 1,
      stores,
      nowMs,
      onEnded: () => {},
    })
    expect(second).toMatchObject({ ok: false, error: { counter: 'contributor/full/requests' } })
    expect({ ...lane.station, breaker: lane.health.breaker }).toEqual(before)
  })

  test('ends once, and says so to whoever waits', async () => {
    const ends: number[] = []
    const lane = laneOf()
    const begun = await beginAttempt(lane, {
      candidate: lane.candidate,
      reservedTokens: 0,
      ordinal: 1,
      stores,
      nowMs,
      onEnded: (endMs) => ends.push(endMs),
    })
    if (!begun.ok) throw new Error('there is room')
    begun.value.ended({ kind: 'served' }, {}, nowMs + 5)
    expect(ends).toEqual([nowMs + 5])
    expect(() => begun.value.ended({ kind: 'served' }, {}, nowMs)).toThrow('an attempt ends once')
  })
})

describe('what is learnt', () => {
  test('of an answer: its times, by what was seen of them', async () => {
    const lane = laneOf()
    const measures = { firstTokenMs: 120, restMs: 900, completionTokens: 30 }
    ;(await begin(lane)).ended({ kind: 'served' }, measures, nowMs)
    expect(estimateMs(lane.health.firstToken, nowMs)).toBe(120)
    expect(estimateMs(lane.health.perToken, nowMs)).toBe(30)
    expect(lane.health).toMatchObject({ uptime: 1, answers: 1 })
    ;(await begin(lane)).ended({ kind: 'served' }, { restMs: 900, completionTokens: 0 }, nowMs)
    expect(lane.health.answers).toBe(2)
    expect(estimateMs(lane.health.perToken, nowMs)).toBe(30)
    expect(lane.station.inFlight).toBe(0)
  })

  test.each([
    ['failed', true],
    ['forged', true],
    ['neutral', false],
    ['denied', false],
    ['limited', false],
  ] as const)('%s lowers the uptime: %s', async (kind, lowers) => {
    const lane = laneOf()
    const outcome = kind === 'limited' ? { kind, retryAfterMs: 10 } : { kind }
    ;(await begin(lane)).ended(outcome, { firstTokenMs: 1 }, nowMs)
    expect(lane.health.uptime < 1).toBe(lowers)
    expect(lane.health.answers).toBe(0)
    expect(lane.health.firstToken.usualMs).toBeUndefined()
  })

  test('a refused key puts the contributor in quarantine, an answer frees it', async () => {
    const lane = laneOf()
    ;(await begin(lane)).ended({ kind: 'denied' }, {}, nowMs)
    expect(lane.station.quarantine).toMatchObject({ cause: 'credentials' })
    ;(await begin(lane)).ended({ kind: 'served' }, {}, nowMs)
    expect(lane.station.quarantine).toBeUndefined()
  })
})

describe('the minute', () => {
  test.each([
    ['served', { usedTokens: 30 }, 0.03],
    ['served', {}, 0.1],
    ['failed', {}, 0],
    ['neutral', {}, 0.1],
    ['neutral', { usedTokens: 0 }, 0],
  ] as const)(
    '%s with %o leaves %s of the tokens used, and the request',
    async (kind, seen, share) => {
      const store = new MemoryRateWindows()
      const lane = laneOf({ limits: { requestsPerMinuteMax: 10, tokensPerMinuteMax: 1_000 } })
      const { requestLimit, tokenLimit } = lane.station
      if (requestLimit === undefined || tokenLimit === undefined)
        throw new Error('both are declared')
      const attempt = await begin(lane, store)
      expect(store.usedShare(tokenLimit, nowMs)).toBeCloseTo(0.1)
      attempt.ended({ kind }, seen, nowMs)
      expect(store.usedShare(tokenLimit, nowMs)).toBeCloseTo(share)
      expect(store.usedShare(requestLimit, nowMs)).toBeCloseTo(0.1)
    },
  )

  test('is as it was where nothing was sent after all', async () => {
    const store = new MemoryRateWindows()
    const lane = laneOf({ limits: { requestsPerMinuteMax: 1, tokensPerMinuteMax: 100 } })
    for (let count = 0; count < 3; count += 1) {
      ;(await begin(lane, store)).ended({ kind: 'neutral' }, nothingSent, nowMs)
    }
    expect(lane.station.inFlight).toBe(0)
  })
})

describe('the day', () => {
  const hourMs = 3_600_000
  /** Prices of one atomic unit a token: what is spent is what is used. */
  const limitedTo = (limits: Partial<ContributorLimits>) => laneOf({ price: 1_000_000n, limits })
  const beginAt = (lane: Lane, windows: MemoryRateWindows, atMs: number) =>
    beginAttempt(lane, {
      candidate: lane.candidate,
      reservedTokens: 100,
      ordinal: 1,
      stores: { windows, concurrency: undefined },
      nowMs: atMs,
      onEnded: () => {},
    })
  const served = { usedTokens: 30, completionTokens: 10 }

  test.each([
    ['requests', { requestsPerDayMax: 3 }, 3],
    ['tokens', { tokensPerDayMax: 160 }, 3],
    ['spend', { spendPerDayMax: atomic(160n) }, 3],
  ] as const)('ends the %s of a contributor until it is over', async (what, limits, answers) => {
    const windows = new MemoryRateWindows()
    const lane = limitedTo(limits)
    for (let answer = 0; answer < answers; answer += 1) {
      const begun = await beginAt(lane, windows, nowMs)
      if (!begun.ok) throw new Error(`${answer} fits`)
      begun.value.ended({ kind: 'served' }, served, nowMs)
    }
    const full = await beginAt(lane, windows, nowMs + 20 * hourMs)
    expect(full).toMatchObject({ ok: false, error: { counter: `contributor/a/day/${what}` } })
    if (full.ok || full.error === 'store_unavailable') throw new Error('it is over')
    const waitMs = full.error.retryAfterMs ?? 0
    expect(waitMs).toBeGreaterThan(3 * hourMs)
    expect((await beginAt(lane, windows, nowMs + 20 * hourMs + waitMs)).ok).toBe(true)
    expect(waitMs).toBeLessThan(5 * hourMs)
  })

  test('an amount in eighteen decimals is counted as well as one in six', async () => {
    const windows = new MemoryRateWindows()
    const lane = laneOf({
      price: 10n ** 24n,
      limits: { spendPerDayMax: atomic(161n * 10n ** 18n) },
    })
    for (let answer = 0; answer < 3; answer += 1) {
      const begun = await beginAt(lane, windows, nowMs)
      if (!begun.ok) throw new Error(`${answer} fits`)
      begun.value.ended({ kind: 'served' }, served, nowMs)
    }
    expect((await beginAt(lane, windows, nowMs)).ok).toBe(false)
  })

  test('what was not answered took nothing of it', async () => {
    const windows = new MemoryRateWindows()
    const lane = limitedTo({ tokensPerDayMax: 100, spendPerDayMax: atomic(100n) })
    for (let attempt = 0; attempt < 3; attempt += 1) {
      const begun = await beginAt(lane, windows, nowMs)
      if (!begun.ok) throw new Error(`${attempt} fits`)
      begun.value.ended({ kind: 'failed' }, {}, nowMs)
    }
  })
})
