/*
 * What races may cost, shared by processes and kept over their deaths, on every store that keeps it.
 */
import { describe, expect, test } from 'vitest'
import { leftToLose, openRaceBankroll, type Stake } from '../../src/jobs/race-bankroll.ts'
import type { ContractJobStore } from '../../src/store/contract-job-store.ts'
import { openRedisContractJobs } from '../../src/store/contract-job-store-redis.ts'
import { openSqliteContractJobs } from '../../src/store/contract-job-store-sqlite.ts'
import { inRedis, inSqlite, type StorePlaceOf, withSharedStore } from '../support/shared-store.ts'

const retentionMs = 3_600_000
const places: readonly [string, () => Promise<StorePlaceOf<ContractJobStore>>][] = [
  ['SQLite', inSqlite((path) => openSqliteContractJobs(path, { retentionMs }))],
  ['Redis', inRedis((place) => openRedisContractJobs({ ...place, retentionMs }))],
]

const staking = (worstCost: bigint): Stake => ({
  worstCost,
  fee: 2n ** 80n,
  notAfterS: 1_700_000_000,
})

describe.each(places)('the bankroll of races in %s', (_name, createPlace) => {
  let stores: readonly ContractJobStore[]
  withSharedStore<ContractJobStore>(createPlace, ({ store, other }) => {
    stores = [store, other]
  })
  const opened = (which: 0 | 1, chainId = 1) => {
    const notes = stores[which]
    if (notes === undefined) throw new Error('no such store')
    return openRaceBankroll({ notes, chainId, raceBudget: 100n })
  }

  test('two processes never set aside more than there is, however they overlap', async () => {
    const [a, b] = [opened(0), opened(1)]
    const stakes = Array.from({ length: 12 }, (_, i) =>
      (i % 2 ? a : b).stake(`job:${i}`, staking(30n)),
    )
    const taken = (await Promise.all(stakes)).filter((staked) => staked)
    expect(taken).toHaveLength(3)
    expect(leftToLose(await a.read(), 100n)).toBe(10n)
    expect(await b.read()).toEqual(await a.read())
  })

  test('an outcome counts once, whoever books it again', async () => {
    const [a, b] = [opened(0), opened(1)]
    expect(await a.stake('job:1', staking(60n))).toBe(true)
    expect((await b.read()).atRisk.get('job:1')).toEqual(staking(60n))
    // Asked again by the process that goes on with it.
    expect(await b.stake('job:1', staking(60n))).toBe(true)
    // At a higher price, where that can be afforded.
    expect(await b.stake('job:1', staking(101n))).toBe(false)
    expect(await b.stake('job:1', staking(70n))).toBe(true)
    expect(leftToLose(await a.read(), 100n)).toBe(30n)
    expect(await a.stake('job:1', staking(50n))).toBe(true)
    expect(leftToLose(await a.read(), 100n)).toBe(30n)
    const lost = { earned: 0n, cost: 45n }
    await Promise.all([a.book('job:1', lost), b.book('job:1', lost), a.book('job:1', lost)])
    expect(await b.read()).toEqual({ net: -45n, atRisk: new Map() })
    expect(await a.stake('job:2', staking(56n))).toBe(false)
    expect(await a.stake('job:2', staking(55n))).toBe(true)
    await b.book('job:2', { earned: 500n, cost: 50n })
    expect(await a.stake('job:3', staking(505n))).toBe(true)
  })

  test('one that nobody else can win is booked, but never refused', async () => {
    const a = opened(0)
    await a.stake('race', staking(100n))
    expect(await a.stake('named', staking(0n))).toBe(true)
    await a.book('named', { earned: 0n, cost: 7n })
    expect((await a.read()).net).toBe(-7n)
  })

  test('chains are kept apart', async () => {
    await opened(0).stake('job:1', staking(100n))
    expect(await opened(0, 2).stake('job:1', staking(100n))).toBe(true)
    expect(await opened(0).stake('job:2', staking(1n))).toBe(false)
  })
})
