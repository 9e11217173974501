/**
 * What is looked at, in the order of docs/receipts.md. Names are part of `vouch verify --json` and
 * never change.
 */
export declare const checkNames: readonly ['receipt', 'shape', 'domain', 'gateway-signature', 'contributor-signature', 'gateway-key', 'contributor-key', 'tiers', 'evidence', 'evidence-hash', 'token-commitment', 'audit', 'tee-key', 'proof', 'proof-statement', 'proof-key', 'proof-setup', 'countersignature', 'checkpoint', 'checkpoint-key', 'checkpoint-stream', 'times', 'usage', 'sequence', 'price-sheet', 'cost', 'content', 'request', 'response', 'answer-in-response', 'stream', 'rewriting', 'policy-verifier', 'policy-gateway', 'policy-model', 'policy-tiers', 'policy-age', 'policy-channel', 'policy-price', 'policy-anchoring', 'ending', 'continuity', 'keyset', 'inclusion', 'inclusion-anchored', 'chain', 'verifier-contract', 'verify-call', 'verify-content-call', 'gateway-registration', 'contributor-registration', 'price-sheet-published', 'receipt-status', 'channel'];
export type CheckName = (typeof checkNames)[number];
/**
 * `unknown`: it was not checked, and `detail` says what is missing. Never a polite word for
 * `holds`.
 */
type Verdict = 'holds' | 'fails' | 'unknown';
export type CheckLine = {
    readonly check: CheckName;
    readonly verdict: Verdict;
    /** One sentence for a person, with the evidence. */
    readonly detail: string;
};
export declare const holds: (check: CheckName, detail: string) => CheckLine;
export declare const fails: (check: CheckName, detail: string) => CheckLine;
export declare const unknown: (check: CheckName, detail: string) => CheckLine;
/**
 * `unproven`: nothing is wrong, but something without which the rest means nothing was not checked.
 */
export type Conclusion = 'holds' | 'fails' | 'unproven';
/** Whether a line stands between this receipt and `holds`. */
export declare const isDecisive: (line: CheckLine) => boolean;
/** The verdict over all lines. No line at all proves nothing. */
export declare function conclude(lines: readonly CheckLine[]): Conclusion;
/**
 * Lines from offline and from a chain as one list with one line for each check, in their order. Of
 * two answers a failure counts before anything else, and whatever was found out before `unknown`.
 */
export declare function joinLines(offline: readonly CheckLine[], onChain: readonly CheckLine[]): readonly CheckLine[];
export {};
