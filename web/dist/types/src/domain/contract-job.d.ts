import type { Address, Bytes32, UnixSeconds } from './units.js';
/** What a contract asks for and what it pays, as InferenceCoordinator takes it. Amounts are atomic units of the coordinator's asset. */
export type JobTerms = {
    readonly modelId: Bytes32;
    /** Zero: any gateway. */
    readonly gateway: Address;
    readonly minTiers: number;
    readonly promptAtomicPerMtok: bigint;
    readonly completionAtomicPerMtok: bigint;
    /** Of one answer, to its contributor. */
    readonly maxFee: bigint;
    /** Once for the job, to the gateway of the receipt that completes it. */
    readonly deliveryFee: bigint;
    readonly deliveryTime: number;
    readonly callbackGas: number;
    readonly agreement: number;
    readonly answersMax: number;
};
/** A question that a contract asked. */
export type ContractAsk = {
    readonly chainId: number;
    readonly coordinator: Address;
    readonly jobId: Bytes32;
    readonly consumer: Address;
    readonly terms: JobTerms;
    readonly inputHash: Bytes32;
    readonly deadlineS: UnixSeconds;
};
/** On what terms a gateway takes jobs for one model, as JobOffers has it. Amounts are atomic units of the coordinator's asset. */
export type JobOffer = {
    /** Bit mask of the tiers that it can give; zero: the model is not offered. */
    readonly tiers: number;
    /** For a million tokens, at least. */
    readonly promptAtomicPerMtok: bigint;
    readonly completionAtomicPerMtok: bigint;
    /** For a delivery without callback and proof. */
    readonly deliveryFee: bigint;
    /** For each million of callback gas, on top. */
    readonly callbackFeePerMgas: bigint;
    /** For a proof of inference (tier 64), on top. */
    readonly proofFee: bigint;
    readonly callbackGasMax: number;
    /** Seconds. */
    readonly deliveryTimeMin: number;
    readonly answersMax: number;
};
/** When a schedule runs. */
export type Rhythm = {
    readonly startsAt: UnixSeconds;
    /** Seconds. */
    readonly period: number;
    readonly runsMax: number;
};
/** What a job costs at most, and what its consumer pays in. */
export declare const escrowOf: (terms: JobTerms) => bigint;
