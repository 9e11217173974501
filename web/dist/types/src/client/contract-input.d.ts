/** The input of a tensor model: `abi.encode(int256[])` of 32-bit integers. Throws a RangeError for any other number. */
export declare function encodeTensor(values: ArrayLike<number>): Uint8Array;
