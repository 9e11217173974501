import type { Address, Bytes32, Signature, UnixSeconds } from './units.js';
/**
 * How far a stream had come, signed by its contributor while it runs, so that what was delivered of an answer without a Work
 * is vouched for too. Member order is the EIP-712 order (contracts/src/types/Checkpoint.sol).
 *
 * It travels between the stream's events, as the comment `: vouch-checkpoint <base64url of JSON {checkpoint, signature}>`
 * with the blank line that ends it. Like the Work it is no part of `outputHash` and of the chain.
 */
export type Checkpoint = {
    readonly jobId: Bytes32;
    readonly gateway: Address;
    readonly contributor: Address;
    /** Counts the checkpoints of the job from 0: two that differ under one number prove a lie. */
    readonly index: number;
    /** Link of the stream's hash chain behind the last event before it: what `streamRoot` would be, had it ended there. */
    readonly streamHash: Bytes32;
    /** Tokens delivered until there. */
    readonly completionTokens: number;
    /** Unix seconds. Signing keys are looked up at this time. */
    readonly signedAt: UnixSeconds;
};
export type SignedCheckpoint = {
    readonly checkpoint: Checkpoint;
    readonly signature: Signature;
};
