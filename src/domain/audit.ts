import type { ReceiptDocument } from './receipt-document.ts'
import type { Address, Bytes32, Signature, UnixSeconds } from './units.ts'

/*
 * Audits: which receipts of an anchored batch must be opened follows from the batch and from a later block (chain/
 * sample-indices.ts), an auditor computes the opened ones again, and says over a window of them what it found.
 */

/** Blocks between the one that anchored a batch and the one whose randomness chooses from it. */
export const auditDelayBlocks = 2

/** A batch of the log as far as an audit needs it. The receipt at `index` has the gatewaySeq `firstSeq + index`. */
export type AuditBatch = {
  /** Number of the batch in the log, from 0. */
  readonly batch: number
  readonly root: Bytes32
  /** Receipts in it. */
  readonly count: number
  readonly firstSeq: number
  /** Block that has the anchoring transaction; undefined until one does. */
  readonly anchoredBlock: number | undefined
}

/** Why a chosen receipt comes without its bodies. */
export type UnopenedReason =
  /** Its caller did not agree that they are kept. */
  | 'no_consent'
  /** No contributor signed it, so that nobody could be held to what was found. */
  | 'not_signed'
  /** Its caller agreed, and the gateway has nothing: it crashed, had no room, or says so falsely. */
  | 'not_kept'
  /** They were kept, and are past the time that the gateway promised. */
  | 'expired'

type Chosen = {
  /** Position in the batch, from 0. */
  readonly index: number
  readonly gatewaySeq: number
  /** The receipt's digest: what the log has at this position. */
  readonly digest: Bytes32
}

/** A chosen receipt with everything that was signed for, as bytes. */
type OpenedSample = Chosen & {
  readonly opened: true
  /** Has the contributor's signature beside it; `digest` is its digest. */
  readonly receipt: ReceiptDocument
  /** The request's body as the contributor got it: sha256 of it is `work.inputHash`. */
  readonly requestBody: Buffer
  /** The response's body as the contributor sent it: sha256 of it is `work.outputHash`. */
  readonly responseBody: Buffer
  /** JSON of what opens `work.commitment`, as the contributor gave it; undefined where the bodies alone open it. */
  readonly commitmentOpening: string | undefined
}

type UnopenedSample = Chosen & { readonly opened: false; readonly reason: UnopenedReason }

export type AuditSample = OpenedSample | UnopenedSample

/** How answers were judged (`AuditVerdict.method`). */
export const auditMethod = {
  /** Computed again on the same engine: one other byte is a mismatch. */
  bitForBit: 1,
  /** Share of tokens that a reference would have chosen too, over the window. */
  tokenStatistics: 2,
} as const
export type AuditMethod = (typeof auditMethod)[keyof typeof auditMethod]

/** What of a contributor's work for one gateway was looked at: by `gatewaySeq`, both ends included. */
export type AuditWindow = {
  readonly contributor: Address
  readonly modelId: Bytes32
  readonly firstSeq: number
  readonly lastSeq: number
}

/** What an auditor found, signed by it. Member order is the EIP-712 order (chain/audit-typed-data.ts). */
export type AuditVerdict = {
  /** Operator address of the gateway whose log was audited. */
  readonly gateway: Address
  readonly auditor: Address
  /** Operator address of the contributor. */
  readonly contributor: Address
  readonly modelId: Bytes32
  readonly firstSeq: number
  readonly lastSeq: number
  /** Answers that were judged: opened samples and the auditor's own canaries. */
  readonly samples: number
  /** Of those, the auditor's own requests. */
  readonly canaries: number
  /** Chosen receipts that could not be judged, because the gateway opened nothing. */
  readonly unopened: number
  /** Completion tokens that were compared. */
  readonly tokens: number
  /** Of those, the ones that agree with the reference. */
  readonly matchedTokens: number
  /** The statistic that was held against the threshold, in millionths; docs/audit-statistics.md says which. */
  readonly scorePpm: number
  readonly method: AuditMethod
  readonly passed: boolean
  /** keccak256 of the auditor's whole report, which it keeps; zero where there is none. */
  readonly reportHash: Bytes32
  readonly issuedAt: UnixSeconds
}

export type SignedVerdict = { readonly verdict: AuditVerdict; readonly signature: Signature }

/** An auditor's question for samples. It shows who asks. */
export type AuditQuery = {
  /** Operator of the gateway that is asked: no other can pass the question on. */
  readonly gateway: Address
  readonly auditor: Address
  /** A few minutes ahead: no standing permit. */
  readonly validUntil: UnixSeconds
}
