import type { Hex } from '../base/hex.js';
import { type Address, type Bytes32 } from '../domain/units.js';
/** Every way in which a chain can say no or say nothing. Origins only: the path of an RPC URL often is its key. */
export type ChainFailure = {
    readonly reason: 'chain_unreachable';
    readonly origin: string;
    readonly detail: string;
} | {
    readonly reason: 'chain_timeout';
    readonly origin: string;
    readonly method: string;
    readonly timeoutMs: number;
} | {
    readonly reason: 'chain_bad_answer';
    readonly origin: string;
    readonly method: string;
    readonly detail: string;
} | {
    readonly reason: 'chain_error';
    readonly method: string;
    readonly code: number;
    readonly message: string;
    /** What a reverted call returned; undefined where the node gave nothing. */
    readonly data: Hex | undefined;
} | {
    readonly reason: 'chain_id_mismatch';
    readonly origin: string;
    readonly expected: number;
    readonly actual: number;
} | {
    readonly reason: 'contract_missing';
    readonly name: string;
    readonly address: Address;
} | {
    readonly reason: 'reverted';
    /** `Contract.function` */
    readonly call: string;
    /** The custom error with its arguments, as in Solidity. */
    readonly error: string;
} | {
    readonly reason: 'transaction_unconfirmed';
    /** Undefined while it is not signed. */
    readonly transactionHash: Bytes32 | undefined;
    readonly waitedMs: number;
};
/** The node answered, but not with what the method answers. */
export declare const badAnswer: (call: {
    readonly origin: string;
    readonly method: string;
    readonly detail: string;
}) => ChainFailure;
/** One line for a person, saying what to do where that is known. */
export declare function describeChainFailure(failure: ChainFailure): string;
