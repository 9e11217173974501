import type { JsonRpc } from '../chain/json-rpc.js';
/** What wallets and most libraries offer (EIP-1193). */
export type Eip1193Provider = {
    readonly request: (call: {
        readonly method: string;
        readonly params?: readonly unknown[];
    }) => Promise<unknown>;
};
export declare const rpcOfProvider: (provider: Eip1193Provider) => JsonRpc;
