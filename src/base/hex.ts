/** `0x` and lower-case digits; the length is checked where a value enters (domain/units.ts). */
export type Hex = `0x${string}`

/**
 * `0x` before digits, as one piece. A template would keep both parts, and V8 writes JSON with such a text three times as
 * slowly: a receipt has a dozen of them.
 */
export const hexOf = (digits: string): Hex => ['0x', digits].join('') as Hex

/** Lower-case digits without a prefix. */
export const hexDigits = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex')

export const toHex = (bytes: Uint8Array): Hex => hexOf(hexDigits(bytes))

/** Callers pass hex that was checked on entry: an odd or non-hex tail would be dropped silently. */
export const fromHex = (hex: Hex): Buffer => Buffer.from(hex.slice(2), 'hex')
