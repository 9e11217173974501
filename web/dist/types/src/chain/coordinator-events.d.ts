import type { Hex } from '../base/hex.js';
import { type Result } from '../base/result.js';
import type { ContractAsk, JobTerms, Rhythm } from '../domain/contract-job.js';
import { type Address, type Bytes32, type UnixSeconds } from '../domain/units.js';
import { type ChainFailure } from './chain-failure.js';
import type { JsonRpc } from './json-rpc.js';
/** A job as its request's event tells it. */
export type RequestedJob = Pick<ContractAsk, 'jobId' | 'consumer' | 'terms' | 'inputHash'> & {
    readonly deadlineS: UnixSeconds;
    /** Undefined: the input is private, and whoever asked gives it to the gateway. */
    readonly input: Hex | undefined;
};
type JobEnd = {
    readonly jobId: Bytes32;
};
/** What each event says. */
type EventMembers = {
    readonly JobRequested: RequestedJob;
    readonly JobDelivered: {
        readonly jobId: Bytes32;
        readonly contentHash: Bytes32;
        /** Got the delivery fee. */
        readonly gateway: Address;
        readonly content: Hex;
    };
    readonly AnswerAdded: {
        readonly jobId: Bytes32;
        readonly contributor: Address;
        readonly contentHash: Bytes32;
        readonly receiptDigest: Bytes32;
        /** Atomic units; booked when the job is delivered with this content. */
        readonly fee: bigint;
    };
    readonly JobAccepted: {
        readonly jobId: Bytes32;
        readonly contributor: Address;
    };
    readonly JobFailed: JobEnd;
    readonly JobExpired: JobEnd;
    readonly CallbackSucceeded: JobEnd;
    readonly CallbackFailed: JobEnd;
    readonly ScheduleCreated: {
        readonly scheduleId: Bytes32;
        readonly consumer: Address;
        readonly terms: JobTerms;
        readonly rhythm: Rhythm;
        readonly budget: bigint;
        /** Undefined: dynamic, each run asks the consumer. */
        readonly input: Hex | undefined;
    };
    readonly ScheduleRun: {
        readonly scheduleId: Bytes32;
        readonly interval: number;
        readonly jobId: Bytes32;
    };
    readonly ScheduleCancelled: {
        readonly scheduleId: Bytes32;
        readonly returned: bigint;
    };
};
type EventKind = keyof EventMembers;
export type CoordinatorEvent = {
    readonly [Kind in EventKind]: {
        readonly kind: Kind;
    } & EventMembers[Kind];
}[EventKind];
/** Where an event stands. */
export type EventPlace = {
    readonly blockNumber: number;
    readonly blockHash: Bytes32;
    readonly transactionHash: Bytes32;
};
export type PlacedEvent = EventPlace & {
    readonly event: CoordinatorEvent;
};
/** keccak256 of each event's signature: `AnswerAdded(bytes32,…)`. For filters and watchers. */
export declare function coordinatorTopics(wanted?: readonly EventKind[]): Promise<readonly Bytes32[]>;
/** A log as `eth_getLogs` and the receipts of transactions have it. */
export type CoordinatorLog = {
    readonly topics: readonly string[];
    readonly data: string;
};
/** Undefined for an event that this version does not know, and for one that it does not follow (withdrawals). */
export declare function decodeCoordinatorLog(log: CoordinatorLog): Promise<CoordinatorEvent | undefined>;
/** In their order, both ends of the range included. Of some kinds, or of one job, alone where that is named. */
export declare function readCoordinatorEvents(rpc: JsonRpc, coordinator: Address, range: {
    readonly from: number;
    readonly to: number | 'latest';
    readonly kinds?: readonly EventKind[];
    /** The topic of its events' first indexed member: not of kinds of schedules. */
    readonly jobId?: Bytes32;
}): Promise<Result<readonly PlacedEvent[], ChainFailure>>;
/** Whether an answer of the contributor was booked for the job: at once for one that completed it, or on the way to agreement. */
export declare function readHasAnswered(rpc: JsonRpc, answer: {
    readonly coordinator: Address;
    readonly jobId: Bytes32;
    readonly contributor: Address;
    /** A block before the answer; nodes of others refuse long ranges. */
    readonly fromBlock?: number;
}): Promise<Result<boolean, ChainFailure>>;
export {};
