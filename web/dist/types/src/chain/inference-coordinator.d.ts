import type { Hex } from '../base/hex.js';
import { type Result } from '../base/result.js';
import type { ContractAsk, JobTerms, Rhythm } from '../domain/contract-job.js';
import { type Address, type Bytes32, type UnixSeconds } from '../domain/units.js';
import { type ChainFailure } from './chain-failure.js';
import { type Contract, type ContractCall } from './contracts.js';
import type { JsonRpc } from './json-rpc.js';
export declare const inferenceCoordinatorAt: (place: Address) => Contract;
/** Takes `escrowOf(terms)` from the sender by allowance. */
export declare const requestCall: (coordinator: Address, terms: JobTerms, input: Hex) => ContractCall;
export declare const requestPrivateCall: (coordinator: Address, terms: JobTerms, inputHash: Bytes32) => ContractCall;
/** One or several answers that say the same. */
export type JobAnswers = {
    readonly content: Hex;
    /** Of each answer `abi.encode(Receipt, bytes contributorSignature, bytes gatewaySignature)`. */
    readonly packed: readonly Hex[];
    /** With tier 64, what TierEvidence takes; else `0x`. */
    readonly proof: Hex;
};
export declare const fulfillCall: ({ coordinator, jobId, terms }: Pick<ContractAsk, 'coordinator' | 'jobId' | 'terms'>, { content, packed, proof }: JobAnswers) => ContractCall;
export declare const retryCallbackCall: (coordinator: Address, jobId: Bytes32, content: Hex) => ContractCall;
export declare const expireCall: ({ coordinator, jobId, terms, }: Pick<ContractAsk, 'coordinator' | 'jobId' | 'terms'>) => ContractCall;
/** Pays out everything that is booked for the sender. */
export declare const withdrawCall: (coordinator: Address, to: Address) => ContractCall;
/** An empty input means a dynamic schedule: each run asks the sender for its own. */
export declare const scheduleCall: (coordinator: Address, plan: {
    readonly terms: JobTerms;
    readonly input: Hex;
    readonly rhythm: Rhythm;
    readonly budget: bigint;
}) => ContractCall;
/** `input` is the schedule's, and empty where it is dynamic. */
export declare const pokeCall: (coordinator: Address, run: {
    readonly scheduleId: Bytes32;
    readonly terms: JobTerms;
    readonly input: Hex;
}) => ContractCall;
export declare const cancelScheduleCall: (coordinator: Address, scheduleId: Bytes32) => ContractCall;
/** By their numbers in JobBook.sol; `none`: there is no such job. */
declare const jobStates: readonly ['none', 'open', 'delivered', 'failed', 'expired'];
export type CoordinatorJob = {
    readonly state: (typeof jobStates)[number];
    readonly consumer: Address;
    readonly deadlineS: UnixSeconds;
    /** Answers that are in, agreeing or not. Those that completed the job are among them. */
    readonly answers: number;
    /** The consumer was called, and did not take the answer. */
    readonly isCallbackPending: boolean;
    readonly acceptedBy: Address | undefined;
    readonly inputHash: Bytes32;
    /** Undefined until the job is delivered. */
    readonly delivered: {
        readonly contentHash: Bytes32;
        readonly receiptDigest: Bytes32;
    } | undefined;
};
export declare function readJob(rpc: JsonRpc, coordinator: Address, jobId: Bytes32): Promise<Result<CoordinatorJob, ChainFailure>>;
export type CoordinatorSchedule = {
    readonly consumer: Address;
    readonly rhythm: Rhythm;
    /** From 1; zero: none was run. */
    readonly lastInterval: number;
    readonly runs: number;
    readonly budget: bigint;
    /** Undefined: dynamic. */
    readonly inputHash: Bytes32 | undefined;
};
/** Undefined: there is none, or it was cancelled. */
export declare function readSchedule(rpc: JsonRpc, coordinator: Address, scheduleId: Bytes32): Promise<Result<CoordinatorSchedule | undefined, ChainFailure>>;
/** From a decoded tuple. */
export declare function rhythmOf(tuple: unknown): Rhythm;
/** Which interval runs at the newest block, from 1; zero: the schedule has not started. */
export declare function readInterval(rpc: JsonRpc, coordinator: Address, scheduleId: Bytes32): Promise<Result<number, ChainFailure>>;
/** Whether an answer that is delivered now would be paid under these terms: what a contributor asks its own node. */
export declare function readIsPayable(rpc: JsonRpc, ask: Pick<ContractAsk, 'coordinator' | 'jobId' | 'terms' | 'inputHash'>): Promise<Result<boolean, ChainFailure>>;
/** What is booked for an account and not yet withdrawn, in atomic units of the coordinator's asset. */
export declare function readBooked(rpc: JsonRpc, coordinator: Address, account: Address): Promise<Result<bigint, ChainFailure>>;
/** What a coordinator was deployed with. */
export type CoordinatorParts = {
    readonly asset: Address;
    readonly verifier: Address;
    readonly contributors: Address;
    readonly tierEvidence: Address;
    readonly offers: Address;
};
export declare function readCoordinatorParts(rpc: JsonRpc, coordinator: Address): Promise<Result<CoordinatorParts, ChainFailure>>;
export {};
