import { type Result } from '../base/result.js';
import { type Address, type Bytes32, type UnixSeconds } from '../domain/units.js';
import { type ChainFailure } from './chain-failure.js';
import type { JsonRpc } from './json-rpc.js';
/** Where a job is kept, and which it is. */
export type JobId = {
    readonly coordinator: Address;
    readonly jobId: Bytes32;
};
export type JobLogEntry = {
    readonly event: string;
    /** By their names in the ABI, as ethers decodes them. */
    readonly args: Readonly<Record<string, unknown>>;
    readonly blockNumber: number;
    readonly transactionHash: Bytes32;
};
export declare function readJobLog(rpc: JsonRpc, job: JobId, blocks: {
    readonly from: number;
    readonly to: number;
}): Promise<Result<readonly JobLogEntry[], ChainFailure>>;
/** Zero hashes until the job is delivered. */
export type AgreedAnswer = {
    readonly contentHash: Bytes32;
    readonly receiptDigest: Bytes32;
};
/** What a coordinator's state says of a job. */
export type JobState = AgreedAnswer & {
    readonly state: (typeof stateNames)[number];
    readonly deadlineS: UnixSeconds;
    /** The consumer was called, and did not take the answer. */
    readonly isCallbackPending: boolean;
};
/** By their numbers in InferenceJobs. */
declare const stateNames: readonly ['none', 'open', 'delivered', 'failed', 'expired'];
export declare function readJobState(rpc: JsonRpc, { coordinator, jobId }: JobId): Promise<Result<JobState, ChainFailure>>;
/** The ids of the jobs that one transaction opened at a coordinator, by the logs of its receipt. */
export declare function requestedJobs(logs: readonly {
    readonly address: string;
    readonly topics: readonly string[];
}[], coordinator: Address): Promise<readonly Bytes32[]>;
export {};
