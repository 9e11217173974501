import { type Result } from '../base/result.js';
import { type ChainFailure } from './chain-failure.js';
export type JsonRpc = {
    /** Scheme, host and port, for messages. */
    readonly origin: string;
    /** The node's `result`, not yet looked at; null is a result. */
    readonly call: (method: string, params: readonly unknown[]) => Promise<Result<unknown, ChainFailure>>;
};
export declare function jsonRpc(url: string, timeoutMs?: number): JsonRpc;
