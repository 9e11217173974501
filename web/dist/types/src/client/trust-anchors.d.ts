import { type Result } from '../base/result.js';
import { type Address } from '../domain/units.js';
import { type ShapeFault } from './object-reader.js';
import type { ReceiptPlace } from './parse-receipt-document.js';
/** A signing key that the person who verifies knows from elsewhere than the receipt. */
export type KnownKey = {
    /** Whose key it is; undefined where it was given without saying so. */
    readonly operator: Address | undefined;
    readonly key: Address;
};
/**
 * What the person who verifies already trusts. A receipt names its own chain, contract, operators
 * and keys: without an anchor from elsewhere, whoever forges all of them together would pass.
 */
export type TrustAnchors = {
    /** Judges proofs of models (tier 64); default: the one that the receipt's own verifier leads to. */
    readonly modelProofs?: Address | undefined;
    readonly receiptVerifier: ReceiptPlace | undefined;
    readonly gatewayKeys: readonly KnownKey[];
    readonly contributorKeys: readonly KnownKey[];
    /** Accounts whose verdicts count; undefined: nobody's. */
    readonly auditors?: readonly Address[] | undefined;
    /** The contract that holds the channels, to look one up. */
    readonly channelSettlement: Address;
};
export declare const noTrustAnchors: TrustAnchors;
/**
 * Reads a trust file (docs/receipts.md). Every field is required: a half-filled file would trust by
 * omission.
 */
export declare function parseTrustFile(text: string): Result<TrustAnchors, readonly ShapeFault[]>;
/**
 * The text of a trust file, for whoever deploys a gateway and wants its users to be able to pin it.
 */
export declare function formatTrustFile(anchors: TrustAnchors & {
    readonly receiptVerifier: ReceiptPlace;
}): string;
