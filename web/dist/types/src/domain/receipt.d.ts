import type { Address, AtomicAmount, Bytes32, Signature, UnixSeconds } from './units.js';
/** How an answer ended (`Work.status`). */
export declare const workStatus: {
    readonly complete: 0;
    readonly clientDisconnected: 1;
    readonly upstreamFailed: 2;
    readonly truncatedByBudget: 3;
};
export type WorkStatus = (typeof workStatus)[keyof typeof workStatus];
/** Evidence that a receipt carries, one bit each (`Receipt.tiers`). What each does not prove: docs/receipts.md. */
export declare const tier: {
    readonly gatewaySigned: 1;
    readonly contributorSigned: 2;
    readonly tokenCommitment: 4;
    readonly audited: 8;
    readonly teeBoundKey: 16;
    readonly zkMetered: 32;
    readonly zkInferred: 64;
    readonly clientCountersigned: 128;
};
/** What a contributor did, signed by one of its signing keys. Member order is the EIP-712 order. */
export type Work = {
    readonly jobId: Bytes32;
    /** Operator address of the gateway that asked. */
    readonly gateway: Address;
    /** Operator address of the contributor; zero when the upstream cannot sign. */
    readonly contributor: Address;
    readonly modelId: Bytes32;
    /** sha256 of the exact request bytes that the contributor received. */
    readonly inputHash: Bytes32;
    /** sha256 of the exact response bytes that the contributor sent. */
    readonly outputHash: Bytes32;
    /** keccak256 of the assistant's text in UTF-8; see attestation/content-hash.ts for tool calls and n > 1. */
    readonly contentHash: Bytes32;
    /** Last link of the stream's hash chain; zero for an answer in one piece. */
    readonly streamRoot: Bytes32;
    readonly promptTokens: number;
    readonly cachedPromptTokens: number;
    readonly completionTokens: number;
    readonly commitment: Bytes32;
    readonly startedAt: UnixSeconds;
    readonly finishedAt: UnixSeconds;
    readonly status: WorkStatus;
};
/** One answer: who did the work, what it cost, on which channel; signed by the gateway. EIP-712 order. */
export type Receipt = {
    readonly work: Work;
    /** Names the receipt and salts its digest: the 12 bytes of its request's id, and 20 random ones. */
    readonly receiptId: Bytes32;
    readonly gatewaySeq: number;
    /** The payer of the channel. */
    readonly client: Address;
    /** sha256 of the request body as the client sent it. */
    readonly requestHash: Bytes32;
    /** sha256 of the response body as the client received it, `data: [DONE]` included. */
    readonly responseHash: Bytes32;
    readonly channelId: Bytes32;
    readonly channelSeq: number;
    readonly cost: AtomicAmount;
    /** Sum of `cost` over this channel up to and including this receipt. */
    readonly cumulative: AtomicAmount;
    /** Hash of the price sheet that `cost` was computed with (domain/price-sheet.ts). */
    readonly priceHash: Bytes32;
    /** Digest of the receipt with `channelSeq` - 1; zero for the first. */
    readonly prevReceipt: Bytes32;
    readonly tiers: number;
    readonly evidenceHash: Bytes32;
    /** Until when the gateway promises to anchor this receipt, unix seconds; 0 promises nothing. */
    readonly anchorBy: UnixSeconds;
};
export type SignedWork = {
    readonly work: Work;
    readonly signature: Signature;
};
export type SignedReceipt = {
    readonly receipt: Receipt;
    readonly contributorSignature: Signature;
    readonly gatewaySignature: Signature;
};
