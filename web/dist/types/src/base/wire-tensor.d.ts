/** A tensor has no value beyond 32 bits: what is proven is range-checked to them. */
export declare const int32Min: number;
export declare const int32Max: number;
/** `values` are 32-bit integers. */
export declare function encodeTensor(values: Int32Array): Uint8Array;
/** Undefined for what `encodeTensor` does not write: another length, a word beyond 32 bits, anything behind the end. */
export declare function decodeTensor(bytes: Uint8Array): Int32Array | undefined;
