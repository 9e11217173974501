import { type Bytes32 } from '../domain/units.js';
/** The receipt of a transaction as JSON-RPC, ethers and viem have it. */
export type LoggedTransaction = {
    readonly logs: readonly {
        readonly address: string;
        readonly topics: readonly string[];
        readonly data: string;
    }[];
};
/** The ids of the jobs that a transaction opened at a coordinator, in their order: by them they are followed. */
export declare function jobIdsIn(receipt: LoggedTransaction, coordinator: string): Promise<readonly Bytes32[]>;
