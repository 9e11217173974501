import type { ChainFailure } from '../chain/chain-failure.js';
import type { JobDelivered, JobProgress } from './job-progress.js';
import { type Eip1193Provider } from './provider-rpc.js';
export type FollowJobOptions = {
    /** A node of the chain, or a provider of one: one of the two. */
    readonly rpcUrl?: string | undefined;
    readonly provider?: Eip1193Provider | undefined;
    /** The InferenceCoordinator that was asked. */
    readonly coordinator: string;
    readonly jobId: string;
    /** Ends the following: whoever waits gets the signal's reason thrown. */
    readonly signal?: AbortSignal | undefined;
    /** The block of the request, or one before it. Without it the request is looked for, which takes more questions. */
    readonly fromBlock?: number | undefined;
    /** Blocks on top of an event's own before it is told: then no reorganisation takes back what was told. Default 0. */
    readonly confirmations?: number | undefined;
    /** Between two looks. Milliseconds; default 1,000. */
    readonly pollMs?: number | undefined;
};
/** A job that ended without an answer. */
export declare class JobUnanswered extends Error {
    readonly name = "JobUnanswered";
    readonly last: Extract<JobProgress, {
        state: 'failed' | 'expired';
    }>;
    constructor(last: JobUnanswered['last']);
}
/** The chain could not be asked, several times in a row. */
export declare class JobUnseen extends Error {
    readonly name = "JobUnseen";
    constructor(failure: ChainFailure);
}
/**
 * Every state that a job comes into, as it comes, those that it has already come through first. Ends after `called_back`,
 * `failed` and `expired`, and after `delivered` where nobody is to be called back. After `callback_failed` it goes on, since
 * anybody may call the contract again: leave the loop, or abort the signal.
 *
 * A job that no block has yet is waited for. Throws `JobUnseen` where the chain cannot be asked, `JobContradiction` where the
 * node's log does not belong to its state, a TypeError for options that cannot be used, and the signal's reason.
 */
export declare function followJob(options: FollowJobOptions): AsyncGenerator<JobProgress, void, undefined>;
/**
 * The delivered answer, whose content is of the hash that the coordinator agreed on. Throws `JobUnanswered` where there will be
 * none, and what `followJob` throws. Resolves before the callback is looked at: whether the contract took the answer is its
 * own affair, and `followJob` tells it.
 */
export declare function waitForAnswer(options: FollowJobOptions): Promise<JobDelivered>;
