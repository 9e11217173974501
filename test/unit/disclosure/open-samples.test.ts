import { afterEach, beforeEach, expect, test } from 'vitest'
import { digestOfDocument } from '../../../src/attestation/seal-receipt.ts'
import { samplesPageMax } from '../../../src/disclosure/limits.ts'
import { openSamples, type SampleSources } from '../../../src/disclosure/open-samples.ts'
import type { TranscriptVault } from '../../../src/disclosure/transcript-vault.ts'
import { requestIdOf } from '../../../src/domain/request-id.ts'
import type { Bytes32 } from '../../../src/domain/units.ts'
import type { KeptReceipt } from '../../../src/store/ledger-store.ts'
import type { TranscriptStore } from '../../../src/store/transcript-store.ts'
import { openSqliteTranscripts } from '../../../src/store/transcript-store-sqlite.ts'
import { inSqlite, type StorePlaceOf } from '../../support/shared-store.ts'
import {
  documentOf,
  request,
  response,
  signReceipt,
  receipt as someReceipt,
} from '../../support/signed-receipt.ts'
import { anyReceiptId, vaultOn } from '../../support/transcripts.ts'

const nowMs = 1_750_000_000_000
const retentionS = 3_600

let place: StorePlaceOf<TranscriptStore>
let store: TranscriptStore
let vault: TranscriptVault
let kept: Map<number, KeptReceipt>
let records: Map<string, string | undefined>

beforeEach(async () => {
  place = await inSqlite(openSqliteTranscripts)()
  store = await place.open()
  vault = vaultOn(store, { nowMs: () => nowMs, retentionS })
  kept = new Map()
  records = new Map()
})
afterEach(async () => {
  await store.close()
  await place.remove()
})

type Given = {
  readonly signs?: boolean
  readonly agreed?: boolean
  readonly keeps?: boolean
  readonly endedAtMs?: number
  readonly bodies?: { readonly requestBody?: Buffer; readonly responseBody?: Buffer }
}

/** A receipt as the ledger has it, and what was kept of its answer. */
async function give(gatewaySeq: number, given: Given = {}): Promise<Bytes32> {
  const { signs = true, agreed = true, keeps = true, endedAtMs = nowMs - 1_000 } = given
  const receiptId = anyReceiptId()
  const document = documentOf(
    signReceipt({ receipt: { receiptId, gatewaySeq, ...(!signs && { tiers: 1 }) } }),
  )
  const body = JSON.stringify(document)
  const digest = digestOfDocument(document)
  kept.set(gatewaySeq, { channelId: someReceipt.channelId, receiptId, gatewaySeq, digest, body })
  const record = {
    createdAtMs: endedAtMs - 500,
    durationMs: 500,
    ...(agreed && { mayBeAudited: true }),
  }
  records.set(requestIdOf(receiptId), JSON.stringify(record))
  if (keeps) {
    const bodies = { requestBody: request, responseBody: response, ...given.bodies }
    vault.keep({ receiptId, receiptBody: body, ...bodies, commitmentOpening: undefined })
    await vault.flush()
  }
  return digest
}

const sources = (): SampleSources => ({
  receipts: {
    receiptsBySeq: async ({ afterSeq, limit }) =>
      [...kept.values()].filter(({ gatewaySeq }) => gatewaySeq > afterSeq).slice(0, limit),
    requestRecord: async (requestId) => {
      const found = [...kept.values()].find(({ receiptId }) => requestIdOf(receiptId) === requestId)
      return found && { ...found, record: records.get(requestId) }
    },
  },
  vault,
  retentionS,
  nowMs: () => nowMs,
})

const open = (indices: readonly number[], afterIndex = -1) =>
  openSamples(sources(), { firstSeq: 1, indices }, afterIndex)

const reasonOf = async (given: Given): Promise<string> => {
  await give(1, given)
  const [sample] = (await open([0])).samples
  if (sample === undefined) return 'nothing'
  return sample.opened ? 'opened' : sample.reason
}

test('opens what was agreed to, with the receipt that the log has', async () => {
  const digest = await give(1)
  const { samples, hasMore } = await open([0])
  expect(hasMore).toBe(false)
  expect(samples).toMatchObject([
    { index: 0, gatewaySeq: 1, digest, opened: true, requestBody: request, responseBody: response },
  ])
})

test.each<[string, Given]>([
  ['no_consent', { agreed: false, keeps: false }],
  ['not_signed', { signs: false }],
  ['not_kept', { keeps: false }],
  ['not_kept', { keeps: false, endedAtMs: nowMs - retentionS * 1000 + 1 }],
  ['expired', { keeps: false, endedAtMs: nowMs - retentionS * 1000 }],
  // What is there without consent is shown to nobody.
  ['no_consent', { agreed: false }],
  // Bodies that the contributor did not sign for are none of this receipt.
  ['not_kept', { bodies: { requestBody: Buffer.from('another request') } }],
  ['not_kept', { bodies: { responseBody: Buffer.from('another answer') } }],
])('says %s where nothing can be opened', async (reason, given) => {
  expect(await reasonOf(given)).toBe(reason)
})

test('a receipt whose body or record is gone has expired', async () => {
  await give(1)
  await give(2)
  const [first, second] = [kept.get(1), kept.get(2)]
  if (first === undefined || second === undefined) throw new Error('they were given')
  kept.set(1, { ...first, body: undefined })
  records.set(requestIdOf(second.receiptId), undefined)
  const { samples } = await open([0, 1])
  expect(samples).toMatchObject([
    { opened: false, reason: 'expired', digest: first.digest },
    { opened: false, reason: 'expired', digest: second.digest },
  ])
})

test('comes in pages, in the order of the indices', async () => {
  const indices = Array.from({ length: samplesPageMax + 3 }, (_, place) => place * 2)
  for (const index of indices) await give(index + 1, { agreed: false, keeps: false })
  const first = await open(indices)
  expect(first.samples.map(({ index }) => index)).toEqual(indices.slice(0, samplesPageMax))
  expect(first.hasMore).toBe(true)
  const rest = await open(indices, first.samples.at(-1)?.index)
  expect(rest.samples.map(({ index }) => index)).toEqual(indices.slice(samplesPageMax))
  expect(rest.hasMore).toBe(false)
})

test('what the ledger has lost is not made up', async () => {
  await give(1)
  const { samples, hasMore } = await open([0, 5])
  expect(samples.map(({ index }) => index)).toEqual([0])
  expect(hasMore).toBe(true)
})
