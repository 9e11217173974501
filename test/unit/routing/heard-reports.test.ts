import { describe, expect, test } from 'vitest'
import { Cancellation } from '../../../src/base/cancellation.ts'
import { capacityAskIntervalMs } from '../../../src/base/limits.ts'
import { hashPriceSheet } from '../../../src/chain/receipt-typed-data.ts'
import type { Contributor } from '../../../src/domain/contributor.ts'
import { noPreferences } from '../../../src/domain/route-preferences.ts'
import { atomic } from '../../../src/domain/units.ts'
import type { Attempt } from '../../../src/routing/attempt.ts'
import { ContributorPool } from '../../../src/routing/contributor-pool.ts'
import { placeRetryMs } from '../../../src/routing/limits.ts'
import { seededRandom } from '../../../src/routing/seeded-random.ts'
import { capacityReport, priceOf } from '../../support/capacity.ts'
import { contributorOf, type LaneFields, routeRequest } from '../../support/routing.ts'

const nowMs = 1_000_000
const chat = { endpoint: 'chat/completions', modelName: 'm' } as const
const poolOf = (...contributors: readonly Contributor[]) =>
  new ContributorPool(contributors, { random: seededRandom(7) })

async function begin(pool: ContributorPool, preferences = noPreferences): Promise<Attempt> {
  const begun = await pool.route(routeRequest({ preferences })).next(nowMs)
  if (!begun.ok) throw new Error(`nobody is asked: ${JSON.stringify(begun.error)}`)
  return begun.value
}

/** May move up to three dollars, and asks two until it says otherwise. */
function moving(fields: LaneFields = {}): Contributor {
  const contributor = contributorOf({ price: 2_000_000n, ...fields })
  const offers = contributor.offers.map((offer) => {
    const prices = { ...offer.prices, ...priceOf(3_000_000n) }
    return { ...offer, priceMax: { prices, priceHash: hashPriceSheet(prices) } }
  })
  return { ...contributor, offers }
}
const asks = (amount: bigint, id = 'm') =>
  capacityReport({ models: [{ id, prices: priceOf(amount) }] })
const askedNow = (pool: ContributorPool): readonly bigint[] =>
  pool.candidates(chat).map(({ offer }) => offer.prices.completionAtomicPerMtok)

describe('slots', () => {
  test('are a bound where the operator set none, and a lower one where it did', async () => {
    const pool = poolOf(contributorOf({ id: 'a' }))
    pool.heard('a', capacityReport({ slots: 1 }), nowMs)
    await begin(pool)
    expect(await pool.route(routeRequest()).next(nowMs)).toEqual({
      ok: false,
      error: { kind: 'busy', retryAfterMs: placeRetryMs },
    })
    const limited = poolOf(contributorOf({ id: 'a', limits: { concurrencyMax: 8 } }))
    limited.heard('a', capacityReport({ slots: 3 }), nowMs)
    expect(limited.report(nowMs)[0]?.concurrencyMax).toBe(3)
  })

  test('are never more than the operator set', () => {
    const pool = poolOf(contributorOf({ id: 'a', limits: { concurrencyMax: 2 } }))
    pool.heard('a', capacityReport({ slots: 1_000 }), nowMs)
    expect(pool.report(nowMs)[0]?.concurrencyMax).toBe(2)
  })

  test('that are none take nothing until there are some', async () => {
    const pool = poolOf(contributorOf({ id: 'a' }))
    pool.heard('a', capacityReport({ slots: 0 }), nowMs)
    expect((await pool.route(routeRequest()).next(nowMs)).ok).toBe(false)
    const waiting = pool.route(routeRequest()).nextInTurn(nowMs, new Cancellation())
    pool.heard('a', capacityReport({ slots: 1 }), nowMs)
    expect((await waiting).ok).toBe(true)
  })

  test('are forgotten with the report', () => {
    const pool = poolOf(contributorOf({ id: 'a' }))
    pool.heard('a', capacityReport({ slots: 1 }), nowMs)
    pool.heard('a', undefined, nowMs)
    expect(pool.report(nowMs)[0]).toMatchObject({ concurrencyMax: undefined, heard: undefined })
  })
})

/** Of so many requests, all of them under way at once, how many each gets. */
async function shares(pool: ContributorPool, requests: number): Promise<Map<string, number>> {
  const counts = new Map<string, number>()
  for (let request = 0; request < requests; request += 1) {
    const { contributor } = (await begin(pool)).candidate
    counts.set(contributor.contributorId, (counts.get(contributor.contributorId) ?? 0) + 1)
  }
  return counts
}

describe('a contributor that boasts', () => {
  test.each([
    ['a thousand slots', capacityReport({ slots: 1_000 })],
    ['slots without end', capacityReport({ slots: 10_000_000 })],
    [
      'an engine like no other',
      capacityReport({ tokensPerSecond: { prompt: 1e7, completion: 1e7 } }),
    ],
    ['a context without end', capacityReport({ contextTokensMax: 10_000_000 })],
    ['a region that it is not in', capacityReport({ slots: 1_000, region: 'eu' })],
  ])('%s gets it no more than silence', async (_, boast) => {
    const of = () =>
      poolOf(contributorOf({ id: 'liar' }), contributorOf({ id: 'b' }), contributorOf({ id: 'c' }))
    const silent = await shares(of(), 30)
    const pool = of()
    pool.heard('liar', boast, nowMs)
    const boasted = await shares(pool, 30)
    expect(boasted.get('liar') ?? 0).toBeLessThanOrEqual(silent.get('liar') ?? 0)
    expect(silent.get('liar')).toBeGreaterThan(0)
  })

  test('what it does for others makes it look busier, never idler', async () => {
    const pool = poolOf(contributorOf({ id: 'a' }), contributorOf({ id: 'b' }))
    await begin(pool, { ...noPreferences, only: ['a'] })
    // It has our one request, and says that it has none at all.
    pool.heard('a', capacityReport({ slots: 16 }), nowMs)
    expect(pool.report(nowMs)[0]?.heard?.ofOthers).toBe(0)
    pool.heard('a', capacityReport({ slots: 16, running: 9, waiting: 2 }), nowMs)
    expect(pool.report(nowMs)[0]?.heard?.ofOthers).toBe(10)
    expect((await shares(pool, 4)).get('a')).toBeUndefined()
  })

  test('a region that it names is no answer to a wish', async () => {
    const pool = poolOf(contributorOf({ id: 'a' }))
    pool.heard('a', capacityReport({ region: 'eu' }), nowMs)
    const preferences = { ...noPreferences, region: 'eu' }
    expect(await pool.route(routeRequest({ preferences })).next(nowMs)).toEqual({
      ok: false,
      error: { kind: 'constraint', filter: 'region' },
    })
  })
})

describe('draining', () => {
  test('gets nothing new, and is asked again at once when it ends', async () => {
    const pool = poolOf(contributorOf({ id: 'a' }), contributorOf({ id: 'b', price: 9_000_000n }))
    pool.heard('a', capacityReport({ draining: true }), nowMs)
    const first = await begin(pool)
    expect(first.candidate.contributor.contributorId).toBe('b')
    first.ended({ kind: 'served' }, {}, nowMs)
    pool.heard('a', capacityReport(), nowMs)
    expect((await begin(pool)).candidate.contributor.contributorId).toBe('a')
  })

  test('alone it is nobody, not even where an attempt beats a refusal', async () => {
    const pool = poolOf(contributorOf({ id: 'a' }))
    pool.heard('a', capacityReport({ draining: true }), nowMs)
    expect(await pool.route(routeRequest()).next(nowMs)).toEqual({
      ok: false,
      error: { kind: 'nobody' },
    })
  })
})

describe('a price that moves', () => {
  test('is what it says, and has a hash of its own', () => {
    const pool = poolOf(moving({ id: 'a' }))
    expect(askedNow(pool)).toEqual([2_000_000n])
    pool.heard('a', asks(1_500_000n), nowMs)
    expect(askedNow(pool)).toEqual([1_500_000n])
    const [{ offer } = expect.fail('somebody offers it')] = pool.candidates(chat)
    expect(offer.priceHash).toBe(hashPriceSheet(offer.prices))
  })

  test('is never above the most that it may be: who wants more is asked for nothing until it asks less', async () => {
    const pool = poolOf(moving({ id: 'a' }))
    pool.heard('a', asks(2n ** 127n), nowMs)
    expect(askedNow(pool)).toEqual([3_000_000n])
    expect(await pool.route(routeRequest()).next(nowMs)).toEqual({
      ok: false,
      error: { kind: 'busy', retryAfterMs: capacityAskIntervalMs },
    })
    const waiting = pool.route(routeRequest()).nextInTurn(nowMs, new Cancellation())
    pool.heard('a', asks(3_000_000n), nowMs)
    const begun = await waiting
    if (!begun.ok) throw new Error('it is asked at last')
    expect(begun.value.candidate.offer.prices.completionAtomicPerMtok).toBe(3_000_000n)
  })

  test('is only where the operator allows it, of the model that it names', () => {
    const pool = poolOf(contributorOf({ id: 'fixed' }), moving({ id: 'a' }))
    pool.heard('fixed', asks(1n), nowMs)
    pool.heard('a', asks(1n, 'another'), nowMs)
    expect(askedNow(pool)).toEqual([1_000_000n, 2_000_000n])
  })

  test('decides who is asked: the score, `sort: price` and `max_price` go by it', async () => {
    const pool = poolOf(moving({ id: 'a' }), contributorOf({ id: 'b', price: 1_000_000n }))
    const byPrice = { ...noPreferences, sort: 'price' } as const
    const askedBy = async (preferences = byPrice as typeof noPreferences) => {
      const attempt = await begin(pool, preferences)
      attempt.ended({ kind: 'neutral' }, {}, nowMs)
      return attempt.candidate.contributor.contributorId
    }
    expect(await askedBy()).toBe('b')
    pool.heard('a', asks(400_000n), nowMs)
    expect(await askedBy()).toBe('a')
    expect(await askedBy(noPreferences)).toBe('a')
    const priceMax = { prompt: atomic(500_000n), completion: undefined }
    const bounded = () => pool.route(routeRequest({ priceMax })).next(nowMs)
    expect((await bounded()).ok).toBe(true)
    pool.heard('a', asks(600_000n), nowMs)
    expect((await bounded()).ok).toBe(false)
  })

  test('that moves while a request waits is not its price', async () => {
    const pool = poolOf(moving({ id: 'a' }))
    pool.heard('a', asks(1_000_000n), nowMs)
    const offered = pool.offered(chat)
    const route = pool.route(routeRequest(), (offer) => offer, offered)
    pool.heard('a', asks(2_500_000n), nowMs)
    const begun = await route.next(nowMs)
    if (!begun.ok) throw new Error('it is asked')
    expect(begun.value.candidate.offer.prices.completionAtomicPerMtok).toBe(1_000_000n)
    expect(offered.candidates[0]?.offer).toBe(begun.value.candidate.offer)
    // Whoever comes now pays what is asked now; it is as busy as it is.
    expect(askedNow(pool)).toEqual([2_500_000n])
    expect(pool.inFlight('a')).toBe(1)
  })

  test('keeps what was learnt, its quarantine, and nothing of the prices before', async () => {
    const pool = poolOf(moving({ id: 'a' }))
    const attempt = await begin(pool)
    attempt.ended({ kind: 'forged' }, {}, nowMs)
    for (let price = 1n; price <= 500n; price += 1n) pool.heard('a', asks(price), nowMs)
    expect(pool.report(nowMs)[0]).toMatchObject({ quarantine: 'forged', lanes: [{ failed: 1 }] })
    expect(pool.priced()).toHaveLength(1)
    expect(pool.candidates(chat)).toHaveLength(1)
  })

  test('stays when the configuration is read again, and goes with the report', () => {
    const pool = poolOf(moving({ id: 'a' }))
    pool.heard('a', asks(1_000_000n), nowMs)
    pool.replace([moving({ id: 'a', limits: { concurrencyMax: 3 } }), contributorOf({ id: 'b' })])
    expect(askedNow(pool)).toEqual([1_000_000n, 1_000_000n])
    expect(pool.report(nowMs)[0]?.concurrencyMax).toBe(3)
    pool.heard('a', undefined, nowMs)
    expect(askedNow(pool)).toEqual([2_000_000n, 1_000_000n])
  })

  test('goes with whoever leaves, and comes back when it is said again', async () => {
    const pool = poolOf(moving({ id: 'a' }))
    await begin(pool)
    pool.heard('a', asks(1_000_000n), nowMs)
    pool.replace([])
    pool.replace([moving({ id: 'a' })])
    expect(askedNow(pool)).toEqual([2_000_000n])
    expect(pool.inFlight('a')).toBe(1)
    expect(pool.report(nowMs)[0]?.heard).toBeUndefined()
  })

  test('is told with what it may come to', () => {
    const pool = poolOf(moving({ id: 'a' }), contributorOf({ id: 'b', price: 1_000_000n }))
    pool.heard('a', asks(1_500_000n), nowMs)
    const [model = expect.fail('a model is offered')] = pool.models()
    expect(model.prices.completionAtomicPerMtok).toBe(3_000_000n)
    expect(model.askedNow).toMatchObject({
      lowest: { completionAtomicPerMtok: 1_000_000n },
      highest: { completionAtomicPerMtok: 1_500_000n },
    })
    const told = pool.priced().map(({ prices }) => prices.completionAtomicPerMtok)
    expect(told).toEqual([3_000_000n, 1_000_000n])
  })

  test('of somebody who is not there is nothing', () => {
    const pool = poolOf(moving({ id: 'a' }))
    pool.heard('nobody', asks(1n), nowMs)
    expect(askedNow(pool)).toEqual([2_000_000n])
  })
})
