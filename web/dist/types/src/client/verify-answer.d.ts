import type { JsonRpc } from '../chain/json-rpc.js';
import type { PriceSheet } from '../domain/price-sheet.js';
import { type Bytes32 } from '../domain/units.js';
import { type AnswerEnd } from './check-ending.js';
import { type CheckLine } from './check-line.js';
import { type ParsedReceipt } from './parse-receipt-document.js';
import type { PolicyTerms } from './verification-policy.js';
/** What is known of one answer. */
export type AnswerReport = {
    /** Whether nothing speaks against the answer. */
    readonly verified: boolean;
    /** What was looked at, in the order of docs/receipts.md. */
    readonly lines: readonly CheckLine[];
    /** The lines that fail, and those that are unknown and were not tolerated. */
    readonly against: readonly CheckLine[];
    /** As the answer's header names it. */
    readonly receiptId: Bytes32 | undefined;
    /** Undefined where none came, or it is none. Its signatures are worth what `lines` say. */
    readonly receipt: ParsedReceipt | undefined;
    readonly url: string;
};
export type AskedAnswer = {
    readonly url: string;
    readonly receiptId: Bytes32;
    /** The document that the gateway gave for it. */
    readonly document: Uint8Array;
    readonly request: Uint8Array | undefined;
    /** Every byte that came; undefined of an answer that was left. */
    readonly response: Uint8Array | undefined;
    readonly end: AnswerEnd;
    readonly sentAtMs: number;
};
export type AnswerTerms = {
    readonly policy: PolicyTerms;
    readonly rpc: JsonRpc | undefined;
    /** The sheets that were agreed to, or one sentence why they are not known; undefined where any will do. */
    readonly agreed: readonly PriceSheet[] | string | undefined;
    /** Holds the receipt to the others of its channel. */
    readonly continuity: (parsed: ParsedReceipt, digest: Bytes32) => CheckLine;
    readonly nowMs: number;
};
export declare function verifyAnswer(asked: AskedAnswer, terms: AnswerTerms): Promise<AnswerReport>;
/** An answer without a receipt that could be looked at. */
export declare const reportWithoutReceipt: (answer: {
    readonly url: string;
    readonly receiptId: Bytes32 | undefined;
}, policy: PolicyTerms, detail: string) => AnswerReport;
