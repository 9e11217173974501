import type { AnswerReport } from './verify-answer.js';
/**
 * An answer that was not verified. It comes where the reader would have seen the answer's end, not from the call of fetch:
 * clients ask again, and pay again, when fetch itself rejects.
 */
export declare class VerificationError extends Error {
    readonly name = "VerificationError";
    /** Every line that was looked at, and the receipt as far as there is one. */
    readonly report: AnswerReport;
    constructor(report: AnswerReport);
}
