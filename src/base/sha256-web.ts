/* The twin of sha256.ts for browsers, whose own SHA-256 answers later, while a hash chain needs each link at once. */
import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex } from '@noble/hashes/utils.js'
import { utf8Bytes } from './bytes.ts'
import type * as node from './sha256.ts'

export const sha256Bytes: typeof node.sha256Bytes = (bytes) => sha256(bytes)

export const sha256Hex: typeof node.sha256Hex = (bytes) =>
  bytesToHex(sha256(typeof bytes === 'string' ? utf8Bytes(bytes) : bytes))
