import { describe, expect, test } from 'vitest'
import { Cancellation } from '../../../src/base/cancellation.ts'
import { err } from '../../../src/base/result.ts'
import type { Soon } from '../../../src/base/soon.ts'
import { noPreferences } from '../../../src/domain/route-preferences.ts'
import { address } from '../../../src/domain/units.ts'
import type { Attempt } from '../../../src/routing/attempt.ts'
import { ContributorPool, type PoolOptions } from '../../../src/routing/contributor-pool.ts'
import type { RouteRequest } from '../../../src/routing/filter-lanes.ts'
import { seededRandom } from '../../../src/routing/seeded-random.ts'
import type { RateWindowStore } from '../../../src/store/rate-window-store.ts'
import { MemoryRateWindows } from '../../../src/store/rate-window-store-memory.ts'
import { contributorOf, type LaneFields, routeRequest } from '../../support/routing.ts'

const nowMs = 1_000_000_000

const poolOf = (fields: readonly LaneFields[], options: PoolOptions = {}) => {
  const timers: (() => void)[] = []
  const schedule = (_delayMs: number, run: () => void) => {
    timers.push(run)
    return () => {
      timers.splice(timers.indexOf(run), 1)
    }
  }
  const pool = new ContributorPool(fields.map(contributorOf), {
    random: seededRandom(1),
    schedule,
    ...options,
  })
  return {
    pool,
    timers,
    route: (change?: Partial<RouteRequest>) => pool.route(routeRequest(change)),
  }
}

const begun = async (next: Soon<{ readonly ok: boolean; readonly value?: Attempt }>) => {
  const { value } = await next
  if (value === undefined) throw new Error('somebody is asked')
  return value
}
const idOf = (attempt: Attempt) => attempt.candidate.contributor.contributorId
const inTurn = (
  pool: ContributorPool,
  change: Partial<RouteRequest> = {},
  who = new Cancellation(),
) => pool.route(routeRequest(change)).nextInTurn(nowMs, who)

describe('next', () => {
  test('each attempt asks somebody else, the better first, until nobody is left', async () => {
    const { route } = poolOf([{ id: 'dear', price: 9_000_000n }, { id: 'cheap' }])
    const way = route()
    expect(idOf(await begun(way.next(nowMs)))).toBe('cheap')
    expect(idOf(await begun(way.next(nowMs)))).toBe('dear')
    expect(await way.next(nowMs)).toEqual({ ok: false, error: { kind: 'nobody' } })
  })

  test('one operator is asked once, however many agents it has', async () => {
    const operator = address(`0x${'0c'.repeat(20)}`)
    const own = { signs: true, operator }
    const { route } = poolOf([
      { id: 'one', ...own },
      { id: 'two', ...own, price: 2_000_000n },
      { id: 'else', signs: true, price: 3_000_000n },
      { id: 'lent', price: 4_000_000n },
    ])
    const way = route()
    const asked: string[] = []
    for (let i = 0; i < 3; i += 1) asked.push(idOf(await begun(way.next(nowMs))))
    expect(asked).toEqual(['one', 'else', 'lent'])
    expect(await way.next(nowMs)).toEqual({ ok: false, error: { kind: 'nobody' } })
  })

  test('nobody offers the model', async () => {
    const { route } = poolOf([{ id: 'a' }])
    expect(await route({ modelName: 'x' }).next(nowMs)).toMatchObject({ error: { kind: 'nobody' } })
  })

  test('an offer whose bounds the request does not respect is left out', async () => {
    const { pool } = poolOf([{ id: 'a' }, { id: 'b', price: 9n }])
    const way = pool.route(routeRequest(), (offer) =>
      offer.prices.promptAtomicPerMtok === 9n ? { ...offer, contextTokensMax: 7 } : undefined,
    )
    const attempt = await begun(way.next(nowMs))
    expect(idOf(attempt)).toBe('b')
    // It is asked as this payer is asked for it.
    expect(attempt.candidate.offer.contextTokensMax).toBe(7)
    expect(await way.next(nowMs)).toMatchObject({ error: { kind: 'nobody' } })
  })

  test('without fallbacks there is one attempt, or those of the order', async () => {
    const { route } = poolOf([{ id: 'a' }, { id: 'b' }, { id: 'c' }])
    const alone = route({ preferences: { ...noPreferences, allowFallbacks: false } })
    await begun(alone.next(nowMs))
    expect(await alone.next(nowMs)).toMatchObject({ error: { kind: 'nobody' } })
    const preferences = { ...noPreferences, allowFallbacks: false, order: ['c', 'a'] }
    const ordered = route({ preferences })
    expect(idOf(await begun(ordered.next(nowMs)))).toBe('c')
    expect(idOf(await begun(ordered.next(nowMs)))).toBe('a')
    expect((await ordered.next(nowMs)).ok).toBe(false)
  })

  test('the last room that another replica took is not the end', async () => {
    const memory = new MemoryRateWindows()
    const reservations: string[] = []
    const windows: RateWindowStore = {
      ...memory,
      reserve: async (claims) => {
        const counter = claims[0]?.limit.counter ?? ''
        reservations.push(counter)
        return counter.includes('/cheap/')
          ? err({ counter, retryAfterMs: 400 })
          : memory.reserve(claims, nowMs)
      },
    }
    const limits = { requestsPerMinuteMax: 5 }
    const { route } = poolOf(
      [
        { id: 'cheap', limits },
        { id: 'dear', price: 9_000_000n, limits },
      ],
      {
        windows,
      },
    )
    expect(idOf(await begun(route().next(nowMs)))).toBe('dear')
    expect(reservations).toEqual(['contributor/cheap/requests', 'contributor/dear/requests'])
    const alone = poolOf([{ id: 'cheap', limits }], { windows })
    expect(await alone.route().next(nowMs)).toMatchObject({
      error: { kind: 'busy', retryAfterMs: 400 },
    })
  })

  test('prompts that begin alike go to the same one, and leave it when it is full of them', async () => {
    const ids = Array.from({ length: 8 }, (_, index) => ({ id: `c${index}` }))
    const { pool } = poolOf(ids)
    const body = Buffer.from(`"messages":${'same words again and again '.repeat(100)}`)
    const owners: string[] = []
    for (let count = 0; count < 30; count += 1) {
      owners.push(idOf(await begun(pool.route(routeRequest({ body })).next(nowMs))))
    }
    expect(new Set(owners.slice(0, 2)).size).toBe(1)
    expect(new Set(owners).size).toBeGreaterThan(2)
    const busiest = Math.max(...ids.map(({ id }) => pool.inFlight(id)))
    expect(busiest).toBeLessThan(16)
  })
})

describe('nextInTurn', () => {
  const one = [{ id: 'a', limits: { concurrencyMax: 1 } }]

  test('waits for room, in turn of the callers', async () => {
    const { pool } = poolOf(one)
    const first = await begun(inTurn(pool))
    const order: string[] = []
    const wait = async (accountId: string) => {
      const attempt = await begun(inTurn(pool, { accountId }))
      order.push(accountId)
      attempt.ended({ kind: 'served' }, {}, nowMs)
    }
    const waiting = Promise.all(['x', 'x', 'x', 'y'].map(wait))
    await new Promise(setImmediate)
    expect(order).toEqual([])
    first.ended({ kind: 'served' }, {}, nowMs)
    await waiting
    expect(order).toEqual(['x', 'y', 'x', 'x'])
    expect(pool.inFlight('a')).toBe(0)
  })

  test('nobody passes those who wait', async () => {
    const { pool } = poolOf(one)
    const first = await begun(inTurn(pool))
    const waiting = inTurn(pool, { accountId: 'early' })
    await new Promise(setImmediate)
    first.ended({ kind: 'served' }, {}, nowMs)
    const late = inTurn(pool, { accountId: 'late' })
    expect((await waiting).ok).toBe(true)
    ;(await begun(waiting)).ended({ kind: 'served' }, {}, nowMs)
    expect((await late).ok).toBe(true)
  })

  test('a constraint is told at once', async () => {
    const { pool } = poolOf(one)
    expect(await inTurn(pool, { needsSignature: true })).toEqual({
      ok: false,
      error: { kind: 'constraint', filter: 'attestation' },
    })
  })

  test('at the deadline the time after which there may be room is told', async () => {
    const { pool, timers } = poolOf([{ id: 'a', limits: { requestsPerMinuteMax: 1 } }])
    ;(await begun(inTurn(pool))).ended({ kind: 'served' }, {}, nowMs)
    const waiting = inTurn(pool)
    await new Promise(setImmediate)
    timers[0]?.()
    expect(await waiting).toMatchObject({ ok: false, error: { kind: 'busy' } })
  })

  test('who leaves is not served, and keeps no room', async () => {
    const { pool } = poolOf(one)
    const first = await begun(inTurn(pool))
    const leaver = new Cancellation()
    const waiting = inTurn(pool, { accountId: 'x' }, leaver)
    await new Promise(setImmediate)
    leaver.cancel()
    expect(await waiting).toMatchObject({ ok: false, error: { kind: 'nobody' } })
    first.ended({ kind: 'served' }, {}, nowMs)
    await new Promise(setImmediate)
    expect(pool.inFlight('a')).toBe(0)
    expect((await inTurn(pool)).ok).toBe(true)
  })

  test('who leaves while it is his turn gives the room back', async () => {
    const { pool } = poolOf(one)
    const first = await begun(inTurn(pool))
    const leaver = new Cancellation()
    const waiting = inTurn(pool, { accountId: 'x' }, leaver)
    await new Promise(setImmediate)
    first.ended({ kind: 'served' }, {}, nowMs)
    leaver.cancel()
    expect((await waiting).ok).toBe(false)
    await new Promise(setImmediate)
    expect(pool.inFlight('a')).toBe(0)
  })

  test('in whatever order requests come and end, no limit is passed and everybody is answered', async () => {
    const random = seededRandom(11)
    const { pool } = poolOf([
      { id: 'a', limits: { concurrencyMax: 2 } },
      { id: 'b', limits: { concurrencyMax: 3 } },
    ])
    const running: Attempt[] = []
    let served = 0
    let waited = 0
    const ask = async (accountId: string) => {
      const next = await inTurn(pool, { accountId })
      if (!next.ok) throw new Error('everybody waits within the bounds')
      running.push(next.value)
      served += 1
    }
    const asked: Promise<void>[] = []
    for (let step = 0; step < 600; step += 1) {
      if (random() < 0.5 && asked.length < 250) asked.push(ask(`caller ${step % 7}`))
      else
        running
          .splice(Math.floor(random() * running.length), 1)[0]
          ?.ended({ kind: 'served' }, {}, nowMs)
      await new Promise(setImmediate)
      waited += asked.length - served
      expect(pool.inFlight('a')).toBeLessThanOrEqual(2)
      expect(pool.inFlight('b')).toBeLessThanOrEqual(3)
    }
    while (served < asked.length) {
      running.shift()?.ended({ kind: 'served' }, {}, nowMs)
      await new Promise(setImmediate)
    }
    await Promise.all(asked)
    expect(waited).toBeGreaterThan(500)
    expect(served).toBeGreaterThan(200)
  })
})
