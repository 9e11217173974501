import { expect, test } from 'vitest'
import { atomic } from '../../../src/domain/units.ts'
import type { Attempt } from '../../../src/routing/attempt.ts'
import { outcomesMin } from '../../../src/routing/circuit-breaker.ts'
import { ContributorPool } from '../../../src/routing/contributor-pool.ts'
import { contributorOf, routeRequest } from '../../support/routing.ts'

const nowMs = 1_000_000

async function begin(pool: ContributorPool): Promise<Attempt> {
  const begun = await pool.route(routeRequest({ reservedTokens: 10 })).next(nowMs)
  if (!begun.ok) throw new Error('somebody is asked')
  return begun.value
}

const reportOf = (pool: ContributorPool) => {
  const [report] = pool.report(nowMs)
  if (report === undefined) throw new Error('somebody is there')
  return report
}

test('tells what a contributor serves, how well, and how much of its limits is left', async () => {
  const limits = {
    requestsPerMinuteMax: 10,
    tokensPerMinuteMax: 100,
    concurrencyMax: 3,
    requestsPerDayMax: 20,
    tokensPerDayMax: 1_000,
    spendPerDayMax: atomic(500n),
  }
  const pool = new ContributorPool([contributorOf({ id: 'a', limits })])
  const served = await begin(pool)
  const measures = { firstTokenMs: 30, restMs: 20, completionTokens: 4, usedTokens: 8 }
  served.ended({ kind: 'served' }, measures, nowMs)
  await begin(pool)
  expect(reportOf(pool)).toEqual({
    contributorId: 'a',
    inFlight: 1,
    concurrencyMax: 3,
    heard: undefined,
    quarantine: undefined,
    windows: [
      { name: 'requests', max: 10, left: 8, windowMs: 60_000 },
      { name: 'tokens', max: 100, left: 82, windowMs: 60_000 },
      { name: 'day/requests', max: 20, left: 18, windowMs: 86_400_000 },
      { name: 'day/tokens', max: 1_000, left: 982, windowMs: 86_400_000 },
      { name: 'day/spend', max: 500, left: 482, windowMs: 86_400_000 },
    ],
    lanes: [
      {
        endpoint: 'chat/completions',
        modelName: 'm',
        upstreamModelName: 'm',
        prices: expect.objectContaining({ completionAtomicPerMtok: 1_000_000n }),
        priceMax: undefined,
        state: 'healthy',
        served: 1,
        failed: 0,
        uptime: 1,
        firstTokenMs: 30,
        perTokenMs: 5,
      },
    ],
  })
})

test('one without limits has no windows, and one that was not asked has no latency', () => {
  const { windows, concurrencyMax, lanes } = reportOf(new ContributorPool([contributorOf()]))
  expect({ windows, concurrencyMax }).toEqual({ windows: [], concurrencyMax: undefined })
  expect(lanes[0]).toMatchObject({ firstTokenMs: undefined, perTokenMs: undefined })
})

test('tells an open breaker, a rest and both kinds of quarantine, until the operator readmits', async () => {
  const pool = new ContributorPool([contributorOf({ id: 'a' })])
  const end = async (kind: 'failed' | 'denied' | 'forged') =>
    (await begin(pool)).ended({ kind }, {}, nowMs)
  for (let failure = 0; failure < outcomesMin; failure += 1) await end('failed')
  expect(reportOf(pool).lanes[0]).toMatchObject({ state: 'open', failed: outcomesMin, served: 0 })
  pool.readmit('a')
  expect(reportOf(pool).lanes[0]).toMatchObject({ state: 'healthy', failed: outcomesMin })
  ;(await begin(pool)).ended({ kind: 'limited', retryAfterMs: 5_000 }, {}, nowMs)
  expect(reportOf(pool).lanes[0]).toMatchObject({ state: 'cooling' })
  pool.readmit('a')
  await end('denied')
  expect(reportOf(pool).quarantine).toBe('credentials')
  pool.readmit('a')
  await end('forged')
  expect(reportOf(pool).quarantine).toBe('forged')
})

test('who leaves and comes back while it still answers is as busy as it was', async () => {
  const a = contributorOf({ id: 'a', limits: { concurrencyMax: 2 } })
  const b = contributorOf({ id: 'b', models: ['n'] })
  const pool = new ContributorPool([a, b])
  const answering = await begin(pool)
  pool.replace([b])
  pool.replace([b])
  expect(pool.inFlight('a')).toBe(1)
  expect(pool.report(nowMs).map(({ contributorId }) => contributorId)).toEqual(['b'])
  pool.replace([a, b])
  expect(pool.inFlight('a')).toBe(1)
  expect((await begin(pool)).candidate.contributor).toEqual(a)
  expect((await pool.route(routeRequest()).next(nowMs)).ok).toBe(false)
  answering.ended({ kind: 'served' }, {}, nowMs)
  expect(pool.inFlight('a')).toBe(1)
})
