import type { Hex } from '../base/hex.js';
import type { PriceSheet } from '../domain/price-sheet.js';
import { type Address, type Bytes32 } from '../domain/units.js';
import { type CheckName } from './check-line.js';
import { type TrustAnchors } from './trust-anchors.js';
/** What must be true of an answer and its receipt. Addresses and hashes are `0x` and hex digits. */
export type VerificationPolicy = {
    /** Operator account of the gateway that you deal with. */
    readonly gateway: string;
    /**
     * A JSON-RPC node of the receipts' chain, which tells whose keys signed, at the time when they did. Without it the keys
     * must be known by `gatewayKeys` and `contributorKeys`, or by `trustFile`.
     */
    readonly rpcUrl?: string;
    /** The ReceiptVerifier contract that you trust; default: any that runs the code of this version of Vouch. */
    readonly receiptVerifier?: {
        readonly chainId: number;
        readonly verifyingContract: string;
    };
    readonly gatewayKeys?: readonly string[];
    readonly contributorKeys?: readonly string[];
    /** Text of a trust file (docs/receipts.md). */
    readonly trustFile?: string;
    /** The contract that holds the channels; default: x402's own address. */
    readonly channelSettlement?: string;
    /**
     * Tiers that each receipt must have, as a sum; default 3, signed by gateway and contributor. 1 takes answers of
     * contributors that cannot sign.
     */
    readonly tiers?: number;
    readonly modelId?: string;
    /** The model's manifest (docs/model-manifest.md) as text: it says which key proves the model (tier 64). */
    readonly modelManifest?: string;
    /** Bytes of that key as hex, for proofs that do not carry them. */
    readonly verificationKey?: string;
    /** Seconds since the answer was finished; default: since the request was sent and 15 minutes, for clocks that differ. */
    readonly maxAgeS?: number;
    /** The channel that pays. A receipt for another one fails. */
    readonly channelId?: string;
    /**
     * `as-told` (default): no dearer than the gateway's public terms said within the last minute. A list: no dearer than one of
     * these sheets, as JSON has them. `any`: no more than the receipt's own sheet gives, whatever that is.
     */
    readonly prices?: 'as-told' | 'any' | readonly object[];
    /**
     * `shared` (default): other keys may spend from the channel. `exclusive`: nobody else does, so that an amount which no
     * receipt explains fails.
     */
    readonly continuity?: 'shared' | 'exclusive';
    /** Seconds; a receipt must promise to be anchored within them. Undefined asks no promise. */
    readonly anchoredWithinS?: number;
    /**
     * Checks that may stay `unknown`, instead of `defaultTolerated`. None of them may fail, and all others must hold.
     */
    readonly tolerate?: readonly CheckName[];
};
/** The policy, read. */
export type PolicyTerms = {
    readonly gateway: Address;
    readonly rpcUrl: string | undefined;
    readonly anchors: TrustAnchors;
    readonly tiers: number;
    readonly modelId: Bytes32 | undefined;
    readonly modelManifest: string | undefined;
    readonly verificationKey: Hex | undefined;
    readonly maxAgeS: number | undefined;
    readonly channelId: Bytes32 | undefined;
    readonly prices: 'as-told' | 'any' | readonly PriceSheet[];
    readonly continuity: 'shared' | 'exclusive';
    readonly anchoredWithinS: number | undefined;
    readonly tolerated: ReadonlySet<CheckName>;
};
/**
 * What cannot be found out about most honest answers, and binds nothing that the client sees: what the gateway rewrote on its
 * way to the contributor, and with it the contributor's own chain over bytes that the client does not have; evidence of
 * tiers that were not asked for; what is on record about the money.
 */
export declare const defaultTolerated: readonly CheckName[];
/** Throws a TypeError that names every fault of the policy. */
export declare function readPolicy(policy: VerificationPolicy): PolicyTerms;
