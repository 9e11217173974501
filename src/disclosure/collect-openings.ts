/*
 * What opens the commitments of chosen answers, asked of their contributors once the draw is known. Every chosen one is asked
 * for, whether its caller agreed to be audited or not, and what nobody agreed to is dropped unread: a contributor learns what
 * the chain chose, which everybody knows, and not who agrees.
 */

import type { Work } from '../domain/receipt.ts'
import type { ReceiptDocument } from '../domain/receipt-document.ts'
import { noSignature, zeroBytes32 } from '../domain/units.ts'
import type { LedgerStore } from '../store/ledger-store.ts'
import { openingsAtOnceMax } from './limits.ts'
import type { TranscriptVault } from './transcript-vault.ts'

export type OpeningTerms = {
  readonly receipts: Pick<LedgerStore, 'receiptsBySeq'>
  readonly vault: Pick<TranscriptVault, 'addOpening'>
  /** Undefined where the contributor cannot be asked, or has nothing to say. */
  readonly askOpening: (work: Work) => Promise<string | undefined>
}

/** Rejects with StoreFailure. */
export async function collectOpenings(
  terms: OpeningTerms,
  gatewaySeqs: readonly number[],
): Promise<void> {
  for (let at = 0; at < gatewaySeqs.length; at += openingsAtOnceMax) {
    const some = gatewaySeqs.slice(at, at + openingsAtOnceMax)
    await Promise.all(some.map((gatewaySeq) => collectOne(terms, gatewaySeq)))
  }
}

async function collectOne(
  { receipts, vault, askOpening }: OpeningTerms,
  gatewaySeq: number,
): Promise<void> {
  const [kept] = await receipts.receiptsBySeq({ afterSeq: gatewaySeq - 1, limit: 1 })
  if (kept?.body === undefined) return
  const { receipt, contributorSignature } = JSON.parse(kept.body) as ReceiptDocument
  const isCommitted = receipt.work.commitment !== zeroBytes32
  if (contributorSignature === noSignature || !isCommitted) return
  const opening = await askOpening(receipt.work)
  if (opening !== undefined) await vault.addOpening(kept, opening)
}
