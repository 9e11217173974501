/*
 * Chosen receipts, opened for an auditor as far as their callers agreed; where nothing can be opened, it is said why.
 */
import type { AuditSample, UnopenedReason } from '../domain/audit.ts'
import type { ReceiptDocument } from '../domain/receipt-document.ts'
import { requestIdOf } from '../domain/request-id.ts'
import type { RequestRecord } from '../domain/request-record.ts'
import { noSignature } from '../domain/units.ts'
import type { KeptReceipt, LedgerStore } from '../store/ledger-store.ts'
import type { DrawnBatch } from './draw-batch.ts'
import { samplesPageBytesMax, samplesPageMax } from './limits.ts'
import { isOfWork } from './transcript.ts'
import type { TranscriptVault } from './transcript-vault.ts'

export type SampleSources = {
  readonly receipts: Pick<LedgerStore, 'receiptsBySeq' | 'requestRecord'>
  /** Undefined where nothing is kept. */
  readonly vault: Pick<TranscriptVault, 'open'> | undefined
  readonly retentionS: number
  readonly nowMs: () => number
}

export type SamplesPage = {
  readonly samples: readonly AuditSample[]
  /** Whether there are more after these. */
  readonly hasMore: boolean
}

/** Samples of a drawn batch in the order of their indices, from the first after `afterIndex`. Rejects with StoreFailure. */
export async function openSamples(
  sources: SampleSources,
  { firstSeq, indices }: Pick<DrawnBatch, 'firstSeq' | 'indices'>,
  afterIndex: number,
): Promise<SamplesPage> {
  const asked = indices.filter((index) => index > afterIndex)
  const samples: AuditSample[] = []
  let bytes = 0
  for (const index of asked) {
    if (samples.length >= samplesPageMax || bytes >= samplesPageBytesMax) break
    const sample = await openSample(sources, index, firstSeq + index)
    if (sample === undefined) break
    samples.push(sample)
    if (sample.opened) bytes += sample.requestBody.length + sample.responseBody.length
  }
  return { samples, hasMore: samples.length < asked.length }
}

async function openSample(
  sources: SampleSources,
  index: number,
  gatewaySeq: number,
): Promise<AuditSample | undefined> {
  const [kept] = await sources.receipts.receiptsBySeq({ afterSeq: gatewaySeq - 1, limit: 1 })
  // The log is made of what the ledger has, so that this happens only where a ledger was put back to an older state.
  if (kept === undefined) return undefined
  const chosen = { index, gatewaySeq, digest: kept.digest }
  const opened = await transcriptOf(sources, kept)
  return typeof opened === 'string'
    ? { ...chosen, opened: false, reason: opened }
    : { ...chosen, opened: true, ...opened }
}

async function transcriptOf(sources: SampleSources, kept: KeptReceipt) {
  const { receipts, vault, nowMs, retentionS } = sources
  if (kept.body === undefined) return 'expired' satisfies UnopenedReason
  const receipt = JSON.parse(kept.body) as ReceiptDocument
  if (receipt.contributorSignature === noSignature) return 'not_signed' satisfies UnopenedReason
  const stored = await receipts.requestRecord(requestIdOf(kept.receiptId))
  if (stored?.record === undefined) return 'expired' satisfies UnopenedReason
  const record = JSON.parse(stored.record) as RequestRecord
  if (record.mayBeAudited !== true) return 'no_consent' satisfies UnopenedReason
  const transcript = (await vault?.open([kept]))?.get(kept.gatewaySeq)
  if (transcript !== undefined && isOfWork(transcript, receipt.receipt.work)) {
    return { receipt, ...transcript }
  }
  const endedAtMs = record.createdAtMs + record.durationMs
  const reason: UnopenedReason = endedAtMs + retentionS * 1000 <= nowMs() ? 'expired' : 'not_kept'
  return reason
}
