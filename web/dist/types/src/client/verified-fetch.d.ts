import type { Bytes32 } from '../domain/units.js';
import { type FetchClock } from './fetch-receipt.js';
import { type VerificationPolicy } from './verification-policy.js';
import { type AnswerReport } from './verify-answer.js';
export type VerifiedFetchOptions = {
    readonly policy: VerificationPolicy;
    /**
     * Called for every answer before its end is handed on, and for answers that were left, once their receipt is known: whoever
     * pays with vouchers signs the next one only after a report that is verified. What it throws, the reader gets.
     */
    readonly onReceipt?: (report: AnswerReport) => void | Promise<void>;
    /** `throw` (default): the reader gets a VerificationError instead of the end. `report`: `onReceipt` alone is told. */
    readonly onUnverified?: 'throw' | 'report';
    /** Asks the gateway; default: the global fetch. One that pays, such as x402's, goes here. */
    readonly fetch?: typeof fetch;
    /** Fetches receipts and terms; default: the global fetch. */
    readonly receiptFetch?: typeof fetch;
    /**
     * Headers that show the payer, for a receipt that does not come with its answer; default: those of the request that tell its
     * key. A payer without a key gives its signed `Authorization` here.
     */
    readonly receiptHeaders?: (receiptId: Bytes32) => Headers | Promise<Headers>;
    /** Until when a receipt must be there. Milliseconds; default 10,000. */
    readonly receiptTimeoutMs?: number;
    readonly clock?: FetchClock;
};
/** One request. Receipts of several are held to each other only by one `createVerifiedFetch`. */
export declare function verifiedFetch(input: Parameters<typeof fetch>[0], init: RequestInit | undefined, options: VerifiedFetchOptions): Promise<Response>;
/**
 * A fetch for the `fetch` option of API clients. GET, HEAD and OPTIONS pass unchanged, as nothing is charged for them, and so
 * do answers that are errors by their status. Every other answer needs a receipt that holds.
 *
 * Throws a TypeError for a policy that cannot be used.
 */
export declare function createVerifiedFetch(options: VerifiedFetchOptions): typeof fetch;
