import type { Address, AtomicAmount, Bytes32, Signature, UnixSeconds } from './units.ts'

/** How an answer ended (`Work.status`). */
export const workStatus = {
  complete: 0,
  clientDisconnected: 1,
  upstreamFailed: 2,
  truncatedByBudget: 3,
} as const
export type WorkStatus = (typeof workStatus)[keyof typeof workStatus]

/** Evidence that a receipt carries, one bit each (`Receipt.tiers`). What each does not prove: docs/receipts.md. */
export const tier = {
  gatewaySigned: 1,
  contributorSigned: 2,
  tokenCommitment: 4,
  audited: 8,
  teeBoundKey: 16,
  zkMetered: 32,
  zkInferred: 64,
  clientCountersigned: 128,
} as const

/** What a contributor did, signed by one of its signing keys. Member order is the EIP-712 order. */
export type Work = {
  readonly jobId: Bytes32
  /** Operator address of the gateway that asked. */
  readonly gateway: Address
  /** Operator address of the contributor; zero when the upstream cannot sign. */
  readonly contributor: Address
  readonly modelId: Bytes32
  /** sha256 of the exact request bytes that the contributor received. */
  readonly inputHash: Bytes32
  /** sha256 of the exact response bytes that the contributor sent. */
  readonly outputHash: Bytes32
  /** keccak256 of the assistant's text in UTF-8; see attestation/content-hash.ts for tool calls and n > 1. */
  readonly contentHash: Bytes32
  /** Last link of the stream's hash chain; zero for an answer in one piece. */
  readonly streamRoot: Bytes32
  readonly promptTokens: number
  readonly cachedPromptTokens: number
  readonly completionTokens: number
  readonly commitment: Bytes32
  readonly startedAt: UnixSeconds
  readonly finishedAt: UnixSeconds
  readonly status: WorkStatus
}

/** One answer: who did the work, what it cost, on which channel; signed by the gateway. EIP-712 order. */
export type Receipt = {
  readonly work: Work
  /** Names the receipt and salts its digest: the 12 bytes of its request's id, and 20 random ones. */
  readonly receiptId: Bytes32
  readonly gatewaySeq: number
  /** The payer of the channel. */
  readonly client: Address
  /** sha256 of the request body as the client sent it. */
  readonly requestHash: Bytes32
  /** sha256 of the response body as the client received it, `data: [DONE]` included. */
  readonly responseHash: Bytes32
  readonly channelId: Bytes32
  readonly channelSeq: number
  readonly cost: AtomicAmount
  /** Sum of `cost` over this channel up to and including this receipt. */
  readonly cumulative: AtomicAmount
  /** Hash of the price sheet that `cost` was computed with (domain/price-sheet.ts). */
  readonly priceHash: Bytes32
  /** Digest of the receipt with `channelSeq` - 1; zero for the first. */
  readonly prevReceipt: Bytes32
  readonly tiers: number
  readonly evidenceHash: Bytes32
  /** Until when the gateway promises to anchor this receipt, unix seconds; 0 promises nothing. */
  readonly anchorBy: UnixSeconds
}

export type SignedWork = { readonly work: Work; readonly signature: Signature }

export type SignedReceipt = {
  readonly receipt: Receipt
  readonly contributorSignature: Signature
  readonly gatewaySignature: Signature
}
