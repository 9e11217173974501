/*
 * What every store of contracts' jobs does, whatever it is made of: the suite speaks to the port alone.
 */
import { describe, expect, test } from 'vitest'
import type { Hex } from '../../src/base/hex.ts'
import { bytes32 } from '../../src/domain/units.ts'
import {
  type ContractJob,
  type ContractJobStore,
  endedJobStates,
  openJobStates,
} from '../../src/store/contract-job-store.ts'
import { openRedisContractJobs } from '../../src/store/contract-job-store-redis.ts'
import { openSqliteContractJobs } from '../../src/store/contract-job-store-sqlite.ts'
import { someContractJob, someJobId } from '../support/contract-jobs.ts'
import { inRedis, inSqlite, type StorePlaceOf, withSharedStore } from '../support/shared-store.ts'

const retentionMs = 3_600_000
const places: readonly [string, () => Promise<StorePlaceOf<ContractJobStore>>][] = [
  ['SQLite', inSqlite((path) => openSqliteContractJobs(path, { retentionMs }))],
  ['Redis', inRedis((place) => openRedisContractJobs({ ...place, retentionMs }))],
]
const nowMs = someContractJob().foundAtMs
/** Far beyond what a test takes, where time is the server's own. */
const lease = { nowMs, untilMs: nowMs + 600_000 }

describe.each(places)('jobs of contracts in %s', (_name, createPlace) => {
  let store: ContractJobStore
  /** Of another process. */
  let other: ContractJobStore

  withSharedStore<ContractJobStore>(createPlace, (opened) => {
    ;({ store, other } = opened)
  })

  const dueTo = async (at: ContractJobStore, owner: string, atMs = nowMs, limit = 10) =>
    (await at.due({ owner, nowMs: atMs, limit })).map(({ jobId }) => jobId)

  test('gives back what was added, to every process, amounts and all', async () => {
    const job = someContractJob({
      answers: [
        {
          requestId: 'req_1',
          receiptId: bytes32(`0x${'01'.repeat(32)}`),
          state: 'charging',
          content: '0x6869' as Hex,
        },
      ],
      delivery: { intentId: 'deliver:1', fee: 2n ** 95n },
    })
    expect(await store.add(job)).toBe(true)
    expect(await other.find(job.jobId)).toEqual(job)
    expect(await other.find(someJobId(2))).toBeUndefined()
  })

  test('takes a jobId once: the second process that finds it changes nothing', async () => {
    await store.add(someContractJob())
    expect(await other.add(someContractJob({ state: 'refused', endedAtMs: nowMs }))).toBe(false)
    expect((await store.find(someJobId(1)))?.state).toBe('found')
  })

  test('changes only the revision that it was told of', async () => {
    await store.add(someContractJob())
    const running = someContractJob({ state: 'running', owner: 'one' })
    expect(await store.update(running)).toBe(true)
    // The other decided on the record as it was: its word comes too late.
    expect(await other.update(someContractJob({ state: 'refused', endedAtMs: nowMs }))).toBe(false)
    expect(await other.find(someJobId(1))).toEqual({ ...running, revision: 1 })
    expect(await other.update({ ...running, state: 'answered', revision: 1 })).toBe(true)
    expect((await store.find(someJobId(1)))?.revision).toBe(2)
    expect(await store.update(someContractJob({ jobId: someJobId(9) }))).toBe(false)
    expect(await store.find(someJobId(9))).toBeUndefined()
  })

  test('lets one of two that want the same step have it', async () => {
    await store.add(someContractJob())
    const taken = await Promise.all([
      store.update(someContractJob({ state: 'running', owner: 'one' })),
      other.update(someContractJob({ state: 'running', owner: 'two' })),
    ])
    expect(taken.filter(Boolean)).toHaveLength(1)
    const owner = (await store.find(someJobId(1)))?.owner
    expect(owner).toBe(taken[0] ? 'one' : 'two')
  })

  test('says what is due: what nobody has, its own, and what somebody left', async () => {
    await store.renew('one', lease)
    await store.renew('two', lease)
    const add = (number: number, fields: Partial<ContractJob>) =>
      store.add(someContractJob({ jobId: someJobId(number), ...fields }))
    await add(1, { notBeforeMs: nowMs - 3 })
    await add(2, { state: 'running', owner: 'one', notBeforeMs: nowMs - 5 })
    await add(3, { state: 'answered', owner: 'two', notBeforeMs: nowMs - 4 })
    await add(4, { notBeforeMs: nowMs + 60_000 })
    await add(5, { state: 'refused', endedAtMs: nowMs })
    await add(6, { state: 'delivering', owner: 'gone', notBeforeMs: nowMs - 2 })
    expect(await dueTo(store, 'one')).toEqual([2, 1, 6].map(someJobId))
    expect(await dueTo(other, 'two')).toEqual([3, 1, 6].map(someJobId))
    expect(await dueTo(other, 'three')).toEqual([1, 6].map(someJobId))
    expect(await dueTo(other, 'three', nowMs, 1)).toEqual([someJobId(1)])
    expect(await dueTo(other, 'three', nowMs + 60_000)).toEqual([1, 6, 4].map(someJobId))
    await other.leave('two')
    expect(await dueTo(store, 'one')).toEqual([2, 3, 1, 6].map(someJobId))
  })

  test('lists by state, newest first, and counts', async () => {
    const states = [...openJobStates, ...endedJobStates]
    for (const [index, state] of states.entries()) {
      const isOpen = (openJobStates as readonly string[]).includes(state)
      await store.add(
        someContractJob({
          jobId: someJobId(index),
          foundAtMs: nowMs + index,
          state,
          ...(!isOpen && { endedAtMs: nowMs + index }),
        }),
      )
    }
    await store.add(someContractJob({ jobId: someJobId(99), foundAtMs: nowMs + 99 }))
    const all = await other.list({ limit: 100 })
    expect(all.map(({ state }) => state)).toEqual(['found', ...states.toReversed()])
    const some = await other.list({ states: ['found', 'gone'], limit: 100 })
    expect(some.map(({ state }) => state)).toEqual(['found', 'gone', 'found'])
    expect(await other.list({ limit: 2 })).toEqual(all.slice(0, 2))
    const counts = await other.counts()
    expect(counts.get('found')).toBe(2)
    expect(counts.get('expired')).toBe(1)
    expect([...counts.values()].reduce((sum, count) => sum + count)).toBe(states.length + 1)
  })

  test('forgets what ended long ago, and nothing that is open', async () => {
    await store.add(someContractJob({ jobId: someJobId(1), state: 'expired', endedAtMs: nowMs }))
    await store.add(someContractJob({ jobId: someJobId(2) }))
    await store.add(someContractJob({ jobId: someJobId(3), foundAtMs: nowMs + retentionMs - 1 }))
    expect(await store.find(someJobId(1))).toBeDefined()
    await store.add(someContractJob({ jobId: someJobId(4), foundAtMs: nowMs + retentionMs }))
    expect(await other.find(someJobId(1))).toBeUndefined()
    expect(await other.find(someJobId(2))).toBeDefined()
    expect((await other.list({ limit: 10 })).map(({ jobId }) => jobId)).toEqual(
      [4, 3, 2].map(someJobId),
    )
  })

  test('opens an ended job again, and it is due', async () => {
    const ended = someContractJob({ state: 'gone', endedAtMs: nowMs })
    await store.add(ended)
    expect(await dueTo(store, 'one')).toEqual([])
    const { endedAtMs: _, ...open } = ended
    expect(await other.update({ ...open, state: 'found' })).toBe(true)
    expect(await dueTo(store, 'one')).toEqual([someJobId(1)])
    expect(await store.find(someJobId(1))).toEqual({ ...open, state: 'found', revision: 1 })
  })

  test('keeps notes and schedules, each changed only as it was read', async () => {
    expect(await store.note('cursor:a')).toBeUndefined()
    expect(await store.setNote('cursor:a', { text: 'one', revision: 0 })).toBe(true)
    expect(await other.setNote('cursor:a', { text: 'late', revision: 0 })).toBe(false)
    expect(await other.note('cursor:a')).toEqual({ text: 'one', revision: 1 })
    expect(await other.setNote('cursor:a', { text: 'two', revision: 1 })).toBe(true)
    expect(await store.note('cursor:a')).toEqual({ text: 'two', revision: 2 })
    expect(await store.setNote('cursor:b', { text: 'odd', revision: 3 })).toBe(false)
    const schedule = {
      scheduleId: someJobId(1),
      source: 'a',
      isOver: false,
      text: '{}',
      revision: 0,
    }
    expect(await store.putSchedule(schedule)).toBe(true)
    expect(await other.putSchedule({ ...schedule, text: '{"late":1}' })).toBe(false)
    expect(await other.putSchedule({ ...schedule, isOver: true, revision: 1 })).toBe(true)
    expect(await store.schedules('a')).toEqual([{ ...schedule, isOver: true, revision: 2 }])
    expect(await store.schedules('b')).toEqual([])
  })
})
