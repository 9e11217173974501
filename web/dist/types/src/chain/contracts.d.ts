import type { InterfaceAbi } from 'ethers';
import type { Hex } from '../base/hex.js';
import { type Result } from '../base/result.js';
import { type Address } from '../domain/units.js';
import { type ChainFailure } from './chain-failure.js';
import type { JsonRpc } from './json-rpc.js';
/** A contract as others need it: where it is, how it is called, and its name for messages. */
export type Contract = {
    readonly name: string;
    readonly address: Address;
    readonly abi: InterfaceAbi;
};
/** One call of a function, its arguments in the order and types that ethers takes (bigint, hex, plain objects). */
export type ContractCall = {
    readonly contract: Contract;
    readonly functionName: string;
    readonly args: readonly unknown[];
};
export declare function encodeCall(call: ContractCall): Promise<Hex>;
/** Constructor arguments as they are appended to a contract's creation code. */
export declare function encodeConstructor(abi: InterfaceAbi, args: readonly unknown[]): Promise<Hex>;
/** Calls without a transaction, at the latest block. Answers what the function returns, one element for each value. */
export declare function readContract(rpc: JsonRpc, call: ContractCall & {
    readonly from?: Address;
}): Promise<Result<readonly unknown[], ChainFailure>>;
/** Replaces a node's "execution reverted" by the contract's own error. Other failures pass unchanged. */
export declare function explainRevert(failure: ChainFailure, call: ContractCall): Promise<ChainFailure>;
/** Says so in one failure when the node serves another chain than the one that is configured. */
export declare function checkChainId(rpc: JsonRpc, expected: number): Promise<Result<void, ChainFailure>>;
/** The first contract without code at its address is the failure. */
export declare function checkCode(rpc: JsonRpc, contracts: readonly Pick<Contract, 'name' | 'address'>[]): Promise<Result<void, ChainFailure>>;
/** Runtime code; `0x` where there is none. */
export declare function codeAt(rpc: JsonRpc, address: Address): Promise<Result<Hex, ChainFailure>>;
