import { describe, expect, test } from 'vitest'
import { Cancellation } from '../../../src/base/cancellation.ts'
import { ok } from '../../../src/base/result.ts'
import { beginAttempt, nothingSent } from '../../../src/routing/attempt.ts'
import { ContributorPool } from '../../../src/routing/contributor-pool.ts'
import { claimsOf, type Lane } from '../../../src/routing/lane.ts'
import { type RoomStores, takeRoom } from '../../../src/routing/take-room.ts'
import type { ConcurrencyStore } from '../../../src/store/concurrency-store.ts'
import { MemoryConcurrency } from '../../../src/store/concurrency-store-memory.ts'
import { StoreFailure } from '../../../src/store/ledger-store.ts'
import type { RateWindowStore } from '../../../src/store/rate-window-store.ts'
import { MemoryRateWindows } from '../../../src/store/rate-window-store-memory.ts'
import { contributorOf, laneOf, routeRequest } from '../../support/routing.ts'

const nowMs = 1_000_000_000
const limits = { concurrencyMax: 1, requestsPerMinuteMax: 2 }

const isGone = () => Promise.reject(new StoreFailure('Redis is gone'))
const goneWindows: RateWindowStore = { ...new MemoryRateWindows(), reserve: isGone }
const gonePlaces: ConcurrencyStore = { enter: isGone, close: async () => {} }

const shared = (change: Partial<RoomStores> = {}): RoomStores => ({
  windows: new MemoryRateWindows(),
  concurrency: new MemoryConcurrency(),
  ...change,
})

const take = async (lane: Lane, stores: RoomStores) =>
  takeRoom(lane.station, claimsOf(lane, 10), stores, nowMs)

const begin = (lane: Lane, stores: RoomStores) =>
  beginAttempt(lane, {
    candidate: lane.candidate,
    reservedTokens: 10,
    ordinal: 1,
    stores,
    nowMs,
    onEnded: () => {},
  })

describe('takeRoom', () => {
  test('asks nobody, and makes nobody wait, where nothing is limited or one process counts for itself', () => {
    const gone = { windows: goneWindows, concurrency: gonePlaces }
    expect(takeRoom(laneOf().station, [], gone, nowMs)).toMatchObject({ ok: true })
    const alone = { windows: goneWindows, concurrency: undefined }
    const one = laneOf({ limits: { concurrencyMax: 1 } })
    expect(takeRoom(one.station, [], alone, nowMs)).toMatchObject({ ok: true })
  })

  test('takes a place and a part of the minute, or neither', async () => {
    const stores = shared()
    const lane = laneOf({ limits })
    const first = await take(lane, stores)
    expect(await take(lane, stores)).toEqual({
      ok: false,
      error: { counter: 'contributor/a/at-once', retryAfterMs: 1_000 },
    })
    if (!first.ok) throw new Error('there is room')
    first.value.leave()
    const second = await take(lane, stores)
    if (!second.ok) throw new Error('the refused one took nothing of the minute')
    second.value.leave()
    expect(await take(lane, stores)).toMatchObject({ error: { counter: 'contributor/a/requests' } })
    // The place of the refused one is free.
    const other = laneOf({ limits: { concurrencyMax: 1 } })
    expect(await take(other, stores)).toMatchObject({ ok: true })
  })

  test.each([
    ['windows', { windows: goneWindows }],
    ['places', { concurrency: gonePlaces }],
  ])('nobody is asked while the store of %s is gone, and no place stays taken', async (_, gone) => {
    const stores = shared(gone)
    const lane = laneOf({ limits })
    expect(await take(lane, stores)).toEqual({ ok: false, error: 'store_unavailable' })
    const { concurrency } = shared()
    const free = { windows: new MemoryRateWindows(), concurrency: stores.concurrency }
    const again = await take(lane, 'concurrency' in gone ? { ...free, concurrency } : free)
    expect(again).toMatchObject({ ok: true })
  })
})

describe('an attempt', () => {
  test('gives its place back when it ends', async () => {
    const stores = shared()
    const lane = laneOf({ limits: { concurrencyMax: 1 } })
    const first = await begin(lane, stores)
    if (!first.ok) throw new Error('there is room')
    expect((await begin(lane, stores)).ok).toBe(false)
    expect(lane.station.inFlight).toBe(1)
    first.value.ended({ kind: 'neutral' }, nothingSent, nowMs)
    expect((await begin(lane, stores)).ok).toBe(true)
  })

  test.each([
    ['is gone', isGone, 'store_unavailable'],
    ['has a bug', () => Promise.reject(new Error('bug')), undefined],
  ])('leaves no trace when the store %s', async (_, reserve, error) => {
    const lane = laneOf({ limits })
    const before = { ...lane.station, ...lane.health }
    const begun = begin(lane, shared({ windows: { ...new MemoryRateWindows(), reserve } }))
    if (error === undefined) await expect(begun).rejects.toThrow('bug')
    else expect(await begun).toEqual({ ok: false, error })
    expect({ ...lane.station, ...lane.health }).toEqual(before)
  })
})

describe('a route', () => {
  test('ends at once when nobody can say who has room: others are counted in the same place', async () => {
    const fields = ['a', 'b'].map((id) => contributorOf({ id, limits }))
    let asked = 0
    const windows: RateWindowStore = {
      ...new MemoryRateWindows(),
      reserve: () => {
        asked += 1
        return isGone()
      },
    }
    const pool = new ContributorPool(fields, { windows })
    const begun = await pool.route(routeRequest()).nextInTurn(nowMs, new Cancellation())
    expect(begun).toEqual({ ok: false, error: { kind: 'store_unavailable' } })
    expect(asked).toBe(1)
    expect(pool.inFlight('a') + pool.inFlight('b')).toBe(0)
  })

  test('goes on with another where replicas have all places of one', async () => {
    const concurrency = new MemoryConcurrency()
    const elsewhere = await concurrency.enter([{ counter: 'contributor/a/at-once', max: 1 }])
    expect(elsewhere).toEqual(ok(expect.any(Function)))
    const fields = [
      contributorOf({ id: 'a', limits: { concurrencyMax: 1 } }),
      contributorOf({ id: 'b', price: 9_000_000n }),
    ]
    const pool = new ContributorPool(fields, { concurrency })
    const begun = await pool.route(routeRequest()).next(nowMs)
    if (!begun.ok) throw new Error('b has room')
    expect(begun.value.candidate.contributor.contributorId).toBe('b')
    expect(pool.inFlight('a')).toBe(0)
  })
})
