import { describe, expect, test } from 'vitest'
import type { Contributor } from '../../../src/domain/contributor.ts'
import { ContributorPool } from '../../../src/routing/contributor-pool.ts'
import { offerOf } from '../../support/requests.ts'

const contributor = (contributorId: string, ...models: readonly string[]): Contributor => ({
  contributorId,
  baseUrl: 'http://127.0.0.1:1/v1',
  authorization: undefined,
  identity: undefined,
  offers: models.map((modelName) => offerOf({ modelName })),
})

const poolOfOne = () => new ContributorPool([contributor('a', 'm')])
const fail = (pool: ContributorPool, nowMs: number) => {
  pool.started('a')
  pool.ended('a', 'failed', nowMs)
}

describe('ContributorPool', () => {
  test('knows who offers what, in the order of configuration', () => {
    const pool = new ContributorPool([contributor('a', 'm', 'n'), contributor('b', 'n')])
    expect(pool.models().map(({ modelName }) => modelName)).toEqual(['m', 'n'])
    expect(pool.candidates('n').map((one) => one.contributor.contributorId)).toEqual(['a', 'b'])
    expect(pool.candidates('none')).toEqual([])
  })

  test('counts who is busy', () => {
    const pool = poolOfOne()
    pool.started('a')
    pool.started('a')
    expect(pool.inFlight('a')).toBe(2)
    pool.ended('a', 'served', 0)
    pool.ended('a', 'rejected', 0)
    expect(pool.inFlight('a')).toBe(0)
    expect(pool.inFlight('nobody')).toBe(0)
  })

  test('one failure is forgiven; from the second on rests double, up to a minute', () => {
    const pool = poolOfOne()
    fail(pool, 0)
    expect(pool.rests('a', 0)).toBe(false)
    for (const restMs of [1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000]) {
      fail(pool, 0)
      expect(pool.rests('a', restMs - 1)).toBe(true)
      expect(pool.rests('a', restMs)).toBe(false)
    }
  })

  test('an answer forgives everything; what the caller did wrong counts for nothing', () => {
    const pool = poolOfOne()
    fail(pool, 0)
    pool.started('a')
    pool.ended('a', 'rejected', 0)
    pool.started('a')
    pool.ended('a', 'served', 0)
    fail(pool, 0)
    expect(pool.rests('a', 0)).toBe(false)
  })

  test('rests for as long as it asked, and a shorter wish does not wake it', () => {
    const pool = poolOfOne()
    pool.rest('a', 5_000, 0)
    pool.rest('a', 1_000, 0)
    expect(pool.rests('a', 4_999)).toBe(true)
    expect(pool.rests('a', 5_000)).toBe(false)
  })
})
