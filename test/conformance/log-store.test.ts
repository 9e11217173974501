import { beforeEach, describe, expect, test } from 'vitest'
import type { LogAnchor } from '../../src/domain/log-documents.ts'
import { address, bytes32, signature, unixSeconds } from '../../src/domain/units.ts'
import type { LogStore } from '../../src/store/log-store.ts'
import { openRedisLog } from '../../src/store/log-store-redis.ts'
import { openSqliteLog } from '../../src/store/log-store-sqlite.ts'
import { someBatches } from '../support/log-batches.ts'
import { inRedis, inSqlite, type StorePlaceOf, withSharedStore } from '../support/shared-store.ts'

const places: readonly [string, () => Promise<StorePlaceOf<LogStore>>][] = [
  ['SQLite', inSqlite(openSqliteLog)],
  ['Redis', inRedis(openRedisLog)],
]
const signed = signature(`0x${'ab'.repeat(65)}`)
const anchor: LogAnchor = {
  contract: address(`0x${'a1'.repeat(20)}`),
  sender: address(`0x${'5e'.repeat(20)}`),
  transactionHash: bytes32(`0x${'7a'.repeat(32)}`),
  blockNumber: 7,
  anchoredAt: unixSeconds(1_700_000_100),
}
const [first, second, third] = someBatches([3, 1, 2])
if (first === undefined || second === undefined || third === undefined) throw new Error('three')

describe.each(places)('the log in %s', (_name, createPlace) => {
  let place: StorePlaceOf<LogStore>
  let store: LogStore
  /** Of another process. */
  let other: LogStore

  withSharedStore<LogStore>(createPlace, (opened) => {
    ;({ place, store, other } = opened)
  })
  const add = ({ head, digests }: typeof first, at = store) => at.addBatch(head, digests)

  test('is empty at first', async () => {
    expect(await store.length()).toEqual({ batches: 0, settled: 0 })
    expect(await store.batches({ from: 0, limit: 10 })).toEqual([])
    expect(await store.digests(0)).toBeUndefined()
  })

  test('keeps batches and their entries in order, for every process and after a restart', async () => {
    expect(await add(first)).toBe(true)
    expect(await add(second, other)).toBe(true)
    expect(await add(third)).toBe(true)
    const later = await place.open()
    for (const at of [store, other, later]) {
      expect(await at.length()).toEqual({ batches: 3, settled: 0 })
      expect(await at.batches({ from: 1, limit: 2 })).toEqual([
        { head: second.head, signature: undefined, anchor: undefined },
        { head: third.head, signature: undefined, anchor: undefined },
      ])
      expect(await at.digests(0)).toEqual(first.digests)
      expect(await at.digests(1)).toEqual(second.digests)
      expect(await at.digests(3)).toBeUndefined()
    }
    await later.close()
  })

  test('takes the next batch alone, and each once', async () => {
    expect(await add(second)).toBe(false)
    expect(await add({ ...first, head: { ...first.head, firstSeq: 2 } })).toBe(false)
    expect(await add(first)).toBe(true)
    expect(await add(first)).toBe(false)
    expect(await add(third)).toBe(false)
    expect(await add({ ...second, head: { ...second.head, firstSeq: 5 } })).toBe(false)
    expect(await add({ ...second, head: { ...second.head, batch: 0 } })).toBe(false)
    expect(await store.length()).toEqual({ batches: 1, settled: 0 })
  })

  test('of two processes that close the same batch differently, one does', async () => {
    const [longer] = someBatches([4])
    if (longer === undefined) throw new Error('one')
    const done = await Promise.all([add(first), add(longer, other)])
    expect(done.filter(Boolean)).toHaveLength(1)
    const [kept] = await store.batches({ from: 0, limit: 1 })
    const winner = done[0] === true ? first : longer
    expect(kept?.head).toEqual(winner.head)
    expect(await other.digests(0)).toEqual(winner.digests)
  })

  describe('of one batch', () => {
    beforeEach(async () => {
      await add(first)
    })
    const kept = async () => (await other.batches({ from: 0, limit: 1 }))[0]

    test('the first signature stands', async () => {
      await store.sign(0, signed)
      await other.sign(0, signature('0x01'))
      expect((await kept())?.signature).toBe(signed)
    })

    test('an anchor comes, goes with its block, and comes again', async () => {
      await store.noteAnchor(0, anchor)
      expect((await kept())?.anchor).toEqual(anchor)
      await store.noteAnchor(0, undefined)
      expect((await kept())?.anchor).toBeUndefined()
      await store.noteAnchor(0, { ...anchor, blockNumber: 8 })
      expect((await kept())?.anchor?.blockNumber).toBe(8)
    })

    test('what is settled is known to all', async () => {
      await store.settle(1)
      expect(await other.length()).toEqual({ batches: 1, settled: 1 })
    })
  })
})
