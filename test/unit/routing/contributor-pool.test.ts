import { describe, expect, test } from 'vitest'
import type { Unit } from '../../../src/domain/endpoint.ts'
import { bytes32 } from '../../../src/domain/units.ts'
import type { Attempt } from '../../../src/routing/attempt.ts'
import { newcomerAnswers } from '../../../src/routing/choose-lane.ts'
import { outcomesMin, restFirstMs } from '../../../src/routing/circuit-breaker.ts'
import { ContributorPool } from '../../../src/routing/contributor-pool.ts'
import type { Lane } from '../../../src/routing/lane.ts'
import { seededRandom } from '../../../src/routing/seeded-random.ts'
import { contributorOf, routeRequest } from '../../support/routing.ts'

const nowMs = 1_000_000
const chat = (modelName: string) => ({ endpoint: 'chat/completions', modelName }) as const

const poolOf = (...ids: readonly string[]): ContributorPool =>
  new ContributorPool(
    ids.map((id) => contributorOf({ id })),
    { random: seededRandom(5) },
  )

async function begin(pool: ContributorPool): Promise<Attempt> {
  const begun = await pool.route(routeRequest()).next(nowMs)
  if (!begun.ok) throw new Error('somebody is asked')
  return begun.value
}

/** One request of `pool` from begin to end; answers whom it asked. */
async function ask(pool: ContributorPool, kind: 'served' | 'failed' = 'served'): Promise<string> {
  const attempt = await begin(pool)
  attempt.ended({ kind }, {}, nowMs)
  return attempt.candidate.contributor.contributorId
}

describe('ContributorPool', () => {
  test('a model at several prices is told by the dearest, and each price once', () => {
    const at = (id: string, price: bigint, hash: string) =>
      contributorOf({ id, price, offer: { priceHash: bytes32(`0x${hash.repeat(64)}`) } })
    const pool = new ContributorPool([at('a', 1n, 'a'), at('b', 3n, 'b'), at('c', 1n, 'a')])
    const promptPrices = (offers: ReturnType<typeof pool.priced>) =>
      offers.map(({ priceHash }) => priceHash.slice(0, 3))
    expect(promptPrices(pool.models())).toEqual(['0xb'])
    expect(promptPrices(pool.priced())).toEqual(['0xa', '0xb'])
  })

  test('knows who offers what, in the order of configuration', () => {
    const a = contributorOf({ id: 'a', models: ['m', 'n'] })
    const b = contributorOf({ id: 'b', models: ['n'] })
    const pool = new ContributorPool([a, b])
    expect(pool.models().map(({ modelName }) => modelName)).toEqual(['m', 'n'])
    expect(pool.candidates(chat('n')).map((one) => one.contributor.contributorId)).toEqual([
      'a',
      'b',
    ])
    expect(pool.candidates(chat('none'))).toEqual([])
    expect(pool.contributors).toEqual([a, b])
  })

  test('lists a model once for each thing that it is counted in', () => {
    const [offer] = contributorOf({ id: 'a', models: ['m'] }).offers
    const of = (unit: Unit) => ({ ...(offer ?? expect.fail('it offers nothing')), unit })
    const a = { ...contributorOf({ id: 'a' }), offers: [of('token'), of('vector')] }
    const b = { ...contributorOf({ id: 'b' }), offers: [of('vector'), of('image')] }
    const pool = new ContributorPool([a, b])
    expect(pool.models().map(({ unit }) => unit)).toEqual(['token', 'vector', 'image'])
    const c = {
      ...contributorOf({ id: 'c' }),
      offers: [{ ...of('token'), endpoints: ['completions'] as const }],
    }
    expect(new ContributorPool([a, c]).models()[0]?.endpoints).toEqual([
      'chat/completions',
      'completions',
    ])
  })

  test('counts who is busy', async () => {
    const pool = poolOf('a')
    const [first, second] = [await begin(pool), await begin(pool)]
    expect(pool.inFlight('a')).toBe(2)
    first.ended({ kind: 'served' }, {}, nowMs)
    second.abandoned(nowMs)
    second.abandoned(nowMs)
    first.abandoned(nowMs)
    expect(pool.inFlight('a')).toBe(0)
    expect(pool.inFlight('nobody')).toBe(0)
  })

  test('two with one name are a mistake', () => {
    expect(() => poolOf('a', 'a')).toThrow('a contributor is in the pool once')
  })

  test('the choice is the same again under the same seed', async () => {
    const asked = async (): Promise<string[]> => {
      const pool = poolOf('a', 'b', 'c', 'd', 'e')
      return [await ask(pool), await ask(pool), await ask(pool), await ask(pool)]
    }
    expect(await asked()).toEqual(await asked())
  })
})

describe('while the gateway runs', () => {
  test('who joins is a newcomer, and then one of all', async () => {
    const pool = poolOf('old')
    pool.add(contributorOf({ id: 'new', price: 1n }))
    let explored = 0
    let asked = 0
    while (explored < newcomerAnswers) {
      if ((await ask(pool)) === 'new') explored += 1
      asked += 1
    }
    // The cheaper one got a twentieth until it was known, and gets all since.
    expect(asked).toBeGreaterThan(newcomerAnswers * 5)
    for (let count = 0; count < 20; count += 1) expect(await ask(pool)).toBe('new')
  })

  test('who leaves is asked no more, and ends what it began', async () => {
    const pool = poolOf('a', 'b')
    const last = await begin(pool)
    pool.replace(pool.contributors.filter(({ contributorId }) => contributorId !== 'a'))
    expect(pool.candidates(chat('m')).map((one) => one.contributor.contributorId)).toEqual(['b'])
    for (let count = 0; count < 10; count += 1) expect(await ask(pool)).toBe('b')
    last.ended({ kind: 'served' }, {}, nowMs)
    pool.replace([])
    expect(pool.candidates(chat('m'))).toEqual([])
    expect(pool.models()).toEqual([])
    expect((await pool.route(routeRequest()).next(nowMs)).ok).toBe(false)
  })

  test('who joins by the file read again is a newcomer too, and nobody else is', async () => {
    const pool = poolOf('old')
    pool.replace([contributorOf({ id: 'new', price: 1n }), contributorOf({ id: 'old' })])
    const asked = new Set<string>()
    for (let count = 0; count < 10; count += 1) asked.add(await ask(pool))
    expect([...asked]).toEqual(['old'])
    expect(pool.contributors.map(({ contributorId }) => contributorId)).toEqual(['new', 'old'])
  })

  test('two with one name change nothing', () => {
    const pool = poolOf('a', 'b')
    const twice = [contributorOf({ id: 'c' }), contributorOf({ id: 'c' })]
    expect(() => pool.replace(twice)).toThrow('a contributor is in the pool once')
    expect(pool.contributors.map(({ contributorId }) => contributorId)).toEqual(['a', 'b'])
  })

  test('who is readmitted is asked as if nothing had been', async () => {
    const pool = new ContributorPool([
      contributorOf({ id: 'cheap', price: 1n }),
      contributorOf({ id: 'dear', price: 1_000n }),
    ])
    for (let count = 0; count < outcomesMin; count += 1) {
      expect(await ask(pool, 'failed')).toBe('cheap')
    }
    expect(await ask(pool)).toBe('dear')
    pool.readmit('cheap')
    pool.readmit('nobody')
    expect(await ask(pool)).toBe('cheap')
  })
})

describe('a contributor that stays', () => {
  const laneIn = (pool: ContributorPool): Lane => {
    const [lane] = pool.offered(chat('m')).lanes
    if (lane === undefined) throw new Error('somebody offers it')
    return lane
  }
  /** A pool that has learnt something about 'a': it was slow, and failed once. */
  const experienced = async (fields: Parameters<typeof contributorOf>[0] = {}) => {
    const pool = new ContributorPool([contributorOf({ id: 'a', ...fields })])
    const slow = await begin(pool)
    slow.ended({ kind: 'served' }, { firstTokenMs: 700 }, nowMs)
    await ask(pool, 'failed')
    return { pool, learnt: structuredClone(laneIn(pool).health) }
  }

  test('is the same lane where nothing changed, so that offers compare as the same', async () => {
    const { pool } = await experienced()
    const before = pool.offered(chat('m'))
    pool.replace([contributorOf({ id: 'a' }), contributorOf({ id: 'b' })])
    expect(pool.offered(chat('m')).lanes[0]).toBe(before.lanes[0])
    expect(before.lanes).toHaveLength(1)
  })

  test.each([
    ['another price', { price: 5n }],
    ['other limits', { limits: { requestsPerMinuteMax: 1, concurrencyMax: 9 } }],
    ['another region', { region: 'us' }],
    ['one more model', { models: ['m', 'n'] }],
  ])('is known as well as before with %s', async (_name, change) => {
    const { pool, learnt } = await experienced()
    const { index } = laneIn(pool).station
    const after = contributorOf({ id: 'a', ...change })
    pool.replace([after])
    const lane = laneIn(pool)
    expect(lane.health).toEqual(learnt)
    expect(lane.station).toMatchObject({ index, isNewcomer: false, contributor: after })
    expect(lane.candidate).toEqual({ contributor: after, offer: after.offers[0] })
  })

  test('has the new limits at once, and what is in flight still counts', async () => {
    const pool = poolOf('a')
    const [first, second] = [await begin(pool), await begin(pool)]
    pool.replace([contributorOf({ id: 'a', limits: { concurrencyMax: 2 } })])
    expect(pool.inFlight('a')).toBe(2)
    const full = await pool.route(routeRequest()).next(nowMs)
    expect(full).toMatchObject({ ok: false, error: { kind: 'busy' } })
    first.ended({ kind: 'served' }, {}, nowMs)
    expect((await pool.route(routeRequest()).next(nowMs)).ok).toBe(true)
    second.ended({ kind: 'served' }, {}, nowMs)
    expect(pool.inFlight('a')).toBe(1)
  })

  test('learns from answers that began before its price changed', async () => {
    const pool = poolOf('a')
    const attempt = await begin(pool)
    pool.replace([contributorOf({ id: 'a', price: 5n })])
    attempt.ended({ kind: 'served' }, { firstTokenMs: 300 }, nowMs)
    expect(laneIn(pool).health).toMatchObject({ answers: 1, firstToken: { usualMs: 300 } })
  })

  test('is probed once, whatever its price: a probe that is under way ends the rest', async () => {
    const pool = poolOf('a')
    for (let count = 0; count < outcomesMin; count += 1) await ask(pool, 'failed')
    const probe = await pool.route(routeRequest()).next(nowMs + restFirstMs)
    if (!probe.ok) throw new Error('the probe goes')
    pool.replace([contributorOf({ id: 'a', price: 5n })])
    expect(laneIn(pool).health.breaker.phase).toBe('probing')
    probe.value.ended({ kind: 'served' }, {}, nowMs + restFirstMs)
    expect(laneIn(pool).health.breaker.phase).toBe('closed')
  })

  test.each([
    ['a key that was refused', 'denied', undefined],
    ['a signature that did not hold', 'forged', { cause: 'forged' }],
  ] as const)('with another key is not quarantined any more for %s', async (_name, kind, left) => {
    const pool = poolOf('a')
    ;(await begin(pool)).ended({ kind }, {}, nowMs)
    pool.replace([contributorOf({ id: 'a', price: 5n })])
    expect(laneIn(pool).station.quarantine).toBeDefined()
    pool.replace([{ ...contributorOf({ id: 'a', price: 5n }), authorization: 'Bearer another' }])
    expect(laneIn(pool).station.quarantine).toEqual(left)
  })

  test('at another place, or asked for another model there, is another one', async () => {
    const { pool } = await experienced()
    const moved = { ...contributorOf({ id: 'a' }), baseUrl: 'http://127.0.0.1:2/v1' }
    pool.replace([moved])
    expect(laneIn(pool).health.answers).toBe(0)
    expect(laneIn(pool).station).toMatchObject({ isNewcomer: true, inFlight: 0 })
    const other = await experienced()
    other.pool.replace([contributorOf({ id: 'a', offer: { upstreamModelName: 'other' } })])
    expect(laneIn(other.pool).health.answers).toBe(0)
    expect(laneIn(other.pool).station.isNewcomer).toBe(false)
  })

  test('a request goes on with what was offered when it began', async () => {
    const pool = poolOf('a', 'b')
    const offered = pool.offered(chat('m'))
    pool.replace([contributorOf({ id: 'c' })])
    const begun = await pool.route(routeRequest(), undefined, offered).next(nowMs)
    expect(begun.ok && begun.value.candidate.contributor.contributorId).not.toBe('c')
    expect(await ask(pool)).toBe('c')
  })
})
