import type { SignedCheckpoint } from './checkpoint.ts'
import type { PriceSheet } from './price-sheet.ts'
import type { ProofDocument } from './proof-document.ts'
import type { Receipt, Work } from './receipt.ts'
import type { Address, Signature } from './units.ts'
import type { UpstreamReport } from './upstream-report.ts'
import type { UsageSource } from './usage.ts'

/*
 * A receipt as JSON: what `GET /v1/receipts/{id}` answers and `vouch verify` reads. Integers up to 64 bits are JSON numbers
 * (all stay below 2^53), amounts are decimal strings, hex is lower case.
 */

type AsJson<T> = { readonly [K in keyof T]: T[K] extends bigint ? string : T[K] }

/**
 * Evidence beyond the two signatures, by its kind. Later versions add kinds: `evidenceHash` covers each as a hash of its own
 * (chain/evidence-hash.ts), so that a reader can hold one that it does not know to what was signed.
 */
export type ReceiptEvidence = {
  /** What the contributor signed of a stream without a Work. */
  readonly checkpoints?: readonly SignedCheckpoint[]
  /** What an upstream that attests to itself answered when it was asked to. */
  readonly upstreamReport?: UpstreamReport
  /** That the model gives this output for this input: what the tier 64 claims. */
  readonly proof?: ProofDocument
}

export type ReceiptDocument = {
  readonly object: 'vouch.receipt'
  readonly receipt: AsJson<Omit<Receipt, 'work'>> & { readonly work: Work }
  /** `0x` when the upstream cannot sign. */
  readonly contributorSignature: string
  readonly gatewaySignature: string
  /** EIP-712 domain of both signatures. */
  readonly domain: {
    readonly name: string
    readonly version: string
    readonly chainId: number
    readonly verifyingContract: string
  }
  /** The prices whose hash is `receipt.priceHash`, so that `cost` can be computed again. */
  readonly priceSheet: AsJson<PriceSheet>
  /** What `receipt.evidenceHash` is the hash of; not there where that is zero. */
  readonly evidence?: ReceiptEvidence
  /** Who counted the tokens. Not signed. */
  readonly usage: { readonly source: UsageSource }
}

/** All that a document shows, as the gateway has it. */
export type SealedDocument = {
  readonly receipt: Receipt
  readonly contributorSignature: Signature
  readonly gatewaySignature: Signature
  readonly domain: { readonly chainId: number; readonly verifyingContract: Address }
  readonly prices: PriceSheet
  readonly evidence?: ReceiptEvidence | undefined
  readonly usageSource: UsageSource
}

export function receiptDocument(sealed: SealedDocument): ReceiptDocument {
  const { receipt, domain, prices, evidence } = sealed
  return {
    object: 'vouch.receipt',
    receipt: { ...receipt, cost: String(receipt.cost), cumulative: String(receipt.cumulative) },
    contributorSignature: sealed.contributorSignature,
    gatewaySignature: sealed.gatewaySignature,
    domain: {
      name: 'Vouch Receipts',
      version: '1',
      chainId: domain.chainId,
      verifyingContract: domain.verifyingContract,
    },
    priceSheet: {
      operator: prices.operator,
      modelId: prices.modelId,
      asset: prices.asset,
      promptAtomicPerMtok: String(prices.promptAtomicPerMtok),
      cachedPromptAtomicPerMtok: String(prices.cachedPromptAtomicPerMtok),
      completionAtomicPerMtok: String(prices.completionAtomicPerMtok),
      validFrom: prices.validFrom,
      validUntil: prices.validUntil,
    },
    ...(evidence !== undefined && { evidence }),
    usage: { source: sealed.usageSource },
  }
}
