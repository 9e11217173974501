import { hash } from 'node:crypto'

/** One call into OpenSSL: half the cost of a Hash object. Lower-case hex without prefix. */
export const sha256Hex = (bytes: Uint8Array | string): string => hash('sha256', bytes)
