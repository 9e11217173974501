import { type Result } from '../base/result.js';
import type { Bytes32 } from '../domain/units.js';
/** Time as verifiedFetch needs it, so that tests can give their own. */
export type FetchClock = {
    readonly nowMs: () => number;
    readonly wait: (ms: number) => Promise<void>;
    /** Aborts after so long. */
    readonly signalAfter: (ms: number) => AbortSignal;
};
export declare const systemClock: FetchClock;
export type ReceiptSource = {
    readonly fetch: typeof fetch;
    /** Base URL of the API, with its `/v1` and without a slash at the end. */
    readonly api: string;
    /** What shows that the receipt is the caller's. */
    readonly headers: () => Headers | Promise<Headers>;
    readonly timeoutMs: number;
    readonly clock: FetchClock;
};
/** The document's bytes; the error is one sentence for a person. Asks again until `timeoutMs` are over. */
export declare function fetchReceipt(source: ReceiptSource, receiptId: Bytes32): Promise<Result<Uint8Array, string>>;
