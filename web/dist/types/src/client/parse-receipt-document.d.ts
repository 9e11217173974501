import { type Result } from '../base/result.js';
import type { Checkpoint, SignedCheckpoint } from '../domain/checkpoint.js';
import type { Countersignature } from '../domain/countersignature.js';
import type { PriceSheet } from '../domain/price-sheet.js';
import type { Receipt, SignedReceipt, Work } from '../domain/receipt.js';
import type { Address } from '../domain/units.js';
import type { UsageSource } from '../domain/usage.js';
import { type Reader, type ShapeFault } from './object-reader.js';
/**
 * A ReceiptDocument (domain/receipt-document.ts) as values: every field there, in range and in
 * lower case.
 */
export type ParsedReceipt = SignedReceipt & {
    readonly domain: ReceiptPlace & {
        readonly name: string;
        readonly version: string;
    };
    readonly priceSheet: PriceSheet;
    /** What `evidenceHash` is the hash of, as far as it is in the document. */
    readonly evidence?: ParsedEvidence | undefined;
    readonly usage: {
        readonly source: UsageSource;
    };
    /** What the payer said of it afterwards, where it did. */
    readonly countersignature?: Countersignature | undefined;
};
/** `ReceiptEvidence` of any version. */
export type ParsedEvidence = {
    readonly checkpoints: readonly SignedCheckpoint[];
    /** Every other kind, as JSON has it: also one that this version does not know can be hashed. */
    readonly others: Readonly<Record<string, unknown>>;
};
/** The chain and the verifier contract that a receipt was signed for. */
export type ReceiptPlace = {
    readonly chainId: number;
    readonly verifyingContract: Address;
};
/** A receipt has 3 KB; what is many times larger is something else. */
export declare const receiptDocumentBytesMax: number;
export declare const workReader: Reader<Work>;
export declare const receiptReader: Reader<Receipt>;
export declare const priceSheetReader: Reader<PriceSheet>;
export declare const checkpointReader: Reader<Checkpoint>;
export declare const domainReader: Reader<ParsedReceipt['domain']>;
/** The whole document, or every fault in it. `bytes` is what `GET /v1/receipts/{id}` answered. */
export declare function parseReceiptDocument(bytes: Uint8Array): Result<ParsedReceipt, readonly ShapeFault[]>;
/** The same from JSON that was parsed, and looked through for repeated keys, by the caller. */
export declare function readReceiptDocument(value: unknown): Result<ParsedReceipt, readonly ShapeFault[]>;
