import { afterEach, beforeEach, expect, test } from 'vitest'
import { err, ok } from '../../../src/base/result.ts'
import { keccak256Utf8 } from '../../../src/chain/keccak.ts'
import type { AuditedLog, DrawBatch } from '../../../src/disclosure/draw-batch.ts'
import { sweptBatchesMax } from '../../../src/disclosure/limits.ts'
import { sweepTranscripts } from '../../../src/disclosure/sweep-transcripts.ts'
import type { TranscriptStore } from '../../../src/store/transcript-store.ts'
import { openSqliteTranscripts } from '../../../src/store/transcript-store-sqlite.ts'
import { inSqlite, type StorePlaceOf } from '../../support/shared-store.ts'

const size = 4
const expiresAtMs = 2_000_000
let nowMs = 1_000_000
let place: StorePlaceOf<TranscriptStore>
let store: TranscriptStore
/** Batches that are closed, and of those, drawn. */
let [closed, drawn] = [0, 0]
let asked: number[] = []
let told: number[] = []

beforeEach(async () => {
  place = await inSqlite(openSqliteTranscripts)()
  store = await place.open()
  ;[closed, drawn, nowMs] = [0, 0, 1_000_000]
  asked = []
  told = []
})
afterEach(async () => {
  await store.close()
  await place.remove()
})

const root = keccak256Utf8('root')
const batchAt = (batch: number) => ({
  ...{ batch, root, count: size, firstSeq: 1 + batch * size },
  anchoredBlock: batch,
})
const log: AuditedLog = {
  batch: async (number) => (number < closed ? batchAt(number) : undefined),
  batchCount: async () => closed,
}
/** Of each batch the second is chosen. */
const draw: DrawBatch = async (number) => {
  asked.push(number)
  if (number >= closed) return err({ reason: 'audit_batch_not_found' })
  if (number >= drawn) return err({ reason: 'audit_not_drawn', waitsFor: 'blocks' })
  const chosen = { drawnBlock: 0, randomness: root, ratePpm: 1, indices: [1] }
  return ok({ ...batchAt(number), ...chosen })
}
const onDrawn = async (chosen: readonly number[]) => void told.push(...chosen)
const sweep = (at = store) =>
  sweepTranscripts({ store: at, log, draw, onDrawn, nowMs: () => nowMs })

async function keep(...seqs: readonly number[]): Promise<void> {
  const sealed = Buffer.from('sealed')
  const all = seqs.map((gatewaySeq) => ({ gatewaySeq, sealed, expiresAtMs }))
  await store.put(all, { bytesMax: 1_000_000, nowMs })
}
const left = async () => [
  ...(
    await store.get(
      Array.from({ length: 400 }, (_, seq) => seq),
      nowMs,
    )
  ).keys(),
]

test('forgets what was not chosen as soon as that is known, and nothing before', async () => {
  await keep(1, 2, 3, 4, 5, 6, 7, 8, 9)
  closed = 2
  expect(await sweep()).toBe(0)
  expect(await left()).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9])
  drawn = 1
  expect(await sweep()).toBe(1)
  expect(await left()).toEqual([2, 5, 6, 7, 8, 9])
  drawn = 2
  expect(await sweep()).toBe(1)
  expect(await left()).toEqual([2, 6, 9])
  expect(told).toEqual([2, 6])
})

test('goes on where any replica has stopped', async () => {
  await keep(1, 2, 10)
  ;[closed, drawn] = [3, 2]
  await sweep()
  asked = []
  drawn = 3
  await sweep(await place.open())
  expect(asked).toEqual([2, 3])
  expect(await left()).toEqual([2, 10])
})

test('does at most so much at a time', async () => {
  const batches = sweptBatchesMax + 5
  await keep(1, batches * size)
  ;[closed, drawn] = [batches, batches]
  expect(await sweep()).toBe(sweptBatchesMax)
  expect(await left()).toEqual([batches * size])
  expect(await sweep()).toBe(5)
  expect(await left()).toEqual([])
})

test('what was chosen goes when its time is over', async () => {
  await keep(2)
  ;[closed, drawn] = [1, 1]
  await sweep()
  expect(await left()).toEqual([2])
  nowMs = expiresAtMs
  await sweep()
  nowMs = 1_000_000
  expect(await left()).toEqual([])
})

test('asks no node where nothing is kept', async () => {
  ;[closed, drawn] = [5, 5]
  expect(await sweep()).toBe(0)
  expect(asked).toEqual([])
})
