/** `0x` and lower-case digits; the length is checked where a value enters (domain/units.ts). */
export type Hex = `0x${string}`;
/**
 * `0x` before digits, as one piece. A template would keep both parts, and V8 writes JSON with such a text three times as
 * slowly: a receipt has a dozen of them.
 */
export declare const hexOf: (digits: string) => Hex;
/** Lower-case digits without a prefix. */
export declare const hexDigits: (bytes: Uint8Array) => string;
export declare const toHex: (bytes: Uint8Array) => Hex;
/** Callers pass hex that was checked on entry: an odd or non-hex tail would be dropped silently. */
export declare const fromHex: (hex: Hex) => Buffer;
