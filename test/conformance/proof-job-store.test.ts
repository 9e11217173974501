/*
 * What every store of proofs that were asked for does, whatever it is made of: the suite speaks to the port alone.
 */
import { describe, expect, test } from 'vitest'
import { bytes32 } from '../../src/domain/units.ts'
import { openStates, type ProofJob, type ProofJobStore } from '../../src/store/proof-job-store.ts'
import { openRedisProofJobs } from '../../src/store/proof-job-store-redis.ts'
import { openSqliteProofJobs } from '../../src/store/proof-job-store-sqlite.ts'
import { inRedis, inSqlite, type StorePlaceOf, withSharedStore } from '../support/shared-store.ts'

const retentionMs = 3_600_000
const places: readonly [string, () => Promise<StorePlaceOf<ProofJobStore>>][] = [
  ['SQLite', inSqlite((path) => openSqliteProofJobs(path, { retentionMs }))],
  ['Redis', inRedis((place) => openRedisProofJobs({ ...place, retentionMs }))],
]
const nowMs = 1_763_797_212_000
/** Far beyond what a test takes, where time is the server's own. */
const lease = { nowMs, untilMs: nowMs + 600_000 }

const job = (fields: Partial<ProofJob> = {}): ProofJob => ({
  proofId: `proof_${'ab'.repeat(16)}`,
  channelId: bytes32(`0x${'c1'.repeat(32)}`),
  modelName: 'tiny',
  createdAtMs: nowMs,
  state: 'queued',
  attempt: 1,
  owner: 'one',
  requestId: `req_${'01'.repeat(12)}`,
  receiptId: bytes32(`0x${'01'.repeat(32)}`),
  order: '{}',
  ...fields,
})

describe.each(places)('proofs in %s', (_name, createPlace) => {
  let store: ProofJobStore
  /** Of another process. */
  let other: ProofJobStore

  withSharedStore<ProofJobStore>(createPlace, (opened) => {
    ;({ store, other } = opened)
  })

  const idsOf = async (at: ProofJobStore, atMs = nowMs, limit = 10) =>
    (await at.abandoned({ nowMs: atMs, limit })).map(({ proofId }) => proofId)

  test('gives back what was added, to every process', async () => {
    await store.add(job())
    expect(await other.find(job().proofId)).toEqual(job())
    expect(await other.find('proof_none')).toBeUndefined()
  })

  test('follows a job to its end, and changes it no more', async () => {
    await store.add(job())
    const states = ['proving', 'charging', 'done'] as const
    let before: ProofJob['state'] = 'queued'
    for (const state of states) {
      const next = job({ state, answer: '{"a":1}', ...(state === 'done' && { endedAtMs: nowMs }) })
      expect(await store.replace(next, { attempt: 1, states: [before] })).toBe(true)
      expect(await other.find(next.proofId)).toEqual(next)
      before = state
    }
    const again = job({ state: 'queued' })
    expect(await other.replace(again, { attempt: 1, states: [...openStates, 'done'] })).toBe(false)
    expect((await store.find(again.proofId))?.state).toBe('done')
  })

  test('refuses an attempt or a state that is not there any more, and changes nothing', async () => {
    await store.add(job())
    const failed = job({ state: 'failed', endedAtMs: nowMs })
    expect(await store.replace(failed, { attempt: 2, states: openStates })).toBe(false)
    expect(await store.replace(failed, { attempt: 1, states: ['charging'] })).toBe(false)
    expect(await store.replace(failed, { attempt: 1, states: [] })).toBe(false)
    const unknown = { ...failed, proofId: 'proof_none' }
    expect(await store.replace(unknown, { attempt: 1, states: openStates })).toBe(false)
    expect(await store.find(job().proofId)).toEqual(job())
    expect(await store.find('proof_none')).toBeUndefined()
  })

  test('lets one of many take an abandoned job', async () => {
    await store.add(job())
    const takers = Array.from({ length: 8 }, (_, index) => (index % 2 === 0 ? store : other))
    const taken = await Promise.all(
      takers.map((taker, index) =>
        taker.replace(job({ owner: `taker${index}`, attempt: 2 }), {
          attempt: 1,
          states: openStates,
        }),
      ),
    )
    expect(taken.filter(Boolean)).toHaveLength(1)
    const winner = taken.indexOf(true)
    expect(await store.find(job().proofId)).toEqual(job({ owner: `taker${winner}`, attempt: 2 }))
    // What the owner before does comes too late.
    const charging = job({ state: 'charging' })
    expect(await store.replace(charging, { attempt: 1, states: ['queued'] })).toBe(false)
  })

  test('tells what is abandoned: open, and of an owner without a lease', async () => {
    const second = job({ proofId: `proof_${'cd'.repeat(16)}`, owner: 'two' })
    await store.add(job())
    await store.add(second)
    await store.add(job({ proofId: `proof_${'ef'.repeat(16)}`, owner: 'two' }))
    expect(await idsOf(other)).toHaveLength(3)
    expect(await idsOf(other, nowMs, 2)).toHaveLength(2)
    expect(await store.renew('one', lease)).toEqual(new Map([[job().proofId, 1]]))
    expect((await store.renew('two', lease)).size).toBe(2)
    expect(await idsOf(other)).toEqual([])
    await store.leave('one')
    expect(await idsOf(other)).toEqual([job().proofId])
    const ended = job({ state: 'failed', endedAtMs: nowMs })
    expect(await other.replace(ended, { attempt: 1, states: openStates })).toBe(true)
    expect(await idsOf(other)).toEqual([])
    expect(await store.renew('one', lease)).toEqual(new Map())
  })

  test('a job that was taken is not its first owner’s any more', async () => {
    await store.add(job())
    await other.replace(job({ owner: 'two', attempt: 2 }), { attempt: 1, states: openStates })
    expect(await store.renew('one', lease)).toEqual(new Map())
    expect(await other.renew('two', lease)).toEqual(new Map([[job().proofId, 2]]))
  })
})

describe('a file that one process has', () => {
  const createPlace = inSqlite((path) => openSqliteProofJobs(path, { retentionMs }))

  test('leases lapse, and ended jobs go when their time is over', async () => {
    const place = await createPlace()
    const store = await place.open()
    await store.add(job())
    await store.renew('one', { nowMs, untilMs: nowMs + 10 })
    expect(await store.abandoned({ nowMs: nowMs + 9, limit: 9 })).toHaveLength(0)
    expect(await store.abandoned({ nowMs: nowMs + 10, limit: 9 })).toHaveLength(1)
    const done = job({ state: 'done', endedAtMs: nowMs })
    await store.replace(done, { attempt: 1, states: openStates })
    const later = { createdAtMs: nowMs + retentionMs - 1, proofId: `proof_${'cd'.repeat(16)}` }
    await store.add(job(later))
    expect(await store.find(done.proofId)).toEqual(done)
    await store.add(job({ createdAtMs: nowMs + retentionMs, proofId: `proof_${'ef'.repeat(16)}` }))
    expect(await store.find(done.proofId)).toBeUndefined()
    expect(await store.find(later.proofId)).toBeDefined()
    await store.close()
    await place.remove()
  })

  test('whoever opens it alone finds every open job abandoned', async () => {
    const alone = await inSqlite((path) =>
      openSqliteProofJobs(path, { retentionMs, isAlone: true }),
    )()
    const before = await alone.open()
    await before.add(job())
    await before.renew('one', lease)
    await before.close()
    const after = await alone.open()
    expect(await after.abandoned({ nowMs, limit: 9 })).toEqual([job()])
    await after.close()
    await alone.remove()
  })
})
