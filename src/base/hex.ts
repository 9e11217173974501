/** `0x` and lower-case digits; the length is checked where a value enters (domain/units.ts). */
export type Hex = `0x${string}`

export const toHex = (bytes: Uint8Array): Hex =>
  `0x${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex')}`

/** Callers pass hex that was checked on entry: an odd or non-hex tail would be dropped silently. */
export const fromHex = (hex: Hex): Buffer => Buffer.from(hex.slice(2), 'hex')
