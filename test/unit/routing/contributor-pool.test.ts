import { describe, expect, test } from 'vitest'
import type { Attempt } from '../../../src/routing/attempt.ts'
import { newcomerAnswers } from '../../../src/routing/choose-lane.ts'
import { outcomesMin } from '../../../src/routing/circuit-breaker.ts'
import { ContributorPool } from '../../../src/routing/contributor-pool.ts'
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
