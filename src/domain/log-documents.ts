/*
 * What is served of the transparency log, in JSON; docs/transparency.md describes every member.
 */
import type { LogHead } from './log-head.ts'
import type { Address, Bytes32, Signature, UnixSeconds } from './units.ts'

export type LogDomain = {
  readonly name: string
  readonly version: string
  readonly chainId: number
  /** The ReceiptVerifier: heads are signed in the domain of receipts. */
  readonly verifyingContract: Address
}

/** The transaction that put a batch's root on the chain. */
export type LogAnchor = {
  /** The ReceiptAnchor. */
  readonly contract: Address
  /** The account that anchors: the contract keeps a fold for each. */
  readonly sender: Address
  readonly transactionHash: Bytes32
  readonly blockNumber: number
  /** When the chain first had the root. */
  readonly anchoredAt: UnixSeconds
}

/** `GET /v1/transparency/batches/{n}`. */
export type LogHeadDocument = {
  readonly object: 'vouch.log_head'
  readonly head: LogHead
  readonly signature: Signature
  readonly domain: LogDomain
  /** Null until a block has it. */
  readonly anchor: LogAnchor | null
}

/** `GET /v1/transparency/head`. */
export type TransparencyLogDocument = {
  readonly object: 'vouch.transparency_log'
  readonly gateway: Address
  readonly domain: LogDomain
  readonly receiptAnchor: Address
  readonly sender: Address
  /** Closed and signed so far; the newest is `head`. */
  readonly batches: number
  readonly anchoredBatches: number
  /** From when a receipt is issued until it is anchored, at most. */
  readonly promiseS: number
  /** False while receipts are issued without a promise (`anchorBy` 0). */
  readonly isPromising: boolean
  readonly head: LogHeadDocument | null
}

/** `GET /v1/receipts/{id}/proof`, `GET /v1/transparency/proof?digest=`. */
export type InclusionProofDocument = {
  readonly object: 'vouch.inclusion_proof'
  /** EIP-712 digest of the receipt. */
  readonly digest: Bytes32
  readonly gatewaySeq: number
  /** Place in the batch, from 0. */
  readonly index: number
  /** From the leaf's up to the root's children. */
  readonly siblings: readonly Bytes32[]
  readonly log: LogHeadDocument
}

/** `GET /v1/transparency/consistency?from&to`: the fold of one head leads to the other over these. */
export type ConsistencyDocument = {
  readonly object: 'vouch.consistency_proof'
  readonly from: LogHeadDocument
  readonly to: LogHeadDocument
  /** The batches after `from`, up to `to`. */
  readonly batches: readonly {
    readonly batch: number
    readonly root: Bytes32
    readonly count: number
  }[]
}
