import { hash } from 'node:crypto'

/** One call into OpenSSL: half the cost of a Hash object. Lower-case hex without prefix. */
export const sha256Hex = (bytes: Uint8Array | string): string => hash('sha256', bytes)

/** The same as 32 bytes, for hashes of hashes. */
export const sha256Bytes = (bytes: Uint8Array): Uint8Array => hash('sha256', bytes, 'buffer')
