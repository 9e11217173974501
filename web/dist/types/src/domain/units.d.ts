import type { Hex } from '../base/hex.js';
declare const unit: unique symbol;
type Unit<T, Name extends string> = T & {
    readonly [unit]: Name;
};
/** Smallest indivisible unit of a channel's asset (6 decimals for USDC: 1_000_000n is one dollar). 0 … 2^128-1. */
export type AtomicAmount = Unit<bigint, 'AtomicAmount'>;
/** Unix time in whole seconds, as contracts see it. */
export type UnixSeconds = Unit<number, 'UnixSeconds'>;
export type Bytes32 = Unit<Hex, 'Bytes32'>;
/** An account in lower case. Checksummed spellings are lowered where they enter, so that `===` compares accounts. */
export type Address = Unit<Hex, 'Address'>;
/** A signature as it travels: `0x` for none, else whatever length the signer gave; chain/signatures.ts judges it. */
export type Signature = Unit<Hex, 'Signature'>;
export declare function atomic(value: bigint): AtomicAmount;
export declare function unixSeconds(value: number): UnixSeconds;
export declare const unixSecondsOf: (ms: number) => UnixSeconds;
export declare const isBytes32: (text: unknown) => text is Hex;
export declare const isAddress: (text: unknown) => text is Hex;
export declare const isHex: (text: unknown) => text is Hex;
export declare function bytes32(hex: string): Bytes32;
export declare function address(hex: string): Address;
export declare function signature(hex: string): Signature;
export declare const zeroBytes32: Bytes32;
export declare const zeroAddress: Address;
export declare const noSignature: Signature;
export {};
