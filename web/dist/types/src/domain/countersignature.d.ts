import type { ChannelConfig } from './channel.js';
import type { Address, Bytes32, Signature, UnixSeconds } from './units.js';
/**
 * A payer's word that it accepts what a receipt charges: tier 128, which stands beside the receipt because it comes after it.
 * It is over the receipt's digest, in the receipt's own domain.
 */
export type Countersignature = {
    /** The payer, or its session key. */
    readonly signer: Address;
    readonly signature: Signature;
    /** When the gateway was told, by its clock. Not signed. */
    readonly receivedAt: UnixSeconds;
    /** Terms of the channel, of a session key: they name it, and their hash is the channel's id. */
    readonly channel?: {
        readonly chainId: number;
        readonly config: ChannelConfig;
    } | undefined;
};
/** One that is kept, and for which receipt. */
export type KeptCountersignature = {
    readonly receiptId: Bytes32;
    readonly countersignature: Countersignature;
};
