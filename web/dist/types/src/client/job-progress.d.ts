import type { Address, AtomicAmount, Bytes32, UnixSeconds } from '../domain/units.js';
/** The transaction by which a job came into a state. */
export type JobPlace = {
    readonly blockNumber: number;
    readonly transactionHash: Bytes32;
};
/** In the order in which they come; of `answered` there are as many as contributors answered. */
export type JobProgress = JobRequested | JobAnswered | JobDelivered
/** The contract took the answer. The last state. */
 | ({
    readonly state: 'called_back';
} & JobPlace)
/** The contract refused the answer or ran out of gas; anybody may call it again. */
 | ({
    readonly state: 'callback_failed';
} & JobPlace)
/** All answers were used up without agreement, and the money is booked back. The last state. */
 | ({
    readonly state: 'failed';
} & JobPlace) | JobExpired;
export type JobRequested = JobPlace & {
    readonly state: 'requested';
    readonly consumer: Address;
    readonly modelId: Bytes32;
    /** Operator of the gateway that must vouch for the answer; the zero address: any. */
    readonly gateway: Address;
    /** sha256 of the engine's bytes. */
    readonly inputHash: Bytes32;
    /** The engine's bytes; undefined where the input is private. */
    readonly input: Uint8Array | undefined;
    /** From then on nobody is paid. By the chain's clock. */
    readonly deadlineS: UnixSeconds;
    /** Different contributors that must give the same answer. */
    readonly agreement: number;
    /** Zero: nobody is called back. */
    readonly callbackGas: number;
};
export type JobAnswered = JobPlace & {
    readonly state: 'answered';
    readonly contributor: Address;
    readonly contentHash: Bytes32;
    readonly receiptDigest: Bytes32;
    /** What the contributor gets if this answer is agreed on. */
    readonly fee: AtomicAmount;
};
export type JobDelivered = JobPlace & {
    readonly state: 'delivered';
    /** Of the receipt that completed the job: the delivery fee is its. */
    readonly gateway: Address;
    /** Text in UTF-8, or a tensor as `decodeTensor` reads it. Its keccak256 is `contentHash`. */
    readonly content: Uint8Array;
    /** What the coordinator agreed on, as its state has it. */
    readonly contentHash: Bytes32;
    /** The EIP-712 digest of the receipt that completed the job. */
    readonly receiptDigest: Bytes32;
};
/** Nobody delivered in time. The last state. */
export type JobExpired = {
    readonly state: 'expired';
    readonly deadlineS: UnixSeconds;
    /** The transaction that booked the money back; none yet where nobody has called `expire`. */
    readonly refund: JobPlace | undefined;
};
