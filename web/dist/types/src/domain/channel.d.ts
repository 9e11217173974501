import type { Address, AtomicAmount, Bytes32, Signature, UnixSeconds } from './units.js';
/**
 * The terms of a payment channel, in the order and spelling of x402's batch-settlement scheme; the channel's id is the
 * EIP-712 hash of these terms and so binds chain and contract.
 */
export type ChannelConfig = {
    readonly payer: Address;
    /** The session key that signs vouchers; the zero address means that the payer itself signs. */
    readonly payerAuthorizer: Address;
    readonly receiver: Address;
    readonly receiverAuthorizer: Address;
    /** The ERC-20 asset. The specification's word. */
    readonly token: Address;
    /** Seconds between `initiateWithdraw` and `finalizeWithdraw`. */
    readonly withdrawDelay: number;
    readonly salt: Bytes32;
};
/**
 * The delay in the terms of a book whose money was transferred before it was opened (x402's `exact`). The contract opens no
 * channel with it, so that such a book is never taken for one that the chain has.
 */
export declare const settledUpFrontDelay = 0;
/** What the chain says of a channel at one block. */
export type ChannelOnChain = {
    readonly balance: AtomicAmount;
    readonly totalClaimed: AtomicAmount;
    /** When a withdrawal becomes final; undefined while none is pending. */
    readonly withdrawFinalAtS: UnixSeconds | undefined;
};
/** A payer's promise that the receiver may claim this much in total since the channel opened. */
export type Voucher = {
    readonly channelId: Bytes32;
    readonly maxClaimableAmount: AtomicAmount;
    readonly signature: Signature;
};
/** The gateway's book of one channel: what it knows of the chain, what was promised, held and charged. */
export type Channel = {
    readonly channelId: Bytes32;
    /** EIP-155 id of the chain that holds the channel; `channelId` binds it already, but cannot be read back. */
    readonly chainId: number;
    readonly config: ChannelConfig;
    readonly balance: AtomicAmount;
    readonly totalClaimed: AtomicAmount;
    readonly signedMaxClaimable: AtomicAmount;
    /** Signature of the voucher for `signedMaxClaimable`; empty while nothing is signed. */
    readonly voucherSignature: Signature;
    readonly chargedCumulativeAmount: AtomicAmount;
    readonly heldAmount: AtomicAmount;
    /**
     * The highest cumulative charge that an x402 client was told. An answer that streams tells its ceiling before it is
     * counted; what it then costs less is credit for the next request, so nobody pays more than it was told.
     */
    readonly announcedAmount: AtomicAmount;
    /** A closing channel (a withdrawal was started, or its balance shrank) takes no new hold. */
    readonly closing: boolean;
    /** When a pending withdrawal becomes final; undefined while none is pending. */
    readonly withdrawFinalAtS: UnixSeconds | undefined;
    /** A frozen channel takes no new hold until a person or a settled chain thaws it: its deposit is in doubt. */
    readonly frozen: boolean;
    /** Sequence number and digest of the newest receipt; 0 and zero before the first. */
    readonly receiptSeq: number;
    readonly receiptDigest: Bytes32;
};
