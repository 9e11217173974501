/*
 * What every store of transcripts does, whatever it is made of: the suite speaks to the port alone.
 */
import { randomBytes } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import type { SealedTranscript, TranscriptStore } from '../../src/store/transcript-store.ts'
import { openRedisTranscripts } from '../../src/store/transcript-store-redis.ts'
import { openSqliteTranscripts } from '../../src/store/transcript-store-sqlite.ts'
import { inRedis, inSqlite, type StorePlaceOf, withSharedStore } from '../support/shared-store.ts'

const places: readonly [string, () => Promise<StorePlaceOf<TranscriptStore>>][] = [
  ['SQLite', inSqlite(openSqliteTranscripts)],
  ['Redis', inRedis(openRedisTranscripts)],
]
const nowMs = 1_750_000_000_000
const laterMs = nowMs + 3_600_000
const ample = { bytesMax: 1_000_000, nowMs }

const transcript = (gatewaySeq: number, length = 10): SealedTranscript => ({
  gatewaySeq,
  sealed: randomBytes(length),
  expiresAtMs: laterMs,
})

describe.each(places)('transcripts in %s', (_name, createPlace) => {
  let store: TranscriptStore
  /** Of another process. */
  let other: TranscriptStore

  withSharedStore<TranscriptStore>(createPlace, (opened) => {
    ;({ store, other } = opened)
  })

  const seqsIn = async (at: TranscriptStore, atMs = nowMs) => [
    ...(
      await at.get(
        Array.from({ length: 20 }, (_, index) => index),
        atMs,
      )
    ).keys(),
  ]

  test('gives back the bytes that were put, to every process', async () => {
    const all = [transcript(1, 1), transcript(2, 70_000), transcript(7, 0)]
    expect(await store.put(all, ample)).toBe(3)
    for (const at of [store, other]) {
      const found = await at.get([1, 2, 3, 7], nowMs)
      expect([...found]).toEqual(all.map(({ gatewaySeq, sealed }) => [gatewaySeq, sealed]))
      expect(await at.room()).toEqual({ transcripts: 3, bytes: 70_001 })
    }
  })

  test('leaves what is kept of a number as it is', async () => {
    const first = transcript(1)
    await store.put([first], ample)
    expect(await other.put([transcript(1)], ample)).toBe(1)
    expect((await store.get([1], nowMs)).get(1)).toEqual(first.sealed)
    expect(await store.room()).toEqual({ transcripts: 1, bytes: 10 })
  })

  test('puts another in the place of what is kept, for as long', async () => {
    await store.put([transcript(1), transcript(2)], ample)
    const longer = randomBytes(300)
    await other.replace(1, longer)
    await other.replace(9, longer)
    expect((await store.get([1, 9], nowMs)).get(1)).toEqual(longer)
    expect(await store.room()).toEqual({ transcripts: 2, bytes: 310 })
    expect(await seqsIn(store, laterMs)).toEqual([])
    await store.expire(laterMs)
    expect(await other.room()).toEqual({ transcripts: 0, bytes: 0 })
  })

  test('keeps no more bytes than it may, and what fits beside what does not', async () => {
    expect(await store.put([transcript(1, 60)], { bytesMax: 100, nowMs })).toBe(1)
    const more = [transcript(2, 60), transcript(3, 40), transcript(4, 1)]
    expect(await other.put(more, { bytesMax: 100, nowMs })).toBe(1)
    expect(await seqsIn(store)).toEqual([1, 3])
    expect(await store.room()).toEqual({ transcripts: 2, bytes: 100 })
  })

  test('gives nothing that is past its time, and forgets it when told the time', async () => {
    await store.put([transcript(1), { ...transcript(2), expiresAtMs: laterMs + 1 }], ample)
    expect(await seqsIn(store, laterMs)).toEqual([2])
    await other.expire(laterMs)
    expect(await seqsIn(store)).toEqual([2])
    expect(await store.room()).toEqual({ transcripts: 1, bytes: 10 })
    // There is room for it again.
    expect(await store.put([transcript(1)], { bytesMax: 20, nowMs })).toBe(1)
  })

  test('forgets of a range all but what was chosen, and remembers how far it got', async () => {
    await store.put(
      [1, 2, 3, 4, 5, 6].map((seq) => transcript(seq)),
      ample,
    )
    expect(await other.prunedTo()).toBe(0)
    await store.prune({ firstSeq: 2, lastSeq: 5, keep: new Set([3, 4]) })
    expect(await seqsIn(other)).toEqual([1, 3, 4, 6])
    expect(await other.prunedTo()).toBe(5)
    await other.prune({ firstSeq: 1, lastSeq: 1, keep: new Set() })
    expect(await seqsIn(store)).toEqual([3, 4, 6])
    expect(await store.prunedTo()).toBe(5)
    expect(await store.room()).toEqual({ transcripts: 3, bytes: 30 })
  })

  test('forgets more than is forgotten at once', async () => {
    const all = Array.from({ length: 1_100 }, (_, index) => transcript(index + 1, 1))
    expect(await store.put(all, ample)).toBe(1_100)
    await store.prune({ firstSeq: 1, lastSeq: 1_100, keep: new Set([9]) })
    expect(await other.room()).toEqual({ transcripts: 1, bytes: 1 })
  })

  test('an empty question has an empty answer', async () => {
    expect(await store.put([], ample)).toBe(0)
    expect((await store.get([], nowMs)).size).toBe(0)
    await store.expire(nowMs)
    await store.prune({ firstSeq: 1, lastSeq: 9, keep: new Set() })
    expect(await store.prunedTo()).toBe(9)
  })
})

test('what SQLite forgot is in no file any more', async () => {
  const place = await inSqlite(openSqliteTranscripts)()
  const store = await place.open()
  const sealed = Buffer.from('a sealed text that nobody should find again '.repeat(500))
  await store.put([{ ...transcript(1), sealed }], ample)
  expect(await place.dump()).toContain(sealed.toString('latin1').slice(0, 40))
  await store.expire(laterMs)
  expect(await place.dump()).not.toContain('nobody should find')
  await store.close()
  await place.remove()
})
