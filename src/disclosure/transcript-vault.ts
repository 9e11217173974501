/*
 * What callers agreed to have kept for audits, on its way to the store and back. Nothing of it is on the way of an answer:
 * `keep` puts it into a queue that is bounded in bytes, and it is sealed and written a moment later. A crash loses the
 * queue, and so does a store that fails: then the auditor is told that nothing was kept.
 */
import type { GatewayLog } from '../base/log.ts'
import type { ReceiptDocument } from '../domain/receipt-document.ts'
import type { Bytes32 } from '../domain/units.ts'
import type { ByteSeal } from '../store/byte-seal.ts'
import type { SealedTranscript, TranscriptStore } from '../store/transcript-store.ts'
import {
  pendingTranscriptBytesMax,
  transcriptBytesAtOnceMax,
  transcriptFlushMs,
  transcriptsAtOnceMax,
} from './limits.ts'
import { packTranscript, type Transcript, unpackTranscript } from './transcript.ts'

/** What HKDF derives the key of transcripts for. */
export const transcriptPurpose = 'vouch audit transcripts'

export type VaultTerms = {
  readonly store: TranscriptStore
  readonly seal: ByteSeal
  readonly retentionS: number
  /** Of all that is kept, sealed. */
  readonly bytesMax: number
  readonly log: GatewayLog
  readonly nowMs: () => number
}

/** An answer whose receipt is durable. */
export type AnsweredInFull = Transcript & {
  readonly receiptId: Bytes32
  /** The receipt's document in JSON. */
  readonly receiptBody: string
}

type Pending = AnsweredInFull & { readonly bytes: number }

export class TranscriptVault {
  readonly #terms: VaultTerms
  #pending: Pending[] = []
  #pendingBytes = 0
  #timer: NodeJS.Timeout | undefined
  #flushing: Promise<void> = Promise.resolve()
  #isFailing = false
  /** Since the start: for want of room or because the store failed. */
  #lost = 0
  #kept = 0

  constructor(terms: VaultTerms) {
    this.#terms = terms
  }

  get counts(): { readonly kept: number; readonly lost: number } {
    return { kept: this.#kept, lost: this.#lost }
  }

  /** Returns at once. Never throws. */
  keep(answer: AnsweredInFull): void {
    const bytes = answer.requestBody.length + answer.responseBody.length
    if (this.#pendingBytes + bytes > pendingTranscriptBytesMax) {
      this.#lost += 1
      return
    }
    this.#pending.push({ ...answer, bytes })
    this.#pendingBytes += bytes
    this.#timer ??= setTimeout(() => void this.flush(), transcriptFlushMs).unref()
  }

  /** Resolves when everything that was to be kept so far is, or is lost. */
  flush(): Promise<void> {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#flushing = this.#flushing.then(() => this.#writeAll())
    return this.#flushing
  }

  /** What is kept of these receipts, by their `gatewaySeq`. Rejects with StoreFailure. */
  async open(
    receipts: readonly { readonly gatewaySeq: number; readonly receiptId: Bytes32 }[],
  ): Promise<ReadonlyMap<number, Transcript>> {
    const { store, seal, nowMs } = this.#terms
    const seqs = receipts.map(({ gatewaySeq }) => gatewaySeq)
    const sealed = await store.get(seqs, nowMs())
    const opened = new Map<number, Transcript>()
    for (const { gatewaySeq, receiptId } of receipts) {
      const bytes = sealed.get(gatewaySeq)
      const packed = bytes && seal.open(bytes, [receiptId])
      const transcript = packed && unpackTranscript(packed)
      if (transcript !== undefined) opened.set(gatewaySeq, transcript)
    }
    return opened
  }

  /** Adds what opens its commitment to what is kept of a receipt; nothing where nothing is. Rejects with StoreFailure. */
  async addOpening(
    receipt: { readonly gatewaySeq: number; readonly receiptId: Bytes32 },
    commitmentOpening: string,
  ): Promise<void> {
    const { store, seal } = this.#terms
    const { gatewaySeq, receiptId } = receipt
    const kept = (await this.open([receipt])).get(gatewaySeq)
    if (kept === undefined) return
    const packed = packTranscript({ ...kept, commitmentOpening })
    await store.replace(gatewaySeq, seal.seal(packed, [receiptId]))
  }

  async close(): Promise<void> {
    await this.flush()
  }

  async #writeAll(): Promise<void> {
    while (this.#pending.length > 0) {
      await this.#write(this.#takeSome())
      // Whoever is being answered comes first.
      await new Promise(setImmediate)
    }
  }

  #takeSome(): readonly Pending[] {
    let bytes = 0
    let count = 0
    for (const one of this.#pending.slice(0, transcriptsAtOnceMax)) {
      if (count > 0 && bytes + one.bytes > transcriptBytesAtOnceMax) break
      bytes += one.bytes
      count += 1
    }
    const taken = this.#pending.slice(0, count)
    this.#pending = this.#pending.slice(count)
    this.#pendingBytes -= bytes
    return taken
  }

  async #write(some: readonly Pending[]): Promise<void> {
    const { store, bytesMax, nowMs } = this.#terms
    let kept = 0
    try {
      kept = await store.put(some.map(this.#sealed), { bytesMax, nowMs: nowMs() })
      this.#tellFailing(false)
    } catch {
      this.#tellFailing(true)
    }
    this.#kept += kept
    this.#lost += some.length - kept
  }

  /** Bound to its receipt: moved to another one it opens as nothing. */
  readonly #sealed = (answer: Pending): SealedTranscript => {
    const { seal, retentionS, nowMs } = this.#terms
    const { receipt } = JSON.parse(answer.receiptBody) as ReceiptDocument
    return {
      gatewaySeq: receipt.gatewaySeq,
      sealed: seal.seal(packTranscript(answer), [answer.receiptId]),
      // By this clock: a contributor that signs an old time must not have it forgotten at once.
      expiresAtMs: nowMs() + retentionS * 1000,
    }
  }

  /** Once when the store goes away and once when it is back. */
  #tellFailing(isFailing: boolean): void {
    if (isFailing === this.#isFailing) return
    this.#isFailing = isFailing
    if (isFailing) this.#terms.log.error('transcripts_not_kept')
    else this.#terms.log.info('transcripts_kept')
  }
}
