import fc from 'fast-check'
import { afterEach, beforeEach, expect, test } from 'vitest'
import {
  packTranscript,
  type Transcript,
  unpackTranscript,
} from '../../../src/disclosure/transcript.ts'
import { transcriptPurpose } from '../../../src/disclosure/transcript-vault.ts'
import { createByteSeal } from '../../../src/store/byte-seal.ts'
import { StoreFailure } from '../../../src/store/ledger-store.ts'
import type { TranscriptStore } from '../../../src/store/transcript-store.ts'
import { openSqliteTranscripts } from '../../../src/store/transcript-store-sqlite.ts'
import { inSqlite, type StorePlaceOf } from '../../support/shared-store.ts'
import { answeredInFull, anyReceiptId, eventsHeard, vaultOn } from '../../support/transcripts.ts'

let place: StorePlaceOf<TranscriptStore>
let store: TranscriptStore

beforeEach(async () => {
  place = await inSqlite(openSqliteTranscripts)()
  store = await place.open()
})
afterEach(async () => {
  await store.close()
  await place.remove()
})

test('gives back to any replica what was kept, byte for byte', async () => {
  const vault = vaultOn(store)
  const opening = '{"leaves":[1,2]}'
  const odd = Buffer.from([0, 255, 0xd8, 10, 13])
  const answers = [
    answeredInFull(3),
    answeredInFull(4, { commitmentOpening: opening, responseBody: odd }),
  ]
  for (const answer of answers) vault.keep(answer)
  await vault.flush()
  const other = vaultOn(await place.open())
  const asked = answers.map(({ receiptId }, index) => ({ gatewaySeq: 3 + index, receiptId }))
  const opened = await other.open(asked)
  expect([...opened.keys()]).toEqual([3, 4])
  expect(opened.get(3)).toEqual({
    requestBody: answers[0]?.requestBody,
    responseBody: answers[0]?.responseBody,
    commitmentOpening: undefined,
  })
  expect(opened.get(4)).toMatchObject({ responseBody: odd, commitmentOpening: opening })
  expect(vault.counts).toEqual({ kept: 2, lost: 0 })
})

test('nothing of it lies in the clear on the disk', async () => {
  const prompt = 'a prompt that nobody may find on the disk'
  const answer = answeredInFull(1, { requestBody: Buffer.from(prompt.repeat(50)) })
  const vault = vaultOn(store)
  vault.keep(answer)
  await vault.flush()
  expect((await store.room()).bytes).toBeGreaterThan(prompt.length * 50)
  const disk = await place.dump()
  expect(disk).not.toContain(prompt)
  expect(disk).not.toContain(Buffer.from(prompt).toString('base64').slice(0, 40))
  expect(disk).not.toContain(answer.receiptId.slice(2))
})

test('opens for its own receipt alone, and with its own secret alone', async () => {
  const vault = vaultOn(store)
  const answer = answeredInFull(1)
  vault.keep(answer)
  await vault.flush()
  const own = { gatewaySeq: 1, receiptId: answer.receiptId }
  expect((await vault.open([{ ...own, receiptId: anyReceiptId() }])).size).toBe(0)
  const otherSecret = [{ version: 1, secret: new Uint8Array(32).fill(8) }]
  const stranger = vaultOn(store, { seal: createByteSeal(otherSecret, transcriptPurpose) })
  expect((await stranger.open([own])).size).toBe(0)
  // Nor with the key that lent keys are sealed with, derived from the same secret.
  const otherPurpose = [{ version: 1, secret: new Uint8Array(32).fill(9) }]
  const lent = vaultOn(store, { seal: createByteSeal(otherPurpose, 'vouch contributor keys') })
  expect((await lent.open([own])).size).toBe(0)
  expect((await vault.open([own])).size).toBe(1)
})

test('is gone when its time is over', async () => {
  let nowMs = 1_750_000_000_000
  const vault = vaultOn(store, { nowMs: () => nowMs, retentionS: 600 })
  const answer = answeredInFull(1)
  vault.keep(answer)
  await vault.flush()
  const asked = [{ gatewaySeq: 1, receiptId: answer.receiptId }]
  nowMs += 599_999
  expect((await vault.open(asked)).size).toBe(1)
  nowMs += 1
  expect((await vault.open(asked)).size).toBe(0)
})

test('what finds no room is lost, and counted', async () => {
  const vault = vaultOn(store, { bytesMax: 500 })
  for (let seq = 1; seq <= 5; seq += 1) {
    vault.keep(answeredInFull(seq, { responseBody: Buffer.alloc(150) }))
  }
  await vault.flush()
  expect(vault.counts).toEqual({ kept: 2, lost: 3 })
  expect(await store.room()).toMatchObject({ transcripts: 2 })
})

test('holds no more in memory than it may while the store is slow', async () => {
  const released = Promise.withResolvers<void>()
  const slow: TranscriptStore = {
    ...wrapped(store),
    put: async (some, room) => {
      await released.promise
      return store.put(some, room)
    },
  }
  const vault = vaultOn(slow, { bytesMax: 2 ** 30 })
  const large = Buffer.alloc(4_000_000)
  for (let seq = 1; seq <= 20; seq += 1) vault.keep(answeredInFull(seq, { responseBody: large }))
  // Eight of them fit into the queue.
  expect(vault.counts.lost).toBe(12)
  released.resolve()
  await vault.close()
  expect(vault.counts).toEqual({ kept: 8, lost: 12 })
})

test('a store that fails costs what came meanwhile, is told once, and nothing else', async () => {
  let isBroken = true
  const shaky: TranscriptStore = {
    ...wrapped(store),
    put: (some, room) =>
      isBroken ? Promise.reject(new StoreFailure('the disk is full')) : store.put(some, room),
  }
  const log = eventsHeard()
  const vault = vaultOn(shaky, { log })
  for (const seq of [1, 2]) {
    vault.keep(answeredInFull(seq))
    await vault.flush()
  }
  isBroken = false
  vault.keep(answeredInFull(3))
  await vault.flush()
  expect(vault.counts).toEqual({ kept: 1, lost: 2 })
  expect(log.events).toEqual(['transcripts_not_kept', 'transcripts_kept'])
})

const wrapped = (inner: TranscriptStore): TranscriptStore => ({
  put: (some, room) => inner.put(some, room),
  get: (seqs, nowMs) => inner.get(seqs, nowMs),
  replace: (seq, sealed) => inner.replace(seq, sealed),
  prune: (range) => inner.prune(range),
  prunedTo: () => inner.prunedTo(),
  expire: (nowMs) => inner.expire(nowMs),
  room: () => inner.room(),
  close: () => inner.close(),
})

test('what is packed is unpacked, and no beginning of it is taken for the whole', () => {
  const bytes = fc.uint8Array({ maxLength: 50 }).map((value) => Buffer.from(value))
  const anyTranscript: fc.Arbitrary<Transcript> = fc.record({
    requestBody: bytes,
    responseBody: bytes,
    commitmentOpening: fc.option(fc.string({ unit: 'grapheme', minLength: 1 }), {
      nil: undefined,
    }),
  })
  let compared = 0
  fc.assert(
    fc.property(anyTranscript, fc.nat(), (transcript, cut) => {
      const packed = packTranscript(transcript)
      expect(unpackTranscript(packed)).toEqual(transcript)
      const { requestBody, responseBody } = transcript
      const bodiesEnd = 8 + requestBody.length + responseBody.length
      expect(unpackTranscript(packed.subarray(0, cut % bodiesEnd))).toBeUndefined()
      compared += 1
    }),
  )
  expect(compared).toBeGreaterThan(0)
})
